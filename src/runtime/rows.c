/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The row cache. A row's values are one piece of memory: the values, then their texts. A put makes
 * a new piece and buries the old one, as the handler may have its values in hand (and usually puts
 * back the very texts it got). */
#include "runtime/rows.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 64 };

struct row {
    struct row_name name; /* points into the memory behind this struct */
    struct value *values; /* NULL: there is no such row */
    uint64_t front; /* the first eight bytes of its key, or with none of its sub: for the order */
    size_t bytes;   /* of this and its values */
    bool changed;   /* in the group */
    bool noted;     /* in the step: its row_before is there */
};

static struct bytes id_of(struct row_cache *r, const struct row_name *name) {
    buf_clear(&r->id);
    buf_put_be16(&r->id, (uint16_t)name->table);
    buf_put_be32(&r->id, (uint32_t)name->key.len);
    buf_put_bytes(&r->id, name->key);
    buf_put_bytes(&r->id, name->sub);
    return buf_bytes(&r->id);
}

static struct table *home_of(struct row_cache *r, const struct row_name *name) {
    return r->tables[name->table].by_sub ? &r->passing : &r->by_id;
}

static uint64_t front_of(struct bytes text) {
    uint64_t front = 0;
    for (size_t i = 0; i < sizeof(front); i++)
        front = front << 8 | (i < text.len ? text.data[i] : 0);
    return front;
}

static struct row *row_create(struct row_cache *r, const struct row_name *name, struct bytes id) {
    size_t bytes = sizeof(struct row) + name->key.len + name->sub.len;
    struct row *row = memory_get(bytes);
    uint8_t *text = (uint8_t *)(row + 1);
    if (name->key.len)
        memcpy(text, name->key.data, name->key.len);
    if (name->sub.len)
        memcpy(text + name->key.len, name->sub.data, name->sub.len);
    row->name.table = name->table;
    row->name.key = bytes_of(text, name->key.len);
    row->name.sub = bytes_of(text + name->key.len, name->sub.len);
    row->front = front_of(name->key.len ? row->name.key : row->name.sub);
    row->bytes = bytes;
    r->bytes += bytes;
    void *old = table_put(home_of(r, name), id, row);
    assert(!old);
    return row;
}

static void row_destroy(struct row_cache *r, struct row *row) {
    r->bytes -= row->bytes;
    free(row->values);
    free(row);
}

static size_t values_bytes(const struct value *values, size_t count) {
    size_t bytes = count * sizeof(*values);
    for (size_t i = 0; i < count; i++)
        bytes += values[i].kind == VALUE_TEXT ? values[i].text.len : 0;
    return bytes;
}

static struct value *values_copy(const struct value *values, size_t count, size_t bytes) {
    struct value *copy = memory_resize(NULL, bytes);
    uint8_t *text = (uint8_t *)(copy + count);
    for (size_t i = 0; i < count; i++) {
        copy[i] = values[i];
        if (values[i].kind != VALUE_TEXT)
            continue;
        if (values[i].text.len)
            memcpy(text, values[i].text.data, values[i].text.len);
        copy[i].text.data = text;
        text += values[i].text.len;
    }
    return copy;
}

static void row_bury(struct row_cache *r, struct row *row) {
    if (!row->values)
        return;
    size_t bytes = values_bytes(row->values, r->tables[row->name.table].column_count);
    r->bytes -= bytes;
    row->bytes -= bytes;
    r->graves = memory_grow(r->graves, r->grave_count, &r->grave_capacity, sizeof(*r->graves));
    r->graves[r->grave_count++] = row->values;
    row->values = NULL;
}

static void row_fill(struct row_cache *r, struct row *row, const struct value *values) {
    size_t count = r->tables[row->name.table].column_count;
    size_t bytes = values_bytes(values, count);
    struct value *copy = values_copy(values, count, bytes);
    row_bury(r, row);
    row->values = copy;
    row->bytes += bytes;
    r->bytes += bytes;
}

/* Its values go to the note, so that the row is empty when it is changed. */
static void row_note(struct row_cache *r, struct row *row, bool created) {
    if (row->noted)
        return;
    size_t bytes =
        row->values ? values_bytes(row->values, r->tables[row->name.table].column_count) : 0;
    r->befores = memory_grow(r->befores, r->before_count, &r->before_capacity, sizeof(*r->befores));
    r->befores[r->before_count++] = (struct row_before){ row, row->values, row->changed, created };
    r->bytes -= bytes;
    row->bytes -= bytes;
    row->values = NULL;
    row->noted = true;
}

static struct row *row_for_change(struct row_cache *r, const struct row_name *name) {
    struct bytes id = id_of(r, name);
    struct row *row = table_find(home_of(r, name), id);
    bool created = !row;
    if (created)
        row = row_create(r, name, id);
    row_note(r, row, created);
    if (row->changed)
        return row;
    row->changed = true;
    r->changed = memory_grow(r->changed, r->changed_count, &r->changed_capacity, sizeof(void *));
    r->changed[r->changed_count++] = row;
    return row;
}

/* A row whose time is over stays in the cache until it leaves the store. */
static const struct value *row_seen(const struct row_cache *r, size_t table,
                                    const struct value *values) {
    return values && forget_is_over(&r->forgets, &r->tables[table], values) ? NULL : values;
}

enum error row_cache_get(struct row_cache *r, const struct row_name *name,
                         const struct value **values) {
    struct value found[COLUMNS_MAX];
    bool is_there = false;
    if (r->is_direct) {
        *values = rows_direct_get(&r->direct, name);
        return E_ok;
    }
    struct bytes id = id_of(r, name);
    struct row *row = table_find(home_of(r, name), id);
    if (!row) {
        assert(r->tables[name->table].column_count <= COLUMNS_MAX);
        TRY(r->store->ops->row_get(r->store, name->table, name->key, name->sub, found, &is_there));
        row = row_create(r, name, id);
        if (is_there)
            row_fill(r, row, found);
    }
    *values = row_seen(r, row->name.table, row->values);
    return E_ok;
}

void row_cache_put(struct row_cache *r, const struct row_name *name, const struct value *values) {
    if (r->is_direct)
        rows_direct_put(&r->direct, name, values);
    else
        row_fill(r, row_for_change(r, name), values);
}

void row_cache_delete(struct row_cache *r, const struct row_name *name) {
    if (r->is_direct)
        rows_direct_put(&r->direct, name, NULL);
    else
        row_bury(r, row_for_change(r, name));
}

/* ---- rows of a key */

struct key_visit {
    struct row_cache *cache;
    struct row_name name;
    row_visit *on_row;
    void *context;
    size_t left;
};

static void key_row_tell(struct key_visit *v, const struct row_name *name,
                         const struct value *values) {
    if (!row_seen(v->cache, name->table, values) || !v->left)
        return;
    v->left--;
    v->on_row(v->context, name, values);
}

/* What the group has made of it counts. */
static void on_stored_row(void *context, struct bytes key, struct bytes sub,
                          const struct value *values, size_t count) {
    struct key_visit *v = context;
    struct row_name name = { v->name.table, key, sub };
    const struct row *row = table_find(home_of(v->cache, &name), id_of(v->cache, &name));
    (void)count;
    key_row_tell(v, &name, row && row->changed ? row->values : values);
}

static enum error stored_row_is_there(struct row_cache *r, const struct row_name *name, bool *out) {
    struct value values[COLUMNS_MAX];
    return r->store->ops->row_get(r->store, name->table, name->key, name->sub, values, out);
}

/* A deleted row is not told, and is not replaced by one more of the store: `max` is then not met,
 * which only a key of over `max` rows can see. */
enum error row_cache_key_each(struct row_cache *r, const struct row_name *key, size_t max,
                              row_visit *on_row, void *context) {
    struct key_visit v = { r, *key, on_row, context, max };
    bool stored;
    assert(!r->is_direct);
    TRY(r->store->ops->key_each(r->store, key->table, key->key, max, on_stored_row, &v));
    for (size_t i = 0; i < r->changed_count; i++) {
        const struct row *row = r->changed[i];
        if (row->name.table != key->table || !bytes_equal(row->name.key, key->key) || !row->values)
            continue;
        TRY(stored_row_is_there(r, &row->name, &stored));
        if (!stored)
            key_row_tell(&v, &row->name, row->values);
    }
    return E_ok;
}

void row_cache_mark(struct row_cache *r) {
    assert(r->before_count == 0 && r->grave_count == 0);
    assert(r->direct.count == 0);
}

static void row_restore(struct row_cache *r, const struct row_before *before) {
    struct row *row = before->row;
    row_bury(r, row);
    if (!before->changed) { /* undone newest first: it is the last that the step changed */
        assert(r->changed[r->changed_count - 1] == row);
        r->changed_count--;
    }
    if (before->created) {
        void *removed = table_remove(home_of(r, &row->name), id_of(r, &row->name));
        assert(removed == row);
        row_destroy(r, row);
        return;
    }
    size_t bytes =
        before->values ? values_bytes(before->values, r->tables[row->name.table].column_count) : 0;
    row->values = before->values;
    row->bytes += bytes;
    r->bytes += bytes;
    row->changed = before->changed;
    row->noted = false;
}

void row_cache_undo(struct row_cache *r) {
    rows_direct_undo(&r->direct);
    while (r->before_count)
        row_restore(r, &r->befores[--r->before_count]);
}

void row_cache_rest(struct row_cache *r) {
    rows_direct_rest(&r->direct);
    while (r->grave_count)
        free(r->graves[--r->grave_count]);
    while (r->before_count) {
        const struct row_before *before = &r->befores[--r->before_count];
        before->row->noted = false;
        free(before->values);
    }
}

/* What a comparison looks at first lies together: a group may change thousands of rows, and these
 * lie anywhere. */
struct row_place {
    size_t rank; /* of its table, by name */
    uint64_t front;
    const struct row *row;
};

static int places_compare(const void *a, const void *b) {
    const struct row_place *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->front != y->front)
        return x->front < y->front ? -1 : 1;
    int by_key = bytes_compare(x->row->name.key, y->row->name.key);
    return by_key ? by_key : bytes_compare(x->row->name.sub, y->row->name.sub);
}

void row_cache_init(struct row_cache *r, struct store *store, const struct store_table *tables,
                    size_t table_count) {
    *r = (struct row_cache){ .store = store, .tables = tables };
    r->direct = (struct rows_direct){ .store = store, .tables = tables };
    r->ranks = memory_get((table_count + 1) * sizeof(*r->ranks));
    for (size_t i = 0; i < table_count; i++)
        for (size_t j = 0; j < table_count; j++)
            r->ranks[i] += strcmp(tables[j].name, tables[i].name) < 0;
    forgets_open(&r->forgets, tables, table_count);
}

static void changed_order(struct row_cache *r) {
    if (r->changed_count > r->place_capacity) {
        r->place_capacity = r->changed_capacity;
        r->places = memory_resize(r->places, r->place_capacity * sizeof(*r->places));
    }
    for (size_t i = 0; i < r->changed_count; i++) {
        const struct row *row = r->changed[i];
        r->places[i] = (struct row_place){ r->ranks[row->name.table], row->front, row };
    }
    if (r->changed_count > 1)
        qsort(r->places, r->changed_count, sizeof(*r->places), places_compare);
}

static enum error row_write(struct row_cache *r, const struct row *row) {
    const struct row_name *name = &row->name;
    const struct store_ops *ops = r->store->ops;
    if (!row->values)
        return ops->row_delete(r->store, name->table, name->key, name->sub);
    forget_put(&r->forgets, r->tables, name->table, row->values);
    return ops->row_put(r->store, name->table, name->key, name->sub, row->values);
}

enum error row_cache_write(struct row_cache *r, row_visit *on_row, void *context) {
    assert(r->before_count == 0);
    changed_order(r);
    for (size_t i = 0; i < r->changed_count; i++) {
        const struct row *row = r->places[i].row;
        if (on_row)
            on_row(context, &row->name, row->values);
        TRY(row_write(r, row));
    }
    return E_ok;
}

static void home_clear(struct row_cache *r, struct table *home) {
    size_t at = 0;
    struct bytes id;
    void *row;
    while (table_next(home, &at, &id, &row))
        row_destroy(r, row);
    table_clear(home);
}

static void row_cache_clear(struct row_cache *r) {
    home_clear(r, &r->passing);
    home_clear(r, &r->by_id);
    assert(r->bytes == 0);
}

void row_cache_keep(struct row_cache *r) {
    for (size_t i = 0; i < r->changed_count; i++)
        r->changed[i]->changed = false;
    r->changed_count = 0;
    home_clear(r, &r->passing);
    if (r->by_id.count > ROWS_MAX || r->bytes > ROWS_BYTES_MAX)
        row_cache_clear(r);
}

void row_cache_drop(struct row_cache *r) {
    row_cache_rest(r); /* of a step that was cut short */
    for (size_t i = 0; i < r->changed_count; i++) {
        void *removed =
            table_remove(home_of(r, &r->changed[i]->name), id_of(r, &r->changed[i]->name));
        assert(removed == r->changed[i]);
        row_destroy(r, removed);
    }
    r->changed_count = 0;
}

void row_cache_finish(struct row_cache *r) {
    row_cache_rest(r);
    rows_direct_finish(&r->direct);
    row_cache_clear(r);
    table_finish(&r->by_id);
    table_finish(&r->passing);
    buf_finish(&r->id);
    free(r->changed);
    free(r->graves);
    free(r->befores);
    free(r->ranks);
    free(r->places);
    forgets_close(&r->forgets);
    *r = (struct row_cache){ 0 };
}
