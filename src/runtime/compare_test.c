/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Two stores that differ in one row, wherever it lies: it is found, and named. More rows than a
 * block has, so that what stands behind the last whole block is looked at, too. */
#include "runtime/compare.h"

#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>

extern const struct store_kind sqlite_store_kind; /* linked into the tests, not seen by the room */

enum { ROWS = 300 };
static const struct column columns[] = { { "n", COLUMN_INT } };
static const struct store_table tables[] = { { "account", false, columns, 1, false, 0 } };

static struct store *given_store(const char *name) {
    char *url = text_format("sqlite:%s/%s", test_dir(), name);
    struct store_options options = { .url = url,
                                     .system = "shop",
                                     .service = "counter",
                                     .generation = 1,
                                     .tables = tables,
                                     .table_count = 1 };
    struct store *s = NULL;
    CHECK_OK(sqlite_store_kind.open(&s, &options));
    CHECK_OK(s->ops->begin(s));
    free(url);
    return s;
}

static void put(struct store *s, int row, const char *part, int64_t n) {
    char key[16];
    struct value value = { .kind = VALUE_INT, .integer = n };
    (void)snprintf(key, sizeof(key), "%03d", row);
    CHECK_OK(s->ops->row_put(s, 0, bytes_text(key), bytes_text(part), &value));
}

static void timer(struct store *s, int64_t due_ms, enum timer_clock clock) {
    struct timer_row t = { due_ms, bytes_text("end"), bytes_text("001"), clock };
    CHECK_OK(s->ops->timer_put(s, &t));
}

/* "table key sub recorded replayed"; then the stores are closed. */
static void check_found(struct store *recorded, struct store *replayed, const char *wanted) {
    struct compare_options options = { recorded, replayed, tables, 1, false, 100 };
    struct compare_found found = { 0 };
    struct buf text = { 0 };
    CHECK_OK(recorded->ops->commit(recorded));
    CHECK_OK(replayed->ops->commit(replayed));
    CHECK_OK(compare_stores(&options, &found));
    if (found.found)
        buf_print(&text, "%s %s %s %s %s", buf_text(&found.table), buf_text(&found.key),
                  buf_text(&found.sub), buf_text(&found.recorded), buf_text(&found.replayed));
    CHECK_TEXT(buf_text(&text), wanted);
    compare_found_finish(&found);
    buf_finish(&text);
    recorded->ops->close(recorded);
    replayed->ops->close(replayed);
}

static void put_all(struct store *s, int rows) {
    for (int i = 0; i < rows; i++)
        put(s, i, "", i);
}

TEST(equal_stores_have_no_difference) {
    struct store *a = given_store("a"), *b = given_store("b");
    put_all(a, ROWS);
    put_all(b, ROWS);
    timer(a, 7, TIMER_EVENT);
    timer(b, 7, TIMER_EVENT);
    check_found(a, b, "");
}

TEST(a_row_behind_the_last_whole_block_is_compared) {
    struct store *a = given_store("a"), *b = given_store("b");
    put_all(a, ROWS);
    put_all(b, ROWS);
    put(b, 290, "", 0);
    check_found(a, b, "account 290  {\"n\":290} {\"n\":0}");
}

/* A whole block is equal: only their number tells. */
TEST(rows_that_one_side_lacks_at_the_end_are_found) {
    struct store *a = given_store("a"), *b = given_store("b");
    put_all(a, 257);
    put_all(b, 256);
    check_found(a, b, "account 256  {\"n\":256} ");
    a = given_store("c");
    b = given_store("d");
    put_all(a, 256);
    put_all(b, 257);
    check_found(a, b, "account 256   {\"n\":256}");
}

TEST(rows_of_one_key_are_told_apart_by_their_sub_key) {
    struct store *a = given_store("a"), *b = given_store("b");
    put(a, 1, "x", 5);
    put(b, 1, "y", 5);
    check_found(a, b, "account 001 x {\"n\":5} ");
}

TEST(timers_of_both_clocks_are_compared) {
    struct store *a = given_store("a"), *b = given_store("b");
    timer(a, 7, TIMER_WALL);
    timer(b, 8, TIMER_WALL);
    check_found(a, b, "timer 001 end {\"due_ms\":7,\"clock\":0} {\"due_ms\":8,\"clock\":0}");
    a = given_store("c");
    b = given_store("d");
    timer(a, 7, TIMER_EVENT);
    timer(b, 8, TIMER_EVENT);
    check_found(a, b, "timer 001 end {\"due_ms\":7,\"clock\":1} {\"due_ms\":8,\"clock\":1}");
}

static void see(struct store *s, const char *id, int64_t until_ms) {
    struct seen_row row = { bytes_text("strays /sensor"), bytes_text(id), until_ms };
    bool was_there;
    CHECK_OK(s->ops->seen_put(s, &row, 0, &was_there));
}

TEST(ids_of_open_windows_are_compared_and_those_of_ended_ones_not) {
    struct store *a = given_store("a"), *b = given_store("b");
    see(a, "1", 99);
    see(a, "2", 100);
    see(b, "2", 100);
    check_found(a, b, "");
    a = given_store("c");
    b = given_store("d");
    see(a, "2", 100);
    check_found(a, b, "seen strays /sensor 2 {\"until_ms\":100} ");
}

TEST(facts_that_inputs_make_are_compared_and_those_of_the_store_not) {
    struct store *a = given_store("a"), *b = given_store("b");
    CHECK_OK(a->ops->fact_put(a, "effects:mail", bytes_text("{}")));
    CHECK_OK(a->ops->fact_put(a, "building", bytes_text("equal")));
    check_found(a, b, "");
    a = given_store("c");
    b = given_store("d");
    CHECK_OK(a->ops->fact_put(a, "orders", bytes_text("17")));
    CHECK_OK(b->ops->fact_put(b, "orders", bytes_text("18")));
    check_found(a, b, "fact orders  {\"value\":\"17\"} {\"value\":\"18\"}");
}
