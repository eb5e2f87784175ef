/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rows whose time is over.
 *
 * There is no index by time: it would have to be written with every row, for one delete a week
 * later. Instead the table is walked in the order in which it is stored, a piece at a time, and a
 * piece is two statements that run inside SQLite: where it ends, and the deletion within. Where the
 * walk stands is kept in memory alone, as it decides nothing (store.h). */
#include "rows.h"

#include "base/check.h"

/* The columns in the order of the tree. */
static const char *names(const struct store_table *t) {
    return t->by_sub ? "(sub, key)" : "(key, sub)";
}

static void end_sql(struct buf *sql, const struct store_table *t) {
    buf_print(sql, "SELECT key, sub FROM \"%s\" WHERE %s >= (?1, ?2) ORDER BY %s LIMIT 1 OFFSET ?3",
              t->name, names(t), t->by_sub ? "sub, key" : "key, sub");
}

static void forget_sql(struct buf *sql, const struct store_table *t) {
    buf_print(sql,
              "DELETE FROM \"%s\" WHERE %s >= (?1, ?2) AND %s < (?3, ?4)"
              " AND \"%s\" BETWEEN 1 AND ?5",
              t->name, names(t), names(t), t->columns[t->forget - 1].name);
}

/* The name stays where it is until the statement has run. */
static void bind_name(const struct rows *r, sqlite3_stmt *s, int at, const struct row_at *name) {
    struct bytes key = buf_bytes(&name->key), sub = buf_bytes(&name->sub);
    bind_text(s, at, r->table->by_sub ? sub : key);
    bind_text(s, at + 1, r->table->by_sub ? key : sub);
}

static void row_at_finish(struct row_at *name) {
    buf_finish(&name->key);
    buf_finish(&name->sub);
}

/* The first row of the next piece is where the walk goes on. */
static enum error end_find(struct rows *r, size_t max, struct row_at *end, bool *found) {
    sqlite3_stmt *s = r->forget_end;
    bind_name(r, s, 1, &r->forget_from);
    bind_int(s, 3, (int64_t)max);
    TRY(statement_next(r->connection, s, found));
    if (!*found)
        return E_ok;
    buf_put_bytes(&end->key, column_bytes(s, 0));
    buf_put_bytes(&end->sub, column_bytes(s, 1));
    (void)sqlite3_reset(s);
    return E_ok;
}

static enum error piece_forget(struct rows *r, int64_t now_ms, const struct row_at *end) {
    bind_name(r, r->forget, 1, &r->forget_from);
    if (end)
        bind_name(r, r->forget, 3, end);
    for (int at = 3; !end && at <= 4; at++)
        bind_blob(r->forget, at, (struct bytes){ 0 }); /* every text is less */
    bind_int(r->forget, 5, now_ms);
    return statement_run(r->connection, r->forget);
}

enum error rows_forget(struct rows *r, const struct rows_look *look, bool *whole) {
    assert(r->table->forget > 0);
    assert(r->table->forget <= r->table->column_count);
    assert(look->max > 0);
    TRY(rows_statement(r, &r->forget_end, end_sql));
    TRY(rows_statement(r, &r->forget, forget_sql));
    struct row_at end = { 0 };
    bool found = false;
    enum error e = end_find(r, look->max, &end, &found);
    if (!e)
        e = piece_forget(r, look->now_ms, found ? &end : NULL);
    row_at_finish(&r->forget_from);
    r->forget_from = end;
    *whole = !found;
    return e;
}

void rows_forget_close(struct rows *r) {
    (void)sqlite3_finalize(r->forget_end);
    (void)sqlite3_finalize(r->forget);
    row_at_finish(&r->forget_from);
}
