/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A disk in memory that can fail and lose power, for tests and simulation. One thread only.
 *
 * It remembers, for every file, the content that was synced and each write since; and for the
 * names, what sync_dir has made durable and each create, rename and unlink since. A crash keeps
 * what is durable and, by its seed, any subset of the rest: single 512-byte sectors of a write, a
 * truncation, a name. That is what POSIX allows; real file systems are kinder.
 * A sync that fails loses what it should have synced, as Linux does: the bytes can still be read,
 * the next sync succeeds, and a crash takes them away. */
#ifndef OCTAVO_BASE_MEMORY_DISK_H
#define OCTAVO_BASE_MEMORY_DISK_H

#include "base/disk.h"

enum memory_disk_op {
    MEMORY_DISK_OPEN, /* of a file that is there */
    MEMORY_DISK_READ,
    MEMORY_DISK_CREATE, /* this one and all below change something and are counted */
    MEMORY_DISK_WRITE,
    MEMORY_DISK_SYNC,
    MEMORY_DISK_TRUNCATE,
    MEMORY_DISK_RENAME,
    MEMORY_DISK_UNLINK,
    MEMORY_DISK_MAKE_DIR,
    MEMORY_DISK_SYNC_DIR,
    MEMORY_DISK_OPS,
};

struct memory_disk_fault {
    enum memory_disk_op op;
    const char *path_part; /* only paths that contain it; NULL: any; borrowed */
    int64_t nth;           /* from 1: that operation fails; a write has then written its half */
    enum error error;      /* E_io or E_disk_full */
    bool lasting;          /* every later one of the kind fails too */
};

struct disk *memory_disk_create(void);
void memory_disk_destroy(struct disk *d);            /* NULL is fine */
struct disk *memory_disk_copy(const struct disk *d); /* no file may be open */

void memory_disk_fail(struct disk *d, const struct memory_disk_fault *fault); /* NULL: no more */
/* The disk is full once its files hold so many bytes; 0: never. */
void memory_disk_limit(struct disk *d, int64_t bytes);
int64_t memory_disk_operations(const struct disk *d); /* changes so far */
/* The change after `operations` of them is the last: from then on everything fails with E_io. */
void memory_disk_power_off_after(struct disk *d, int64_t operations);
/* Power is back: what was not synced is kept, torn or lost by the seed. No file may be open. */
void memory_disk_crash(struct disk *d, uint64_t seed);
void memory_disk_flip(struct disk *d, const char *path, int64_t position, uint8_t mask);

#endif
