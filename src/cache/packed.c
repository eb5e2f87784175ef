/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Packing rows. */
#include "packed.h"

#include "base/check.h"

#include <string.h>

enum { INT_BYTES = 8, SMALL_LEAST = -7, SMALL_MOST = 239, SMALL_ADD = 16, LONG = 255 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rows are packed little-endian");

/* ---- writing */

static void put_text(struct buf *out, struct bytes text) {
    assert(text.len <= UINT32_MAX);
    if (text.len + 1 < LONG) {
        buf_put_byte(out, (uint8_t)(text.len + 1));
    } else {
        uint32_t len = (uint32_t)text.len;
        buf_put_byte(out, LONG);
        buf_put(out, &len, sizeof(len));
    }
    buf_put_bytes(out, text);
}

static bool fits(int64_t v, size_t width) {
    uint64_t most = 1ULL << (8 * width - 1);
    return width == INT_BYTES || (uint64_t)v + most < 2 * most;
}

static size_t int_width(int64_t v) {
    size_t width = 1;
    while (!fits(v, width))
        width++;
    return width;
}

static void put_int(struct buf *out, int64_t v) {
    if (v >= SMALL_LEAST && v <= SMALL_MOST) {
        buf_put_byte(out, (uint8_t)(v + SMALL_ADD));
        return;
    }
    size_t width = int_width(v);
    buf_put_byte(out, (uint8_t)width);
    buf_put(out, &v, width);
}

void packed_put(struct buf *out, const struct row_id *id, const struct value *values,
                size_t columns) {
    put_text(out, id->key);
    put_text(out, id->sub);
    for (size_t i = 0; i < columns; i++) {
        switch (values[i].kind) {
        case VALUE_NULL:
            buf_put_byte(out, 0);
            break;
        case VALUE_INT:
            put_int(out, values[i].integer);
            break;
        case VALUE_TEXT:
            put_text(out, values[i].text);
            break;
        }
    }
}

/* ---- reading what was packed here */

static const uint8_t *read_text(const uint8_t *at, struct bytes *text) {
    uint32_t len = *at++;
    if (len == LONG) {
        memcpy(&len, at, sizeof(len));
        at += sizeof(len);
    } else {
        len--;
    }
    *text = (struct bytes){ at, len };
    return at + len;
}

static const uint8_t *read_int(const uint8_t *at, int64_t *v) {
    unsigned first = *at++;
    if (first > INT_BYTES) {
        *v = (int64_t)first - SMALL_ADD;
        return at;
    }
    uint64_t word;
    unsigned spare = 64 - 8 * first;
    memcpy(&word, at, sizeof(word));
    *v = (int64_t)(word << spare) >> spare;
    return at + first;
}

static const uint8_t *read_value(const uint8_t *at, enum column_type type, struct value *v) {
    *v = (struct value){ .kind = VALUE_NULL };
    if (!*at)
        return at + 1;
    if (type == COLUMN_INT) {
        v->kind = VALUE_INT;
        return read_int(at, &v->integer);
    }
    v->kind = VALUE_TEXT;
    return read_text(at, &v->text);
}

const uint8_t *packed_id(const uint8_t *row, struct row_id *id) {
    return read_text(read_text(row, &id->key), &id->sub);
}

void packed_values(const uint8_t *row, const struct store_table *table, struct value *values) {
    struct row_id id;
    const uint8_t *at = packed_id(row, &id);
    for (size_t i = 0; i < table->column_count; i++)
        at = read_value(at, table->columns[i].type, &values[i]);
}

struct value packed_value(const uint8_t *row, const struct store_table *table, size_t column) {
    struct row_id id;
    struct value value;
    const uint8_t *at = packed_id(row, &id);
    assert(column < table->column_count);
    for (size_t i = 0; i <= column; i++)
        at = read_value(at, table->columns[i].type, &value);
    return value;
}

bool packed_has_id(const uint8_t *row, const struct row_id *id) {
    struct row_id found;
    (void)packed_id(row, &found);
    return bytes_equal(found.key, id->key) && bytes_equal(found.sub, id->sub);
}

/* ---- doubting */

struct doubt {
    const uint8_t *at, *end;
    bool bad;
};

static size_t left(const struct doubt *d) {
    return d->bad ? 0 : (size_t)(d->end - d->at);
}

static void skip(struct doubt *d, size_t len) {
    if (left(d) < len)
        d->bad = true;
    else
        d->at += len;
}

static void skip_text(struct doubt *d, bool may_be_null) {
    uint8_t first = left(d) ? *d->at : 0;
    uint32_t len = first ? first - 1U : 0;
    skip(d, 1);
    d->bad = d->bad || (!first && !may_be_null);
    if (first == LONG && left(d) >= sizeof(len)) {
        memcpy(&len, d->at, sizeof(len));
        d->at += sizeof(len);
        d->bad = len < LONG - 1; /* it would have been said shorter */
    } else if (first == LONG) {
        d->bad = true;
    }
    skip(d, len);
}

static void skip_int(struct doubt *d) {
    uint8_t first = left(d) ? *d->at : 0;
    skip(d, 1);
    skip(d, first <= INT_BYTES ? first : 0);
}

bool packed_is_good(struct bytes row, const struct store_table *table) {
    struct doubt d = { row.data, row.data + row.len, false };
    skip_text(&d, false);
    skip_text(&d, false);
    for (size_t i = 0; i < table->column_count && !d.bad; i++)
        if (table->columns[i].type == COLUMN_INT)
            skip_int(&d);
        else
            skip_text(&d, true);
    while (left(&d) && !*d.at)
        d.at++;
    return !d.bad && !left(&d);
}
