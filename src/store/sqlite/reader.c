/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading a store from outside its service: a connection that cannot write, for one statement. */
#include "sqlite_store.h"

#include "base/check.h"
#include "connection.h"
#include "files.h"
#include "rows.h"
#include "schema.h"

#include <stdlib.h>

struct row_reader {
    const struct store_table *table;
    struct bytes key;
    sqlite_on_row *on_row;
    void *context;
};

static void select_sql(struct buf *sql, const struct row_reader *r) {
    rows_select(sql, r->table, r->table->log ? "SELECT key, entry" : "SELECT key, sub");
    if (r->key.data)
        buf_put_text(sql, " WHERE key = ?1");
    buf_put_text(sql, r->table->log ? " ORDER BY entry" : " ORDER BY key, sub");
}

static enum error rows_each(struct connection *c, sqlite3_stmt *s, const struct row_reader *r) {
    size_t count = r->table->column_count;
    struct value *values = memory_get((count + 1) * sizeof(*values));
    bool found;
    enum error e;
    if (r->key.data)
        bind_text(s, 1, r->key);
    while (!(e = statement_next(c, s, &found)) && found) {
        rows_values(s, 2, values, count);
        r->on_row(r->context, column_bytes(s, 0), column_bytes(s, 1), values);
    }
    free(values);
    return e;
}

static enum error table_exists(struct connection *c, const char *table) {
    sqlite3_stmt *s;
    bool found;
    TRY(statement_prepare(c, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", &s));
    bind_text(s, 1, bytes_text(table));
    enum error e = statement_next(c, s, &found);
    (void)sqlite3_finalize(s);
    if (!e && !found)
        e = fail(E_not_found, "%s has no table %s", c->path, table);
    return e;
}

static enum error table_read(struct connection *c, const struct row_reader *r) {
    struct buf sql = { 0 };
    sqlite3_stmt *s = NULL;
    TRY(schema_check(c));
    TRY(table_exists(c, r->table->name));
    select_sql(&sql, r);
    enum error e = statement_prepare(c, buf_text(&sql), &s);
    if (!e)
        e = rows_each(c, s, r);
    (void)sqlite3_finalize(s);
    buf_finish(&sql);
    return e;
}

static enum error file_read(const char *path, const struct row_reader *r) {
    struct connection c = { 0 };
    bool is_there;
    TRY(disk_exists(disk_real(), path, &is_there));
    if (!is_there)
        return fail(E_not_found, "%s: this task has no store yet", path);
    enum error e = sqlite_connection_open(&c, path, SQLITE_OPEN_READONLY);
    if (!e)
        e = table_read(&c, r);
    sqlite_connection_close(&c);
    return e;
}

enum error sqlite_rows_read(const struct sqlite_reading *reading, sqlite_on_row *on_row,
                            void *context) {
    const char *dir;
    assert(reading->table < reading->store->table_count);
    struct row_reader r = { &reading->store->tables[reading->table], reading->key, on_row,
                            context };
    TRY(store_dir(reading->store, &dir));
    char *path = store_path(dir, reading->store);
    enum error e = file_read(path, &r);
    free(path);
    return e;
}

struct counted_reading {
    store_on_row *on_row;
    void *context;
    size_t count;
};

static void on_counted_row(void *context, struct bytes key, struct bytes sub,
                           const struct value *values) {
    const struct counted_reading *r = context;
    r->on_row(r->context, key, sub, values, r->count);
}

enum error sqlite_read(const struct store_options *options, size_t table, const char *key,
                       store_on_row *on_row, void *context) {
    struct sqlite_reading reading = { options, table, bytes_text(key) };
    struct counted_reading counted = { on_row, context, options->tables[table].column_count };
    return sqlite_rows_read(&reading, on_counted_row, &counted);
}

struct task_lister {
    const struct store_options *options;
    void (*on_task)(void *context, int32_t task);
    void *context;
};

static void on_name(void *context, const char *name) {
    struct task_lister *lister = context;
    int32_t task;
    if (store_path_task(lister->options, name, &task))
        lister->on_task(lister->context, task);
}

enum error sqlite_tasks_each(const struct store_options *options,
                             void (*on_task)(void *context, int32_t task), void *context) {
    struct task_lister lister = { options, on_task, context };
    const char *dir;
    bool is_there;
    TRY(store_dir(options, &dir));
    TRY(disk_exists(disk_real(), dir, &is_there));
    if (!is_there)
        return E_ok;
    return disk_list(disk_real(), dir, on_name, &lister);
}
