/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The operating system's files as a `struct disk`. All our file I/O ends here.
 *
 * A disk beneath a directory is the same with a descriptor as its root. Its paths are walked name
 * by name with O_NOFOLLOW, and the last name is used relative to the directory that was reached: a
 * name swapped for a link between a check and its use leads nowhere. */
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

struct real_disk {
    struct disk disk;
    int root;      /* AT_FDCWD: any path */
    unsigned mode; /* of what is created beneath it; 0: as the umask has it */
};

struct real_file {
    struct file file;
    int fd;
};

/* A name relative to an open directory. */
struct place {
    int dir;
    const char *name;
};

static int root_of(const struct disk *d) {
    return ((const struct real_disk *)d)->root;
}

static bool is_beneath(const struct disk *d) {
    return root_of(d) != AT_FDCWD;
}

static unsigned mode_of(const struct disk *d) {
    return ((const struct real_disk *)d)->mode;
}

void disk_beneath_mode(struct disk *d, unsigned mode) {
    ((struct real_disk *)d)->mode = mode;
}

static int fd_of(struct file *f) {
    return ((struct real_file *)f)->fd;
}

/* ---- places */

static bool is_down(const char *name, size_t len) {
    return len > 0 && len <= NAME_MAX && !(len == 1 && name[0] == '.')
           && !(len == 2 && name[0] == '.' && name[1] == '.');
}

static void place_close(const struct disk *d, struct place p) {
    int number = errno;
    if (p.dir != root_of(d))
        (void)close(p.dir);
    errno = number;
}

/* One directory down from the place; closes the one before. */
static enum error place_descend(struct disk *d, struct place *p, const char *path, size_t len) {
    char name[NAME_MAX + 1];
    memcpy(name, p->name, len);
    name[len] = 0;
    int below = openat(p->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    place_close(d, *p);
    p->dir = below;
    p->name += len + 1;
    if (below >= 0)
        return E_ok;
    if (errno == ELOOP || errno == ENOTDIR)
        return fail(E_refused, "%s: %s is a link or no directory", path, name);
    return errno == ENOENT ? fail(E_not_found, "%s", path) : fail_errno("open %s", path);
}

static enum error place_open(struct disk *d, const char *path, struct place *out) {
    *out = (struct place){ root_of(d), path };
    if (!is_beneath(d))
        return E_ok;
    for (;;) {
        size_t len = strcspn(out->name, "/");
        if (!is_down(out->name, len)) {
            place_close(d, *out);
            return fail(E_refused, "%s: it leads out of its directory, or nowhere", path);
        }
        if (!out->name[len])
            return E_ok;
        TRY(place_descend(d, out, path, len));
    }
}

/* ---- files */

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

static enum error open_failed(const char *path, bool beneath) {
    if (errno == ENOENT)
        return fail(E_not_found, "%s", path);
    if (beneath && (errno == ELOOP || errno == EISDIR || errno == ENXIO))
        return fail(E_refused, "%s: it is no plain file", path);
    return fail_errno("open %s", path);
}

/* What waits there for a writer or is a device must not hold us: opened without waiting, refused.
 */
static enum error file_open(struct disk *d, const char *path, enum disk_open_how how, int *fd) {
    struct place p;
    struct stat s;
    int more = is_beneath(d) ? O_NOFOLLOW | O_NONBLOCK | O_NOCTTY : 0;
    TRY(place_open(d, path, &p));
    *fd = openat(p.dir, p.name, open_flags(how) | more, 0600);
    place_close(d, p);
    if (*fd < 0)
        return open_failed(path, is_beneath(d));
    if (how == DISK_CREATE_EMPTY && mode_of(d) && fchmod(*fd, mode_of(d)) != 0) {
        (void)close(*fd);
        return fail_errno("change the mode of %s", path);
    }
    if (!is_beneath(d) || (fstat(*fd, &s) == 0 && S_ISREG(s.st_mode)))
        return E_ok;
    (void)close(*fd);
    return fail(E_refused, "%s: it is no plain file", path);
}

static enum error real_open(struct disk *d, const char *path, enum disk_open_how how,
                            struct file **out) {
    int fd;
    TRY(file_open(d, path, how, &fd));
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

static enum error real_share(struct file *f, int *fd) {
    *fd = fcntl(fd_of(f), F_DUPFD_CLOEXEC, 0);
    return *fd < 0 ? fail_errno("share %s", f->path) : E_ok;
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

static enum error real_is_at(struct file *f, const char *path, bool *out) {
    struct place p;
    struct stat here, there;
    TRY(place_open(f->disk, path, &p));
    *out = fstat(fd_of(f), &here) == 0 && fstatat(p.dir, p.name, &there, AT_SYMLINK_NOFOLLOW) == 0
           && here.st_dev == there.st_dev && here.st_ino == there.st_ino;
    place_close(f->disk, p);
    return E_ok;
}

/* ---- names */

struct pair {
    struct place from, to;
};

static enum error pair_open(struct disk *d, const char *from, const char *to, struct pair *out) {
    TRY(place_open(d, from, &out->from));
    enum error e = place_open(d, to, &out->to);
    if (e)
        place_close(d, out->from);
    return e;
}

static void pair_close(struct disk *d, const struct pair *p) {
    place_close(d, p->from);
    place_close(d, p->to);
}

static enum error real_rename(struct disk *d, const char *from, const char *to) {
    struct pair p;
    TRY(pair_open(d, from, to, &p));
    int result = renameat(p.from.dir, p.from.name, p.to.dir, p.to.name);
    pair_close(d, &p);
    return result < 0 ? fail_errno("rename %s to %s", from, to) : E_ok;
}

/* Where a file system cannot do it at once, a second name that replaces nothing can. */
static int rename_or_link(const struct pair *p) {
    int result = renameat2(p->from.dir, p->from.name, p->to.dir, p->to.name, RENAME_NOREPLACE);
    if (result == 0 || (errno != EINVAL && errno != ENOSYS))
        return result;
    if (linkat(p->from.dir, p->from.name, p->to.dir, p->to.name, 0) < 0)
        return -1;
    return unlinkat(p->from.dir, p->from.name, 0);
}

static enum error real_rename_new(struct disk *d, const char *from, const char *to) {
    struct pair p;
    TRY(pair_open(d, from, to, &p));
    int result = rename_or_link(&p);
    pair_close(d, &p);
    if (result < 0 && errno == EEXIST)
        return fail(E_exists, "rename %s to %s: it is there", from, to);
    return result < 0 ? fail_errno("rename %s to %s", from, to) : E_ok;
}

static enum error real_unlink(struct disk *d, const char *path) {
    struct place p;
    TRY(place_open(d, path, &p));
    int result = unlinkat(p.dir, p.name, 0);
    place_close(d, p);
    if (result == 0)
        return E_ok;
    if (errno == ENOENT)
        return fail(E_not_found, "%s", path);
    return fail_errno("unlink %s", path);
}

static enum error real_remove_dir(struct disk *d, const char *path) {
    struct place p;
    TRY(place_open(d, path, &p));
    int result = unlinkat(p.dir, p.name, AT_REMOVEDIR);
    place_close(d, p);
    if (result == 0)
        return E_ok;
    if (errno == ENOENT || errno == ENOTDIR)
        return fail(E_not_found, "%s", path);
    if (errno == ENOTEMPTY || errno == EEXIST)
        return fail(E_exists, "remove directory %s: something is in it", path);
    return fail_errno("remove directory %s", path);
}

static enum error make_one_dir(struct disk *d, const char *path) {
    struct place p;
    TRY(place_open(d, path, &p));
    int result = mkdirat(p.dir, p.name, 0700);
    place_close(d, p);
    if (result == 0 || errno == EEXIST)
        return E_ok;
    return fail_errno("make directory %s", path);
}

static enum error real_make_dir(struct disk *d, const char *path) {
    char *part = text_copy(path);
    enum error e = E_ok;
    for (char *slash = strchr(part + 1, '/'); slash && !e; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        e = make_one_dir(d, part);
        *slash = '/';
    }
    if (!e)
        e = make_one_dir(d, part);
    free(part);
    return e;
}

/* "." is the disk's own root. */
static enum error dir_open(struct disk *d, const char *path, int *fd) {
    struct place p = { root_of(d), path };
    bool is_root = strcmp(path, ".") == 0;
    if (!is_root)
        TRY(place_open(d, path, &p));
    *fd = openat(p.dir, p.name,
                 O_RDONLY | O_DIRECTORY | O_CLOEXEC | (is_beneath(d) ? O_NOFOLLOW : 0));
    place_close(d, p);
    if (*fd < 0 && errno == ENOTDIR)
        return fail(E_not_found, "%s is no directory", path);
    return *fd < 0 ? fail_errno("open directory %s", path) : E_ok;
}

static enum error real_sync_dir(struct disk *d, const char *path) {
    int fd;
    TRY(dir_open(d, path, &fd));
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
    int fd;
    TRY(dir_open(d, path, &fd));
    DIR *dir = fdopendir(fd);
    if (!dir) {
        (void)close(fd);
        return fail_errno("list %s", path);
    }
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            on_name(context, entry->d_name);
    (void)closedir(dir);
    return E_ok;
}

/* Beneath a directory a link that leads nowhere is there too: it is in the way. */
static enum error real_exists(struct disk *d, const char *path, bool *out) {
    struct place p;
    enum error e = place_open(d, path, &p);
    *out = false;
    if (e)
        return e == E_not_found ? E_ok : e;
    *out = faccessat(p.dir, p.name, F_OK, is_beneath(d) ? AT_SYMLINK_NOFOLLOW : 0) == 0;
    place_close(d, p);
    if (!*out && errno != ENOENT && errno != ENOTDIR)
        return fail_errno("look for %s", path);
    return E_ok;
}

static struct real_disk real = {
    .disk = {
        .open = real_open,
        .close = real_close,
        .read_at = real_read_at,
        .write_at = real_write_at,
        .share = real_share,
        .sync = real_sync,
        .truncate = real_truncate,
        .size = real_size,
        .lock = real_lock,
        .is_at = real_is_at,
        .rename = real_rename,
        .rename_new = real_rename_new,
        .unlink = real_unlink,
        .remove_dir = real_remove_dir,
        .make_dir = real_make_dir,
        .sync_dir = real_sync_dir,
        .list = real_list,
        .exists = real_exists,
    },
    .root = AT_FDCWD,
};

struct disk *disk_real(void) {
    return &real.disk;
}

enum error disk_real_is_public(const char *path, bool *out) {
    struct stat s;
    if (stat(path, &s) != 0)
        return errno == ENOENT ? fail(E_not_found, "%s", path) : fail_errno("stat %s", path);
    *out = s.st_mode & S_IROTH;
    return E_ok;
}

enum error disk_real_hold(const char *dir, int *fd) {
    *fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return fail(E_not_found, "%s: no such directory", dir);
    if (*fd < 0)
        return fail_errno("open directory %s", dir);
    return E_ok;
}

enum error disk_beneath(const char *dir, struct disk **out) {
    int root;
    TRY(disk_real_hold(dir, &root));
    struct real_disk *d = memory_get(sizeof(*d));
    *d = (struct real_disk){ .disk = real.disk, .root = root };
    *out = &d->disk;
    return E_ok;
}

void disk_beneath_close(struct disk *d) {
    if (!d)
        return;
    (void)close(root_of(d));
    free(d);
}
