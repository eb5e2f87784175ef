/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rows without a cache, for a store that is memory itself (a fold): a cache before it would hold
 * every row twice, and cost most where the rows are many.
 *
 * Changes go to the store at once. What was there before is noted for the step, so that a step that
 * fails is undone; the store's operations on rows cannot fail. For rows.c. */
#ifndef OCTAVO_RUNTIME_ROWS_DIRECT_H
#define OCTAVO_RUNTIME_ROWS_DIRECT_H

#include "base/arena.h"
#include "store/store.h"

struct row_name;

struct direct_before {
    size_t table;
    struct bytes key, sub; /* in the arena, as the values are */
    struct value *values;  /* NULL: there was no such row */
};

struct rows_direct {
    struct store *store;
    const struct store_table *tables;
    struct arena arena; /* the step's */
    struct direct_before *befores;
    size_t count, capacity;
};

const struct value *rows_direct_get(struct rows_direct *r, const struct row_name *name);
/* values NULL: deletes */
void rows_direct_put(struct rows_direct *r, const struct row_name *name,
                     const struct value *values);
void rows_direct_undo(struct rows_direct *r);
void rows_direct_rest(struct rows_direct *r);
void rows_direct_finish(struct rows_direct *r);

#endif
