/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The library in front of libc, see ../layer.h. Loaded by LD_PRELOAD into the processes under test;
 * it calls the kernel directly, so that it never meets itself. Nothing here allocates or locks: it
 * is called from any thread, at any time. */
#include "verify/layer.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

enum { DESCRIPTORS = 4096, JOURNAL_FROM = 700, SECTOR = 512 };

enum watched { WATCHED_unknown, WATCHED_no, WATCHED_yes };

static struct layer_control *control;
static int journal = -1;
static atomic_uchar watched[DESCRIPTORS];

struct identity {
    uint64_t inode;
    int64_t born_ns, size;
};

__attribute__((constructor)) static void layer_begin(void) {
    const char *path = getenv(LAYER_SETTING);
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *at = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)syscall(SYS_close, fd);
    if (at == MAP_FAILED || ((struct layer_control *)at)->magic != LAYER_MAGIC)
        return;
    struct layer_control *found = at;
    fd = (int)syscall(SYS_openat, AT_FDCWD, found->journal, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return;
    journal = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, JOURNAL_FROM);
    (void)syscall(SYS_close, fd);
    if (journal >= 0)
        control = found;
}

static bool is_beneath(const char *path, const char *dir, const char *folder) {
    size_t dir_len = strlen(dir), len = strlen(folder);
    return strncmp(path, dir, dir_len) == 0 && strncmp(path + dir_len, folder, len) == 0;
}

static bool is_path_watched(int fd) {
    char link[64], path[PATH_MAX];
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    long len = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof(path) - 1);
    if (len <= 0)
        return false;
    path[len] = 0;
    return is_beneath(path, control->dir, "/") && !is_beneath(path, control->dir, "/run/")
           && !is_beneath(path, control->dir, "/log/");
}

/* A plain file that is watched, and which; errno stays what it was. */
static bool identify(int fd, struct identity *out) {
    struct statx s;
    if (!control || fd < 0 || fd >= DESCRIPTORS || fd == journal
        || atomic_load(&watched[fd]) == WATCHED_no)
        return false;
    int before = errno;
    bool is = syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &s) == 0
              && S_ISREG(s.stx_mode);
    if (is && atomic_load(&watched[fd]) == WATCHED_unknown)
        is = is_path_watched(fd);
    atomic_store(&watched[fd], is ? WATCHED_yes : WATCHED_no);
    errno = before;
    if (is)
        *out = (struct identity){ s.stx_ino, s.stx_btime.tv_sec * 1000000000 + s.stx_btime.tv_nsec,
                                  (int64_t)s.stx_size };
    return is;
}

static void forget(int fd) {
    if (fd >= 0 && fd < DESCRIPTORS)
        atomic_store(&watched[fd], WATCHED_unknown);
}

/* ---- the journal */

static void note(struct layer_record *r, const void *old, const void *new) {
    struct iovec parts[] = { { r, sizeof(*r) },
                             { (void *)(uintptr_t)old, r->old_len },
                             { (void *)(uintptr_t) new, r->new_len } };
    int before = errno;
    r->magic = LAYER_MAGIC;
    r->pid = (int32_t)getpid();
    (void)syscall(SYS_writev, journal, parts, 3);
    errno = before;
}

/* What stands between two places of a file, read into memory of its own; NULL: nothing does. */
static void *old_read(int fd, int64_t from, int64_t to, uint32_t *len) {
    *len = 0;
    if (to <= from)
        return NULL;
    size_t wanted = (size_t)(to - from);
    void *at = mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int reader = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    long got = syscall(SYS_pread64, reader < 0 ? fd : reader, at, wanted, from);
    if (reader >= 0)
        (void)syscall(SYS_close, reader);
    *len = got > 0 ? (uint32_t)got : 0;
    return at;
}

static void old_free(void *old, int64_t from, int64_t to) {
    if (old)
        (void)munmap(old, (size_t)(to - from));
}

static void note_write(int fd, const struct identity *i, const void *data, struct layer_record r) {
    int64_t end = r.at + (int64_t)r.new_len < i->size ? r.at + (int64_t)r.new_len : i->size;
    char small[8192];
    void *old = NULL;
    int before = errno;
    r.inode = i->inode;
    r.born_ns = i->born_ns;
    r.size = i->size;
    if (end > r.at && end - r.at <= (int64_t)sizeof(small)) {
        long got = syscall(SYS_pread64, fd, small, end - r.at, r.at);
        r.old_len = got > 0 ? (uint32_t)got : 0;
        if (got >= 0) {
            note(&r, small, data);
            errno = before;
            return;
        }
    }
    old = old_read(fd, r.at, end, &r.old_len);
    note(&r, old, data);
    old_free(old, r.at, end);
    errno = before;
}

static void note_cut(int fd, const struct identity *i, int64_t size) {
    struct layer_record r = {
        .kind = LAYER_cut, .inode = i->inode, .born_ns = i->born_ns, .at = size, .size = i->size
    };
    void *old = old_read(fd, size, i->size, &r.old_len);
    note(&r, old, "");
    old_free(old, size, i->size);
}

static int64_t journal_size(void) {
    struct stat s;
    return fstat(journal, &s) ? 0 : (int64_t)s.st_size;
}

/* ---- faults */

static bool strikes(enum layer_fault fault) {
    return atomic_load(&control->fault) == (int)fault && atomic_load(&control->pid) == (int)getpid()
           && atomic_fetch_sub(&control->visits, 1) == 1;
}

static void struck(int fd) {
    char link[64];
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    long len = syscall(SYS_readlinkat, AT_FDCWD, link, control->where, LAYER_PATH_MAX - 1);
    control->where[len > 0 ? len : 0] = 0;
    (void)atomic_fetch_add(&control->hits, 1);
    atomic_store(&control->fault, LAYER_none);
}

static bool is_full(const struct identity *i, int64_t end) {
    if (atomic_load(&control->fault) != LAYER_disk_full
        || atomic_load(&control->pid) != (int)getpid() || end <= i->size)
        return false;
    (void)atomic_fetch_add(&control->hits, 1);
    return true;
}

static void tear(int fd, const void *data, size_t len, int64_t at) {
    size_t sectors = (len + SECTOR - 1) / SECTOR;
    size_t kept = atomic_load(&control->dice) % (sectors ? sectors : 1) * SECTOR;
    struck(fd);
    (void)syscall(SYS_pwrite64, fd, data, kept, at);
    (void)kill(getpid(), SIGKILL);
}

/* False: the write has failed, errno says how. */
static bool before_write(int fd, const void *data, size_t len, int64_t at) {
    struct identity i;
    if (!len || !identify(fd, &i))
        return true;
    if (at < 0)
        at = (syscall(SYS_fcntl, fd, F_GETFL) & O_APPEND) ? i.size
                                                          : syscall(SYS_lseek, fd, 0, SEEK_CUR);
    if (strikes(LAYER_write_error)) {
        struck(fd);
        errno = EIO;
        return false;
    }
    if (is_full(&i, at + (int64_t)len)) {
        errno = ENOSPC;
        return false;
    }
    if (atomic_load(&control->recording))
        note_write(
            fd, &i, data,
            (struct layer_record){ .kind = LAYER_write, .at = at, .new_len = (uint32_t)len });
    if (strikes(LAYER_torn_write))
        tear(fd, data, len, at);
    return true;
}

static bool before_cut(int fd, int64_t size) {
    struct identity i;
    if (identify(fd, &i) && atomic_load(&control->recording))
        note_cut(fd, &i, size);
    return true;
}

static void note_sync(const struct identity *i, enum layer_kind kind, int64_t until) {
    struct layer_record r = { .kind = kind, .inode = i->inode, .born_ns = i->born_ns, .at = until };
    if (atomic_load(&control->recording))
        note(&r, "", "");
}

static int synced(int fd, long call) {
    struct identity i;
    bool is = identify(fd, &i);
    int64_t until = is ? journal_size() : 0;
    if (is && strikes(LAYER_sync_error)) {
        note_sync(&i, LAYER_failed, until);
        struck(fd);
        errno = EIO;
        return -1;
    }
    int result = (int)syscall(call, fd);
    if (is && result == 0)
        note_sync(&i, LAYER_synced, until);
    return result;
}

/* ---- what libc has under these names */

#define EXPORT __attribute__((visibility("default")))

EXPORT ssize_t write(int fd, const void *data, size_t len) {
    return before_write(fd, data, len, -1) ? syscall(SYS_write, fd, data, len) : -1;
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t len, off_t at) {
    return before_write(fd, data, len, at) ? syscall(SYS_pwrite64, fd, data, len, at) : -1;
}

EXPORT ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at) {
    return before_write(fd, data, len, at) ? syscall(SYS_pwrite64, fd, data, len, at) : -1;
}

EXPORT int ftruncate(int fd, off_t size) {
    return before_cut(fd, size) ? (int)syscall(SYS_ftruncate, fd, size) : -1;
}

EXPORT int ftruncate64(int fd, off64_t size) {
    return before_cut(fd, size) ? (int)syscall(SYS_ftruncate, fd, size) : -1;
}

EXPORT int fsync(int fd) {
    return synced(fd, SYS_fsync);
}

EXPORT int fdatasync(int fd) {
    return synced(fd, SYS_fdatasync);
}

EXPORT int close(int fd) {
    forget(fd);
    return (int)syscall(SYS_close, fd);
}

/* What O_TRUNC takes away is noted before it goes. */
static void before_open(int dir, const char *path, int how) {
    if (!control || !(how & O_TRUNC))
        return;
    int before = errno;
    int fd = (int)syscall(SYS_openat, dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0) {
        forget(fd);
        (void)before_cut(fd, 0);
        forget(fd);
        (void)syscall(SYS_close, fd);
    }
    errno = before;
}

static int opened(int dir, const char *path, int how, mode_t mode) {
    before_open(dir, path, how);
    int fd = (int)syscall(SYS_openat, dir, path, how, mode);
    forget(fd);
    return fd;
}

#define OPEN_AT(name)                                                                              \
    EXPORT int name(int dir, const char *path, int how, ...) {                                     \
        va_list list;                                                                              \
        va_start(list, how);                                                                       \
        mode_t mode = how & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;                      \
        va_end(list);                                                                              \
        return opened(dir, path, how, mode);                                                       \
    }
#define OPEN(name)                                                                                 \
    EXPORT int name(const char *path, int how, ...) {                                              \
        va_list list;                                                                              \
        va_start(list, how);                                                                       \
        mode_t mode = how & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;                      \
        va_end(list);                                                                              \
        return opened(AT_FDCWD, path, how, mode);                                                  \
    }

OPEN(open)
OPEN(open64)
OPEN_AT(openat)
OPEN_AT(openat64)

/* ---- waits by a clock that jumps */

/* How far the clock of libfaketime is ahead, in seconds: it jumps by whole ones. */
static time_t clock_ahead_s(void) {
    struct timespec told, is;
    if (clock_gettime(CLOCK_REALTIME, &told) || syscall(SYS_clock_gettime, CLOCK_REALTIME, &is))
        return 0;
    int64_t ahead_ms = (told.tv_sec - is.tv_sec) * INT64_C(1000);
    ahead_ms += (told.tv_nsec - is.tv_nsec) / 1000000;
    return (time_t)((ahead_ms + (ahead_ms < 0 ? -500 : 500)) / 1000);
}

/* libfaketime does not know of this wait of librdkafka's, which would last as much longer as the
 * clock is ahead: no machine's does. */
EXPORT int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex,
                         const struct timespec *restrict until) {
    static int (*_Atomic next)(cnd_t *, mtx_t *, const struct timespec *);
    struct timespec end = *until;
    if (!next)
        next =
            (int (*)(cnd_t *, mtx_t *, const struct timespec *))dlsym(RTLD_NEXT, "cnd_timedwait");
    end.tv_sec -= clock_ahead_s();
    return next ? next(condition, mutex, &end) : thrd_error;
}
