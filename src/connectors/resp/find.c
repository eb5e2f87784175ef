/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rows by what they say instead of their key. Where two say what is unique at their source, rows.c
 * tells who has it: the right one, or nobody. */
#include "inside.h"

#include <inttypes.h>
#include <stdio.h>

enum { COUNT_DEFAULT = 10, COUNT_MAX = 10000, CURSOR_CHARS = 20, NUMBER_MOST = 19 };

/* What is looked for. */
struct finding {
    size_t index;
    struct rows_value value;
    uint64_t at;
    int64_t count;
};

static bool column_is_seen(const struct connector *c, const struct rows_index *index) {
    const struct rows_table *t = &c->rows->tables[index->table];
    const char *column = t->columns[index->column].name;
    return !resp_names_have(&c->hidden, t->name) && !resp_names_have(&c->hidden, column)
           && !resp_names_have(&c->masked, column) && t->column_count <= RESP_COLUMNS_MAX;
}

/* TABLE COLUMN, as arguments one and two. */
static bool index_find(struct asked *a, size_t *out) {
    const struct connector *c = a->connector;
    for (size_t i = 0; i < c->rows->index_count; i++) {
        const struct rows_index *index = &c->rows->indexes[i];
        const struct rows_table *t = &c->rows->tables[index->table];
        if (!bytes_is_text(a->arguments[1], t->name)
            || !bytes_is_text(a->arguments[2], t->columns[index->column].name)
            || !column_is_seen(c, index))
            continue;
        *out = i;
        return true;
    }
    resp_error(a->out, "ERR rows are not found by that: it is no column in `unique` or `index`");
    return false;
}

static bool number_read(struct bytes word, int64_t *out) {
    bool minus = word.len && word.data[0] == '-';
    struct bytes digits = bytes_part(word, minus, word.len - minus);
    if (bytes_is_text(word, "-9223372036854775808")) { /* has no opposite */
        *out = INT64_MIN;
        return true;
    }
    bool good = digits.len <= NUMBER_MOST && resp_number(digits, INT64_MAX, out);
    *out = minus ? -*out : *out;
    return good;
}

static bool finding_read(struct asked *a, struct finding *f) {
    const struct connector_rows *rows = a->connector->rows;
    *f = (struct finding){ .count = COUNT_DEFAULT };
    if (!index_find(a, &f->index))
        return false;
    const struct rows_index *index = &rows->indexes[f->index];
    f->value = (struct rows_value){ .kind = ROWS_TEXT, .text = a->arguments[3] };
    if (!rows->tables[index->table].columns[index->column].is_int)
        return true;
    f->value = (struct rows_value){ .kind = ROWS_INT };
    if (number_read(a->arguments[3], &f->value.integer))
        return true;
    resp_error(a->out, "ERR value is not an integer or out of range");
    return false;
}

static void put_key(struct asked *a, size_t table, struct bytes key, struct resp_out out) {
    struct buf *name = &a->connector->json;
    buf_clear(name);
    buf_print(name, "%s:", a->connector->rows->tables[table].name);
    buf_put_bytes(name, key);
    resp_bulk(out, buf_bytes(name));
}

/* ---- one */

/* True: the key of the one who has it is in the connector's `key`. */
static bool one_find(struct asked *a, size_t *table) {
    struct connector *c = a->connector;
    struct finding f;
    if (!finding_read(a, &f))
        return false;
    *table = c->rows->indexes[f.index].table;
    if (!c->rows->indexes[f.index].unique) {
        resp_error(a->out, "ERR more than one row may say that: use FINDALL");
        return false;
    }
    const struct rows_wanted wanted = { f.index, f.value };
    enum rows_newest newest = rows_newest_find(c->rows, &wanted, c->values, &c->key);
    if (newest == ROWS_TWO)
        resp_error(a->out, "MOVING two rows say that at this moment: ask again");
    else if (newest == ROWS_NOBODY)
        resp_null(a->out);
    return newest == ROWS_ONE;
}

/* FIND table column value: the key */
void resp_find(struct asked *a) {
    size_t table;
    if (one_find(a, &table))
        put_key(a, table, buf_bytes(&a->connector->key), a->out);
}

/* HFIND table column value: the row, of the same moment */
void resp_hfind(struct asked *a) {
    size_t table;
    if (!one_find(a, &table))
        return;
    struct buf *name = &a->connector->json;
    buf_clear(name);
    buf_print(name, "%s:", a->connector->rows->tables[table].name);
    buf_put_bytes(name, buf_bytes(&a->connector->key));
    struct bytes arguments[] = { a->arguments[0], buf_bytes(name) };
    struct asked row = *a;
    row.arguments = arguments;
    row.count = 2;
    resp_hgetall(&row);
}

/* ---- all */

static bool all_read(struct asked *a, struct finding *f) {
    int64_t cursor;
    if (!finding_read(a, f))
        return false;
    for (size_t i = 4; i < a->count; i += 2) {
        bool has_value = i + 1 < a->count;
        if (has_value && resp_is(a->arguments[i], "cursor")
            && resp_number(a->arguments[i + 1], INT64_MAX, &cursor))
            f->at = (uint64_t)cursor;
        else if (!has_value || !resp_is(a->arguments[i], "count")
                 || !resp_number(a->arguments[i + 1], COUNT_MAX, &f->count) || !f->count) {
            resp_error(a->out, "ERR syntax error");
            return false;
        }
    }
    return true;
}

/* FINDALL table column value [CURSOR c] [COUNT n]: the next cursor, 0 at the end, and keys */
void resp_findall(struct asked *a) {
    const struct connector_rows *rows = a->connector->rows;
    struct finding f;
    struct buf keys = { 0 };
    struct bytes key;
    char cursor[CURSOR_CHARS + 1];
    size_t found = 0;
    if (!all_read(a, &f))
        return;
    size_t table = rows->indexes[f.index].table;
    do {
        if (!rows->find(rows->context, f.index, &f.value, &f.at, &key, a->connector->values))
            break;
        put_key(a, table, key, (struct resp_out){ &keys, a->out.version });
        found++;
    } while (f.at
             && (--f.count > 0 || !rows->find_may_rest(rows->context, f.index, &f.value, f.at)));
    (void)snprintf(cursor, sizeof(cursor), "%" PRIu64, f.at);
    resp_array(a->out, 2);
    resp_text(a->out, cursor);
    resp_array(a->out, found);
    buf_put_bytes(a->out.to, buf_bytes(&keys));
    buf_finish(&keys);
}
