/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The operating system's files as a `struct disk`. All our file I/O ends here. */
#include "base/check.h"
#include "base/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct real_file {
    struct file file;
    int fd;
};

static int fd_of(struct file *f) {
    return ((struct real_file *)f)->fd;
}

static int open_flags(enum disk_open_how how) {
    switch (how) {
    case DISK_READ:
        return O_RDONLY | O_CLOEXEC;
    case DISK_WRITE:
        return O_RDWR | O_CLOEXEC;
    case DISK_CREATE:
        return O_RDWR | O_CREAT | O_CLOEXEC;
    case DISK_CREATE_EMPTY:
        return O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC;
    }
    return O_RDONLY;
}

static enum error real_open(struct disk *d, const char *path, enum disk_open_how how,
                            struct file **out) {
    int fd = open(path, open_flags(how), 0600);
    if (fd < 0 && errno == ENOENT)
        return fail(E_not_found, "%s", path);
    if (fd < 0)
        return fail_errno("open %s", path);
    struct real_file *f = memory_get(sizeof(*f));
    *f = (struct real_file){ { d, text_copy(path) }, fd };
    *out = &f->file;
    return E_ok;
}

static void real_close(struct file *f) {
    (void)close(fd_of(f));
    free(f->path);
    free(f);
}

static enum error real_read_at(struct file *f, int64_t position, struct buf *to, size_t len) {
    buf_reserve(to, len);
    while (len) {
        ssize_t got = pread(fd_of(f), to->data + to->len, len, position);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno("read %s at %lld", f->path, (long long)position);
        if (got == 0)
            break;
        to->len += (size_t)got;
        position += got;
        len -= (size_t)got;
    }
    return E_ok;
}

static enum error real_write_at(struct file *f, int64_t position, struct bytes bytes) {
    while (bytes.len) {
        ssize_t put = pwrite(fd_of(f), bytes.data, bytes.len, position);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail_errno("write %s at %lld", f->path, (long long)position);
        bytes = bytes_part(bytes, (size_t)put, bytes.len - (size_t)put);
        position += put;
    }
    return E_ok;
}

static enum error real_sync(struct file *f) {
    if (fdatasync(fd_of(f)) < 0)
        return fail_errno("sync %s", f->path);
    return E_ok;
}

static enum error real_truncate(struct file *f, int64_t size) {
    if (ftruncate(fd_of(f), size) < 0)
        return fail_errno("truncate %s to %lld", f->path, (long long)size);
    return E_ok;
}

static enum error real_size(struct file *f, int64_t *out) {
    struct stat s;
    if (fstat(fd_of(f), &s) < 0)
        return fail_errno("stat %s", f->path);
    *out = s.st_size;
    return E_ok;
}

static enum error real_lock(struct file *f) {
    if (flock(fd_of(f), LOCK_EX | LOCK_NB) == 0)
        return E_ok;
    if (errno == EWOULDBLOCK)
        return fail(E_locked, "%s", f->path);
    return fail_errno("lock %s", f->path);
}

static enum error real_rename(struct disk *d, const char *from, const char *to) {
    (void)d;
    if (rename(from, to) < 0)
        return fail_errno("rename %s to %s", from, to);
    return E_ok;
}

static enum error real_unlink(struct disk *d, const char *path) {
    (void)d;
    if (unlink(path) == 0)
        return E_ok;
    if (errno == ENOENT)
        return fail(E_not_found, "%s", path);
    return fail_errno("unlink %s", path);
}

static enum error make_one_dir(const char *path) {
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return E_ok;
    return fail_errno("make directory %s", path);
}

static enum error real_make_dir(struct disk *d, const char *path) {
    char *part = text_copy(path);
    enum error e = E_ok;
    (void)d;
    for (char *slash = strchr(part + 1, '/'); slash && !e; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        e = make_one_dir(part);
        *slash = '/';
    }
    if (!e)
        e = make_one_dir(part);
    free(part);
    return e;
}

static enum error real_sync_dir(struct disk *d, const char *path) {
    (void)d;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno("open directory %s", path);
    int result = fsync(fd);
    int number = errno;
    (void)close(fd);
    errno = number;
    if (result < 0)
        return fail_errno("sync directory %s", path);
    return E_ok;
}

static enum error real_list(struct disk *d, const char *path, disk_on_name *on_name,
                            void *context) {
    (void)d;
    DIR *dir = opendir(path);
    if (!dir)
        return fail_errno("list %s", path);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            on_name(context, entry->d_name);
    (void)closedir(dir);
    return E_ok;
}

static enum error real_exists(struct disk *d, const char *path, bool *out) {
    (void)d;
    *out = access(path, F_OK) == 0;
    if (!*out && errno != ENOENT && errno != ENOTDIR)
        return fail_errno("look for %s", path);
    return E_ok;
}

struct disk *disk_real(void) {
    static struct disk real = {
        .open = real_open,
        .close = real_close,
        .read_at = real_read_at,
        .write_at = real_write_at,
        .sync = real_sync,
        .truncate = real_truncate,
        .size = real_size,
        .lock = real_lock,
        .rename = real_rename,
        .unlink = real_unlink,
        .make_dir = real_make_dir,
        .sync_dir = real_sync_dir,
        .list = real_list,
        .exists = real_exists,
    };
    return &real;
}
