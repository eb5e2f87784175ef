/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The inside of an embedded store: its statements, and which file has which operations.
 *
 * A statement is prepared when it is first wanted: a store that never parks pays nothing for it at
 * its opening. */
#ifndef OCTAVO_STORE_SQLITE_INSIDE_H
#define OCTAVO_STORE_SQLITE_INSIDE_H

#include "connection.h"
#include "store/store.h"

enum fixed {
    FIXED_begin,
    FIXED_commit,
    FIXED_rollback,
    FIXED_journal_last,
    FIXED_journal_add,
    FIXED_journal_each,
    FIXED_journal_cut,
    FIXED_journal_range,
    FIXED_position_get,
    FIXED_position_put,
    FIXED_position_each,
    FIXED_lane_in_each,
    FIXED_lane_in_put,
    FIXED_lane_out_each,
    FIXED_lane_out_put,
    FIXED_outbox_add,
    FIXED_outbox_delete_through,
    FIXED_outbox_each,
    FIXED_timer_put,
    FIXED_timer_delete,
    FIXED_timer_due,
    FIXED_timer_first,
    FIXED_park_add,
    FIXED_park_put,
    FIXED_park_delete,
    FIXED_park_each,
    FIXED_park_each_key,
    FIXED_park_sums,
    FIXED_effect_add,
    FIXED_effect_put,
    FIXED_effect_delete,
    FIXED_effect_each,
    FIXED_seen_put,
    FIXED_seen_forget,
    FIXED_seen_each,
    FIXED_fact_get,
    FIXED_fact_put,
    FIXED_fact_each,
    FIXED_COUNT
};

struct sqlite_store {
    struct store store; /* first */
    struct connection connection;
    struct file *lock;
    sqlite3_stmt *fixed[FIXED_COUNT]; /* NULL: not yet wanted */
    struct rows *rows;                /* [table_count], in the order of store_options.tables */
    size_t table_count;
    bool in_transaction;
    /* The id of the next journal row, contiguous; 0: not yet known. */
    int64_t journal_next, journal_next_at_begin;
    int wal_pages;       /* in the WAL file after the last commit */
    int checkpoint_from; /* WAL pages at which the next checkpoint is tried */
};

struct sqlite_store *sqlite_store_of(struct store *store);
enum error fixed_get(struct sqlite_store *s, enum fixed which, sqlite3_stmt **out) MUST_CHECK;
/* The same for a statement that changes something: only ever inside a transaction. */
enum error fixed_change(struct sqlite_store *s, enum fixed which, sqlite3_stmt **out) MUST_CHECK;
/* The LIMIT of a `max`. */
int64_t fixed_limit(size_t max);

/* journal.c */
enum error op_journal_add(struct store *store, int64_t at_ms, struct bytes inputs,
                          struct bytes outputs) MUST_CHECK;
enum error op_journal_each(struct store *store, int64_t from_id, size_t max,
                           store_on_journal *on_row, void *context) MUST_CHECK;
enum error op_journal_cut(struct store *store, int64_t through_id) MUST_CHECK;
enum error op_journal_range(struct store *store, int64_t *first_id, int64_t *last_id) MUST_CHECK;

/* positions.c: positions, lanes and facts */
enum error op_position_get(struct store *store, struct bytes topic, int32_t partition,
                           struct position *out, bool *found) MUST_CHECK;
enum error op_position_each(struct store *store, store_on_position *on_position,
                            void *context) MUST_CHECK;
enum error op_position_put(struct store *store, struct bytes topic, int32_t partition,
                           const struct position *p) MUST_CHECK;
enum error op_lane_in_each(struct store *store, store_on_lane *on_lane, void *context) MUST_CHECK;
enum error op_lane_in_put(struct store *store, struct bytes lane, int64_t watermark) MUST_CHECK;
enum error op_lane_out_each(struct store *store, store_on_lane *on_lane, void *context) MUST_CHECK;
enum error op_lane_out_put(struct store *store, struct bytes lane, int64_t sequence) MUST_CHECK;
enum error op_fact_get(struct store *store, const char *name, struct buf *out,
                       bool *found) MUST_CHECK;
enum error op_fact_put(struct store *store, const char *name, struct bytes value) MUST_CHECK;
enum error op_fact_each(struct store *store, store_on_fact *on_fact, void *context) MUST_CHECK;

/* outbox.c: the outbox and timers, what a commit leaves to be done */
enum error op_outbox_add(struct store *store, struct bytes packed, int64_t *id) MUST_CHECK;
enum error op_outbox_delete_through(struct store *store, int64_t id) MUST_CHECK;
enum error op_outbox_each(struct store *store, store_on_outbox *on_row, void *context) MUST_CHECK;
enum error op_timer_put(struct store *store, const struct timer_row *t) MUST_CHECK;
enum error op_timer_delete(struct store *store, struct bytes name, struct bytes key) MUST_CHECK;
enum error op_timer_due(struct store *store, enum timer_clock clock, int64_t now_ms, size_t max,
                        store_on_timer *on_timer, void *context) MUST_CHECK;
enum error op_timer_first(struct store *store, enum timer_clock clock, int64_t *due_ms,
                          bool *found) MUST_CHECK;

/* parked.c: inputs that wait, and ids seen */
enum error op_park_add(struct store *store, const struct parked_row *row,
                       int64_t *number) MUST_CHECK;
enum error op_park_put(struct store *store, const struct parked_row *row) MUST_CHECK;
enum error op_park_delete(struct store *store, int64_t number) MUST_CHECK;
enum error op_park_each(struct store *store, struct bytes key, int64_t from_number, size_t max,
                        store_on_parked *on_row, void *context) MUST_CHECK;
enum error op_park_sums(struct store *store, store_on_parked_key *on_key, void *context) MUST_CHECK;
enum error op_seen_put(struct store *store, const struct seen_row *row, int64_t now_ms,
                       bool *was_there) MUST_CHECK;
enum error op_seen_forget(struct store *store, int64_t now_ms, size_t max) MUST_CHECK;
enum error op_seen_each(struct store *store, int64_t now_ms, store_on_seen *on_row,
                        void *context) MUST_CHECK;

/* effects.c */
enum error op_effect_add(struct store *store, const struct effect_row *row,
                         int64_t *number) MUST_CHECK;
enum error op_effect_put(struct store *store, const struct effect_row *row) MUST_CHECK;
enum error op_effect_delete(struct store *store, int64_t number) MUST_CHECK;
enum error op_effect_each(struct store *store, int64_t from_number, size_t max,
                          store_on_effect *on_row, void *context) MUST_CHECK;

#endif
