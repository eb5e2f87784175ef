/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The hash table of a fold's rows. */
#include "fold_rows.h"

#include "base/check.h"
#include "base/cursor.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMN_IS_NULL, COLUMN_IS_INT, COLUMN_IS_TEXT };

static struct bytes id_of(struct fold_rows *r, const struct fold_row_name *name) {
    assert(name->table < FOLD_TABLES_MAX);
    buf_clear(&r->id);
    buf_put_be16(&r->id, (uint16_t)name->table);
    buf_put_be32(&r->id, (uint32_t)name->key.len);
    buf_put_bytes(&r->id, name->key);
    buf_put_be32(&r->id, (uint32_t)name->sub.len);
    buf_put_bytes(&r->id, name->sub);
    return buf_bytes(&r->id);
}

/* The slot that holds the id, or the free one where it would stand. */
static size_t slot_find(const struct fold_rows *r, struct bytes id, uint64_t hash) {
    size_t i = hash & (r->capacity - 1);
    for (; r->slots[i].row; i = (i + 1) & (r->capacity - 1)) {
        const struct fold_slot *slot = &r->slots[i];
        if (slot->hash == hash && slot->row->id_len == id.len
            && memcmp(slot->row->bytes, id.data, id.len) == 0)
            return i;
    }
    return i;
}

static void rows_resize(struct fold_rows *r, size_t capacity) {
    struct fold_rows old = *r;
    r->capacity = capacity;
    r->slots = memory_get(r->capacity * sizeof(*r->slots));
    for (size_t from = 0; from < old.capacity; from++) {
        if (!old.slots[from].row)
            continue;
        size_t to = old.slots[from].hash & (r->capacity - 1);
        while (r->slots[to].row)
            to = (to + 1) & (r->capacity - 1);
        r->slots[to] = old.slots[from];
    }
    free(old.slots);
}

static void rows_grow(struct fold_rows *r) {
    rows_resize(r, r->capacity ? r->capacity * 2 : 64);
}

void fold_rows_reserve(struct fold_rows *r, size_t count) {
    size_t capacity = 64;
    while ((count + 1) * 3 > capacity * 2)
        capacity *= 2;
    if (capacity > r->capacity)
        rows_resize(r, capacity);
}

static void columns_put(struct buf *out, const struct value *values, size_t columns) {
    for (size_t i = 0; i < columns; i++) {
        switch (values[i].kind) {
        case VALUE_NULL:
            buf_put_byte(out, COLUMN_IS_NULL);
            break;
        case VALUE_INT:
            buf_put_byte(out, COLUMN_IS_INT);
            buf_put_be64(out, (uint64_t)values[i].integer);
            break;
        case VALUE_TEXT:
            buf_put_byte(out, COLUMN_IS_TEXT);
            buf_put_be32(out, (uint32_t)values[i].text.len);
            buf_put_bytes(out, values[i].text);
            break;
        }
    }
}

static struct fold_row *row_make(struct bytes bytes, size_t id_len, uint64_t hash) {
    struct fold_row *row = memory_resize(NULL, sizeof(*row) + bytes.len);
    row->hash = hash;
    row->len = (uint32_t)bytes.len;
    row->id_len = (uint32_t)id_len;
    memcpy(row->bytes, bytes.data, bytes.len);
    return row;
}

void fold_rows_put(struct fold_rows *r, const struct fold_row_name *name,
                   const struct value *values, size_t columns) {
    size_t id_len = id_of(r, name).len;
    uint64_t hash = bytes_hash(bytes_of(r->id.data, id_len));
    columns_put(&r->id, values, columns);
    assert(r->id.len <= UINT32_MAX);
    if ((r->count + 1) * 3 > r->capacity * 2)
        rows_grow(r);
    struct fold_slot *slot = &r->slots[slot_find(r, bytes_of(r->id.data, id_len), hash)];
    if (slot->row && slot->row->len == r->id.len) { /* integers change in place */
        memcpy(slot->row->bytes + id_len, r->id.data + id_len, r->id.len - id_len);
        return;
    }
    r->bytes += r->id.len;
    if (slot->row)
        r->bytes -= slot->row->len;
    r->count += !slot->row;
    r->of_table[name->table] += !slot->row;
    free(slot->row);
    *slot = (struct fold_slot){ hash, row_make(buf_bytes(&r->id), id_len, hash) };
}

void fold_rows_take(struct fold_rows *r, size_t table, struct bytes row, size_t id_len) {
    buf_clear(&r->id);
    buf_put_be16(&r->id, (uint16_t)table);
    buf_put_bytes(&r->id, bytes_part(row, 2, row.len - 2));
    uint64_t hash = bytes_hash(bytes_of(r->id.data, id_len));
    if ((r->count + 1) * 3 > r->capacity * 2)
        rows_grow(r);
    struct fold_slot *slot = &r->slots[slot_find(r, bytes_of(r->id.data, id_len), hash)];
    if (slot->row)
        return; /* a row twice: the reader sees it by the count */
    *slot = (struct fold_slot){ hash, row_make(buf_bytes(&r->id), id_len, hash) };
    r->bytes += row.len;
    r->of_table[table]++;
    r->count++;
}

/* What stands behind the gap and was pushed over it by probing moves into it. */
static void slot_close(struct fold_rows *r, size_t gap) {
    size_t mask = r->capacity - 1;
    for (size_t i = (gap + 1) & mask; r->slots[i].row; i = (i + 1) & mask) {
        size_t home = r->slots[i].hash & mask;
        if (((i - home) & mask) < ((i - gap) & mask))
            continue;
        r->slots[gap] = r->slots[i];
        gap = i;
    }
    r->slots[gap] = (struct fold_slot){ 0 };
}

void fold_rows_delete(struct fold_rows *r, const struct fold_row_name *name) {
    struct bytes id = id_of(r, name);
    if (!r->capacity)
        return;
    size_t at = slot_find(r, id, bytes_hash(id));
    struct fold_row *row = r->slots[at].row;
    if (!row)
        return;
    r->of_table[name->table]--;
    r->count--;
    r->bytes -= row->len;
    free(row);
    slot_close(r, at);
}

struct fold_row_name fold_row_name(const struct fold_row *row) {
    struct cursor in = cursor_on(bytes_of(row->bytes, row->id_len));
    struct fold_row_name name = { .table = read_u16(&in) };
    name.key = read_bytes(&in, read_u32(&in));
    name.sub = read_bytes(&in, read_u32(&in));
    assert(!in.bad);
    return name;
}

void fold_row_values(const struct fold_row *row, struct value *values, size_t columns) {
    struct cursor in = cursor_on(bytes_of(row->bytes + row->id_len, row->len - row->id_len));
    for (size_t i = 0; i < columns; i++) {
        uint8_t kind = read_u8(&in);
        values[i] = (struct value){ .kind = VALUE_NULL };
        if (kind == COLUMN_IS_INT)
            values[i] = (struct value){ .kind = VALUE_INT, .integer = read_int64(&in) };
        if (kind == COLUMN_IS_TEXT) {
            values[i].kind = VALUE_TEXT;
            values[i].text = read_bytes(&in, read_u32(&in));
        }
    }
    assert(!in.bad && !cursor_left(&in));
}

bool fold_rows_get(struct fold_rows *r, const struct fold_row_name *name, struct value *values,
                   size_t columns) {
    struct bytes id = id_of(r, name);
    if (!r->capacity)
        return false;
    const struct fold_row *row = r->slots[slot_find(r, id, bytes_hash(id))].row;
    if (row)
        fold_row_values(row, values, columns);
    return row != NULL;
}

/* The n-th row of those whose home is this slot; they stand in the run that begins there. */
static const struct fold_row *home_row(const struct fold_rows *r, size_t home, size_t n) {
    size_t mask = r->capacity - 1;
    for (size_t i = home; r->slots[i].row; i = (i + 1) & mask)
        if ((r->slots[i].hash & mask) == home && n-- == 0)
            return r->slots[i].row;
    return NULL;
}

/* *at: how often the capacity was doubled (5 bits), the home (27) and the row of it (8) to be
 * looked at next, plus one. By homes, as a removal moves rows about but never to another home. */
const struct fold_row *fold_rows_next(const struct fold_rows *r, size_t table, uint64_t *at) {
    uint64_t doubled = r->capacity ? (uint64_t)__builtin_ctzll(r->capacity) << 35 : 0;
    uint64_t place = *at - 1;
    if (*at == 0 || place >> 35 != doubled >> 35)
        place = doubled;
    size_t home = place >> 8 & ((1 << 27) - 1), n = place & 0xff;
    for (; home < r->capacity; home++, n = 0)
        for (const struct fold_row *row; n < 0xff && (row = home_row(r, home, n)); n++)
            if (fold_row_name(row).table == table) {
                *at = (doubled | home << 8 | (n + 1)) + 1;
                return row;
            }
    *at = 0;
    return NULL;
}

bool fold_rows_may_rest(const struct fold_rows *r, uint64_t at) {
    return at == 0 || !home_row(r, (at - 1) >> 8 & ((1 << 27) - 1), (at - 1) & 0xff);
}

void fold_rows_finish(struct fold_rows *r) {
    for (size_t i = 0; i < r->capacity; i++)
        free(r->slots[i].row);
    free(r->slots);
    buf_finish(&r->id);
    *r = (struct fold_rows){ 0 };
}
