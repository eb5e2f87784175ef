/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The disk interface: dispatch, and the two whole-file operations built on it. */
#include "base/disk.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

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

enum error disk_rename(struct disk *d, const char *from, const char *to) {
    return d->rename(d, from, to);
}

enum error disk_unlink(struct disk *d, const char *path) {
    return d->unlink(d, path);
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

static enum error sync_parent(struct disk *d, const char *path) {
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    char *parent = slash ? text_copy_bytes(bytes_of(path, len ? len : 1)) : text_copy(".");
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
