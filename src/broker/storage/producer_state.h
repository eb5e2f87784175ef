/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a partition remembers of each idempotent producer: epoch and last five batches. Pure. */
#ifndef OCTAVO_STORAGE_PRODUCER_STATE_H
#define OCTAVO_STORAGE_PRODUCER_STATE_H

#include "base/table.h"
#include "storage/storage.h"

enum { PRODUCER_BATCHES = 5, PRODUCERS_MAX = 1 << 16 };

struct producer_batch {
    int32_t first_sequence;
    int32_t last_sequence;
    int64_t base_offset;
    lsn_t lsn; /* 0: synced before the last start */
};

struct producer_state {
    int64_t id;
    int16_t epoch;
    int64_t used_ms;
    int batch_count; /* 0: the epoch was raised by a marker, its first batch begins at 0 */
    struct producer_batch batches[PRODUCER_BATCHES]; /* oldest first */
};

/* E_malformed: a producer id without epoch or sequence. */
enum error producer_check_named(const struct batch *batch) MUST_CHECK;
/* May the batch be appended? `*repeated` is set to the batch it repeats, else NULL.
 * E_malformed, E_fenced and E_diverged as partition_append says. Changes nothing. */
enum error producer_check(const struct table *producers, const struct batch *batch,
                          const struct producer_batch **repeated) MUST_CHECK;
/* Remembers the appended batch. */
void producer_note(struct table *producers, const struct batch *batch, int64_t base_offset,
                   lsn_t lsn, int64_t now_ms);
/* A marker says that the producer goes on with this epoch; an older one is fenced from here on. */
void producer_fence(struct table *producers, int64_t id, int16_t epoch);
void producer_put(struct table *producers, const struct producer_state *state); /* a copy */
void producers_expire(struct table *producers, int64_t before_ms);              /* not used since */
void producers_finish(struct table *producers);

#endif
