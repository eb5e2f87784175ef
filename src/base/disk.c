/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The disk interface: dispatch, and the two whole-file operations built on it. */
#include "base/disk.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum error disk_open(struct disk *d, const char *path, enum disk_open_how how, struct file **out) {
    return d->open(d, path, how, out);
}

void disk_close(struct file *f) {
    if (f)
        f->disk->close(f);
}

enum error disk_read_at(struct file *f, int64_t position, struct buf *append_to, size_t len) {
    assert(position >= 0);
    return f->disk->read_at(f, position, append_to, len);
}

enum error disk_share(struct file *f, int *fd) {
    return f->disk->share ? f->disk->share(f, fd) : fail(E_unsupported, "%s", f->path);
}

void disk_unshare(int fd) {
    (void)close(fd);
}

enum error disk_write_at(struct file *f, int64_t position, struct bytes bytes) {
    assert(position >= 0);
    return f->disk->write_at(f, position, bytes);
}

enum error disk_sync(struct file *f) {
    return f->disk->sync(f);
}

enum error disk_truncate(struct file *f, int64_t size) {
    assert(size >= 0);
    return f->disk->truncate(f, size);
}

enum error disk_size(struct file *f, int64_t *out) {
    return f->disk->size(f, out);
}

enum error disk_lock(struct file *f) {
    return f->disk->lock(f);
}

enum error disk_is_at(struct file *f, const char *path, bool *out) {
    return f->disk->is_at(f, path, out);
}

enum error disk_rename(struct disk *d, const char *from, const char *to) {
    return d->rename(d, from, to);
}

enum error disk_rename_new(struct disk *d, const char *from, const char *to) {
    return d->rename_new(d, from, to);
}

enum error disk_unlink(struct disk *d, const char *path) {
    return d->unlink(d, path);
}

enum error disk_remove_dir(struct disk *d, const char *path) {
    return d->remove_dir(d, path);
}

enum error disk_make_dir(struct disk *d, const char *path) {
    return d->make_dir(d, path);
}

enum error disk_sync_dir(struct disk *d, const char *path) {
    return d->sync_dir(d, path);
}

enum error disk_list(struct disk *d, const char *path, disk_on_name *on_name, void *context) {
    return d->list(d, path, on_name, context);
}

enum error disk_exists(struct disk *d, const char *path, bool *out) {
    return d->exists(d, path, out);
}

enum error disk_read_whole(struct disk *d, const char *path, size_t max, struct buf *out) {
    struct file *f;
    int64_t size = 0;
    TRY(disk_open(d, path, DISK_READ, &f));
    enum error e = disk_size(f, &size);
    if (!e && (uint64_t)size > max)
        e = fail(E_too_large, "%s: %lld bytes, at most %zu", path, (long long)size, max);
    if (!e)
        e = disk_read_at(f, 0, out, (size_t)size);
    disk_close(f);
    return e;
}

static enum error write_synced(struct disk *d, const char *path, struct bytes content) {
    struct file *f;
    TRY(disk_open(d, path, DISK_CREATE_EMPTY, &f));
    enum error e = disk_write_at(f, 0, content);
    if (!e)
        e = disk_sync(f);
    disk_close(f);
    return e;
}

static char *parent_of(const char *path) {
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    return slash ? text_copy_bytes(bytes_of(path, len ? len : 1)) : text_copy(".");
}

static enum error sync_parent(struct disk *d, const char *path) {
    char *parent = parent_of(path);
    enum error e = disk_sync_dir(d, parent);
    free(parent);
    return e;
}

enum error disk_replace(struct disk *d, const char *path, struct bytes content) {
    char *temporary = text_format("%s.new", path);
    enum error e = write_synced(d, temporary, content);
    if (!e)
        e = disk_rename(d, temporary, path);
    if (!e)
        e = sync_parent(d, path);
    free(temporary);
    return e;
}

/* ---- a whole new file */

static enum error content_compare(struct disk *d, const char *path, struct bytes content) {
    struct buf there = { 0 };
    enum error e = disk_read_whole(d, path, content.len, &there);
    if (e == E_too_large || (!e && !bytes_equal(buf_bytes(&there), content)))
        e = fail(E_exists, "%s: a file with other content is there", path);
    buf_finish(&there);
    return e;
}

/* The lock is on the file, not on its name: its former holder may have given it its name since. */
static enum error part_write(struct file *part, const char *path, struct bytes content) {
    bool ours = false;
    TRY(disk_lock(part));
    TRY(disk_is_at(part, path, &ours));
    if (!ours)
        return fail(E_locked, "%s: another process has just finished it", path);
    TRY(disk_truncate(part, 0));
    TRY(disk_write_at(part, 0, content));
    return disk_sync(part);
}

static enum error part_place(struct disk *d, const char *part, const char *path,
                             struct bytes content) {
    enum error e = disk_rename_new(d, part, path);
    if (e != E_exists)
        return e;
    TRY(disk_unlink(d, part));
    return content_compare(d, path, content);
}

/* What was written of it would only keep the disk full. */
static enum error part_give_up(struct disk *d, const char *part, size_t len) {
    TRY(disk_unlink(d, part));
    return fail(E_disk_full, "%s: the disk has no room for %zu bytes", part, len);
}

/* Every directory of the path: this process may have died after it made one of them. */
static enum error sync_ancestors(struct disk *d, const char *path) {
    char *at = text_copy(path);
    enum error e = E_ok;
    for (bool more = true; more && !e;) {
        char *parent = parent_of(at);
        more = strrchr(parent, '/') > parent || (strcmp(parent, ".") != 0 && parent[0] != '/');
        e = disk_sync_dir(d, parent);
        free(at);
        at = parent;
    }
    free(at);
    return e;
}

static enum error put_absent(struct disk *d, const char *path, struct bytes content) {
    struct file *f;
    char *part = text_format("%s.part", path);
    enum error e = disk_open(d, part, DISK_CREATE, &f);
    if (!e) {
        e = part_write(f, part, content);
        if (!e)
            e = part_place(d, part, path, content);
        if (e == E_disk_full)
            e = part_give_up(d, part, content.len);
        disk_close(f); /* not before: the name goes with the lock */
    }
    free(part);
    return e;
}

enum error disk_put_new(struct disk *d, const char *path, struct bytes content) {
    bool there;
    char *parent = parent_of(path);
    enum error e = strcmp(parent, ".") == 0 ? E_ok : disk_make_dir(d, parent);
    free(parent);
    TRY(e);
    TRY(disk_exists(d, path, &there));
    TRY(there ? content_compare(d, path, content) : put_absent(d, path, content));
    return sync_ancestors(d, path); /* also of what was there: its writer may have died before */
}
