/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rows and indexes. */
#include "cache.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { NTH_BITS = 8, FETCH_SOON = 16 };

void cache_init(struct cache *c, const struct store_options *options) {
    assert(options->table_count <= CACHE_TABLES_MAX);
    *c = (struct cache){ .tables = options->tables,
                         .table_count = options->table_count,
                         .indexes = options->indexes,
                         .index_count = options->index_count };
    c->orders = memory_get((c->index_count + 1) * sizeof(*c->orders));
}

void cache_finish(struct cache *c) {
    for (size_t i = 0; i < c->index_count; i++)
        order_finish(&c->orders[i]);
    free(c->orders);
    buckets_finish(&c->rows);
    pages_finish(&c->pages);
    buf_finish(&c->packed);
    *c = (struct cache){ 0 };
}

struct cache_sizes cache_sizes(const struct cache *c) {
    struct cache_sizes sizes = { .rows = c->rows.count };
    for (size_t i = 0; i < c->pages.count; i++)
        sizes.row_bytes += c->pages.pages[i].used;
    sizes.row_bytes -= c->pages.bytes_free;
    sizes.bytes = c->pages.bytes + c->rows.bytes;
    for (size_t i = 0; i < c->index_count; i++)
        sizes.index_bytes += c->orders[i].bytes;
    return sizes;
}

/* ---- rows */

static uint32_t id_hash(const struct row_id *id) {
    uint64_t hash = bytes_hash(id->key) + id->table;
    if (id->sub.len)
        hash = (hash ^ bytes_hash(id->sub) >> 7) + id->sub.len;
    return (uint32_t)(hash * 0x9e3779b97f4a7c15U >> 32);
}

static uint32_t row_find(const struct cache *c, const struct row_id *id, uint32_t hash) {
    struct probe probe = buckets_probe(&c->rows, hash);
    for (uint32_t ref; probe_next(&probe, &ref);)
        if (packed_has_id(pages_row(&c->pages, ref), id)
            && pages_table(&c->pages, ref) == id->table)
            return ref;
    return 0;
}

bool cache_get(const struct cache *c, const struct row_id *id, struct value *values) {
    uint32_t ref = row_find(c, id, id_hash(id));
    if (ref)
        packed_values(pages_row(&c->pages, ref), &c->tables[id->table], values);
    return ref != 0;
}

struct row_id cache_row(const struct cache *c, uint32_t ref, struct value *values) {
    const uint8_t *row = pages_row(&c->pages, ref);
    struct row_id id = { .table = pages_table(&c->pages, ref) };
    (void)packed_id(row, &id);
    if (values)
        packed_values(row, &c->tables[id.table], values);
    return id;
}

bool cache_next(const struct cache *c, size_t table, uint64_t *at, uint32_t *ref) {
    while (buckets_next(&c->rows, at, ref))
        if (pages_table(&c->pages, *ref) == table)
            return true;
    return false;
}

bool cache_may_rest(const struct cache *c, uint64_t at) {
    return buckets_may_rest(&c->rows, at);
}

/* ---- indexes */

static uint32_t value_hash(const struct value *v) {
    struct bytes bytes = v->kind == VALUE_TEXT ? v->text : bytes_of(&v->integer, 8);
    return (uint32_t)(bytes_hash(bytes) >> 32);
}

static bool value_equal(const struct value *a, const struct value *b) {
    return a->kind == b->kind
           && (a->kind == VALUE_NULL || (a->kind == VALUE_INT && a->integer == b->integer)
               || (a->kind == VALUE_TEXT && bytes_equal(a->text, b->text)));
}

static uint64_t index_number(uint32_t value, uint32_t row) {
    return (uint64_t)value << 32 | row;
}

static struct value indexed_value(const struct cache *c, size_t index, uint32_t ref) {
    const struct store_index *i = &c->indexes[index];
    return packed_value(pages_row(&c->pages, ref), &c->tables[i->table], i->column);
}

/* Of the rows with this hash, the n-th that `number` of the index may mean. */
static uint32_t number_nth(const struct cache *c, size_t index, uint64_t number, size_t n) {
    struct probe probe = buckets_probe(&c->rows, (uint32_t)number);
    for (uint32_t ref; probe_next(&probe, &ref);) {
        if (pages_table(&c->pages, ref) != c->indexes[index].table)
            continue;
        struct value v = indexed_value(c, index, ref);
        if (v.kind != VALUE_NULL && value_hash(&v) == number >> 32 && n-- == 0)
            return ref;
    }
    return 0;
}

static void index_add(struct cache *c, size_t index, const struct value *v, uint32_t hash) {
    if (v->kind != VALUE_NULL)
        order_add(&c->orders[index], index_number(value_hash(v), hash));
}

/* When the row has gone, or has another value by now; another may have the same two hashes. */
static void index_remove(struct cache *c, size_t index, const struct value *v, uint32_t hash) {
    if (v->kind == VALUE_NULL)
        return;
    uint64_t number = index_number(value_hash(v), hash);
    if (!number_nth(c, index, number, 0))
        order_remove(&c->orders[index], number);
}

static void row_indexes_add(struct cache *c, size_t table, uint32_t ref, uint32_t hash) {
    for (size_t i = 0; i < c->index_count; i++)
        if (c->indexes[i].table == table) {
            struct value v = indexed_value(c, i, ref);
            index_add(c, i, &v, hash);
        }
}

bool cache_find(const struct cache *c, size_t index, const struct value *value, uint64_t *at,
                uint32_t *ref) {
    uint64_t place = *at ? *at - 1 : 0, number;
    uint32_t hash = value_hash(value);
    size_t n = place & ((1 << NTH_BITS) - 1);
    uint64_t from = index_number(hash, (uint32_t)(place >> NTH_BITS));
    *at = 0;
    if (value->kind == VALUE_NULL)
        return false;
    for (; order_next(&c->orders[index], from, &number) && number >> 32 == hash;
         from = number + 1, n = 0) {
        n = number == from ? n : 0;
        while ((*ref = number_nth(c, index, number, n++)) != 0 && n < 1 << NTH_BITS) {
            struct value v = indexed_value(c, index, *ref);
            if (!value_equal(&v, value))
                continue;
            *at = ((uint64_t)(uint32_t)number << NTH_BITS | n) + 1;
            return true;
        }
        if (number == UINT64_MAX)
            break;
    }
    return false;
}

bool cache_find_may_rest(const struct cache *c, size_t index, const struct value *value,
                         uint64_t at) {
    uint64_t place = at - 1;
    uint64_t number = index_number(value_hash(value), (uint32_t)(place >> NTH_BITS));
    return at == 0 || !number_nth(c, index, number, place & ((1 << NTH_BITS) - 1));
}

/* ---- changes */

/* The new row in the old one's block, or in one of its own. */
static uint32_t row_write(struct cache *c, size_t table, uint32_t old) {
    size_t room = old ? pages_room(&c->pages, old) : 0;
    bool fits = old && c->packed.len <= room && room - c->packed.len < UNIT_BYTES;
    uint32_t ref = fits ? old : pages_take(&c->pages, (uint8_t)table, c->packed.len);
    uint8_t *to = pages_write(&c->pages, ref);
    memcpy(to, c->packed.data, c->packed.len);
    memset(to + c->packed.len, 0, pages_room(&c->pages, ref) - c->packed.len);
    return ref;
}

/* What the indexes said of the row until now is taken out where it no longer holds. ref 0: the row
 * has gone. */
static void indexes_change(struct cache *c, const struct row_id *id, const struct value *was,
                           uint32_t ref) {
    uint32_t hash = id_hash(id);
    for (size_t i = 0; i < c->index_count; i++) {
        struct value now = { .kind = VALUE_NULL };
        if (c->indexes[i].table != id->table)
            continue;
        if (ref)
            now = indexed_value(c, i, ref);
        if (value_equal(&was[i], &now))
            continue;
        index_remove(c, i, &was[i], hash);
        index_add(c, i, &now, hash);
    }
}

/* What each index says of a row, with texts copied: its block will be written over. */
static struct value *indexed_values(const struct cache *c, uint32_t ref, size_t table,
                                    struct buf *texts) {
    struct value *values = memory_get((c->index_count + 1) * sizeof(*values));
    size_t bytes = 0;
    for (size_t i = 0; i < c->index_count; i++) {
        if (c->indexes[i].table != table)
            continue;
        values[i] = indexed_value(c, i, ref);
        bytes += values[i].text.len;
    }
    buf_reserve(texts, bytes + 1);
    for (size_t i = 0; i < c->index_count; i++)
        if (values[i].kind == VALUE_TEXT) {
            const uint8_t *at = texts->data + texts->len;
            buf_put_bytes(texts, values[i].text);
            values[i].text.data = at;
        }
    return values;
}

void cache_put(struct cache *c, const struct row_id *id, const struct value *values) {
    struct buf texts = { 0 };
    const struct store_table *table = &c->tables[id->table];
    uint32_t hash = id_hash(id), old = row_find(c, id, hash);
    buf_clear(&c->packed);
    packed_put(&c->packed, id, values, table->column_count);
    struct value *was = old && c->index_count ? indexed_values(c, old, id->table, &texts) : NULL;
    uint32_t ref = row_write(c, id->table, old);
    if (!old) {
        buckets_add(&c->rows, hash, ref);
        c->of_table[id->table]++;
        row_indexes_add(c, id->table, ref, hash);
    } else if (ref != old) {
        buckets_replace(&c->rows, hash, old, ref);
        pages_give(&c->pages, old);
    }
    if (was)
        indexes_change(c, id, was, ref);
    free(was);
    buf_finish(&texts);
}

void cache_delete(struct cache *c, const struct row_id *id) {
    struct buf texts = { 0 };
    uint32_t hash = id_hash(id), ref = row_find(c, id, hash);
    if (!ref)
        return;
    struct value *was = c->index_count ? indexed_values(c, ref, id->table, &texts) : NULL;
    buckets_remove(&c->rows, hash, ref);
    pages_give(&c->pages, ref);
    c->of_table[id->table]--;
    if (was)
        indexes_change(c, id, was, 0);
    free(was);
    buf_finish(&texts);
}

/* ---- from a snapshot */

/* A page is walked first and its rows are added then, so that the memory of their slots can be
 * fetched ahead of them. */
struct taken {
    uint32_t hash, ref;
};

struct taking {
    struct cache *cache;
    const size_t *tables;
    size_t count;
    struct taken *rows;
    size_t row_count, row_capacity;
};

static int row_take(void *context, uint8_t table, uint32_t ref, struct bytes row) {
    struct taking *t = context;
    if (table >= t->count || !packed_is_good(row, &t->cache->tables[t->tables[table]]))
        return -1;
    struct row_id id = { .table = t->tables[table] };
    (void)packed_id(row.data, &id);
    t->rows = memory_grow(t->rows, t->row_count, &t->row_capacity, sizeof(*t->rows));
    t->rows[t->row_count++] = (struct taken){ id_hash(&id), ref };
    return (int)id.table;
}

static bool rows_add(struct taking *t) {
    struct cache *c = t->cache;
    for (size_t i = 0; i < t->row_count; i++) {
        const struct taken *row = &t->rows[i];
        if (i + FETCH_SOON < t->row_count)
            buckets_fetch(&c->rows, row[FETCH_SOON].hash, row[FETCH_SOON / 2].hash);
        struct row_id id = cache_row(c, row->ref, NULL);
        if (row_find(c, &id, row->hash))
            return false;
        buckets_add(&c->rows, row->hash, row->ref);
        c->of_table[id.table]++;
        row_indexes_add(c, id.table, row->ref, row->hash);
    }
    return true;
}

void cache_reserve(struct cache *c, uint64_t rows) {
    buckets_reserve(&c->rows, rows);
}

bool cache_take_page(struct cache *c, struct bytes page, const size_t *tables, size_t count) {
    struct taking taking = { .cache = c, .tables = tables, .count = count };
    struct pages_reader reader = { row_take, &taking };
    bool good = pages_take_image(&c->pages, page, &reader) && rows_add(&taking);
    free(taking.rows);
    return good;
}
