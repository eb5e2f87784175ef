/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Taking records out of a batch: what compaction does to those that a newer one has replaced. */
#ifndef OCTAVO_WIRE_SIFT_H
#define OCTAVO_WIRE_SIFT_H

#include "batch.h"

struct sift {
    bool (*keeps)(void *context, const struct record *r);
    void *context;
    int64_t horizon_ms; /* given to a batch that keeps a tombstone and has no horizon yet */
};

/* Until when a tombstone of the batch is kept (KIP-534); -1: that is not decided yet. */
int64_t batch_delete_horizon(const struct batch *b);
/* Appends to `out` the batch with the records it keeps, at their offsets: as it is if it keeps all,
 * nothing if it keeps none, else written anew and not compressed. `*kept` is how many. */
enum error batch_sift(const struct batch *b, size_t max_bytes, const struct sift *sift,
                      struct buf *out, int32_t *kept) MUST_CHECK;

#endif
