/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rows become items once, in order, and a table that is not as declared is told, not guessed. */
#include "sql/sql.h"

#include "base/disk.h"
#include "base/test.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static char *file_path(void) {
    return text_format("%s/bank.db", test_dir());
}

static sqlite3 *writer(void) {
    sqlite3 *db;
    char *path = file_path();
    CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
    free(path);
    return db;
}

static void run(sqlite3 *db, const char *sql) {
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        test_failed(__FILE__, __LINE__, "%s: %s", sql, sqlite3_errmsg(db));
}

static void run_alone(const char *sql) {
    sqlite3 *db = writer();
    run(db, sql);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static const char payments[] =
    "CREATE TABLE payment (id INTEGER PRIMARY KEY, account TEXT, amount INTEGER, note TEXT);"
    "INSERT INTO payment VALUES (1, 'a', 100, NULL), (2, 'b', -5, 'say \"hi\"'), (7, 'a', 1, '');";

static struct connector *source_with(const char *parameters) {
    struct connector *c;
    char *url = text_format("sql+sqlite:bank.db?%s", parameters);
    struct source_options options = { .url = url, .data_dir = test_dir() };
    CHECK_OK(sql_sqlite_source.open(&c, &options));
    free(url);
    return c;
}

static struct connector *payments_source(void) {
    return source_with("table=payment&order=id&key=account&type=payment-made");
}

static struct buf told;
static char position[64];
static size_t items;

static void on_item(void *context, const struct source_item *item) {
    (void)context;
    CHECK_INT(item->time_ms, 0);
    buf_print(&told, "%s %.*s %.*s %.*s %.*s\n", item->type, (int)item->id.len, item->id.data,
              (int)item->key.len, item->key.data, (int)item->position.len, item->position.data,
              (int)item->json.len, item->json.data);
    CHECK(item->position.len < sizeof(position));
    memset(position, 0, sizeof(position));
    memcpy(position, item->position.data, item->position.len);
    items++;
}

static enum error read_from(struct connector *c, const char *after, size_t max) {
    buf_clear(&told);
    items = 0;
    return sql_sqlite_source.read(c, bytes_text(after), max, on_item, NULL);
}

TEST(rows_are_items_with_type_id_key_position_and_all_columns) {
    run_alone(payments);
    struct connector *c = payments_source();
    CHECK_OK(read_from(c, "", 100));
    CHECK_TEXT(buf_text(&told),
               "payment-made payment/1 a 1 "
               "{\"id\":1,\"account\":\"a\",\"amount\":100,\"note\":null}\n"
               "payment-made payment/2 b 2 "
               "{\"id\":2,\"account\":\"b\",\"amount\":-5,\"note\":\"say \\\"hi\\\"\"}\n"
               "payment-made payment/7 a 7 "
               "{\"id\":7,\"account\":\"a\",\"amount\":1,\"note\":\"\"}\n");
    sql_sqlite_source.close(c);
}

TEST(reading_in_parts_meets_every_row_once) {
    struct buf whole = { 0 };
    sqlite3 *db = writer();
    run(db, payments);
    for (int i = 8; i < 500; i++) {
        char *sql = text_format("INSERT INTO payment VALUES (%d, 'x', 1, NULL)", i);
        run(db, sql);
        free(sql);
    }
    sqlite3_close(db);
    struct connector *c = payments_source();
    CHECK_OK(read_from(c, "", 1000));
    buf_put_bytes(&whole, buf_bytes(&told));
    struct buf parts = { 0 };
    position[0] = 0;
    do {
        char *after = text_copy(position);
        CHECK_OK(read_from(c, after, 7));
        buf_put_bytes(&parts, buf_bytes(&told));
        free(after);
    } while (items == 7);
    CHECK_BYTES(buf_bytes(&parts), buf_bytes(&whole));
    buf_finish(&parts);
    buf_finish(&whole);
    sql_sqlite_source.close(c);
}

TEST(what_is_added_later_is_read_from_the_position_on) {
    run_alone(payments);
    struct connector *c = payments_source();
    CHECK_OK(read_from(c, "7", 10));
    CHECK_INT((long long)items, 0);
    run_alone("INSERT INTO payment VALUES (8, 'c', 3, NULL)");
    CHECK_OK(read_from(c, "7", 10));
    CHECK_TEXT(position, "8");
    CHECK_INT((long long)items, 1);
    sql_sqlite_source.close(c);
}

TEST(the_type_is_the_tables_name_and_numbers_may_be_keys_and_negative) {
    run_alone("CREATE TABLE t (n INTEGER NOT NULL UNIQUE, x TEXT);"
              "INSERT INTO t VALUES (-9223372036854775807, 'least'), (5, 'five')");
    struct connector *c = source_with("table=t&order=n&key=n");
    CHECK_OK(read_from(c, "", 10));
    CHECK_TEXT(buf_text(&told), "t t/-9223372036854775807 -9223372036854775807 "
                                "-9223372036854775807 "
                                "{\"n\":-9223372036854775807,\"x\":\"least\"}\n"
                                "t t/5 5 5 {\"n\":5,\"x\":\"five\"}\n");
    sql_sqlite_source.close(c);
}

TEST(a_file_that_is_not_there_yet_is_read_once_it_is) {
    struct connector *c = payments_source();
    CHECK_ERROR(read_from(c, "", 10), E_not_found);
    CHECK_STORY("bank.db, table payment: unable to open database file");
    run_alone(payments);
    CHECK_OK(read_from(c, "", 10));
    CHECK_INT((long long)items, 3);
    sql_sqlite_source.close(c);
}

TEST(a_locked_database_is_read_again_later) {
    run_alone(payments);
    struct connector *c = payments_source();
    sqlite3 *db = writer();
    run(db, "BEGIN EXCLUSIVE; INSERT INTO payment VALUES (8, 'c', 3, NULL)");
    CHECK_ERROR(read_from(c, "", 10), E_busy);
    CHECK_STORY("it is read once its writer lets go");
    CHECK_INT((long long)items, 0);
    run(db, "COMMIT");
    CHECK_OK(read_from(c, "", 10));
    CHECK_INT((long long)items, 4);
    sqlite3_close(db);
    sql_sqlite_source.close(c);
}

TEST(a_writer_in_wal_mode_is_neither_waited_for_nor_seen_before_its_commit) {
    sqlite3 *db = writer();
    run(db, "PRAGMA journal_mode=WAL");
    run(db, payments);
    struct connector *c = payments_source();
    run(db, "BEGIN IMMEDIATE; INSERT INTO payment VALUES (8, 'c', 3, NULL)");
    CHECK_OK(read_from(c, "", 10));
    CHECK_INT((long long)items, 3);
    run(db, "COMMIT");
    CHECK_OK(read_from(c, "7", 10));
    CHECK_INT((long long)items, 1);
    sqlite3_close(db);
    sql_sqlite_source.close(c);
}

static void check_read_refused(const char *parameters, const char *story, const char *remedy) {
    struct connector *c = source_with(parameters);
    CHECK_ERROR(read_from(c, "", 10), E_config);
    CHECK_STORY(story);
    CHECK_STORY(remedy);
    CHECK_INT((long long)items, 0);
    sql_sqlite_source.close(c);
}

TEST(a_table_that_is_not_as_declared_is_told_with_a_remedy) {
    run_alone(payments);
    run_alone("CREATE TABLE t (n INTEGER, x TEXT, y REAL)");
    run_alone("CREATE TABLE u (n UNIQUE, m, y REAL, PRIMARY KEY (n, m))");
    run_alone("INSERT INTO u VALUES (1, 1, 1.5)");
    run_alone("CREATE TABLE w (n UNIQUE, x TEXT)");
    run_alone("INSERT INTO w VALUES ('z', '')");
    check_read_refused("table=nothing&order=id&key=id", "no such table: nothing",
                       ".schema nothing");
    check_read_refused("table=payment&order=nothing&key=id", "no such column: nothing",
                       "compare the address");
    check_read_refused("table=payment&order=id&key=nothing", "no column as `key` says",
                       "key=COLUMN");
    check_read_refused("table=payment&order=amount&key=id", "INTEGER PRIMARY KEY nor UNIQUE",
                       "grows and has no value twice");
    check_read_refused("table=t&order=n&key=x", "INTEGER PRIMARY KEY nor UNIQUE", "grows");
    check_read_refused("table=u&order=m&key=n", "INTEGER PRIMARY KEY nor UNIQUE", "grows");
    check_read_refused("table=u&order=n&key=n", "row 1: column y is neither integer nor text",
                       "CAST(y AS TEXT)");
    check_read_refused("table=w&order=n&key=n", "no integer", "a column of integers");
}

TEST(a_view_may_be_read_and_a_value_that_comes_twice_is_noticed) {
    run_alone(payments);
    run_alone("CREATE VIEW v AS SELECT id, account, CAST(amount / 100.0 AS TEXT) AS amount "
              "FROM payment; CREATE VIEW d AS SELECT 5 AS n, account FROM payment");
    struct connector *c = source_with("table=v&order=id&key=account");
    CHECK_OK(read_from(c, "2", 10));
    CHECK_TEXT(buf_text(&told), "v v/7 a 7 {\"id\":7,\"account\":\"a\",\"amount\":\"0.01\"}\n");
    sql_sqlite_source.close(c);
    c = source_with("table=d&order=n&key=account");
    CHECK_ERROR(read_from(c, "", 10), E_config);
    CHECK_STORY("column n has 5 twice");
    sql_sqlite_source.close(c);
}

TEST(columns_that_change_while_it_runs_are_an_error) {
    run_alone(payments);
    struct connector *c = payments_source();
    CHECK_OK(read_from(c, "", 10));
    run_alone("ALTER TABLE payment ADD COLUMN colour TEXT");
    CHECK_ERROR(read_from(c, "7", 10), E_config);
    CHECK_STORY("its columns were (id INTEGER, account TEXT, amount INTEGER, note TEXT) and are "
                "(id INTEGER, account TEXT, amount INTEGER, note TEXT, colour TEXT)");
    CHECK_STORY("start the service again");
    sql_sqlite_source.close(c);
}

TEST(a_row_over_what_an_event_can_hold_is_told_with_its_number) {
    run_alone(payments);
    run_alone("INSERT INTO payment VALUES (8, 'c', 3, printf('%.1100000c', 'x'))");
    struct connector *c = payments_source();
    CHECK_ERROR(read_from(c, "7", 10), E_config);
    CHECK_STORY("row 8: over the 1 MiB");
    run_alone("UPDATE payment SET note = printf('%.3000000c', 'x') WHERE id = 8");
    CHECK_ERROR(read_from(c, "7", 10), E_too_large);
    sql_sqlite_source.close(c);
}

TEST(what_is_no_database_is_told_as_corrupt) {
    char *path = file_path();
    CHECK_OK(disk_replace(disk_real(), path, bytes_text("a text of more than sixteen bytes")));
    struct connector *c = payments_source();
    CHECK_ERROR(read_from(c, "", 10), E_corrupt);
    CHECK_STORY("file is not a database");
    sql_sqlite_source.close(c);
    free(path);
}

static void check_address(const char *rest, const char *story) {
    struct connector *c;
    char *url = text_format("sql+sqlite:%s", rest);
    struct source_options options = { .url = url, .data_dir = test_dir() };
    CHECK_ERROR(sql_sqlite_source.open(&c, &options), E_config);
    CHECK_STORY(story);
    CHECK_STORY("try: sql+sqlite:/srv/bank.db?table=payment&order=id&key=account");
    free(url);
}

TEST(an_address_names_table_order_and_key_and_no_sql) {
    check_address("bank.db", "table, order and key are wanted");
    check_address("bank.db?table=t&order=o", "table, order and key are wanted");
    check_address("bank.db?table=t%22&order=o&key=k", "letters, digits and _");
    check_address("bank.db?table=t&order=o%20DESC&key=k", "letters, digits and _");
    check_address("bank.db?table=t&order=1&key=k", "letters, digits and _");
    check_address("bank.db?table=t&order=o&key=k&type=", "its type is empty");
    check_address("bank.db?table=t&order=o&key=k&where=1", "a parameter is unknown");
}

TEST(a_position_of_another_source_is_refused) {
    run_alone(payments);
    struct connector *c = payments_source();
    CHECK_ERROR(read_from(c, "seven", 10), E_diverged);
    CHECK_ERROR(read_from(c, "7 or 1=1", 10), E_diverged);
    CHECK_ERROR(read_from(c, "99999999999999999999999999", 10), E_diverged);
    CHECK_STORY("none of an SQL source");
    sql_sqlite_source.close(c);
}
