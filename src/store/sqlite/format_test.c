/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Formats: a file of format 1 is raised in place, in one transaction, and keeps what it held. */
#include "store_fixture.h"

#include "base/disk.h"

/* Format 1 as octavo 0.1 wrote it, with one row in every table of its own. */
static const char *const format_1[] = {
    "CREATE TABLE fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE journal(id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, inputs TEXT NOT NULL)"
    " STRICT",
    "CREATE TABLE position(topic TEXT, partition INTEGER, next_offset INTEGER NOT NULL,"
    " last_offset INTEGER NOT NULL, last_hash INTEGER NOT NULL, cluster_id TEXT NOT NULL,"
    " PRIMARY KEY(topic, partition)) STRICT, WITHOUT ROWID",
    "CREATE TABLE lane_in(lane TEXT PRIMARY KEY, watermark INTEGER NOT NULL) STRICT,"
    " WITHOUT ROWID",
    "CREATE TABLE lane_out(lane TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT,"
    " WITHOUT ROWID",
    "CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, events BLOB NOT NULL) STRICT",
    "CREATE TABLE timer(name TEXT, key TEXT, due_ms INTEGER NOT NULL, PRIMARY KEY(name, key))"
    " STRICT, WITHOUT ROWID",
    "CREATE INDEX timer_due ON timer(due_ms)",
    "CREATE TABLE account(key TEXT, sub TEXT, balance INTEGER, owner TEXT, \"order\" TEXT,"
    " PRIMARY KEY(key, sub)) STRICT, WITHOUT ROWID",
    "CREATE TABLE entry(entry INTEGER PRIMARY KEY, key TEXT NOT NULL, amount INTEGER, text TEXT)"
    " STRICT",
    "INSERT INTO fact VALUES('format_version', '1'), ('incarnation', '3'), ('cluster', 'cluster')",
    "INSERT INTO journal VALUES(1, 1001, '[]')",
    "INSERT INTO position VALUES('orders', 3, 1, 0, -2, 'cluster')",
    "INSERT INTO lane_in VALUES('/octavo/a orders 3', 1)",
    "INSERT INTO lane_out VALUES('/octavo/b answers 1', 1)",
    "INSERT INTO outbox VALUES(1, CAST('packed' AS BLOB))",
    "INSERT INTO timer VALUES('deadline', 'k', 1)",
    "INSERT INTO account VALUES('k', '', 1, 'Ada', NULL)",
    "INSERT INTO entry VALUES(1, 'k', 1, 'x')",
};

static void given_format_1(void) {
    char *dir = text_format("%s/deep/store", test_dir());
    CHECK_OK(disk_make_dir(disk_real(), dir));
    free(dir);
    for (size_t i = 0; i < sizeof(format_1) / sizeof(format_1[0]); i++)
        given_sql(format_1[i]);
}

static void schema_text(struct buf *out) {
    CHECK_INT(
        sql_do(
            "SELECT replace(sql, '\"', '') FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name",
            out),
        SQLITE_DONE);
}

TEST(a_file_of_format_1_is_raised_and_keeps_its_rows) {
    given_format_1();
    struct store *s = given_store();
    check_group(s, 1);
    struct buf fact = { 0 };
    bool found;
    CHECK_OK(s->ops->fact_get(s, "format_version", &fact, &found));
    CHECK_OK(s->ops->fact_get(s, "incarnation", &fact, &found));
    CHECK_TEXT(buf_text(&fact), "23");
    buf_finish(&fact);
    CHECK_OK(s->ops->begin(s));
    group_put(s, 2);
    CHECK_OK(s->ops->commit(s));
    check_group(s, 2);
    s->ops->close(s);
    check_sql("SELECT id || inputs || outputs FROM journal", "1[];2orders-0 7..91 0 0 ab;");
    check_sql("SELECT name || clock FROM timer", "deadline0;");
}

TEST(a_raised_file_has_the_schema_of_a_new_one) {
    struct buf raised = { 0 }, made = { 0 };
    given_format_1();
    struct store *s = given_store();
    s->ops->close(s);
    schema_text(&raised);
    char *path = db_path();
    CHECK_OK(disk_unlink(disk_real(), path));
    s = given_store();
    s->ops->close(s);
    schema_text(&made);
    CHECK_TEXT(buf_text(&raised), buf_text(&made));
    CHECK(made.len > 1000);
    free(path);
    buf_finish(&raised);
    buf_finish(&made);
}

TEST(a_reader_reads_format_1_before_its_service_has_raised_it) {
    given_format_1();
    struct store_options options = options_in(test_dir());
    int64_t rows = 0;
    CHECK_OK(sqlite_read(&options, ACCOUNT, NULL, on_any_row, &rows));
    CHECK_INT(rows, 1);
    check_sql("SELECT value FROM fact WHERE name = 'format_version'", "1;");
}

TEST(a_declared_table_in_the_way_of_format_2_is_named_and_nothing_changed) {
    given_format_1();
    given_sql("CREATE TABLE Effect(key TEXT, sub TEXT, PRIMARY KEY(key, sub))");
    struct store_options options = options_in(test_dir());
    CHECK_ERROR(open_fails(&options), E_config);
    CHECK_STORY("has a declared table Effect, and store format 2 one of its own");
    CHECK_STORY("raise `generation`");
    check_sql("SELECT value FROM fact WHERE name = 'format_version'", "1;");
    check_sql("SELECT count(*) FROM pragma_table_info('timer')", "3;");
}

TEST(a_raise_that_fails_in_the_middle_leaves_format_1) {
    given_format_1();
    given_sql("DROP TABLE timer"); /* the second step of the raise does not find it */
    struct store_options options = options_in(test_dir());
    CHECK_ERROR(open_fails(&options), E_corrupt);
    CHECK_STORY("while making store format 2");
    check_sql("SELECT value FROM fact WHERE name = 'format_version'", "1;");
    check_sql("SELECT count(*) FROM pragma_table_info('journal')", "3;");
    check_sql("SELECT count(*) FROM sqlite_schema WHERE name = 'parked'", "0;");
}

TEST(another_format_version_is_refused) {
    struct store *s = given_store();
    struct store_options options = options_in(test_dir());
    s->ops->close(s);
    given_sql("UPDATE fact SET value = '7' WHERE name = 'format_version'");
    CHECK_ERROR(open_fails(&options), E_unsupported);
    CHECK_STORY("has store format 7, this octavo knows 1 to 2");
    CHECK_STORY("try: use the octavo that wrote it");
    given_sql("UPDATE fact SET value = '22' WHERE name = 'format_version'");
    CHECK_ERROR(open_fails(&options), E_unsupported);
    given_sql("DELETE FROM fact WHERE name = 'format_version'");
    CHECK_ERROR(open_fails(&options), E_unsupported);
    CHECK_STORY("has store format none");
}
