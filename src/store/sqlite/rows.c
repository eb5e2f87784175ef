/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rows of declared tables.
 *
 * A get copies its row's text and resets its statement at once: no statement stays open between
 * calls, so no read lock outlives its call, and a value just read may be put again. */
#include "rows.h"

#include "base/check.h"

#include <stdlib.h>

enum { COLUMNS_MAX = 64 }; /* what a declaration may have */

/* The list of a table's columns behind `lead`: "SELECT key, sub" and then ", c1, c2 ...". */
static void rows_select(struct buf *sql, const struct store_table *t, const char *lead) {
    buf_put_text(sql, lead);
    for (size_t i = 0; i < t->column_count; i++)
        buf_print(sql, ", \"%s\"", t->columns[i].name);
    buf_print(sql, " FROM \"%s\"", t->name);
}

static void insert_sql(struct buf *sql, const struct store_table *t) {
    buf_print(sql, "INSERT %sINTO \"%s\" VALUES(?1, ?2", t->log ? "" : "OR REPLACE ", t->name);
    for (size_t i = 0; i < t->column_count; i++)
        buf_print(sql, ", ?%zu", i + 3);
    buf_put_text(sql, ")");
}

static void get_sql(struct buf *sql, const struct store_table *t) {
    rows_select(sql, t, "SELECT key");
    buf_put_text(sql, " WHERE key = ?1 AND sub = ?2");
}

static void remove_sql(struct buf *sql, const struct store_table *t) {
    buf_print(sql, "DELETE FROM \"%s\" WHERE key = ?1 AND sub = ?2", t->name);
}

static void last_sql(struct buf *sql, const struct store_table *t) {
    buf_print(sql, "SELECT max(entry) FROM \"%s\"", t->name);
}

enum error rows_statement(struct rows *r, sqlite3_stmt **s, rows_sql *write_sql) {
    if (*s)
        return E_ok;
    struct buf sql = { 0 };
    write_sql(&sql, r->table);
    enum error e = statement_prepare(r->connection, buf_text(&sql), s);
    buf_finish(&sql);
    return e;
}

void rows_open(struct rows *r, struct connection *c, const struct store_table *t) {
    *r = (struct rows){ .connection = c, .table = t };
}

void rows_close(struct rows *r) {
    (void)sqlite3_finalize(r->get);
    (void)sqlite3_finalize(r->put);
    (void)sqlite3_finalize(r->remove);
    (void)sqlite3_finalize(r->of_key);
    (void)sqlite3_finalize(r->add);
    (void)sqlite3_finalize(r->last);
    buf_finish(&r->text);
    rows_forget_close(r);
}

/* Fills values[count] from columns at `first` and on; text is valid until the next step. */
static void rows_values(sqlite3_stmt *s, int first, struct value *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int at = first + (int)i;
        struct value *v = &values[i];
        *v = (struct value){ .kind = VALUE_NULL };
        switch (sqlite3_column_type(s, at)) {
        case SQLITE_INTEGER:
            v->kind = VALUE_INT;
            v->integer = sqlite3_column_int64(s, at);
            break;
        case SQLITE_TEXT:
            v->kind = VALUE_TEXT;
            v->text = column_bytes(s, at);
            break;
        default: /* NULL; STRICT tables of ours hold nothing else */
            break;
        }
    }
}

/* Reserved first, so that the text does not move while it is filled. */
static void values_keep(struct rows *r, struct value *values) {
    size_t total = 0;
    for (size_t i = 0; i < r->table->column_count; i++)
        total += values[i].text.len;
    buf_clear(&r->text);
    buf_reserve(&r->text, total + 1);
    for (size_t i = 0; i < r->table->column_count; i++) {
        struct value *v = &values[i];
        if (v->kind != VALUE_TEXT)
            continue;
        const uint8_t *kept = r->text.data + r->text.len;
        buf_put_bytes(&r->text, v->text);
        v->text = bytes_of(kept, v->text.len);
    }
}

enum error rows_get(struct rows *r, struct bytes key, struct bytes sub, struct value *values,
                    bool *found) {
    assert(!r->table->log);
    TRY(rows_statement(r, &r->get, get_sql));
    bind_text(r->get, 1, key);
    bind_text(r->get, 2, sub);
    TRY(statement_next(r->connection, r->get, found));
    if (!*found)
        return E_ok;
    rows_values(r->get, 1, values, r->table->column_count);
    values_keep(r, values);
    (void)sqlite3_reset(r->get);
    return E_ok;
}

static void bind_values(const struct rows *r, sqlite3_stmt *s, const struct value *values) {
    for (size_t i = 0; i < r->table->column_count; i++) {
        int at = (int)i + 3;
        switch (values[i].kind) {
        case VALUE_NULL:
            bind_null(s, at);
            break;
        case VALUE_INT:
            bind_int(s, at, values[i].integer);
            break;
        case VALUE_TEXT:
            bind_text(s, at, values[i].text);
            break;
        }
    }
}

enum error rows_put(struct rows *r, struct bytes key, struct bytes sub,
                    const struct value *values) {
    assert(!r->table->log);
    TRY(rows_statement(r, &r->put, insert_sql));
    bind_text(r->put, 1, key);
    bind_text(r->put, 2, sub);
    bind_values(r, r->put, values);
    return statement_run(r->connection, r->put);
}

enum error rows_delete(struct rows *r, struct bytes key, struct bytes sub) {
    assert(!r->table->log);
    TRY(rows_statement(r, &r->remove, remove_sql));
    bind_text(r->remove, 1, key);
    bind_text(r->remove, 2, sub);
    return statement_run(r->connection, r->remove);
}

enum error rows_add(struct rows *r, int64_t entry, struct bytes key, const struct value *values) {
    assert(r->table->log);
    assert(entry > 0);
    TRY(rows_statement(r, &r->add, insert_sql));
    bind_int(r->add, 1, entry);
    bind_text(r->add, 2, key);
    bind_values(r, r->add, values);
    return statement_run(r->connection, r->add);
}

enum error rows_last(struct rows *r, int64_t *entry) {
    bool found;
    assert(r->table->log);
    TRY(rows_statement(r, &r->last, last_sql));
    TRY(statement_next(r->connection, r->last, &found));
    assert(found);
    *entry = sqlite3_column_int64(r->last, 0); /* of no rows: NULL, read as 0 */
    (void)sqlite3_reset(r->last);
    return E_ok;
}

/* ---- rows of a key */

static void of_key_sql(struct buf *sql, const struct store_table *t) {
    rows_select(sql, t, "SELECT sub");
    buf_put_text(sql, " WHERE key = ?1 ORDER BY sub LIMIT ?2");
}

enum error rows_of_key(struct rows *r, const struct row_visit *v, size_t max) {
    struct value values[COLUMNS_MAX];
    bool found;
    assert(!r->table->log);
    assert(r->table->column_count <= COLUMNS_MAX);
    TRY(rows_statement(r, &r->of_key, of_key_sql));
    bind_text(r->of_key, 1, v->key);
    bind_int(r->of_key, 2, max < INT32_MAX ? (int64_t)max : INT32_MAX);
    for (;;) {
        TRY(statement_next(r->connection, r->of_key, &found));
        if (!found)
            return E_ok;
        rows_values(r->of_key, 1, values, r->table->column_count);
        v->on_row(v->context, v->key, column_bytes(r->of_key, 0), values, r->table->column_count);
    }
}

/* ---- all rows */

static void each_sql(struct buf *sql, const struct row_visit *v) {
    rows_select(sql, v->table, v->table->log ? "SELECT key, entry" : "SELECT key, sub");
    if (v->key.data)
        buf_put_text(sql, " WHERE key = ?1");
    buf_put_text(sql, v->table->log ? " ORDER BY entry" : " ORDER BY key, sub");
}

static enum error each_run(struct connection *c, sqlite3_stmt *s, const struct row_visit *v) {
    size_t count = v->table->column_count;
    struct value *values = memory_get((count + 1) * sizeof(*values));
    bool found;
    enum error e;
    if (v->key.data)
        bind_text(s, 1, v->key);
    while (!(e = statement_next(c, s, &found)) && found) {
        rows_values(s, 2, values, count);
        v->on_row(v->context, column_bytes(s, 0), column_bytes(s, 1), values, count);
    }
    free(values);
    return e;
}

enum error rows_each(struct connection *c, const struct row_visit *v) {
    struct buf sql = { 0 };
    sqlite3_stmt *s = NULL;
    each_sql(&sql, v);
    enum error e = statement_prepare(c, buf_text(&sql), &s);
    if (!e)
        e = each_run(c, s, v);
    (void)sqlite3_finalize(s);
    buf_finish(&sql);
    return e;
}
