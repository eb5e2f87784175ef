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

static enum error table_read(struct connection *c, const struct row_visit *v) {
    TRY(schema_check(c));
    TRY(table_exists(c, v->table->name));
    return rows_each(c, v);
}

static enum error file_read(const char *path, const struct row_visit *v) {
    struct connection c = { 0 };
    bool is_there;
    TRY(disk_exists(disk_real(), path, &is_there));
    if (!is_there)
        return fail(E_not_found, "%s: this task has no store yet", path);
    enum error e = sqlite_connection_open(&c, path, SQLITE_OPEN_READONLY);
    if (!e)
        e = table_read(&c, v);
    sqlite_connection_close(&c);
    return e;
}

enum error sqlite_read(const struct store_options *options, size_t table, const char *key,
                       store_on_row *on_row, void *context) {
    const char *dir;
    assert(table < options->table_count);
    struct row_visit visit = { &options->tables[table], bytes_text(key), on_row, context };
    TRY(store_dir(options, "sqlite", &dir));
    char *path = store_path(dir, options, "db");
    enum error e = file_read(path, &visit);
    free(path);
    return e;
}

struct task_lister {
    const struct store_options *options;
    void (*on_task)(void *context, int32_t task);
    void *context;
};

static void on_name(void *context, const char *name) {
    struct task_lister *lister = context;
    int32_t task;
    if (store_path_task(lister->options, name, "db", &task))
        lister->on_task(lister->context, task);
}

enum error sqlite_tasks_each(const struct store_options *options,
                             void (*on_task)(void *context, int32_t task), void *context) {
    struct task_lister lister = { options, on_task, context };
    const char *dir;
    bool is_there;
    TRY(store_dir(options, "sqlite", &dir));
    TRY(disk_exists(disk_real(), dir, &is_there));
    if (!is_there)
        return E_ok;
    return disk_list(disk_real(), dir, on_name, &lister);
}
