/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading somebody else's SQLite table without being in the way: read-only, one short statement,
 * closed again.
 *
 * Names are quoted, and the quirk by which SQLite takes a quoted name that is no column for a text
 * is off; so a wrong name is an error and not a condition that every row meets. */
#include "sql/table.h"

#include "connectors/sqlite_error.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 64, WAIT_MS = 1000, ROW_BYTES_MAX = 2 * JSON_BYTES_MAX };

bool table_name_is_good(const char *name) {
    static const char known[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    size_t len = strlen(name);
    return len > 0 && len <= NAME_MAX_LEN && strspn(name, known) == len
           && (name[0] < '0' || name[0] > '9');
}

/* ---- errors */

static enum error table_failed(const struct table_read *t, int code) {
    enum error e = sqlite_error_of(code);
    enum error told =
        fail(e, "%s, table %s: %s", t->names->file, t->names->table, sqlite3_errmsg(t->db));
    if (e == E_busy)
        fail_try("nothing: it is read once its writer lets go");
    if (e == E_config)
        fail_try("compare the address with .schema %s in sqlite3", t->names->table);
    return told;
}

static enum error table_wrong(const struct table_read *t, const char *what, const char *remedy) {
    enum error e = fail(E_config, "%s, table %s: %s", t->names->file, t->names->table, what);
    fail_try("%s", remedy);
    return e;
}

/* ---- what the table is */

/* Position by position, a row only once: then a column must not have a value twice. */
static enum error order_check(struct table_read *t) {
    static const char sql[] =
        "SELECT (SELECT type FROM sqlite_master WHERE name = ?1 COLLATE NOCASE) = 'view'"
        " OR EXISTS (SELECT 1 FROM pragma_table_info(?1) AS c WHERE c.name = ?2 COLLATE NOCASE"
        "  AND c.pk = 1 AND upper(c.type) = 'INTEGER'"
        "  AND (SELECT count(*) FROM pragma_table_info(?1) WHERE pk > 0) = 1)"
        " OR EXISTS (SELECT 1 FROM pragma_index_list(?1) AS i WHERE i.\"unique\" = 1"
        "  AND i.partial = 0 AND (SELECT count(*) FROM pragma_index_info(i.name)) = 1"
        "  AND (SELECT name FROM pragma_index_info(i.name)) = ?2 COLLATE NOCASE)";
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(t->db, sql, -1, &s, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(s, 1, t->names->table, -1, SQLITE_STATIC);
        sqlite3_bind_text(s, 2, t->names->order, -1, SQLITE_STATIC);
        code = sqlite3_step(s);
    }
    bool good = code == SQLITE_ROW && sqlite3_column_int(s, 0);
    enum error e = code == SQLITE_ROW ? E_ok : table_failed(t, code);
    sqlite3_finalize(s);
    if (e || good)
        return e;
    return table_wrong(t, "the order column is neither its INTEGER PRIMARY KEY nor UNIQUE",
                       "order by a column that grows and has no value twice");
}

static int column_find(const struct table_read *t, const char *name) {
    for (int i = 0; i < sqlite3_column_count(t->rows); i++)
        if (sqlite3_stricmp(sqlite3_column_name(t->rows, i), name) == 0)
            return i;
    return -1;
}

static enum error columns_find(struct table_read *t) {
    t->order_at = column_find(t, t->names->order);
    t->key_at = column_find(t, t->names->key);
    if (t->order_at < 0)
        return table_wrong(t, "it has no column as `order` says", "order=COLUMN of this table");
    if (t->key_at < 0)
        return table_wrong(t, "it has no column as `key` says", "key=COLUMN of this table");
    if (sqlite3_column_count(t->rows) > COLUMNS_MAX)
        return table_wrong(t, "it has over 64 columns, more than an event can",
                           "read a view with those that matter");
    return E_ok;
}

static enum error rows_prepare(struct table_read *t, int64_t after, size_t max) {
    char sql[512];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT * FROM \"%s\" WHERE \"%s\" > ?1 ORDER BY \"%s\" LIMIT ?2",
                   t->names->table, t->names->order, t->names->order);
    int code = sqlite3_prepare_v2(t->db, sql, -1, &t->rows, NULL);
    if (code != SQLITE_OK)
        return table_failed(t, code);
    sqlite3_bind_int64(t->rows, 1, after);
    sqlite3_bind_int64(t->rows, 2, (int64_t)max);
    return E_ok;
}

static enum error file_open(struct table_read *t) {
    int code =
        sqlite3_open_v2(t->names->file, &t->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        return table_failed(t, code);
    sqlite3_busy_timeout(t->db, WAIT_MS);
    sqlite3_limit(t->db, SQLITE_LIMIT_LENGTH, ROW_BYTES_MAX);
    sqlite3_db_config(t->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(t->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return E_ok;
}

enum error table_open(struct table_read *t, const struct table_names *names, int64_t after,
                      size_t max) {
    *t = (struct table_read){ .names = names };
    enum error e = file_open(t);
    if (!e)
        e = rows_prepare(t, after, max); /* first: it tells best what is missing */
    if (!e)
        e = order_check(t);
    if (!e)
        e = columns_find(t);
    if (e)
        table_close(t);
    return e;
}

void table_close(struct table_read *t) {
    sqlite3_finalize(t->rows);
    sqlite3_close(t->db);
    t->rows = NULL;
    t->db = NULL;
}

void table_shape(const struct table_read *t, struct buf *out) {
    for (int i = 0; i < sqlite3_column_count(t->rows); i++) {
        const char *type = sqlite3_column_decltype(t->rows, i);
        buf_print(out, "%s%s %s", i ? ", " : "", sqlite3_column_name(t->rows, i),
                  type ? type : "-");
    }
}

/* ---- rows */

enum error table_next_row(struct table_read *t, bool *found) {
    int code = sqlite3_step(t->rows);
    *found = code == SQLITE_ROW;
    if (code == SQLITE_DONE)
        return E_ok;
    if (code != SQLITE_ROW)
        return table_failed(t, code);
    if (sqlite3_column_type(t->rows, t->order_at) == SQLITE_INTEGER)
        return E_ok;
    return table_wrong(t, "the order column holds something that is no integer",
                       "order by a column of integers");
}

static enum error column_json(const struct table_read *t, int at, struct buf *out) {
    const char *name = sqlite3_column_name(t->rows, at);
    switch (sqlite3_column_type(t->rows, at)) {
    case SQLITE_INTEGER:
        json_put_int(out, name, sqlite3_column_int64(t->rows, at));
        return E_ok;
    case SQLITE_TEXT: {
        const unsigned char *text = sqlite3_column_text(t->rows, at);
        size_t len = (size_t)sqlite3_column_bytes(t->rows, at);
        json_put_text(out, name, bytes_of(text, len));
        return E_ok;
    }
    case SQLITE_NULL:
        json_put_null(out, name);
        return E_ok;
    default:
        break;
    }
    enum error e = fail(E_config, "%s, table %s, row %lld: column %s is neither integer nor text",
                        t->names->file, t->names->table,
                        (long long)sqlite3_column_int64(t->rows, t->order_at), name);
    fail_try("read a view that has CAST(%s AS TEXT) AS %s", name, name);
    return e;
}

enum error table_row_json(const struct table_read *t, struct buf *out) {
    json_begin(out);
    for (int i = 0; i < sqlite3_column_count(t->rows); i++)
        TRY(column_json(t, i, out));
    json_end(out);
    if (out->len <= JSON_BYTES_MAX)
        return E_ok;
    enum error e = fail(E_config, "%s, table %s, row %lld: over the 1 MiB that an event can hold",
                        t->names->file, t->names->table,
                        (long long)sqlite3_column_int64(t->rows, t->order_at));
    fail_try("read a view without the large columns");
    return e;
}
