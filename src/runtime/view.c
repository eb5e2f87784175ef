/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a fold has, how old it is, and how far it has read.
 *
 * Staleness is the age of the oldest "all before this is here" over the partitions. A record says
 * so of what was written before it, and where none comes, a tick does (ticks.c): so what is idle is
 * not stale, and what no longer hears of its source is, a little later each moment. */
#include "runtime/view.h"

#include "base/check.h"
#include "runtime/service_state.h"
#include "runtime/task_inside.h"

#include <string.h>
#include <stdlib.h>

struct view {
    struct service *service;
    struct connector_rows rows;
    struct rows_table *tables;
    struct rows_column *columns; /* of all tables, one behind the other */
    struct rows_index *indexes;
};

enum { COLUMNS_MAX = 64 };

/* The one task of a service without a group, or the first of those in one. NULL: none is ours. */
static struct slot *slot_of(const struct view *v) {
    struct slot *slot = v->service->slots;
    while (slot && !slot->task)
        slot = slot->next;
    return slot;
}

static struct store *store_of(const struct view *v) {
    struct slot *slot = slot_of(v);
    if (!slot || slot->open) /* what is not committed is not to be seen */
        return NULL;
    return slot->task->store;
}

static void values_convert(const struct value *from, struct rows_value *to, size_t count) {
    for (size_t i = 0; i < count; i++) {
        to[i] = (struct rows_value){ .kind = ROWS_NULL };
        if (from[i].kind == VALUE_INT)
            to[i] = (struct rows_value){ .kind = ROWS_INT, .integer = from[i].integer };
        if (from[i].kind == VALUE_TEXT)
            to[i] = (struct rows_value){ .kind = ROWS_TEXT, .text = from[i].text };
    }
}

static bool rows_get(void *context, size_t table, struct bytes key, struct rows_value *values) {
    const struct view *v = context;
    struct store *store = store_of(v);
    struct value found[COLUMNS_MAX];
    bool is_there = false;
    if (!store || store->ops->row_get(store, table, key, bytes_text(""), found, &is_there)
        || !is_there)
        return false;
    values_convert(found, values, v->tables[table].column_count);
    return true;
}

static bool rows_next(void *context, size_t table, uint64_t *at, struct bytes *key,
                      struct rows_value *values) {
    const struct view *v = context;
    struct store *store = store_of(v);
    struct value found[COLUMNS_MAX];
    *at = store ? *at : 0;
    if (!store || !store->ops->row_next(store, table, at, key, found))
        return false;
    values_convert(found, values, v->tables[table].column_count);
    return true;
}

static bool rows_may_rest(void *context, uint64_t at) {
    struct store *store = store_of(context);
    return !store || store->ops->row_may_rest(store, at);
}

static uint64_t rows_count(void *context, size_t table) {
    struct store *store = store_of(context);
    return store ? store->ops->row_count(store, table) : 0;
}

static uint64_t rows_bytes(void *context, uint64_t *index_bytes) {
    struct store *store = store_of(context);
    *index_bytes = 0;
    return store ? store->ops->row_bytes(store, index_bytes) : 0;
}

static struct value value_given(const struct rows_value *v) {
    if (v->kind == ROWS_INT)
        return (struct value){ .kind = VALUE_INT, .integer = v->integer };
    if (v->kind == ROWS_TEXT)
        return (struct value){ .kind = VALUE_TEXT, .text = v->text };
    return (struct value){ .kind = VALUE_NULL };
}

static bool rows_find(void *context, size_t index, const struct rows_value *value, uint64_t *at,
                      struct bytes *key, struct rows_value *values) {
    const struct view *v = context;
    struct store *store = store_of(v);
    struct value found[COLUMNS_MAX], wanted = value_given(value);
    *at = store ? *at : 0;
    if (!store || !store->ops->row_find(store, index, &wanted, at, key, found))
        return false;
    values_convert(found, values, v->tables[v->indexes[index].table].column_count);
    return true;
}

static bool rows_find_may_rest(void *context, size_t index, const struct rows_value *value,
                               uint64_t at) {
    struct store *store = store_of(context);
    struct value wanted = value_given(value);
    return !store || store->ops->find_may_rest(store, index, &wanted, at);
}

/* ---- how old */

static int64_t part_ms(const struct slot_part *part) {
    return part->taken_time_ms > part->last.event_ms ? part->taken_time_ms : part->last.event_ms;
}

static int64_t staleness_ms(const struct service *s, const struct slot *slot) {
    int64_t oldest_ms = INT64_MAX;
    for (size_t i = 0; i < slot->part_count; i++)
        if (part_ms(&slot->parts[i]) < oldest_ms)
            oldest_ms = part_ms(&slot->parts[i]);
    int64_t age_ms = clock_wall_ms(s->clock) - oldest_ms;
    if (oldest_ms <= 0 || oldest_ms == INT64_MAX)
        return -1;
    return age_ms > 0 ? age_ms : 0;
}

static void progress_put(const struct service *s, const struct slot *slot, struct rows_state *out) {
    struct fold_progress p = fold_progress(s, slot);
    int64_t all = p.read + p.left;
    if (!p.known)
        return;
    out->percent = all ? p.read * 100 / all : 100;
    out->eta_s = p.eta_s;
}

static void rows_state(void *context, struct rows_state *out) {
    const struct view *v = context;
    const struct slot *slot = slot_of(v);
    *out = (struct rows_state){ .percent = -1, .eta_s = -1, .staleness_ms = -1 };
    if (!slot || !v->service->ready)
        return;
    out->ready = slot->fold.caught_up;
    out->staleness_ms = staleness_ms(v->service, slot);
    out->events = task_counts(slot->task).handled;
    out->poison = task_counts(slot->task).poison;
    if (!out->ready)
        progress_put(v->service, slot, out);
}

/* ---- how far */

static enum error not_a_token(void) {
    enum error e = fail(E_malformed, "it is no token");
    fail_try("SEQUENCE:TOPIC/PARTITION:SOURCE, as the write was answered");
    return e;
}

/* A lane's name is "SOURCE TOPIC/PARTITION". A source that was never seen has not been reached. */
enum error task_has_reached(struct task *t, struct bytes token, bool *reached) {
    const uint8_t *place = token.len ? memchr(token.data, ':', token.len) : NULL;
    size_t digits = place ? (size_t)(place - token.data) : 0;
    const uint8_t *source = place ? memchr(place + 1, ':', token.len - digits - 1) : NULL;
    int64_t sequence = 0;
    if (!source || !digits || digits > 18)
        return not_a_token();
    for (size_t i = 0; i < digits; i++) {
        if (token.data[i] < '0' || token.data[i] > '9')
            return not_a_token();
        sequence = sequence * 10 + (token.data[i] - '0');
    }
    buf_clear(&t->scratch);
    buf_put(&t->scratch, source + 1, token.len - (size_t)(source + 1 - token.data));
    buf_put_byte(&t->scratch, ' ');
    buf_put(&t->scratch, place + 1, (size_t)(source - place - 1));
    const struct lane *lane = table_find(&t->lanes_in.by_name, buf_bytes(&t->scratch));
    *reached = lane && lane->kept >= sequence;
    return E_ok;
}

static enum error rows_reached(void *context, struct bytes token, bool *reached) {
    const struct view *v = context;
    struct slot *slot = slot_of(v);
    *reached = false;
    return slot ? task_has_reached(slot->task, token, reached) : E_ok;
}

/* ---- making one */

static void tables_make(struct view *v, const struct declared_service *declared) {
    size_t columns = 0;
    v->tables = memory_get((declared->table_count + 1) * sizeof(*v->tables));
    v->columns = memory_get((declared->table_count * COLUMNS_MAX + 1) * sizeof(*v->columns));
    for (size_t i = 0; i < declared->table_count; i++) {
        const struct store_table *t = &declared->tables[i].table;
        assert(t->column_count <= COLUMNS_MAX);
        v->tables[i] = (struct rows_table){ t->name, &v->columns[columns], t->column_count };
        for (size_t c = 0; c < t->column_count; c++)
            v->columns[columns++] =
                (struct rows_column){ t->columns[c].name, t->columns[c].type == COLUMN_INT };
    }
}

static void indexes_make(struct view *v, const struct declared_service *declared) {
    v->indexes = memory_get((declared->index_count + 1) * sizeof(*v->indexes));
    for (size_t i = 0; i < declared->index_count; i++) {
        const struct store_index *index = &declared->indexes[i];
        v->indexes[i] = (struct rows_index){ index->table, index->column, index->unique };
    }
}

struct view *view_create(struct service *s) {
    const struct declared_service *declared = s->options.declared;
    if (declared->state != STATE_FOLD)
        return NULL;
    struct view *v = memory_get(sizeof(*v));
    v->service = s;
    tables_make(v, declared);
    indexes_make(v, declared);
    v->rows = (struct connector_rows){
        .context = v,
        .tables = v->tables,
        .table_count = declared->table_count,
        .get = rows_get,
        .next = rows_next,
        .may_rest = rows_may_rest,
        .count = rows_count,
        .bytes = rows_bytes,
        .indexes = v->indexes,
        .index_count = declared->index_count,
        .find = rows_find,
        .find_may_rest = rows_find_may_rest,
        .state = rows_state,
        .reached = rows_reached,
    };
    return v;
}

const struct connector_rows *view_rows(const struct view *v) {
    return v ? &v->rows : NULL;
}

void view_destroy(struct view *v) {
    if (!v)
        return;
    free(v->columns);
    free(v->indexes);
    free(v->tables);
    free(v);
}
