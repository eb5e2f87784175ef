/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A fold's operations on memory. What a fold does not have is refused by refused.c. */
#include "fold_store.h"

#include "base/check.h"
#include "base/cursor.h"
#include "fold_inside.h"

#include <inttypes.h>
#include <stdlib.h>

enum { PUTS_A_LOOK = 1024 };

struct fold_store *fold_store_of(struct store *store) {
    return (struct fold_store *)store;
}

static struct fold_store *changing(struct store *store) {
    struct fold_store *f = fold_store_of(store);
    assert(f->in_transaction);
    f->changed = true;
    return f;
}

/* ---- transactions */

static uint64_t rows_bytes(const struct fold_store *f) {
    struct cache_sizes sizes = cache_sizes(&f->rows);
    return sizes.bytes + sizes.index_bytes;
}

/* Looked at now and then, as counting looks at every page, and between groups: within one a row
 * is changed without ado, and its change can be undone. What is over stays so. */
static enum error memory_check(struct fold_store *f) {
    if (!f->memory_max || (!f->over && f->puts - f->looked < PUTS_A_LOOK))
        return E_ok;
    f->looked = f->puts;
    f->over = f->over || rows_bytes(f) > f->memory_max;
    if (!f->over)
        return E_ok;
    enum error e = fail(E_config, "the rows of %s take %" PRIu64 " MB, its memory_max is %" PRIu64,
                        f->service, rows_bytes(f) >> 20, f->memory_max >> 20);
    fail_try("raise memory_max of the service, if the machine has the memory; its snapshot stays");
    return e;
}

static enum error op_begin(struct store *store) {
    struct fold_store *f = fold_store_of(store);
    assert(!f->in_transaction);
    if (f->spoiled)
        return fail(E_io, "%s: a group was dropped half done; the snapshot has what is whole",
                    f->path);
    TRY(memory_check(f));
    if (f->rests)
        TRY(fold_running_begin(f)); /* it goes on after all */
    f->in_transaction = true;
    f->changed = false;
    return E_ok;
}

static enum error op_commit(struct store *store) {
    struct fold_store *f = fold_store_of(store);
    assert(f->in_transaction);
    f->in_transaction = false;
    return E_ok;
}

/* A group is dropped when the service stops on a fault: nothing is worth an undo log. */
static void op_rollback(struct store *store) {
    struct fold_store *f = fold_store_of(store);
    f->spoiled = f->spoiled || (f->in_transaction && f->changed);
    f->in_transaction = false;
}

/* ---- rows */

static enum error op_row_get(struct store *store, size_t table, struct bytes key, struct bytes sub,
                             struct value *values, bool *found) {
    struct row_id id = { table, key, sub };
    assert(table < fold_store_of(store)->table_count);
    *found = cache_get(&fold_store_of(store)->rows, &id, values);
    return E_ok;
}

static enum error op_row_put(struct store *store, size_t table, struct bytes key, struct bytes sub,
                             const struct value *values) {
    struct row_id id = { table, key, sub };
    struct fold_store *f = changing(store);
    assert(table < f->table_count);
    cache_put(&f->rows, &id, values);
    f->puts++;
    return E_ok;
}

static enum error op_row_delete(struct store *store, size_t table, struct bytes key,
                                struct bytes sub) {
    struct row_id id = { table, key, sub };
    cache_delete(&changing(store)->rows, &id);
    return E_ok;
}

struct found_row {
    struct row_id id;
    uint32_t ref;
};

static int rows_compare(const void *a, const void *b) {
    const struct found_row *left = a, *right = b;
    int order = bytes_compare(left->id.key, right->id.key);
    return order ? order : bytes_compare(left->id.sub, right->id.sub);
}

void fold_table_visit(struct fold_store *f, size_t table, struct bytes key,
                      const struct fold_visit *visit) {
    struct found_row *rows = memory_get((f->rows.of_table[table] + 1) * sizeof(*rows));
    size_t count = 0, columns = f->tables[table].column_count;
    uint32_t ref;
    for (uint64_t at = 0; cache_next(&f->rows, table, &at, &ref);) {
        struct row_id id = cache_row(&f->rows, ref, NULL);
        if (!key.data || bytes_equal(id.key, key))
            rows[count++] = (struct found_row){ id, ref };
    }
    qsort(rows, count, sizeof(*rows), rows_compare);
    struct value *values = memory_get((columns + 1) * sizeof(*values));
    for (size_t i = 0; i < count; i++) {
        (void)cache_row(&f->rows, rows[i].ref, values);
        visit->on_row(visit->context, rows[i].id.key, rows[i].id.sub, values, columns);
    }
    free(values);
    free(rows);
}

static enum error op_table_each(struct store *store, size_t table, store_on_row *on_row,
                                void *context) {
    struct fold_visit visit = { on_row, context };
    assert(table < fold_store_of(store)->table_count);
    fold_table_visit(fold_store_of(store), table, bytes_of(NULL, 0), &visit);
    return E_ok;
}

static bool op_row_next(struct store *store, size_t table, uint64_t *at, struct bytes *key,
                        struct value *values) {
    const struct cache *rows = &fold_store_of(store)->rows;
    uint32_t ref;
    if (!cache_next(rows, table, at, &ref))
        return false;
    *key = cache_row(rows, ref, values).key;
    return true;
}

static bool op_row_may_rest(struct store *store, uint64_t at) {
    return cache_may_rest(&fold_store_of(store)->rows, at);
}

static uint64_t op_row_count(struct store *store, size_t table) {
    assert(table < fold_store_of(store)->table_count);
    return fold_store_of(store)->rows.of_table[table];
}

static bool op_row_find(struct store *store, size_t index, const struct value *value, uint64_t *at,
                        struct bytes *key, struct value *values) {
    const struct cache *rows = &fold_store_of(store)->rows;
    uint32_t ref;
    assert(index < rows->index_count);
    if (!cache_find(rows, index, value, at, &ref))
        return false;
    *key = cache_row(rows, ref, values).key;
    return true;
}

static bool op_find_may_rest(struct store *store, size_t index, const struct value *value,
                             uint64_t at) {
    return cache_find_may_rest(&fold_store_of(store)->rows, index, value, at);
}

static uint64_t op_row_bytes(struct store *store, uint64_t *index_bytes) {
    struct cache_sizes sizes = cache_sizes(&fold_store_of(store)->rows);
    *index_bytes = sizes.index_bytes;
    return sizes.bytes;
}

/* ---- positions, lanes, facts */

void *fold_entry(struct table *t, struct bytes name, size_t size_to_make) {
    void *entry = table_find(t, name);
    if (entry || !size_to_make)
        return entry;
    entry = memory_get(size_to_make);
    (void)table_put(t, name, entry);
    return entry;
}

static struct bytes place_name(struct fold_store *f, struct bytes topic, int32_t partition) {
    buf_clear(&f->name);
    buf_put_be32(&f->name, (uint32_t)partition);
    buf_put_bytes(&f->name, topic);
    return buf_bytes(&f->name);
}

static enum error op_position_get(struct store *store, struct bytes topic, int32_t partition,
                                  struct position *out, bool *found) {
    struct fold_store *f = fold_store_of(store);
    const struct fold_place *place = fold_entry(&f->places, place_name(f, topic, partition), 0);
    *found = place != NULL;
    if (place)
        *out = place->position;
    return E_ok;
}

static enum error op_position_put(struct store *store, struct bytes topic, int32_t partition,
                                  const struct position *p) {
    struct fold_store *f = changing(store);
    struct bytes name = place_name(f, topic, partition);
    struct fold_place *place = fold_entry(&f->places, name, sizeof(*place));
    place->position = *p;
    return E_ok;
}

struct found_place {
    struct bytes topic;
    int32_t partition;
    const struct position *position;
};

static int places_compare(const void *a, const void *b) {
    const struct found_place *left = a, *right = b;
    int order = bytes_compare(left->topic, right->topic);
    return order ? order
                 : (left->partition > right->partition) - (left->partition < right->partition);
}

static enum error op_position_each(struct store *store, store_on_position *on_position,
                                   void *context) {
    const struct table *places = &fold_store_of(store)->places;
    struct found_place *found = memory_get((places->count + 1) * sizeof(*found));
    size_t count = 0;
    struct bytes name;
    void *place;
    for (size_t at = 0; table_next(places, &at, &name, &place);) {
        struct cursor in = cursor_on(name);
        found[count].partition = read_int32(&in);
        found[count].topic = read_bytes(&in, cursor_left(&in));
        found[count++].position = &((const struct fold_place *)place)->position;
    }
    qsort(found, count, sizeof(*found), places_compare);
    for (size_t i = 0; i < count; i++)
        on_position(context, found[i].topic, found[i].partition, found[i].position);
    free(found);
    return E_ok;
}

static enum error lane_put(struct table *lanes, struct bytes lane, int64_t number) {
    struct fold_lane *at = fold_entry(lanes, lane, sizeof(*at));
    at->number = number;
    return E_ok;
}

static enum error lanes_each(const struct table *lanes, store_on_lane *on_lane, void *context) {
    struct bytes name;
    void *lane;
    for (size_t at = 0; table_next(lanes, &at, &name, &lane);)
        on_lane(context, name, ((const struct fold_lane *)lane)->number);
    return E_ok;
}

static enum error op_lane_in_each(struct store *store, store_on_lane *on_lane, void *context) {
    return lanes_each(&fold_store_of(store)->lanes_in, on_lane, context);
}

static enum error op_lane_in_put(struct store *store, struct bytes lane, int64_t watermark) {
    return lane_put(&changing(store)->lanes_in, lane, watermark);
}

static enum error op_lane_out_each(struct store *store, store_on_lane *on_lane, void *context) {
    return lanes_each(&fold_store_of(store)->lanes_out, on_lane, context);
}

static enum error op_lane_out_put(struct store *store, struct bytes lane, int64_t sequence) {
    return lane_put(&changing(store)->lanes_out, lane, sequence);
}

static enum error op_fact_get(struct store *store, const char *name, struct buf *out, bool *found) {
    const struct fold_fact *fact = fold_entry(&fold_store_of(store)->facts, bytes_text(name), 0);
    *found = fact != NULL;
    if (fact)
        buf_put_bytes(out, buf_bytes(&fact->value));
    return E_ok;
}

static enum error op_fact_put(struct store *store, const char *name, struct bytes value) {
    struct fold_fact *fact = fold_entry(&changing(store)->facts, bytes_text(name), sizeof(*fact));
    buf_clear(&fact->value);
    buf_put_bytes(&fact->value, value);
    return E_ok;
}

/* ---- the outbox: ids only */

static enum error op_outbox_add(struct store *store, struct bytes packed, int64_t *id) {
    (void)packed;
    *id = ++changing(store)->outbox_last;
    return E_ok;
}

static enum error op_outbox_delete_through(struct store *store, int64_t id) {
    struct fold_store *f = changing(store);
    assert(id <= f->outbox_last);
    if (id > f->outbox_deleted)
        f->outbox_deleted = id;
    return E_ok;
}

static enum error op_outbox_each(struct store *store, store_on_outbox *on_row, void *context) {
    (void)store;
    (void)on_row;
    (void)context;
    return E_ok;
}

/* ---- timers, of event time only */

static enum error op_timer_put(struct store *store, const struct timer_row *t) {
    if (t->clock != TIMER_EVENT) {
        enum error e = fail(E_config, "a fold has no timers on the wall clock");
        fail_try("octavo_timer_set_event_time");
        return e;
    }
    fold_timers_put(&changing(store)->timers, t);
    return E_ok;
}

static enum error op_timer_delete(struct store *store, struct bytes name, struct bytes key) {
    fold_timers_delete(&changing(store)->timers, name, key);
    return E_ok;
}

static enum error op_timer_due(struct store *store, enum timer_clock clock, int64_t now_ms,
                               size_t max, store_on_timer *on_timer, void *context) {
    if (clock == TIMER_EVENT)
        fold_timers_due(&fold_store_of(store)->timers, now_ms, max, on_timer, context);
    return E_ok;
}

static enum error op_timer_first(struct store *store, enum timer_clock clock, int64_t *due_ms,
                                 bool *found) {
    const struct timer_row *first =
        clock == TIMER_EVENT ? fold_timers_first(&fold_store_of(store)->timers) : NULL;
    *found = first != NULL;
    *due_ms = first ? first->due_ms : 0;
    return E_ok;
}

/* ---- snapshots */

static enum error op_save(struct store *store) {
    struct fold_store *f = fold_store_of(store);
    assert(!f->in_transaction);
    assert(f->outbox_deleted == f->outbox_last); /* the caller waits for the acknowledgements */
    if (f->spoiled)
        return fail(E_io, "%s: a group was dropped half done", f->path);
    return f->refused ? E_ok : fold_writer_start(f);
}

static enum error op_saved(struct store *store, bool wait, bool *done) {
    return fold_writer_end(fold_store_of(store), wait, done);
}

static bool op_save_goes_on(struct store *store) {
    return fold_writer_copies(fold_store_of(store));
}

struct fold_sizes fold_sizes(const struct store *store) {
    const struct fold_store *f = (const struct fold_store *)store;
    struct fold_sizes sizes = f->sizes;
    struct cache_sizes rows = cache_sizes(&f->rows);
    sizes.rows = rows.rows;
    sizes.row_bytes = rows.row_bytes;
    sizes.bytes = rows.bytes;
    sizes.index_bytes = rows.index_bytes;
    return sizes;
}

const struct store_ops fold_ops = {
    .begin = op_begin,
    .commit = op_commit,
    .rollback = op_rollback,
    .close = fold_close,
    .row_get = op_row_get,
    .row_put = op_row_put,
    .row_delete = op_row_delete,
    .log_add = fold_log_add,
    .log_last = fold_log_last,
    .table_each = op_table_each,
    .journal_add = fold_journal_add,
    .journal_each = fold_journal_each,
    .journal_cut = fold_journal_cut,
    .journal_range = fold_journal_range,
    .position_get = op_position_get,
    .position_put = op_position_put,
    .position_each = op_position_each,
    .lane_in_each = op_lane_in_each,
    .lane_in_put = op_lane_in_put,
    .lane_out_each = op_lane_out_each,
    .lane_out_put = op_lane_out_put,
    .outbox_add = op_outbox_add,
    .outbox_delete_through = op_outbox_delete_through,
    .outbox_each = op_outbox_each,
    .timer_put = op_timer_put,
    .timer_delete = op_timer_delete,
    .timer_due = op_timer_due,
    .timer_first = op_timer_first,
    .park_add = fold_park_add,
    .park_put = fold_park_put,
    .park_delete = fold_park_delete,
    .park_each = fold_park_each,
    .park_sums = fold_park_sums,
    .effect_add = fold_effect_add,
    .effect_put = fold_effect_put,
    .effect_delete = fold_effect_delete,
    .effect_each = fold_effect_each,
    .seen_put = fold_seen_put,
    .seen_forget = fold_seen_forget,
    .seen_each = fold_seen_each,
    .fact_get = op_fact_get,
    .fact_put = op_fact_put,
    .fact_each = fold_fact_each,
    .save = op_save,
    .saved = op_saved,
    .rest = fold_running_end,
    .refuse = fold_refuse,
    .row_next = op_row_next,
    .row_may_rest = op_row_may_rest,
    .row_count = op_row_count,
    .row_bytes = op_row_bytes,
    .row_find = op_row_find,
    .find_may_rest = op_find_may_rest,
    .save_goes_on = op_save_goes_on,
};
