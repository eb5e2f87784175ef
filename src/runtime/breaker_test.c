/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/breaker.h"

#include "base/random.h"
#include "base/test.h"

static struct breaker given(void) {
    return (struct breaker){ .failures_most = 3, .wait_ms = 1000 };
}

static struct breaker failed(struct breaker b, int times, int64_t now_ms) {
    for (int i = 0; i < times; i++)
        b = breaker_move(b, BREAKER_AWAY, now_ms);
    return b;
}

TEST(failures_in_a_row_open_the_breaker_and_a_success_between_them_does_not) {
    struct breaker b = failed(given(), 2, 10);
    CHECK_INT(b.state, BREAKER_CLOSED);
    b = failed(breaker_move(b, BREAKER_WELL, 20), 2, 30);
    CHECK_INT(b.state, BREAKER_CLOSED);
    b = failed(b, 1, 40);
    CHECK_INT(b.state, BREAKER_OPEN);
    CHECK_INT(b.opens, 1);
}

TEST(an_open_breaker_admits_one_probe_after_its_wait) {
    struct breaker b = failed(given(), 3, 100);
    CHECK(!breaker_admits(&b, 100));
    CHECK_INT(breaker_admits_at(&b, 100), 1100);
    CHECK(!breaker_admits(&b, 1099));
    CHECK(breaker_admits(&b, 1100));
    b = breaker_move(b, BREAKER_TRIED, 1100);
    CHECK_INT(b.state, BREAKER_PROBING);
    CHECK(!breaker_admits(&b, 99999));
    CHECK(breaker_admits_at(&b, 99999) == INT64_MAX);
}

TEST(a_probe_that_fails_waits_again_and_one_that_succeeds_closes) {
    struct breaker b = breaker_move(failed(given(), 3, 0), BREAKER_TRIED, 1000);
    b = breaker_move(b, BREAKER_AWAY, 1500);
    CHECK_INT(b.state, BREAKER_OPEN);
    CHECK(!breaker_admits(&b, 2499));
    b = breaker_move(b, BREAKER_TRIED, 2500);
    b = breaker_move(b, BREAKER_WELL, 2600);
    CHECK_INT(b.state, BREAKER_CLOSED);
    CHECK_INT(b.opens, 1);
    CHECK_INT(b.failures, 0);
}

TEST(answers_to_attempts_from_before_do_not_move_an_open_breaker) {
    struct breaker b = failed(given(), 3, 100);
    b = breaker_move(b, BREAKER_WELL, 200);
    CHECK_INT(b.state, BREAKER_OPEN);
    b = failed(b, 9, 900); /* nor do they make it wait longer */
    CHECK(breaker_admits(&b, 1100));
    CHECK_INT(b.opens, 1);
}

TEST(the_time_in_which_it_was_not_closed_is_summed) {
    struct breaker b = failed(given(), 3, 100);
    CHECK_INT(breaker_away_ms(&b, 100), 0);
    CHECK_INT(breaker_away_ms(&b, 600), 500);
    b = breaker_move(breaker_move(b, BREAKER_TRIED, 1100), BREAKER_WELL, 1300);
    CHECK_INT(breaker_away_ms(&b, 9000), 1200);
    b = failed(b, 3, 10000);
    CHECK_INT(breaker_away_ms(&b, 10050), 1250);
}

TEST(whatever_happens_only_one_probe_is_out_and_the_time_away_never_goes_back) {
    struct random r = random_seeded(test_seed());
    struct breaker b = given();
    int64_t now_ms = 0, away_ms = 0;
    for (int i = 0; i < 20000; i++) {
        bool was_probing = b.state == BREAKER_PROBING;
        now_ms += (int64_t)random_below(&r, 400);
        if (breaker_admits(&b, now_ms)) {
            CHECK(!was_probing);
            b = breaker_move(b, BREAKER_TRIED, now_ms);
        }
        if (random_below(&r, 2))
            b = breaker_move(b, random_below(&r, 3) ? BREAKER_AWAY : BREAKER_WELL, now_ms);
        CHECK(breaker_away_ms(&b, now_ms) >= away_ms);
        away_ms = breaker_away_ms(&b, now_ms);
        CHECK(away_ms <= now_ms);
        CHECK((b.state == BREAKER_CLOSED) == (b.failures < b.failures_most));
    }
    CHECK(b.opens > 10);
}
