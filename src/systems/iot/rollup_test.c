/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "part.h"

#include "base/random.h"
#include "base/test.h"

#include <string.h>

/* ---- squares */

static const char *squares_text(const struct squares *s) {
    static char out[SQUARES_CHARS + 1];
    char room[SQUARES_CHARS];
    struct octavo_text t = squares_write(room, s);
    memcpy(out, t.data, t.len);
    out[t.len] = 0;
    return out;
}

TEST(squares_are_exact_at_any_size) {
    struct squares s = { { 0 } };
    CHECK_TEXT(squares_text(&s), "0");
    squares_add(&s, -3);
    squares_add(&s, 4);
    CHECK_TEXT(squares_text(&s), "25");
    squares_add(&s, DECIMAL_MOST);
    CHECK_TEXT(squares_text(&s), "1000000000000000000000000000000000025");
    for (int i = 0; i < 999; i++)
        squares_add(&s, -DECIMAL_MOST);
    CHECK_TEXT(squares_text(&s), "1000000000000000000000000000000000000025");
}

TEST(squares_go_into_digits_and_back) {
    struct random r = random_seeded(test_seed());
    for (int i = 0; i < 2000; i++) {
        struct squares s, again;
        for (int j = 0; j < 3; j++)
            s.limbs[j] = j > i % 3 ? 0 : random_next(&r) >> random_below(&r, 64);
        char room[SQUARES_CHARS];
        CHECK(squares_read(squares_write(room, &s), &again));
        CHECK(memcmp(&s, &again, sizeof(s)) == 0);
    }
    struct squares s;
    CHECK(!squares_read(octavo_text(""), &s));
    CHECK(!squares_read(octavo_text("12x"), &s));
    CHECK(!squares_read(octavo_text("1234567890123456789x"), &s));
    CHECK(!squares_read(octavo_text("9999999999999999999999999999999999999999999999999999999999"),
                        &s));
}

TEST(a_variance_does_not_drown_in_a_large_mean) {
    struct rollup small = { 0 }, large = { 0 }, huge = { 0 };
    for (int i = 0; i < 1000; i++) {
        rollup_add(&small, 1000000 * (i % 2), i);
        rollup_add(&large, 900000000000000 + 1000000 * (i % 2), i);
        rollup_add(&huge, DECIMAL_MOST - (int64_t)1000000000 * MILLIONTHS * (i % 2), i);
    }
    double wanted = 0.25 * 1000 / 999;
    CHECK(rollup_variance(&small) > wanted - 1e-12 && rollup_variance(&small) < wanted + 1e-12);
    CHECK(rollup_variance(&large) == rollup_variance(&small));
    CHECK(rollup_variance(&huge) > wanted * 0.999999e18
          && rollup_variance(&huge) < wanted * 1.000001e18);
    CHECK(rollup_variance(&(struct rollup){ .count = 1 }) == 0);
}

/* ---- rollups */

static bool rollups_equal(const struct rollup *a, const struct rollup *b) {
    return a->count == b->count && a->sum == b->sum && a->min == b->min && a->max == b->max
           && a->first == b->first && a->first_ms == b->first_ms && a->last == b->last
           && a->last_ms == b->last_ms && memcmp(&a->squares, &b->squares, sizeof(a->squares)) == 0;
}

TEST(a_rollup_is_the_same_in_any_order_to_the_last_bit) {
    const int64_t values[] = { 21500000, -3000000, 0, 7000001, 21500000 };
    struct rollup a = { 0 }, b = { 0 };
    for (int i = 0; i < 5; i++) {
        rollup_add(&a, values[i], 1000 + i);
        rollup_add(&b, values[4 - i], 1000 + 4 - i);
    }
    CHECK(rollups_equal(&a, &b));
    CHECK(a.count == 5 && a.sum == 47000001 && a.min == -3000000 && a.max == 21500000);
    CHECK(a.first == values[0] && a.first_ms == 1000 && a.last == values[4] && a.last_ms == 1004);
    CHECK(rollup_mean(&a) > 9.4 && rollup_mean(&a) < 9.4000003);
}

TEST(of_equal_times_the_first_and_the_last_that_came_count) {
    struct rollup a = { 0 };
    for (int i = 1; i <= 3; i++)
        rollup_add(&a, i, 1000);
    CHECK(a.first == 1 && a.last == 3);
}

TEST(parts_of_a_window_are_one_however_it_is_cut) {
    struct random r = random_seeded(test_seed());
    for (int round = 0; round < 200; round++) {
        struct rollup whole = { 0 }, merged = { 0 }, part = { 0 };
        for (int i = 0; i < 40; i++) {
            int64_t value = (int64_t)random_next(&r) % DECIMAL_MOST;
            int64_t time_ms = (int64_t)random_below(&r, 20);
            rollup_add(&whole, value, time_ms);
            rollup_add(&part, value, time_ms);
            if (random_below(&r, 4))
                continue;
            rollup_merge(&merged, &part);
            part = (struct rollup){ 0 };
        }
        rollup_merge(&merged, &part);
        CHECK(rollups_equal(&whole, &merged));
    }
}

TEST(a_rollup_goes_into_its_row_and_back) {
    struct rollup a = { 0 }, b;
    struct rollup_text text;
    struct octavo_value row[ROLLUP_COLUMNS];
    for (int i = 0; i < 100; i++)
        rollup_add(&a, i * 333333 - 7, 1700000000000 + i * 7 % 50);
    rollup_to_row(&a, &text, row);
    CHECK(rollup_from_row(&b, row));
    CHECK(rollups_equal(&a, &b));
}

TEST(windows_begin_at_multiples_of_their_length) {
    char name[ROLLUP_SUB_CHARS];
    struct octavo_text metric;
    int level;
    int64_t begin;
    CHECK(octavo_text_is(rollup_sub(name, octavo_text("a/b"), 1, 1700000059999),
                         "a/b/1m/1700000040000"));
    CHECK(octavo_text_is(rollup_sub(name, octavo_text("t"), 4, -1), "t/1d/-86400000"));
    CHECK(rollup_sub_read(octavo_text("a/b/15m/1700000100000"), &metric, &level, &begin));
    CHECK(octavo_text_is(metric, "a/b"));
    CHECK_INT(level, 2);
    CHECK_INT(begin, 1700000100000);
    CHECK(!rollup_sub_read(octavo_text("a"), &metric, &level, &begin));
    CHECK(!rollup_sub_read(octavo_text("a/2m/5"), &metric, &level, &begin));
}

/* ---- parts */

TEST(a_part_goes_into_its_line_and_back) {
    char room[4 * PART_CHARS];
    struct line line = { room, 0 };
    struct part one = { 0, 1700000041000, { 0 }, { "oil pressure", 12 }, { "", 0 } }, many = one,
                again;
    many.level = 4;
    many.begin_ms = -86400000;
    many.sketch = octavo_text("-5:1,7:3");
    rollup_add(&one.rollup, -21500000, 1700000041001);
    for (int i = 0; i < 3000; i++)
        rollup_add(&many.rollup, i % 2 ? -DECIMAL_MOST : DECIMAL_MOST - i, -i);
    for (int i = 0; i < 3000; i++)
        rollup_add(&many.rollup, DECIMAL_MOST, i);
    part_put(&line, &one);
    CHECK(octavo_text_is((struct octavo_text){ room, line.len },
                         "1s 1700000041000 1 -21500000 1700000041001 oil pressure;"));
    part_put(&line, &many);
    struct octavo_text left = { room, line.len };
    CHECK(part_take(&left, &again) && again.level == 0 && again.begin_ms == one.begin_ms);
    CHECK(rollups_equal(&again.rollup, &one.rollup));
    CHECK(part_take(&left, &again) && again.level == 4 && again.begin_ms == -86400000);
    CHECK(rollups_equal(&again.rollup, &many.rollup));
    CHECK(octavo_text_is(again.metric, "oil pressure"));
    CHECK(octavo_text_is(again.sketch, "-5:1,7:3"));
    CHECK(!part_take(&left, &again) && left.len == 0);
}

TEST(what_is_no_part_is_not_taken) {
    const char *const bad[] = { ";",
                                "1s 5 1 2 3 m",
                                "2s 5 1 2 3 m;",
                                "1s x 1 2 3 m;",
                                "1s 5 0 2 3 m;",
                                "1s 5 1 2 3;",
                                "1s 5 -1 2 3 m;",
                                "1s 5 1 2 3 ;",
                                "1s 5 2 1 1 1 1 1 m;",
                                "1s 5 1 - 3 m;",
                                "1s",
                                "1s 5 1 2 3 4;;;",
                                "1s 5 2 1.5 1 1 1 1 1 1 x m;",
                                "1s 5 1 1000000000000000001 3 m;" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct octavo_text text = octavo_text(bad[i]);
        struct part p;
        while (part_take(&text, &p))
            ;
        CHECK(text.len > 0);
    }
}
