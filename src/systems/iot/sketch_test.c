/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "iot_fixture.h"

#include "rollup.h"
#include "sketch.h"

#include "base/random.h"

#include <math.h>

static const char *text_of(struct octavo_text t) {
    static char text[SKETCH_TEXT_CHARS];
    (void)snprintf(text, sizeof(text), "%.*s", (int)t.len, t.data);
    return text;
}

TEST(a_power_of_two_is_cut_into_sixteen_buckets) {
    CHECK_INT(sketch_bucket(0), 0);
    CHECK_INT(sketch_bucket(1), 1);
    CHECK_INT(sketch_bucket(-1), -1);
    CHECK_INT(sketch_bucket(16), 1 + 4 * 16);
    CHECK_INT(sketch_bucket(17), 1 + 4 * 16 + 1);
    CHECK_INT(sketch_bucket(32), 1 + 5 * 16);
    CHECK_INT(sketch_bucket(33), 1 + 5 * 16);
    CHECK_INT(sketch_bucket(DECIMAL_MOST), -sketch_bucket(-DECIMAL_MOST));
}

TEST(a_sketch_that_is_full_takes_what_it_has_and_nothing_new) {
    struct sketch s = { 0 };
    char text[SKETCH_CHARS];
    for (int i = SKETCH_BUCKETS; i > 0; i--)
        CHECK(sketch_add(&s, i * 10));
    CHECK(!sketch_add(&s, 5));
    CHECK(sketch_add(&s, 30));
    CHECK_TEXT(text_of(sketch_write(text, &s)), "10:1,20:1,30:2,40:1,50:1,60:1,70:1,80:1");
}

TEST(two_sketches_are_one_by_adding_and_what_is_none_is_told) {
    char out[SKETCH_TEXT_CHARS];
    size_t len;
    CHECK(sketch_merge(octavo_text("-3:1,7:2"), octavo_text("-4:1,7:5,9:1"), out, &len));
    CHECK_TEXT(text_of((struct octavo_text){ out, len }), "-4:1,-3:1,7:7,9:1");
    CHECK(sketch_merge(octavo_text(""), octavo_text("1:1"), out, &len) && len == 3);
    CHECK(!sketch_merge(octavo_text("7:1,7:1"), octavo_text(""), out, &len));
    CHECK(!sketch_merge(octavo_text("7:0"), octavo_text(""), out, &len));
    CHECK(!sketch_merge(octavo_text("7"), octavo_text(""), out, &len));
    CHECK(!sketch_merge(octavo_text("5000:1"), octavo_text(""), out, &len));
}

static int by_value(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

TEST(a_quantile_is_within_a_thirty_second_of_the_value) {
    enum { VALUES = 2000 };
    struct random r = random_seeded(7);
    int64_t values[VALUES], total;
    char sums[2][SKETCH_TEXT_CHARS], one[SKETCH_CHARS];
    size_t len = 0;
    for (int i = 0; i < VALUES; i++) {
        values[i] = (int64_t)random_below(&r, 1u << 30) * (i % 3 - 1) * (1 << (i % 20));
        CHECK(sketch_merge((struct octavo_text){ sums[i % 2], len }, sketch_of_one(one, values[i]),
                           sums[(i + 1) % 2], &len));
    }
    qsort(values, VALUES, sizeof(*values), by_value);
    struct octavo_text all = { sums[0], len };
    for (int percent = 1; percent <= 100; percent++) {
        int rank = VALUES * percent / 100;
        double is = (double)values[rank - 1] / MILLIONTHS;
        double told = sketch_quantile(all, percent / 100.0, &total);
        CHECK_INT(total, VALUES);
        CHECK(fabs(told - is) <= fabs(is) / 32 + 1e-9);
    }
    CHECK(sketch_quantile(octavo_text("x"), 0.5, &total) == 0 && total == 0);
}

TEST(the_sketch_of_a_window_is_of_all_its_values_however_they_came) {
    static struct plant processor, store;
    plant_open(&processor, "telemetry-processor", iot_processor_handlers);
    plant_open(&store, "rollup-store", iot_keeper_handlers);
    processor.reader = &store;
    for (int i = 0; i < 40; i++) { /* spread over more buckets than a window is held with */
        char points[80];
        (void)snprintf(points, sizeof(points), "%lld %d t", (long long)(NOON_MS + i % 7 * 1000),
                       1 << (i * 7 % 20));
        measured(&processor, "pump", i, points);
    }
    ticked(&processor, 5000);
    const char *row = look(&store, "pump", "sketch", "t/1h/1795435200000");
    struct octavo_text counts = { strstr(row, "counts\":\"") + 9, 0 };
    int64_t total;
    counts.len = (size_t)(strchr(counts.data, '"') - counts.data);
    CHECK(fabs(sketch_quantile(counts, 0.5, &total) - 512) < 16);
    CHECK_INT(total, 40);
    processor.reader = NULL;
    plant_close(&processor);
    plant_close(&store);
}
