/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The file system behind a small interface, so that faults can be injected under everything we
 * write.
 *
 * disk_real() is the operating system. memory_disk (memory_disk.h) keeps files in memory, fails on
 * a countdown and can "lose power": drop, tear or reorder what was not synced. Every call returns
 * E_io or E_disk_full with a story that names the path; a short write is an error.
 * After disk_sync has failed once the data is in doubt for ever: the caller stops the process and
 * never syncs again (Linux may report the next fsync as a success; see docs/decisions). */
#ifndef OCTAVO_BASE_DISK_H
#define OCTAVO_BASE_DISK_H

#include "base/bytes.h"
#include "base/error.h"

struct file {
    struct disk *disk;
    char *path; /* for error stories; owned */
};

enum disk_open_how {
    DISK_READ,         /* must exist, read only */
    DISK_WRITE,        /* must exist, read and write */
    DISK_CREATE,       /* created when absent, kept when present, read and write */
    DISK_CREATE_EMPTY, /* created or emptied, read and write */
};

typedef void disk_on_name(void *context, const char *name);

struct disk {
    enum error (*open)(struct disk *, const char *path, enum disk_open_how, struct file **out);
    void (*close)(struct file *);
    enum error (*read_at)(struct file *, int64_t position, struct buf *append_to, size_t len);
    enum error (*write_at)(struct file *, int64_t position, struct bytes bytes);
    enum error (*share)(struct file *, int *fd); /* NULL: it cannot */
    enum error (*sync)(struct file *);           /* fdatasync */
    enum error (*truncate)(struct file *, int64_t size);
    enum error (*size)(struct file *, int64_t *out);
    enum error (*lock)(struct file *); /* E_locked when another process holds it */
    /* Whether the path still names this very file: another may have renamed or replaced it. */
    enum error (*is_at)(struct file *, const char *path, bool *out);
    enum error (*rename)(struct disk *, const char *from, const char *to);
    /* Changes nothing and is E_exists when `to` is there, whatever it is. */
    enum error (*rename_new)(struct disk *, const char *from, const char *to);
    enum error (*unlink)(struct disk *, const char *path);
    enum error (*remove_dir)(struct disk *, const char *path); /* E_exists when not empty */
    enum error (*make_dir)(struct disk *, const char *path);   /* parents too; existing is fine */
    enum error (*sync_dir)(struct disk *, const char *path);
    enum error (*list)(struct disk *, const char *path, disk_on_name *, void *context);
    enum error (*exists)(struct disk *, const char *path, bool *out);
};

struct disk *disk_real(void);
/* Whether everybody on the machine may read this file: a secret's must not. */
enum error disk_real_is_public(const char *path, bool *out) MUST_CHECK;

/* Holds a directory by a descriptor, which is closed by close(2): what has its address by
 * /proc/self/fd, which a socket needs whose path is too long. E_not_found as it says. */
enum error disk_real_hold(const char *dir, int *fd) MUST_CHECK;

/* The real files beneath one directory and nothing else, for names that come from outside: paths
 * are relative, and an absolute path, a "..", a symbolic link anywhere in it, or what is no plain
 * file at its end is E_refused. The directory itself may be reached by links; it is opened here and
 * stays the same one when its name moves on. */
enum error disk_beneath(const char *dir, struct disk **out) MUST_CHECK;
void disk_beneath_close(struct disk *d); /* NULL is fine; no file may be open */

enum error disk_open(struct disk *d, const char *path, enum disk_open_how how,
                     struct file **out) MUST_CHECK;
void disk_close(struct file *f); /* NULL is fine */
/* Appends up to `len` bytes to the buf; fewer only at the end of the file. */
enum error disk_read_at(struct file *f, int64_t position, struct buf *append_to,
                        size_t len) MUST_CHECK;
/* A descriptor of the file, the caller's to close, for handing its bytes to the kernel; it shows
 * what is in the file now, and may show what is written later. E_unsupported. */
enum error disk_share(struct file *f, int *fd) MUST_CHECK;
void disk_unshare(int fd);
enum error disk_write_at(struct file *f, int64_t position, struct bytes bytes) MUST_CHECK;
enum error disk_sync(struct file *f) MUST_CHECK;
enum error disk_truncate(struct file *f, int64_t size) MUST_CHECK;
enum error disk_size(struct file *f, int64_t *out) MUST_CHECK;
/* An exclusive lock (flock) until the file is closed or the process ends. */
enum error disk_lock(struct file *f) MUST_CHECK;
enum error disk_is_at(struct file *f, const char *path, bool *out) MUST_CHECK;
enum error disk_rename(struct disk *d, const char *from, const char *to) MUST_CHECK;
enum error disk_rename_new(struct disk *d, const char *from, const char *to) MUST_CHECK;
enum error disk_unlink(struct disk *d, const char *path) MUST_CHECK;
/* An empty directory. E_not_found, also for what is no directory; E_exists, and nothing is changed,
 * when something is in it. */
enum error disk_remove_dir(struct disk *d, const char *path) MUST_CHECK;
enum error disk_make_dir(struct disk *d, const char *path) MUST_CHECK;
enum error disk_sync_dir(struct disk *d, const char *path) MUST_CHECK;
enum error disk_list(struct disk *d, const char *path, disk_on_name *on_name, void *context)
    MUST_CHECK; /* without . and .., any order; E_not_found for a file */
enum error disk_exists(struct disk *d, const char *path, bool *out) MUST_CHECK;

/* What is created on a disk made by disk_beneath gets this mode (0640), whatever the umask says; 0:
 * its owner's alone. */
void disk_beneath_mode(struct disk *d, unsigned mode);

/* Whole small files. read_whole fails with E_too_large over `max`. replace is write, sync, rename,
 * sync of the directory: after a crash either the old or the new content is there, whole. */
enum error disk_read_whole(struct disk *d, const char *path, size_t max,
                           struct buf *out) MUST_CHECK;
enum error disk_replace(struct disk *d, const char *path, struct bytes content) MUST_CHECK;
/* A whole new file, its directory made when absent: PATH.part, sync, a rename that replaces
 * nothing, sync of the directory. E_exists: a file with other content is there. The same content is
 * E_ok however often, from however many processes; E_locked: one of them is at it just now. After a
 * crash PATH is absent or whole. */
enum error disk_put_new(struct disk *d, const char *path, struct bytes content) MUST_CHECK;

#endif
