/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading rows: a key is TABLE:KEY, a row is a hash of its columns, and as a string it is JSON. A
 * column that is null is a field that is not there. */
#include "inside.h"

#include "values/json.h"

#include <string.h>

static const struct bytes stars = { (const uint8_t *)"***", 3 };

/* ---- finding */

struct row {
    const struct rows_table *table;
    const struct resp_shape *shape;
    const struct rows_value *values;
};

static const struct rows_table *table_of(const struct connector *c, struct bytes key,
                                         struct bytes *rest, size_t *index) {
    const uint8_t *colon = key.len ? memchr(key.data, ':', key.len) : NULL;
    size_t len = colon ? (size_t)(colon - key.data) : 0;
    for (size_t i = 0; colon && i < c->rows->table_count; i++) {
        const struct rows_table *t = &c->rows->tables[i];
        const struct resp_shape *shape = &c->shapes[i];
        if (shape->name_len != len || memcmp(t->name, key.data, len) != 0 || shape->hidden)
            continue;
        *rest = bytes_part(key, len + 1, key.len - len - 1);
        *index = i;
        return t;
    }
    return NULL;
}

static bool row_find(struct asked *a, struct bytes key, struct row *row) {
    struct connector *c = a->connector;
    struct bytes rest;
    size_t index = 0;
    row->table = table_of(c, key, &rest, &index);
    row->values = c->values;
    row->shape = row->table ? &c->shapes[index] : NULL;
    return row->table && row->table->column_count <= RESP_COLUMNS_MAX
           && c->rows->get(c->rows->context, index, rest, c->values);
}

static bool is_shown(const struct row *row, size_t column) {
    return row->values[column].kind != ROWS_NULL && !row->shape->columns[column].hidden;
}

static size_t shown_count(const struct row *row) {
    size_t count = 0;
    for (size_t i = 0; i < row->table->column_count; i++)
        count += is_shown(row, i);
    return count;
}

/* ---- telling */

static void put_value(struct asked *a, const struct row *row, size_t column) {
    const struct rows_value *v = &row->values[column];
    if (row->shape->columns[column].masked)
        resp_bulk(a->out, stars);
    else if (v->kind == ROWS_INT)
        resp_decimal(a->out, v->integer);
    else
        resp_bulk(a->out, v->text);
}

static void put_field(struct asked *a, const struct row *row, struct bytes field) {
    for (size_t i = 0; i < row->table->column_count; i++)
        if (bytes_is_text(field, row->table->columns[i].name) && is_shown(row, i)) {
            put_value(a, row, i);
            return;
        }
    resp_null(a->out);
}

static void put_json(struct asked *a, const struct row *row) {
    struct buf *json = &a->connector->json;
    buf_clear(json);
    json_begin(json);
    for (size_t i = 0; i < row->table->column_count; i++) {
        const char *name = row->table->columns[i].name;
        if (!is_shown(row, i))
            continue;
        if (row->shape->columns[i].masked)
            json_put_text(json, name, stars);
        else if (row->values[i].kind == ROWS_INT)
            json_put_int(json, name, row->values[i].integer);
        else
            json_put_text(json, name, row->values[i].text);
    }
    json_end(json);
    resp_bulk(a->out, buf_bytes(json));
}

static bool is_full(const struct asked *a) {
    return a->out.to->len > RESP_REPLY_MAX + RESP_REQUEST_MAX;
}

void resp_get(struct asked *a) {
    struct row row;
    if (row_find(a, a->arguments[1], &row))
        put_json(a, &row);
    else
        resp_null(a->out);
}

void resp_mget(struct asked *a) {
    struct row row;
    resp_array(a->out, a->count - 1);
    for (size_t i = 1; i < a->count && !is_full(a); i++)
        if (row_find(a, a->arguments[i], &row))
            put_json(a, &row);
        else
            resp_null(a->out);
}

void resp_exists(struct asked *a) {
    struct row row;
    int64_t count = 0;
    for (size_t i = 1; i < a->count; i++)
        count += row_find(a, a->arguments[i], &row);
    resp_int(a->out, count);
}

void resp_hget(struct asked *a) {
    struct row row;
    if (row_find(a, a->arguments[1], &row))
        put_field(a, &row, a->arguments[2]);
    else
        resp_null(a->out);
}

void resp_hmget(struct asked *a) {
    struct row row;
    bool found = row_find(a, a->arguments[1], &row);
    resp_array(a->out, a->count - 2);
    for (size_t i = 2; i < a->count && !is_full(a); i++)
        if (found)
            put_field(a, &row, a->arguments[i]);
        else
            resp_null(a->out);
}

void resp_hgetall(struct asked *a) {
    struct row row;
    if (!row_find(a, a->arguments[1], &row)) {
        resp_map(a->out, 0);
        return;
    }
    resp_map(a->out, shown_count(&row));
    for (size_t i = 0; i < row.table->column_count; i++) {
        if (!is_shown(&row, i))
            continue;
        buf_put(a->out.to, row.shape->columns[i].named, row.shape->columns[i].named_len);
        put_value(a, &row, i);
    }
}

void resp_hlen(struct asked *a) {
    struct row row;
    bool found = row_find(a, a->arguments[1], &row);
    resp_int(a->out, found ? (int64_t)shown_count(&row) : 0);
}

static void put_all(struct asked *a, bool values) {
    struct row row;
    if (!row_find(a, a->arguments[1], &row)) {
        resp_array(a->out, 0);
        return;
    }
    resp_array(a->out, shown_count(&row));
    for (size_t i = 0; i < row.table->column_count; i++)
        if (is_shown(&row, i) && values)
            put_value(a, &row, i);
        else if (is_shown(&row, i))
            resp_text(a->out, row.table->columns[i].name);
}

void resp_hkeys(struct asked *a) {
    put_all(a, false);
}

void resp_hvals(struct asked *a) {
    put_all(a, true);
}

static const struct rows_value *column_find(const struct row *row, struct bytes name) {
    for (size_t i = 0; i < row->table->column_count; i++)
        if (bytes_is_text(name, row->table->columns[i].name) && is_shown(row, i))
            return &row->values[i];
    return NULL;
}

void resp_hexists(struct asked *a) {
    struct row row;
    resp_int(a->out,
             row_find(a, a->arguments[1], &row) && column_find(&row, a->arguments[2]) != NULL);
}

void resp_type(struct asked *a) {
    struct row row;
    resp_simple(a->out, row_find(a, a->arguments[1], &row) ? "hash" : "none");
}

void resp_ttl(struct asked *a) {
    struct row row;
    resp_int(a->out, row_find(a, a->arguments[1], &row) ? -1 : -2);
}

/* How long ago its source committed it, in milliseconds. */
void resp_age(struct asked *a) {
    struct row row;
    const struct rows_value *time = NULL;
    if (row_find(a, a->arguments[1], &row))
        time = column_find(&row, bytes_text("time"));
    if (!time || time->kind != ROWS_INT)
        resp_null(a->out);
    else
        resp_int(a->out,
                 a->connector->now_ms > time->integer ? a->connector->now_ms - time->integer : 0);
}
