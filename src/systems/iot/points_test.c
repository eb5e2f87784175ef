/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "decimal.h"
#include "points.h"
#include "rules.h"

#include "base/test.h"

#include <string.h>

/* ---- decimals */

static const char *millionths(const char *text) {
    static char out[DECIMAL_CHARS + 1];
    char room[DECIMAL_CHARS];
    int64_t v;
    if (!decimal_read(octavo_text(text), &v))
        return "none";
    struct octavo_text t = decimal_write(room, v);
    memcpy(out, t.data, t.len);
    out[t.len] = 0;
    return out;
}

TEST(decimals_are_read_exactly_and_written_without_zeros) {
    CHECK_TEXT(millionths("21.5"), "21.5");
    CHECK_TEXT(millionths("-0.000001"), "-0.000001");
    CHECK_TEXT(millionths("0"), "0");
    CHECK_TEXT(millionths("-0"), "0");
    CHECK_TEXT(millionths("100"), "100");
    CHECK_TEXT(millionths("0.1234565"), "0.123457");
    CHECK_TEXT(millionths("-0.1234565"), "-0.123457");
    CHECK_TEXT(millionths("0.1234564999999999999999"), "0.123456");
    CHECK_TEXT(millionths("1e3"), "1000");
    CHECK_TEXT(millionths("2.5E-3"), "0.0025");
    CHECK_TEXT(millionths("1e-300"), "0");
    CHECK_TEXT(millionths("0e999999"), "0");
    CHECK_TEXT(millionths("1000000000000"), "1000000000000");
    CHECK_TEXT(millionths("10000000000000000000000000000e-16"), "1000000000000");
}

TEST(what_is_no_decimal_or_too_large_is_told) {
    const char *const bad[] = { "",
                                "-",
                                ".",
                                "x",
                                "1x",
                                "1e",
                                "1e+",
                                "1000000000000.000001",
                                "1e13",
                                "-1e300",
                                "99999999999999999999999999999999999999999",
                                "nan",
                                " 1" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        CHECK_TEXT(millionths(bad[i]), "none");
}

TEST(a_sum_larger_than_64_bits_goes_there_and_back) {
    char room[DECIMAL_CHARS];
    wide sum = (wide)DECIMAL_MOST * 1000000000 + 1, again;
    CHECK(decimal_read_wide(decimal_write(room, -sum), &again) && again == -sum);
    CHECK(decimal_read_wide(decimal_write(room, 0), &again) && again == 0);
}

/* ---- points */

TEST(points_are_cut_one_by_one) {
    struct octavo_text text = octavo_text("1700 21.5 temperature;-5 1e3 a b/c");
    struct point p;
    CHECK(point_take(&text, &p));
    CHECK_INT(p.time_ms, 1700);
    CHECK(octavo_text_is(p.value, "21.5") && octavo_text_is(p.metric, "temperature"));
    CHECK(point_take(&text, &p));
    CHECK_INT(p.time_ms, -5);
    CHECK(octavo_text_is(p.metric, "a b/c"));
    CHECK(!point_take(&text, &p));
    CHECK_INT((long long)text.len, 0);
}

TEST(what_is_no_point_is_not_taken) {
    const char *const bad[] = { ";",     "1",    "1 2",   "1 2 ",
                                "x 2 m", "1  m", "- 2 m", "1111111111111111111 2 m" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct octavo_text text = octavo_text(bad[i]);
        struct point p;
        CHECK(!point_take(&text, &p));
    }
}

TEST(a_clock_ten_years_off_counts_as_now) {
    const int64_t now = 1700000000000, ten_years = (int64_t)3652 * 86400000;
    const int64_t wrong[] = { now + ten_years, now - ten_years, 0, now / 1000 };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct point p = { .time_ms = wrong[i] };
        CHECK(!point_clock_judge(&p, now));
        CHECK_INT(p.time_ms, now);
    }
    struct point an_hour_ago = { .time_ms = now - 3600000 };
    CHECK(point_clock_judge(&an_hour_ago, now));
    CHECK_INT(an_hour_ago.time_ms, now - 3600000);
}

/* ---- repeats */

static int64_t seen[SEEN_COLUMNS];

static void given_nothing_seen(void) {
    memset(seen, 0, sizeof(seen));
    seen[SEEN_HIGH] = seen[SEEN_OLD_HIGH] = -1;
}

TEST(a_message_counts_once_in_any_order_within_the_window) {
    const int64_t order[] = { 5, 3, 4, 66, 5, 60, 3, 4, 66, 60, 6 };
    const bool repeat[] = {
        false, false, false, false, true, false, true, true, true, true, false
    };
    given_nothing_seen();
    for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
        CHECK_INT(message_is_repeat(seen, true, 1, order[i]), repeat[i]);
}

TEST(a_boot_begins_anew_and_the_one_before_is_known_still) {
    given_nothing_seen();
    CHECK(!message_is_repeat(seen, true, 1, 7));
    CHECK(!message_is_repeat(seen, true, 2, 7));
    CHECK(message_is_repeat(seen, true, 2, 7));
    CHECK(message_is_repeat(seen, true, 1, 7));
    CHECK(!message_is_repeat(seen, true, 1, 8));
    CHECK(message_is_repeat(seen, true, 1, 8));
    CHECK(!message_is_repeat(seen, true, 2, 8));
}

TEST(behind_the_window_a_boot_says_repeat_and_none_says_the_counter_wrapped) {
    given_nothing_seen();
    CHECK(!message_is_repeat(seen, true, 1, 1000));
    CHECK(message_is_repeat(seen, true, 1, 5));
    given_nothing_seen();
    for (int64_t i = 0; i < 256; i++)
        CHECK(!message_is_repeat(seen, false, 0, i));
    CHECK(!message_is_repeat(seen, false, 0, 0)); /* eight bits, and again from zero */
    CHECK(message_is_repeat(seen, false, 0, 0));
}

/* ---- limits */

TEST(limits_are_read_one_by_one) {
    struct octavo_text text = octavo_text("temperature > 80 clear 75.5 ;; humidity  <  -20;");
    struct limit l;
    CHECK(limit_take(&text, &l));
    CHECK(octavo_text_is(l.metric, "temperature") && octavo_text_is(l.text, "> 80") && l.above);
    CHECK(l.level == 80000000 && l.clear == 75500000);
    CHECK(limit_take(&text, &l));
    CHECK(octavo_text_is(l.metric, "humidity") && !l.above && l.clear == -20000000);
    CHECK(!limit_take(&text, &l));
    CHECK_INT((long long)text.len, 0);
}

TEST(what_is_no_limit_is_told) {
    const char *const bad[] = { "temperature",   "t > x",           "t = 5",
                                "t > 5 clear",   "t > 5 until 4",   "t > 5 clear 6",
                                "t < 5 clear 4", "t > 5 clear 4 5", "t >> 5" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct octavo_text text = octavo_text(bad[i]);
        struct limit l;
        CHECK(!limit_take(&text, &l));
        CHECK(text.len > 0);
    }
}
