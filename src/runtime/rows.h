/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The rows a task works on, between its handlers and the store.
 *
 * The task is the only writer of its store, so a row read once is known until the cache is emptied:
 * a group reads each row at most once and writes each changed row once, at its commit, however
 * many events touched it. A row that is known to be absent is kept as well. The cache is emptied
 * between groups when it holds over ROWS_MAX rows or ROWS_BYTES_MAX bytes, so that a group's own
 * rows are the only thing that can go beyond. Rows of a table with `order: sub` are made once and
 * seldom seen again: they leave with their group, and the others stay near at hand.
 *
 * A group has steps, and a step that fails is undone alone: the first change of a row in a step
 * notes what was there before. */
#ifndef OCTAVO_RUNTIME_ROWS_H
#define OCTAVO_RUNTIME_ROWS_H

#include "base/table.h"
#include "runtime/forget.h"
#include "runtime/rows_direct.h"
#include "store/store.h"

enum { ROWS_MAX = 65536, ROWS_BYTES_MAX = 16 << 20 };

struct row;
struct row_place;

/* A row as it was before the step that changes it. */
struct row_before {
    struct row *row;
    struct value *values; /* owned: freed by row_cache_rest, or the row's again by row_cache_undo */
    bool changed;
    bool created; /* by this change: nobody has asked the store for it */
};

struct row_cache {
    struct store *store;
    const struct store_table *tables;
    struct table by_id;   /* rows of tables in the order of keys, */
    struct table passing; /* and those in the order of subs: they leave with their group */
    struct row **changed; /* since the last row_cache_keep or row_cache_drop */
    size_t changed_count, changed_capacity;
    void **graves; /* texts that a handler may still look at: freed by row_cache_rest */
    size_t grave_count, grave_capacity;
    struct row_before *befores; /* of the step, one for each row it changed */
    size_t before_count, before_capacity;
    struct buf id; /* scratch */
    size_t bytes;
    size_t *ranks;            /* of the tables, by name */
    struct row_place *places; /* scratch: the changed rows, in order */
    size_t place_capacity;
    struct forgets forgets;
    bool is_direct; /* nothing is cached: rows_direct.h */
    struct rows_direct direct;
};

struct row_name {
    size_t table;
    struct bytes key;
    struct bytes sub;
};

/* `tables` must outlive it. */
void row_cache_init(struct row_cache *r, struct store *store, const struct store_table *tables,
                    size_t table_count);
/* *values is NULL when there is no such row, or its time is over (forget.h). Valid until
 * row_cache_rest; a later put does not change it. */
enum error row_cache_get(struct row_cache *r, const struct row_name *name,
                         const struct value **values) MUST_CHECK;
void row_cache_put(struct row_cache *r, const struct row_name *name, const struct value *values);
void row_cache_delete(struct row_cache *r, const struct row_name *name);
/* Rows of a key as the handler would get them, at most `max`: of the store, in the order of subs,
 * then those that the group has added. Not of a direct cache. */
typedef void row_visit(void *context, const struct row_name *name, const struct value *values);
enum error row_cache_key_each(struct row_cache *r, const struct row_name *key, size_t max,
                              row_visit *on_row, void *context) MUST_CHECK;
void row_cache_mark(struct row_cache *r); /* a step begins */
void row_cache_undo(struct row_cache *r); /* its changes, exactly; rest comes afterwards */
void row_cache_rest(struct row_cache *r); /* the step has ended, what it changed stays */

/* Changed rows to the store, in its transaction, by table name, key and sub key, each told before;
 * values NULL: it is deleted. Between steps only. */
enum error row_cache_write(struct row_cache *r, row_visit *on_row, void *context) MUST_CHECK;
void row_cache_keep(struct row_cache *r); /* the transaction is committed */
void row_cache_drop(struct row_cache *r); /* it is not: changed rows are forgotten */
void row_cache_finish(struct row_cache *r);

#endif
