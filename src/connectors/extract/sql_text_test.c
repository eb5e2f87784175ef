/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The interval goes into a query where it is asked for, and nowhere else. */
#include "extract/sql_text.h"

#include "base/test.h"

static struct buf out;
static bool has_until;

static enum error write_as(const char *sql) {
    struct source_query q = { .sql = sql, .from_ms = 1000, .until_ms = 1795395600000 };
    buf_clear(&out);
    has_until = false;
    return sql_interval_write(&q, &out, &has_until);
}

static void check(const char *sql, const char *wanted, bool until) {
    CHECK_OK(write_as(sql));
    CHECK_TEXT(buf_text(&out), wanted);
    CHECK_INT(has_until, until);
}

TEST(parameters_become_timestamps_and_numbers) {
    check("SELECT 1", "SELECT 1\n", false);
    check("x >= :from_ms AND x<:until_ms;", "x >= 1000 AND x<1795395600000\n", true);
    check(
        "x >= :from AND x < :until ; ",
        "x >= TIMESTAMPTZ '1970-01-01 00:00:01+00' AND x < TIMESTAMPTZ '2026-11-23 01:00:00+00' \n",
        true);
}

TEST(what_is_no_plain_sql_stays_as_it_is) {
    check("SELECT ':until', \":until\", a::until, E'\\':until', 'it''s :until'",
          "SELECT ':until', \":until\", a::until, E'\\':until', 'it''s :until'\n", false);
    check("-- :until\n/* :x /* ; */ */ $$ :y $$ $t$ $$ :z $t$ a[1:2]",
          "-- :until\n/* :x /* ; */ */ $$ :y $$ $t$ $$ :z $t$ a[1:2]\n", false);
}

static void check_wrong(const char *sql, const char *what) {
    CHECK_ERROR(write_as(sql), E_config);
    CHECK_STORY(what);
}

TEST(another_parameter_a_second_statement_and_what_does_not_end_are_errors) {
    check_wrong("SELECT :day", "none of :from, :until");
    check_wrong("SELECT :from_", "none of :from, :until");
    check_wrong("SELECT :untilx_ms", "none of :from, :until");
    check_wrong("SELECT 1; DROP TABLE t", "second statement");
    check_wrong("SELECT 'x", "does not end");
    check_wrong("SELECT \"x", "does not end");
    check_wrong("SELECT $a$ x $b$", "does not end");
    check_wrong("SELECT /* x", "does not end");
}
