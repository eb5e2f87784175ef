/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The embedded store's operations: what a commit holds, in SQLite's WAL mode.
 *
 * A commit appends its pages to FILE-wal and syncs it (synchronous=FULL): one fdatasync. When the
 * WAL file holds CHECKPOINT_PAGES the owner copies them into FILE, and the next commit writes the
 * WAL file from its beginning again: it is overwritten, not grown, so a sync has no metadata to
 * write. What limits groups of 1000 is the pages they touch: each is written twice. SQLite's own
 * automatic checkpoint is off because it hides its errors. */
#include "sqlite_store.h"

#include "base/check.h"
#include "files.h"
#include "inside.h"
#include "rows.h"
#include "schema.h"

#include <stdlib.h>

enum {
    CHECKPOINT_PAGES = 4000,      /* 16 MiB; measured in docs/decisions/0001 */
    CHECKPOINT_MORE_PAGES = 1000, /* tried again after these when a reader was in the way */
};

static struct rows *rows_at(struct store *store, size_t table) {
    assert(table < sqlite_store_of(store)->table_count);
    return &sqlite_store_of(store)->rows[table];
}

/* ---- transactions */

static enum error op_begin(struct store *store) {
    struct sqlite_store *s = sqlite_store_of(store);
    assert(!s->in_transaction);
    if (s->connection.failed)
        return fail(E_io, "%s: an earlier error; nothing more is written", s->connection.path);
    sqlite3_stmt *begin;
    TRY(fixed_get(s, FIXED_begin, &begin));
    TRY(statement_run(&s->connection, begin));
    s->journal_next_at_begin = s->journal_next;
    s->in_transaction = true;
    return E_ok;
}

static int on_wal(void *context, sqlite3 *db, const char *name, int pages) {
    (void)db;
    (void)name;
    ((struct sqlite_store *)context)->wal_pages = pages;
    return SQLITE_OK;
}

/* A reader may keep the checkpoint from its end: then the WAL file grows for a while. */
static enum error checkpoint(struct sqlite_store *s) {
    int in_wal = 0, copied = 0;
    int code = sqlite3_wal_checkpoint_v2(s->connection.db, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_wal,
                                         &copied);
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
        return sqlite_connection_fail(&s->connection, code, "checkpointing");
    bool whole = code == SQLITE_OK && copied == in_wal;
    s->checkpoint_from = whole ? CHECKPOINT_PAGES : s->wal_pages + CHECKPOINT_MORE_PAGES;
    return E_ok;
}

static enum error op_commit(struct store *store) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *commit;
    TRY(fixed_change(s, FIXED_commit, &commit));
    TRY(statement_run(&s->connection, commit));
    s->in_transaction = false;
    if (s->wal_pages < s->checkpoint_from)
        return E_ok;
    return checkpoint(s);
}

/* After some errors SQLite has rolled back by itself; then there is nothing to do. */
static void op_rollback(struct store *store) {
    struct sqlite_store *s = sqlite_store_of(store);
    if (!s->in_transaction)
        return;
    s->in_transaction = false;
    s->journal_next = s->journal_next_at_begin;
    if (sqlite3_get_autocommit(s->connection.db))
        return;
    sqlite3_stmt *rollback;
    enum error e = fixed_get(s, FIXED_rollback, &rollback);
    if (e || statement_run(&s->connection, rollback))
        s->connection.failed = true; /* the next begin refuses */
}

/* ---- rows */

static enum error op_row_get(struct store *store, size_t table, struct bytes key, struct bytes sub,
                             struct value *values, bool *found) {
    return rows_get(rows_at(store, table), key, sub, values, found);
}

static enum error op_row_put(struct store *store, size_t table, struct bytes key, struct bytes sub,
                             const struct value *values) {
    assert(sqlite_store_of(store)->in_transaction);
    return rows_put(rows_at(store, table), key, sub, values);
}

static enum error op_row_delete(struct store *store, size_t table, struct bytes key,
                                struct bytes sub) {
    assert(sqlite_store_of(store)->in_transaction);
    return rows_delete(rows_at(store, table), key, sub);
}

static enum error op_log_add(struct store *store, size_t table, int64_t entry, struct bytes key,
                             const struct value *values) {
    assert(sqlite_store_of(store)->in_transaction);
    return rows_add(rows_at(store, table), entry, key, values);
}

static enum error op_log_last(struct store *store, size_t table, int64_t *entry) {
    return rows_last(rows_at(store, table), entry);
}

static enum error op_key_each(struct store *store, size_t table, struct bytes key, size_t max,
                              store_on_row *on_row, void *context) {
    struct rows *rows = rows_at(store, table);
    return rows_of_key(rows, &(struct row_visit){ rows->table, key, on_row, context }, max);
}

static enum error op_table_each(struct store *store, size_t table, store_on_row *on_row,
                                void *context) {
    struct rows *rows = rows_at(store, table);
    struct row_visit visit = { rows->table, { 0 }, on_row, context };
    return rows_each(rows->connection, &visit);
}

static enum error op_rows_forget(struct store *store, size_t table, int64_t now_ms, size_t max,
                                 bool *whole) {
    assert(sqlite_store_of(store)->in_transaction);
    return rows_forget(rows_at(store, table), &(struct rows_look){ now_ms, max }, whole);
}

/* ---- open and close */

/* The lock goes last: nobody else may have the file while we still do. */
static void op_close(struct store *store) {
    struct sqlite_store *s = sqlite_store_of(store);
    for (size_t i = 0; i < FIXED_COUNT; i++)
        (void)sqlite3_finalize(s->fixed[i]);
    for (size_t i = 0; i < s->table_count; i++)
        rows_close(&s->rows[i]);
    free(s->rows);
    sqlite_connection_close(&s->connection);
    disk_close(s->lock);
    free(s);
}

static const struct store_ops sqlite_ops = {
    .begin = op_begin,
    .commit = op_commit,
    .rollback = op_rollback,
    .close = op_close,
    .row_get = op_row_get,
    .row_put = op_row_put,
    .row_delete = op_row_delete,
    .log_add = op_log_add,
    .log_last = op_log_last,
    .key_each = op_key_each,
    .table_each = op_table_each,
    .rows_forget = op_rows_forget,
    .journal_add = op_journal_add,
    .journal_each = op_journal_each,
    .journal_cut = op_journal_cut,
    .journal_range = op_journal_range,
    .position_get = op_position_get,
    .position_each = op_position_each,
    .position_put = op_position_put,
    .lane_in_each = op_lane_in_each,
    .lane_in_put = op_lane_in_put,
    .lane_out_each = op_lane_out_each,
    .lane_out_put = op_lane_out_put,
    .outbox_add = op_outbox_add,
    .outbox_delete_through = op_outbox_delete_through,
    .outbox_each = op_outbox_each,
    .timer_put = op_timer_put,
    .timer_delete = op_timer_delete,
    .timer_due = op_timer_due,
    .timer_first = op_timer_first,
    .park_add = op_park_add,
    .park_put = op_park_put,
    .park_delete = op_park_delete,
    .park_each = op_park_each,
    .park_sums = op_park_sums,
    .effect_add = op_effect_add,
    .effect_put = op_effect_put,
    .effect_delete = op_effect_delete,
    .effect_each = op_effect_each,
    .seen_put = op_seen_put,
    .seen_forget = op_seen_forget,
    .seen_each = op_seen_each,
    .fact_get = op_fact_get,
    .fact_put = op_fact_put,
    .fact_each = op_fact_each,
};

static enum error wal_mode(struct connection *c) {
    sqlite3_stmt *mode;
    bool found;
    TRY(statement_prepare(c, "PRAGMA journal_mode = WAL", &mode));
    enum error e = statement_next(c, mode, &found);
    if (!e && !(found && bytes_is_text(column_bytes(mode, 0), "wal")))
        e = fail(E_unsupported, "%s: this file system cannot share memory between processes",
                 c->path);
    (void)sqlite3_finalize(mode);
    return e;
}

static enum error configure(struct sqlite_store *s, bool sync) {
    struct connection *c = &s->connection;
    TRY(wal_mode(c));
    TRY(sqlite_connection_run(c, sync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF"));
    TRY(sqlite_connection_run(c, "PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = OFF;"
                                 "PRAGMA cache_size = -8192; PRAGMA trusted_schema = OFF;"
                                 "PRAGMA cell_size_check = ON"));
    (void)sqlite3_wal_hook(c->db, on_wal, s);
    s->checkpoint_from = CHECKPOINT_PAGES;
    return E_ok;
}

static void rows_init(struct sqlite_store *s, const struct store_options *options) {
    s->rows = memory_get((options->table_count + 1) * sizeof(*s->rows));
    for (; s->table_count < options->table_count; s->table_count++)
        rows_open(&s->rows[s->table_count], &s->connection, &options->tables[s->table_count]);
}

static enum error store_begin(struct sqlite_store *s, const char *path,
                              const struct store_options *options) {
    TRY(sqlite_connection_open(&s->connection, path, SQLITE_OPEN_READWRITE));
    TRY(configure(s, options->sync));
    TRY(schema_settle(&s->connection, options));
    rows_init(s, options);
    return E_ok;
}

static enum error fence_and_begin(struct sqlite_store *s, const struct store_options *options) {
    const char *dir;
    TRY(store_dir(options, "sqlite", &dir));
    TRY(tables_check(options));
    TRY(store_dir_make(disk_real(), dir));
    char *path = store_path(dir, options, "db");
    enum error e = store_lock(disk_real(), path, &s->lock);
    if (!e)
        e = store_file_settle(dir, path);
    if (!e)
        e = store_begin(s, path, options);
    if (e)
        fail_while("opening the store of %s, task %d", options->service, (int)options->task);
    free(path);
    return e;
}

static enum error sqlite_open(struct store **out, const struct store_options *options) {
    struct sqlite_store *s = memory_get(sizeof(*s));
    s->store.ops = &sqlite_ops;
    enum error e = fence_and_begin(s, options);
    if (e)
        op_close(&s->store);
    else
        *out = &s->store;
    return e;
}

/* ---- looking */

static enum error look_begin(struct sqlite_store *s, const struct store_options *options,
                             const char *path) {
    bool is_there;
    TRY(disk_exists(disk_real(), path, &is_there));
    if (!is_there)
        return fail(E_not_found, "%s: this task has no store yet", path);
    TRY(sqlite_connection_open(&s->connection, path, SQLITE_OPEN_READONLY));
    TRY(schema_check(&s->connection));
    rows_init(s, options);
    return E_ok;
}

static enum error sqlite_look(struct store **out, const struct store_options *options) {
    const char *dir;
    TRY(store_dir(options, "sqlite", &dir));
    struct sqlite_store *s = memory_get(sizeof(*s));
    char *path = store_path(dir, options, "db");
    s->store.ops = &sqlite_ops;
    enum error e = look_begin(s, options, path);
    if (e)
        op_close(&s->store);
    else
        *out = &s->store;
    free(path);
    return e;
}

static char *sqlite_file(const struct store_options *options) {
    const char *dir;
    return store_dir(options, "sqlite", &dir) ? NULL : store_path(dir, options, "db");
}

const struct store_kind sqlite_store_kind = {
    .scheme = "sqlite",
    .open = sqlite_open,
    .read = sqlite_read,
    .snapshot = sqlite_snapshot,
    .look = sqlite_look,
    .file = sqlite_file,
};
