/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Timers in memory, by (due_ms, name, key): a heap, and a table that finds one by (name, key). */
#ifndef OCTAVO_STORE_FOLD_TIMERS_H
#define OCTAVO_STORE_FOLD_TIMERS_H

#include "base/table.h"
#include "store/store.h"

struct fold_timer {
    struct timer_row row; /* its texts stand behind this struct */
    size_t at;            /* in the heap */
};

struct fold_timers {
    struct fold_timer **heap;
    size_t count, capacity;
    struct table by_name;
    struct buf id; /* scratch */
};

void fold_timers_put(struct fold_timers *t, const struct timer_row *row);
void fold_timers_delete(struct fold_timers *t, struct bytes name, struct bytes key);
const struct timer_row *fold_timers_first(const struct fold_timers *t); /* NULL: none */
/* At most `max` of those due, in order. */
void fold_timers_due(struct fold_timers *t, int64_t now_ms, size_t max, store_on_timer *on_timer,
                     void *context);
void fold_timers_finish(struct fold_timers *t);

#endif
