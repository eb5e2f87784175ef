/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Two stores of one task, held against each other table by table: the declared ones, and of the
 * store's own the positions, lanes, timers, parked inputs, effects, the ids that dedupe windows
 * remember, and the facts that inputs make: how far sources are read, which timers have fired.
 *
 * What the wall's clock has decided is not compared: when something was parked or asked for, when
 * it is due again, how often a worker has tried an effect, its windows. Nor is an id whose window
 * is over, forgotten or not. Neither are the outbox, which empties itself, and the journal. A table
 * is read twice at most and never held: hashes of blocks find the block that differs, and only that
 * block is read again. */
#ifndef OCTAVO_RUNTIME_COMPARE_H
#define OCTAVO_RUNTIME_COMPARE_H

#include "store/store.h"

struct compare_options {
    struct store *recorded;
    struct store *replayed;
    const struct store_table *tables; /* of both */
    size_t table_count;
    bool without_lanes_out; /* two generations: their lanes have other names */
    int64_t event_ms;       /* event time at the end: ids of windows before it are forgotten */
};

struct compare_row {
    size_t table;
    struct bytes key, sub;
};

/* One row that differs. A side that has no such row has an empty text. */
struct compare_found {
    bool found;
    struct buf table, key, sub;
    struct buf recorded, replayed; /* the rows as JSON */
};

/* The first that differs, in the order of tables and of keys. */
enum error compare_stores(const struct compare_options *o, struct compare_found *out) MUST_CHECK;
/* One row of a declared table that is no log. */
enum error compare_row(const struct compare_options *o, const struct compare_row *row,
                       struct compare_found *out) MUST_CHECK;
void compare_found_finish(struct compare_found *f);

#endif
