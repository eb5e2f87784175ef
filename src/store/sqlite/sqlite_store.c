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
#include "connection.h"
#include "files.h"
#include "rows.h"
#include "schema.h"

#include <stdlib.h>
#include <string.h>

enum {
    CHECKPOINT_PAGES = 4000,      /* 16 MiB; measured in docs/decisions/0001 */
    CHECKPOINT_MORE_PAGES = 1000, /* tried again after these when a reader was in the way */
    JOURNAL_ROWS_MAX = 100000,
    JOURNAL_CUT_ROWS = 256, /* deleted at a time: no commit pays for all of it */
};

enum fixed {
    FIXED_begin,
    FIXED_commit,
    FIXED_rollback,
    FIXED_journal_range,
    FIXED_journal_add,
    FIXED_journal_cut,
    FIXED_position_get,
    FIXED_position_put,
    FIXED_lane_in_each,
    FIXED_lane_in_put,
    FIXED_lane_out_each,
    FIXED_lane_out_put,
    FIXED_outbox_add,
    FIXED_outbox_delete_through,
    FIXED_outbox_each,
    FIXED_timer_put,
    FIXED_timer_delete,
    FIXED_timer_due,
    FIXED_timer_first,
    FIXED_fact_get,
    FIXED_fact_put,
    FIXED_COUNT
};

static const char *const fixed_sql[FIXED_COUNT] = {
    [FIXED_begin] = "BEGIN IMMEDIATE",
    [FIXED_commit] = "COMMIT",
    [FIXED_rollback] = "ROLLBACK",
    [FIXED_journal_range] = "SELECT (SELECT min(id) FROM journal), (SELECT max(id) FROM journal)",
    [FIXED_journal_add] = "INSERT INTO journal VALUES(?1, ?2, ?3)",
    [FIXED_journal_cut] = "DELETE FROM journal WHERE id < ?1",
    [FIXED_position_get] = "SELECT next_offset, last_offset, last_hash, cluster_id FROM position"
                           " WHERE topic = ?1 AND partition = ?2",
    [FIXED_position_put] = "INSERT OR REPLACE INTO position VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [FIXED_lane_in_each] = "SELECT lane, watermark FROM lane_in ORDER BY lane",
    [FIXED_lane_in_put] = "INSERT OR REPLACE INTO lane_in VALUES(?1, ?2)",
    [FIXED_lane_out_each] = "SELECT lane, sequence FROM lane_out ORDER BY lane",
    [FIXED_lane_out_put] = "INSERT OR REPLACE INTO lane_out VALUES(?1, ?2)",
    [FIXED_outbox_add] = "INSERT INTO outbox(events) VALUES(?1)",
    [FIXED_outbox_delete_through] = "DELETE FROM outbox WHERE id <= ?1",
    [FIXED_outbox_each] = "SELECT id, events FROM outbox ORDER BY id",
    [FIXED_timer_put] = "INSERT OR REPLACE INTO timer VALUES(?1, ?2, ?3)",
    [FIXED_timer_delete] = "DELETE FROM timer WHERE name = ?1 AND key = ?2",
    [FIXED_timer_due] = "SELECT name, key, due_ms FROM timer WHERE due_ms <= ?1"
                        " ORDER BY due_ms, name, key LIMIT ?2",
    [FIXED_timer_first] = "SELECT min(due_ms) FROM timer",
    [FIXED_fact_get] = "SELECT value FROM fact WHERE name = ?1",
    [FIXED_fact_put] = "INSERT OR REPLACE INTO fact VALUES(?1, ?2)",
};

/* Ids of the journal, contiguous: [first, next). */
struct journal_range {
    int64_t first, next;
};

struct sqlite_store {
    struct store store; /* first */
    struct connection connection;
    struct file *lock;
    sqlite3_stmt *fixed[FIXED_COUNT];
    struct rows *rows; /* [table_count], in the order of store_options.tables */
    size_t table_count;
    bool in_transaction;
    struct journal_range journal, journal_at_begin;
    int64_t journal_rows_max;
    int wal_pages;       /* in the WAL file after the last commit */
    int checkpoint_from; /* WAL pages at which the next checkpoint is tried */
};

static struct sqlite_store *of(struct store *store) {
    return (struct sqlite_store *)store;
}

/* A statement that changes something: only ever inside a transaction. */
static sqlite3_stmt *change(struct sqlite_store *s, enum fixed which) {
    assert(s->in_transaction);
    return s->fixed[which];
}

static struct rows *rows_at(struct store *store, size_t table) {
    assert(table < of(store)->table_count);
    return &of(store)->rows[table];
}

/* ---- transactions */

static enum error op_begin(struct store *store) {
    struct sqlite_store *s = of(store);
    assert(!s->in_transaction);
    if (s->connection.failed)
        return fail(E_io, "%s: an earlier error; nothing more is written", s->connection.path);
    TRY(statement_run(&s->connection, s->fixed[FIXED_begin]));
    s->journal_at_begin = s->journal;
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
    struct sqlite_store *s = of(store);
    assert(s->in_transaction);
    TRY(statement_run(&s->connection, s->fixed[FIXED_commit]));
    s->in_transaction = false;
    if (s->wal_pages < s->checkpoint_from)
        return E_ok;
    return checkpoint(s);
}

/* After some errors SQLite has rolled back by itself; then there is nothing to do. */
static void op_rollback(struct store *store) {
    struct sqlite_store *s = of(store);
    if (!s->in_transaction)
        return;
    s->in_transaction = false;
    s->journal = s->journal_at_begin;
    if (sqlite3_get_autocommit(s->connection.db))
        return;
    enum error e = statement_run(&s->connection, s->fixed[FIXED_rollback]);
    if (e)
        s->connection.failed = true; /* the next begin refuses */
}

/* ---- rows */

static enum error op_row_get(struct store *store, size_t table, struct bytes key, struct bytes sub,
                             struct value *values, bool *found) {
    return rows_get(rows_at(store, table), key, sub, values, found);
}

static enum error op_row_put(struct store *store, size_t table, struct bytes key, struct bytes sub,
                             const struct value *values) {
    assert(of(store)->in_transaction);
    return rows_put(rows_at(store, table), key, sub, values);
}

static enum error op_row_delete(struct store *store, size_t table, struct bytes key,
                                struct bytes sub) {
    assert(of(store)->in_transaction);
    return rows_delete(rows_at(store, table), key, sub);
}

static enum error op_log_add(struct store *store, size_t table, int64_t entry, struct bytes key,
                             const struct value *values) {
    assert(of(store)->in_transaction);
    return rows_add(rows_at(store, table), entry, key, values);
}

static enum error op_log_last(struct store *store, size_t table, int64_t *entry) {
    return rows_last(rows_at(store, table), entry);
}

/* ---- journal */

static enum error journal_cut(struct sqlite_store *s) {
    int64_t keep_from = s->journal.next - s->journal_rows_max;
    if (keep_from - s->journal.first < JOURNAL_CUT_ROWS)
        return E_ok;
    sqlite3_stmt *cut = change(s, FIXED_journal_cut);
    bind_int(cut, 1, s->journal.first + JOURNAL_CUT_ROWS);
    TRY(statement_run(&s->connection, cut));
    s->journal.first += JOURNAL_CUT_ROWS;
    return E_ok;
}

static enum error op_journal_add(struct store *store, int64_t at_ms, struct bytes inputs) {
    struct sqlite_store *s = of(store);
    sqlite3_stmt *add = change(s, FIXED_journal_add);
    bind_int(add, 1, s->journal.next);
    bind_int(add, 2, at_ms);
    bind_text(add, 3, inputs);
    TRY(statement_run(&s->connection, add));
    s->journal.next++;
    return journal_cut(s);
}

/* ---- positions and lanes */

static enum error position_read(struct sqlite_store *s, sqlite3_stmt *get, struct position *out) {
    struct bytes cluster = column_bytes(get, 3);
    if (cluster.len >= sizeof(out->cluster_id))
        return fail(E_corrupt, "%s: table position has a cluster_id of %zu bytes",
                    s->connection.path, cluster.len);
    *out = (struct position){ .next_offset = sqlite3_column_int64(get, 0),
                              .last_offset = sqlite3_column_int64(get, 1),
                              .last_hash = (uint64_t)sqlite3_column_int64(get, 2) };
    memcpy(out->cluster_id, cluster.data, cluster.len);
    return E_ok;
}

static enum error op_position_get(struct store *store, struct bytes topic, int32_t partition,
                                  struct position *out, bool *found) {
    struct sqlite_store *s = of(store);
    sqlite3_stmt *get = s->fixed[FIXED_position_get];
    bind_text(get, 1, topic);
    bind_int(get, 2, partition);
    TRY(statement_next(&s->connection, get, found));
    enum error e = *found ? position_read(s, get, out) : E_ok;
    (void)sqlite3_reset(get);
    return e;
}

static enum error op_position_put(struct store *store, struct bytes topic, int32_t partition,
                                  const struct position *p) {
    struct sqlite_store *s = of(store);
    sqlite3_stmt *put = change(s, FIXED_position_put);
    bind_text(put, 1, topic);
    bind_int(put, 2, partition);
    bind_int(put, 3, p->next_offset);
    bind_int(put, 4, p->last_offset);
    bind_int(put, 5, (int64_t)p->last_hash);
    bind_text(put, 6, bytes_text(p->cluster_id));
    return statement_run(&s->connection, put);
}

typedef void lane_visit(void *context, struct bytes lane, int64_t number);

static enum error lanes_each(struct sqlite_store *s, enum fixed which, lane_visit *on_lane,
                             void *context) {
    sqlite3_stmt *each = s->fixed[which];
    bool found;
    enum error e;
    while (!(e = statement_next(&s->connection, each, &found)) && found)
        on_lane(context, column_bytes(each, 0), sqlite3_column_int64(each, 1));
    return e;
}

static enum error lane_put(struct sqlite_store *s, enum fixed which, struct bytes lane,
                           int64_t number) {
    sqlite3_stmt *put = change(s, which);
    bind_text(put, 1, lane);
    bind_int(put, 2, number);
    return statement_run(&s->connection, put);
}

static enum error op_lane_in_each(struct store *store, lane_visit *on_lane, void *context) {
    return lanes_each(of(store), FIXED_lane_in_each, on_lane, context);
}

static enum error op_lane_in_put(struct store *store, struct bytes lane, int64_t watermark) {
    return lane_put(of(store), FIXED_lane_in_put, lane, watermark);
}

static enum error op_lane_out_each(struct store *store, lane_visit *on_lane, void *context) {
    return lanes_each(of(store), FIXED_lane_out_each, on_lane, context);
}

static enum error op_lane_out_put(struct store *store, struct bytes lane, int64_t sequence) {
    return lane_put(of(store), FIXED_lane_out_put, lane, sequence);
}

/* ---- outbox: AUTOINCREMENT keeps its last id in sqlite_sequence, also when the box is empty */

static enum error op_outbox_add(struct store *store, struct bytes packed, int64_t *id) {
    struct sqlite_store *s = of(store);
    sqlite3_stmt *add = change(s, FIXED_outbox_add);
    bind_blob(add, 1, packed);
    TRY(statement_run(&s->connection, add));
    *id = sqlite3_last_insert_rowid(s->connection.db);
    return E_ok;
}

static enum error op_outbox_delete_through(struct store *store, int64_t id) {
    struct sqlite_store *s = of(store);
    sqlite3_stmt *drop = change(s, FIXED_outbox_delete_through);
    bind_int(drop, 1, id);
    return statement_run(&s->connection, drop);
}

static enum error op_outbox_each(struct store *store,
                                 void (*on_row)(void *, int64_t id, struct bytes packed),
                                 void *context) {
    struct sqlite_store *s = of(store);
    sqlite3_stmt *each = s->fixed[FIXED_outbox_each];
    bool found;
    enum error e;
    while (!(e = statement_next(&s->connection, each, &found)) && found)
        on_row(context, sqlite3_column_int64(each, 0), column_bytes(each, 1));
    return e;
}

/* ---- timers */

static enum error op_timer_put(struct store *store, const struct timer_row *t) {
    struct sqlite_store *s = of(store);
    sqlite3_stmt *put = change(s, FIXED_timer_put);
    bind_text(put, 1, t->name);
    bind_text(put, 2, t->key);
    bind_int(put, 3, t->due_ms);
    return statement_run(&s->connection, put);
}

static enum error op_timer_delete(struct store *store, struct bytes name, struct bytes key) {
    struct sqlite_store *s = of(store);
    sqlite3_stmt *drop = change(s, FIXED_timer_delete);
    bind_text(drop, 1, name);
    bind_text(drop, 2, key);
    return statement_run(&s->connection, drop);
}

static enum error op_timer_due(struct store *store, int64_t now_ms, size_t max,
                               void (*on_timer)(void *, const struct timer_row *), void *context) {
    struct sqlite_store *s = of(store);
    sqlite3_stmt *due = s->fixed[FIXED_timer_due];
    bool found;
    enum error e;
    bind_int(due, 1, now_ms);
    bind_int(due, 2, max < INT32_MAX ? (int64_t)max : INT32_MAX);
    while (!(e = statement_next(&s->connection, due, &found)) && found) {
        struct timer_row t = { .due_ms = sqlite3_column_int64(due, 2),
                               .name = column_bytes(due, 0),
                               .key = column_bytes(due, 1) };
        on_timer(context, &t);
    }
    return e;
}

static enum error op_timer_first(struct store *store, int64_t *due_ms, bool *found) {
    struct sqlite_store *s = of(store);
    sqlite3_stmt *first = s->fixed[FIXED_timer_first];
    TRY(statement_next(&s->connection, first, found));
    *found = sqlite3_column_type(first, 0) == SQLITE_INTEGER;
    *due_ms = sqlite3_column_int64(first, 0);
    (void)sqlite3_reset(first);
    return E_ok;
}

/* ---- facts */

static enum error op_fact_get(struct store *store, const char *name, struct buf *out, bool *found) {
    struct sqlite_store *s = of(store);
    sqlite3_stmt *get = s->fixed[FIXED_fact_get];
    bind_text(get, 1, bytes_text(name));
    TRY(statement_next(&s->connection, get, found));
    if (*found)
        buf_put_bytes(out, column_bytes(get, 0));
    (void)sqlite3_reset(get);
    return E_ok;
}

static enum error op_fact_put(struct store *store, const char *name, struct bytes value) {
    struct sqlite_store *s = of(store);
    sqlite3_stmt *put = change(s, FIXED_fact_put);
    bind_text(put, 1, bytes_text(name));
    bind_text(put, 2, value);
    return statement_run(&s->connection, put);
}

/* ---- open and close */

/* The lock goes last: nobody else may have the file while we still do. */
static void op_close(struct store *store) {
    struct sqlite_store *s = of(store);
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
    .journal_add = op_journal_add,
    .position_get = op_position_get,
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
    .fact_get = op_fact_get,
    .fact_put = op_fact_put,
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

static enum error statements_open(struct sqlite_store *s, const struct store_options *options) {
    for (size_t i = 0; i < FIXED_COUNT; i++)
        TRY(statement_prepare(&s->connection, fixed_sql[i], &s->fixed[i]));
    s->rows = memory_get((options->table_count + 1) * sizeof(*s->rows));
    for (; s->table_count < options->table_count; s->table_count++)
        TRY(rows_open(&s->rows[s->table_count], &s->connection, &options->tables[s->table_count]));
    return E_ok;
}

static enum error journal_open(struct sqlite_store *s, int64_t rows_max) {
    sqlite3_stmt *range = s->fixed[FIXED_journal_range];
    bool found;
    TRY(statement_next(&s->connection, range, &found));
    bool is_empty = sqlite3_column_type(range, 0) == SQLITE_NULL;
    s->journal.first = is_empty ? 1 : sqlite3_column_int64(range, 0);
    s->journal.next = sqlite3_column_int64(range, 1) + 1;
    (void)sqlite3_reset(range);
    s->journal_rows_max = rows_max ? rows_max : JOURNAL_ROWS_MAX;
    return E_ok;
}

static enum error store_begin(struct sqlite_store *s, const char *path,
                              const struct store_options *options) {
    TRY(sqlite_connection_open(&s->connection, path, SQLITE_OPEN_READWRITE));
    TRY(configure(s, options->sync));
    TRY(schema_settle(&s->connection, options));
    TRY(statements_open(s, options));
    return journal_open(s, options->journal_rows_max);
}

static enum error fence_and_begin(struct sqlite_store *s, const struct store_options *options) {
    const char *dir;
    TRY(store_dir(options, &dir));
    TRY(tables_check(options));
    TRY(disk_make_dir(disk_real(), dir));
    char *path = store_path(dir, options);
    enum error e = store_lock(path, &s->lock);
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

const struct store_kind sqlite_store_kind = {
    .scheme = "sqlite",
    .open = sqlite_open,
    .read = sqlite_read,
};
