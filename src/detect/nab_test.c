/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Numbers here are NAB's own sums, done by hand from its paper. */
#include "nab.h"

#include "base/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 1000 };

static float scores[ROWS];
static const struct nab_window window = { 500, 599 };

static struct nab_result given_scored(int profile, double threshold) {
    struct nab_series series = { scores, ROWS, &window, 1 };
    struct nab_result r;
    CHECK(nab_score(&series, 1, &nab_profiles[profile], threshold, &r));
    return r;
}

static void check_near(double got, double wanted) {
    if (fabs(got - wanted) > 1e-9)
        test_failed(__FILE__, __LINE__, "%.12f is not %.12f", got, wanted);
}

static double sigmoid(double x) {
    return 2 / (1 + exp(5 * x)) - 1;
}

TEST(nothing_said_is_zero_and_the_first_row_of_a_window_is_a_hundred) {
    memset(scores, 0, sizeof(scores));
    check_near(given_scored(0, 0).score, 0);
    scores[500] = 0.5F;
    check_near(given_scored(0, 0).score, 100);
    check_near(given_scored(0, 0).threshold, 0.5);
}

TEST(the_later_in_a_window_the_less_and_only_the_earliest_counts) {
    memset(scores, 0, sizeof(scores));
    scores[549] = 0.5F;
    scores[590] = 0.5F;
    double gain = sigmoid(-51.0 / 100) / sigmoid(-1);
    check_near(given_scored(0, 0).score, 100 * (gain + 1) / 2);
}

TEST(an_alarm_outside_costs_what_the_profile_says) {
    memset(scores, 0, sizeof(scores));
    scores[500] = 0.5F;
    scores[300] = 0.5F;
    check_near(given_scored(0, 0).score, 100 * (1 - 0.11 + 1) / 2);
    check_near(given_scored(1, 0).score, 100 * (1 - 0.22 + 1) / 2);
    check_near(given_scored(2, 0).score, 100 * (1 - 0.11 + 2) / 3);
}

TEST(close_behind_a_window_it_costs_less) {
    memset(scores, 0, sizeof(scores));
    scores[500] = 0.5F;
    scores[619] = 0.5F;
    check_near(given_scored(0, 0).score, 100 * (1 + 0.11 * sigmoid(20.0 / 99) + 1) / 2);
}

TEST(the_best_threshold_leaves_out_what_costs) {
    memset(scores, 0, sizeof(scores));
    scores[500] = 0.5F;
    scores[300] = 0.25F;
    struct nab_result r = given_scored(0, 0.2);
    check_near(r.score, 100);
    check_near(r.threshold, 0.5);
    check_near(r.at, 100 * (1 - 0.11 + 1) / 2);
}

TEST(the_first_rows_are_not_looked_at) {
    memset(scores, 0, sizeof(scores));
    scores[500] = scores[149] = 0.5F;
    check_near(given_scored(0, 0).score, 100);
    CHECK_INT((long long)nab_probation(1000), 150);
    CHECK_INT((long long)nab_probation(4999), 749);
    CHECK_INT((long long)nab_probation(22695), 750);
}

TEST(without_a_window_there_is_no_score) {
    struct nab_series series = { scores, ROWS, NULL, 0 };
    struct nab_result r;
    CHECK(!nab_score(&series, 1, &nab_profiles[0], 0, &r));
}

/* ---- labels */

static char said[256];

static bool on_label(void *context, const struct nab_label *label) {
    size_t len = strlen(said);
    (void)context;
    (void)snprintf(said + len, sizeof(said) - len, "%s:%zu:%s;", label->file, label->count,
                   label->count ? label->times[label->count - 1][1] : "");
    return true;
}

static bool labels(const char *text) {
    said[0] = 0;
    return nab_labels_read(text, strlen(text), on_label, NULL);
}

TEST(labels_are_files_with_pairs_of_times) {
    CHECK(labels("{}"));
    CHECK(labels("{\"a/b.csv\": [], \"c/d.csv\":[[\"1\",\"2\"], [ \"3\" , \"4\" ]]}"));
    CHECK_TEXT(said, "a/b.csv:0:;c/d.csv:2:4;");
}

TEST(what_is_no_labels_is_refused_wherever_it_ends) {
    const char good[] = "{\"a\":[[\"1\",\"2\"]],\"b\":[]}";
    CHECK(labels(good));
    for (size_t len = 0; len < sizeof(good) - 1; len++)
        CHECK(!nab_labels_read(good, len, on_label, NULL));
    CHECK(!labels("[]"));
    CHECK(!labels("{\"a\":[[\"1\"]]}"));
    CHECK(!labels("{\"a\\u0041\":[]}"));
    CHECK(!labels("{\"\":[]}"));
}
