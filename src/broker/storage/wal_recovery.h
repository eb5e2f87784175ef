/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading the log after a stop: which frames count, where it ends, and whether that may be. */
#ifndef OCTAVO_STORAGE_WAL_RECOVERY_H
#define OCTAVO_STORAGE_WAL_RECOVERY_H

#include "wal.h"

/* Where the log is read from; the checkpoint says so. All zero: from the first file's start. */
struct wal_place {
    uint64_t sequence;
    int64_t position;
    lsn_t lsn; /* of the frame at that place */
};

/* What a cut log loses: a frame that can still be read, or a run of those that cannot. */
struct wal_lost {
    lsn_t first, last;
    int type;             /* of a frame whose header can be read, else 0 */
    struct bytes payload; /* of it, perhaps damaged */
};

struct wal_recovery {
    struct wal_place from;
    lsn_t applied; /* frames up to here are part of the checkpoint */
    lsn_t synced;  /* known to be synced, from the checkpoint */
    uint64_t term; /* the checkpoint's */
    bool is_clean; /* the broker stopped cleanly: nothing lies behind `from` */
    /* Called for each frame above `applied`, in order; the payload is valid during the call. */
    enum error (*on_frame)(void *context, const struct wal_frame *frame, struct bytes payload);
    /* May be NULL: what is damaged is refused. */
    void (*on_lost)(void *context, const struct wal_lost *lost);
    void *context;
};

/* Reads the log into `w` (initialised, empty): replays it, refuses corruption, cuts the tail,
 * raises the term and makes all that durable with a WAL_OPEN frame. Makes the first file where
 * there is none. Afterwards w->synced == w->appended. */
enum error wal_recover(struct wal *w, const struct wal_recovery *recovery) MUST_CHECK;

#endif
