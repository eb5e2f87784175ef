/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the judge and the layer under its processes' files have in common.
 *
 * A disk that loses power, or fails, cannot be had for a real process; so a library is loaded in
 * front of libc (layer/layer.c) that stands between the process and its files, the broker's own and
 * SQLite's alike. The product has no hook for it and does not know of it. The layer does
 * this:
 *
 * It keeps a journal. Before a write or a truncation it notes what stood there before and what
 * comes, in one append; after fdatasync() or fsync() it notes which file is safe up to which byte
 * of the journal; after a sync that failed, which file has lost what it had not synced up to there,
 * as a kernel may forget pages that it could not write, whatever a later sync says. So at any
 * moment the judge can kill everybody and make of the files what a disk may show after a power cut
 * (power.h).
 *
 * It fails on demand: the judge arms a fault for a process in shared memory, without a restart.
 *
 * And it mends what libfaketime lacks: waits of C's own threads, when the clock jumps. */
#ifndef OCTAVO_VERIFY_LAYER_H
#define OCTAVO_VERIFY_LAYER_H

#include <stdatomic.h>
#include <stdint.h>

#define LAYER_SETTING "OCTAVO_LAYER" /* names the file of the control */

#define LAYER_MAGIC UINT64_C(0x4f4c6179e83a91c5)

enum { LAYER_PATH_MAX = 512 };

enum layer_fault {
    LAYER_none,
    LAYER_sync_error,  /* a sync fails with EIO, once */
    LAYER_write_error, /* a write fails with EIO, once */
    LAYER_disk_full,   /* writes that make a file longer fail with ENOSPC until it is disarmed */
    LAYER_torn_write,  /* the first sectors of a write reach the file, and the process dies */
};

struct layer_control {
    uint64_t magic;
    atomic_int recording;
    atomic_int pid;    /* of the process that the fault is for; 0: nobody */
    atomic_int fault;  /* enum layer_fault */
    atomic_int visits; /* it strikes when this comes to 0 */
    atomic_int hits;
    atomic_uint dice;
    char dir[LAYER_PATH_MAX];     /* only files beneath it, but not beneath run/ and log/ */
    char journal[LAYER_PATH_MAX]; /* exists */
    char where[LAYER_PATH_MAX];   /* the file that it struck, before hits is raised */
};

enum layer_kind { LAYER_write = 1, LAYER_cut, LAYER_synced, LAYER_failed };

/* Behind it the journal has old_len bytes that stood there, then new_len bytes that come. Who is
 * killed while it notes leaves a part of one; what it was about to write was not written. */
struct layer_record {
    uint64_t magic;
    uint32_t kind;
    int32_t pid;
    uint64_t inode;
    int64_t born_ns; /* with the inode it names the file, as numbers are used again */
    int64_t at;      /* cut: the new size; synced, failed: of what the journal had before it */
    int64_t size;    /* of the file, before */
    uint32_t old_len, new_len;
};

#endif
