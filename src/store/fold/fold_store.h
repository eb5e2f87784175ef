/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The store of a fold: everything in memory, a snapshot of it all from time to time.
 *
 * A commit costs nothing and promises nothing; what is durable is the newest snapshot,
 * DIR/<system>.<service>.<generation>.<task>.fold (docs/formats/fold.md). State, positions,
 * watermarks in and sequences out stand in one file that is replaced whole, so that after a crash
 * the fold reads again from where all of them agree. FILE.lock is the fence, as in store/sqlite.
 *
 * What a fold does not have - a journal, parked inputs, effects, ids seen, logs, timers on the wall
 * clock - is refused with E_config when it is put, and is empty when it is read. The outbox keeps
 * ids only: an event that was not acknowledged is made again by reading again. */
#ifndef OCTAVO_STORE_FOLD_STORE_H
#define OCTAVO_STORE_FOLD_STORE_H

#include "base/disk.h"
#include "store/store.h"

extern const struct store_kind fold_store_kind; /* scheme "fold", url "fold:DIR" */

/* The same on a disk of a test's. */
enum error fold_open_on(struct disk *disk, struct store **out,
                        const struct store_options *options) MUST_CHECK;

struct fold_sizes {
    uint64_t rows;
    uint64_t row_bytes;   /* of the rows alone */
    uint64_t bytes;       /* all that they take in memory, without the indexes */
    uint64_t index_bytes; /* those */
    int64_t serialise_ns; /* of the task's time for its last save */
    int64_t pause_ns;     /* the longest piece of it */
    int64_t write_ns;     /* the thread's, when the last is done */
    int64_t snapshot_bytes;
};
struct fold_sizes fold_sizes(const struct store *store);

#endif
