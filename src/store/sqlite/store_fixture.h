/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the store's tests share: declared tables, a store in the test's directory, and one group
 * that touches every table, so that a test can ask whether a commit is there whole. */
#ifndef OCTAVO_STORE_SQLITE_STORE_FIXTURE_H
#define OCTAVO_STORE_SQLITE_STORE_FIXTURE_H

#include "base/test.h"
#include "pages.h"
#include "sqlite_store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static const struct column account_columns[] = { { "balance", COLUMN_INT },
                                                 { "owner", COLUMN_TEXT },
                                                 { "order", COLUMN_TEXT } };
static const struct column entry_columns[] = { { "amount", COLUMN_INT }, { "text", COLUMN_TEXT } };
static const struct store_table tables[] = { { "account", false, account_columns, 3, false, 0 },
                                             { "entry", true, entry_columns, 2, false, 0 },
                                             { "marked", false, NULL, 0, false, 0 } };
enum { ACCOUNT, ENTRY, MARKED };

static inline struct store_options options_in(const char *dir) {
    static char url[128];
    (void)snprintf(url, sizeof(url), "sqlite:%s/deep/store", dir);
    return (struct store_options){ .url = url,
                                   .system = "accounts",
                                   .service = "processor",
                                   .generation = 1,
                                   .task = 3,
                                   .tables = tables,
                                   .table_count = 3,
                                   .sync = true };
}

static inline char *db_path(void) {
    return text_format("%s/deep/store/accounts.processor.1.3.db", test_dir());
}

static inline struct store *given_store(void) {
    struct store_options options = options_in(test_dir());
    struct store *s = NULL;
    CHECK_OK(sqlite_store_kind.open(&s, &options));
    return s;
}

static inline enum error open_fails(const struct store_options *options) {
    struct store *s = NULL;
    enum error e = sqlite_store_kind.open(&s, options);
    CHECK(s == NULL);
    return e;
}

static inline struct value integer(int64_t v) {
    return (struct value){ .kind = VALUE_INT, .integer = v };
}

static inline struct value text(const char *t) {
    return (struct value){ .kind = VALUE_TEXT, .text = bytes_text(t) };
}

static inline void account_put(struct store *s, const char *key, int64_t balance) {
    struct value values[3] = { integer(balance), text("Ada"), { .kind = VALUE_NULL } };
    CHECK_OK(s->ops->row_put(s, ACCOUNT, bytes_text(key), bytes_text(""), values));
}

/* -1: no such account */
static inline int64_t account_balance(struct store *s, const char *key) {
    struct value values[3];
    bool found;
    CHECK_OK(s->ops->row_get(s, ACCOUNT, bytes_text(key), bytes_text(""), values, &found));
    return found ? values[0].integer : -1;
}

static inline void entry_add(struct store *s, int64_t entry, const char *key, int64_t amount) {
    struct value values[2] = { integer(amount), text("x") };
    CHECK_OK(s->ops->log_add(s, ENTRY, entry, bytes_text(key), values));
}

static inline int64_t entry_last(struct store *s) {
    int64_t entry = -1;
    CHECK_OK(s->ops->log_last(s, ENTRY, &entry));
    return entry;
}

/* What a person with the sqlite3 tool does, in this process; `result` takes the first column. */
static inline int sql_do(const char *sql, struct buf *result) {
    sqlite3 *db;
    sqlite3_stmt *s;
    char *path = db_path();
    CHECK_INT(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, pages_vfs),
              SQLITE_OK);
    int code = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(s);
        if (code == SQLITE_ROW && result)
            buf_print(result, "%s;", (const char *)sqlite3_column_text(s, 0));
    }
    (void)sqlite3_finalize(s);
    (void)sqlite3_close(db);
    free(path);
    return code;
}

static inline void given_sql(const char *sql) {
    CHECK_INT(sql_do(sql, NULL), SQLITE_DONE);
}

static inline void check_sql(const char *sql, const char *wanted) {
    struct buf result = { 0 };
    CHECK_INT(sql_do(sql, &result), SQLITE_DONE);
    CHECK_TEXT(buf_text(&result), wanted);
    buf_finish(&result);
}

/* One group that touches every table of the store. */
static inline void group_put(struct store *s, int64_t n) {
    struct position p = { n, n - 1, UINT64_MAX - (uint64_t)n, "cluster", n * 10 };
    struct timer_row t = { n, bytes_text("deadline"), bytes_text("k"), TIMER_WALL };
    int64_t id;
    account_put(s, "k", n);
    entry_add(s, n, "k", n);
    CHECK_OK(s->ops->journal_add(s, 1000 + n, bytes_text("orders-0 7..9"), bytes_text("1 0 0 ab")));
    CHECK_OK(s->ops->position_put(s, bytes_text("orders"), 3, &p));
    CHECK_OK(s->ops->lane_in_put(s, bytes_text("/octavo/a orders 3"), n));
    CHECK_OK(s->ops->lane_out_put(s, bytes_text("/octavo/b answers 1"), n));
    CHECK_OK(s->ops->outbox_add(s, bytes_text("packed"), &id));
    CHECK_INT(id, n);
    CHECK_OK(s->ops->timer_put(s, &t));
    CHECK_OK(s->ops->fact_put(s, "cluster", bytes_text("cluster")));
}

static inline void on_any_row(void *context, struct bytes key, struct bytes sub,
                              const struct value *values, size_t count) {
    CHECK(key.len > 0 && sub.data && (values || !count));
    *(int64_t *)context += 1;
}

static inline void on_number(void *context, struct bytes lane, int64_t number) {
    CHECK(lane.len > 0);
    *(int64_t *)context = number;
}

static inline void on_outbox(void *context, int64_t id, struct bytes packed) {
    CHECK_BYTES(packed, bytes_text("packed"));
    *(int64_t *)context = id;
}

/* All tables say that group n was the last one; 0: none was. */
static inline void check_group(struct store *s, int64_t n) {
    struct position p = { 0 };
    int64_t in = 0, out = 0, box = 0, due = 0;
    bool found;
    CHECK_INT(account_balance(s, "k"), n ? n : -1);
    CHECK_INT(entry_last(s), n);
    CHECK_OK(s->ops->position_get(s, bytes_text("orders"), 3, &p, &found));
    CHECK_INT(found, n > 0);
    CHECK_INT(p.next_offset, n);
    CHECK_OK(s->ops->lane_in_each(s, on_number, &in));
    CHECK_INT(in, n);
    CHECK_OK(s->ops->lane_out_each(s, on_number, &out));
    CHECK_INT(out, n);
    CHECK_OK(s->ops->outbox_each(s, on_outbox, &box));
    CHECK_INT(box, n);
    CHECK_OK(s->ops->timer_first(s, TIMER_WALL, &due, &found));
    CHECK_INT(found, n > 0);
    CHECK_INT(due, n);
}

#endif
