/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "base/test.h"
#include "sqlite_store.h"

#include <stdio.h>

static const struct column columns[] = { { "note", COLUMN_TEXT }, { "until", COLUMN_INT } };
static const struct store_table tables[] = { { "by_key", false, columns, 2, false, 2 },
                                             { "by_sub", false, columns, 2, true, 2 } };
enum { BY_KEY, BY_SUB };

static struct store *given_store(void) {
    static char url[256];
    struct store *s = NULL;
    (void)snprintf(url, sizeof(url), "sqlite:%s", test_dir());
    struct store_options options = { .url = url,
                                     .system = "bank",
                                     .service = "ledger",
                                     .generation = 1,
                                     .tables = tables,
                                     .table_count = 2,
                                     .sync = true };
    CHECK_OK(sqlite_store_kind.open(&s, &options));
    CHECK_OK(s->ops->begin(s));
    return s;
}

static void put(struct store *s, size_t table, const char *key, int64_t until) {
    struct value values[] = { { .kind = VALUE_TEXT, .text = bytes_text("x") },
                              { .kind = until < 0 ? VALUE_NULL : VALUE_INT, .integer = until } };
    CHECK_OK(s->ops->row_put(s, table, bytes_text(key), bytes_text("s"), values));
}

static void on_row(void *context, struct bytes key, struct bytes sub, const struct value *values,
                   size_t count) {
    (void)sub;
    (void)values;
    (void)count;
    buf_put_bytes(context, key);
    buf_put_byte(context, ' ');
}

static void check_left(struct store *s, size_t table, const char *keys) {
    struct buf left = { 0 };
    CHECK_OK(s->ops->table_each(s, table, on_row, &left));
    CHECK_TEXT(buf_text(&left), keys);
    buf_finish(&left);
}

static bool walk(struct store *s, size_t table, int64_t now_ms, size_t max) {
    bool whole;
    CHECK_OK(s->ops->rows_forget(s, table, now_ms, max, &whole));
    return whole;
}

static void close_store(struct store *s) {
    CHECK_OK(s->ops->commit(s));
    s->ops->close(s);
}

TEST(rows_whose_time_is_over_are_deleted_and_no_others) {
    struct store *s = given_store();
    for (size_t table = BY_KEY; table <= BY_SUB; table++) {
        put(s, table, "", 5);
        put(s, table, "a", 10);
        put(s, table, "b", 11);
        put(s, table, "c", 0);  /* for ever */
        put(s, table, "d", -1); /* NULL */
        CHECK(walk(s, table, 10, 100));
        check_left(s, table, "b c d ");
    }
    close_store(s);
}

TEST(a_walk_goes_on_where_it_stopped_and_begins_again_at_the_end) {
    struct store *s = given_store();
    char key[16];
    for (size_t table = BY_KEY; table <= BY_SUB; table++) {
        for (int i = 0; i < 7; i++) {
            (void)snprintf(key, sizeof(key), "k%d", i);
            put(s, table, key, i % 2 ? 100 : 5);
        }
        CHECK(!walk(s, table, 10, 3));
        check_left(s, table, "k1 k3 k4 k5 k6 ");
        CHECK(
            !walk(s, table, 10, 3)); /* the row after this piece is known, and is looked at next */
        check_left(s, table, "k1 k3 k5 k6 ");
        CHECK(walk(s, table, 10, 3));
        check_left(s, table, "k1 k3 k5 ");
        CHECK(walk(s, table, 100, 3)); /* from the first again: three are the end, too */
        check_left(s, table, "");
    }
    close_store(s);
}

TEST(a_walk_over_no_rows_is_over_at_once) {
    struct store *s = given_store();
    CHECK(walk(s, BY_KEY, 10, 1));
    CHECK(walk(s, BY_SUB, 10, 1));
    close_store(s);
}
