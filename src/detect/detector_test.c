/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "detector.h"

#include "base/random.h"
#include "base/test.h"

#include <math.h>
#include <string.h>

enum { LONG = 3000 };

static double noise(struct random *r) {
    return (double)random_below(r, 2001) / 1000 - 1;
}

/* A day of 288 values with noise, whole numbers of 1/1024 so that shifts are exact. */
static void given_series(double out[LONG], uint64_t seed) {
    struct random r = random_seeded(seed);
    for (int i = 0; i < LONG; i++)
        out[i] = floor((10 * sin(i * 6.2832 / 288) + noise(&r)) * 1024) / 1024;
    for (int i = 2000; i < 2060; i++)
        out[i] += 64;
}

static void judge(const double *values, int count, struct detector_verdict *out) {
    struct detector d = { 0 };
    for (int i = 0; i < count; i++)
        out[i] = detector_take(&d, values[i]);
}

static uint64_t bits_of(double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

static void check_same(const struct detector_verdict *a, const struct detector_verdict *b,
                       int count) {
    for (int i = 0; i < count; i++) {
        CHECK(bits_of(a[i].score) == bits_of(b[i].score));
        CHECK(a[i].alarm == b[i].alarm && a[i].calm == b[i].calm);
    }
}

static int alarms_in(const struct detector_verdict *v, int from, int to) {
    int alarms = 0;
    for (int i = from; i < to; i++)
        alarms += v[i].alarm;
    return alarms;
}

TEST(what_is_said_of_a_prefix_is_said_of_the_whole_bit_for_bit) {
    static double values[LONG];
    static struct detector_verdict whole[LONG], part[LONG];
    given_series(values, test_seed());
    judge(values, LONG, whole);
    for (int len = 1; len < LONG; len += 97) {
        judge(values, len, part);
        check_same(whole, part, len);
    }
}

TEST(a_unit_twice_as_large_and_a_shift_that_is_exact_change_no_bit) {
    static double values[LONG], other[LONG];
    static struct detector_verdict a[LONG], b[LONG];
    given_series(values, test_seed());
    judge(values, LONG, a);
    for (int i = 0; i < LONG; i++)
        other[i] = values[i] * 0.03125 + 4096;
    judge(other, LONG, b);
    check_same(a, b, LONG);
}

TEST(any_scale_and_shift_leaves_the_alarms_where_they_are) {
    static double values[LONG], other[LONG];
    static struct detector_verdict a[LONG], b[LONG];
    given_series(values, 7);
    judge(values, LONG, a);
    for (int i = 0; i < LONG; i++)
        other[i] = values[i] * 1.8 + 32; /* Celsius to Fahrenheit */
    judge(other, LONG, b);
    CHECK(alarms_in(a, 0, LONG) > 0);
    for (int i = 0; i < LONG; i++)
        CHECK(a[i].alarm == b[i].alarm);
}

TEST(an_incident_is_one_alarm_and_is_over_when_it_is_calm_again) {
    static double values[LONG];
    static struct detector_verdict v[LONG];
    int first = 0;
    given_series(values, 7);
    judge(values, LONG, v);
    CHECK_INT(alarms_in(v, 2000, 2060), 1);
    while (first < 2060 && !(first >= 2000 && v[first].alarm))
        first++;
    CHECK(first < 2010);
    CHECK(v[first].feature == DETECTOR_LEVEL || v[first].feature == DETECTOR_NOISE);
    for (int i = first; i <= first + DETECTOR_QUIET; i++)
        CHECK(!v[i].calm);
}

TEST(the_first_values_raise_nothing) {
    struct detector d = { 0 };
    for (int i = 0; i <= DETECTOR_QUIET; i++)
        CHECK(!detector_take(&d, i % 7 ? 1 : 1000).alarm);
}

TEST(a_constant_signal_is_calm_and_its_first_step_is_an_alarm) {
    struct detector d = { 0 };
    for (int i = 0; i < LONG; i++)
        CHECK(!detector_take(&d, 20.0).alarm);
    CHECK(detector_take(&d, 20.5).alarm);
}

TEST(a_sensor_that_sticks_is_noticed) {
    struct detector d = { 0 };
    struct random r = random_seeded(3);
    int alarm = -1;
    for (int i = 0; i < 1000; i++)
        (void)detector_take(&d, noise(&r));
    for (int i = 0; i < 200 && alarm < 0; i++)
        if (detector_take(&d, 0.25).alarm)
            alarm = i;
    CHECK(alarm >= 0 && alarm < 100);
}

TEST(what_is_no_number_changes_nothing) {
    struct detector d = { 0 };
    for (int i = 0; i < 500; i++)
        (void)detector_take(&d, i % 5);
    struct detector before = d;
    const double poison[] = { NAN, INFINITY, -INFINITY, 1e300, -1e300 };
    for (size_t i = 0; i < sizeof(poison) / sizeof(*poison); i++)
        CHECK(!detector_take(&d, poison[i]).alarm);
    for (int i = 0; i < 500; i++)
        CHECK(bits_of(detector_take(&before, i % 7).score)
              == bits_of(detector_take(&d, i % 7).score));
}

TEST(large_and_small_numbers_make_numbers) {
    const double units[] = { 1e90, 1e-300, 1e12 };
    for (size_t u = 0; u < sizeof(units) / sizeof(*units); u++) {
        struct detector d = { 0 };
        struct random r = random_seeded(5);
        for (int i = 0; i < 1000; i++) {
            double score = detector_take(&d, noise(&r) * units[u]).score;
            CHECK(score >= 0 && score <= DETECTOR_SCORE_MAX);
        }
    }
}

TEST(a_detector_that_was_stored_goes_on_as_if_it_had_not_been) {
    static double values[LONG];
    static struct detector_verdict whole[LONG];
    struct detector d = { 0 };
    int64_t words[DETECTOR_WORDS];
    given_series(values, 9);
    judge(values, LONG, whole);
    for (int i = 0; i < LONG; i++) {
        struct detector_verdict v = detector_take(&d, values[i]);
        check_same(&v, &whole[i], 1);
        detector_to_words(&d, words);
        memset(&d, 0, sizeof(d));
        detector_from_words(&d, words);
    }
}
