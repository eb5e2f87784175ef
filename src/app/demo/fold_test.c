/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The fold against days worked out by hand, the invented bank, and Berka's when it is there. */
#include "fold.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static struct history *h;
static struct outcome *done;
static struct outcome *folded;

static void add(int64_t account, int32_t date, int64_t amount, int64_t balance) {
    struct movement m = {
        .date = date, .deposit = amount > 0, .amount = llabs(amount), .balance = balance
    };
    history_add(h, account, &m);
}

static void all_done(void) {
    size_t size = (size_t)h->movement_count * sizeof *done;
    done = memory_get(size);
    folded = memory_get(size);
    for (int32_t i = 0; i < h->movement_count; i++)
        done[i].known = true;
}

static void finish(void) {
    free(done);
    free(folded);
    history_destroy(h);
}

TEST(a_withdrawal_without_enough_money_is_declined_and_changes_nothing) {
    h = history_create("test");
    add(1, 930101, 100, 100);
    add(1, 930102, -101, -1);
    add(2, 930102, -1, -1);
    add(1, 930103, -100, 0);
    history_close(h);
    all_done();
    fold_history(h, done, folded);
    CHECK(folded[0].approved && !folded[1].approved && !folded[2].approved && folded[3].approved);
    CHECK_INT(folded[1].balance, 100);
    CHECK_INT(folded[2].balance, 0);
    CHECK_INT(folded[3].balance, 0);
    struct days_compared days = days_compare(h, folded);
    CHECK_INT(days.days, 4);
    CHECK_INT(days.equal, 2);
    CHECK_INT(days.close, 3); /* 0 instead of -0.01 */
    finish();
}

TEST(what_was_not_replayed_is_not_expected) {
    h = history_create("test");
    add(1, 930101, 100, 100);
    add(1, 930101, 50, 150);
    add(1, 930102, 50, 200);
    history_close(h);
    all_done();
    done[1].known = done[2].known = false;
    fold_history(h, done, folded);
    CHECK(folded[0].known && !folded[1].known && !folded[2].known);
    CHECK_INT(days_compare(h, folded).days, 0); /* half a day is none */
    finish();
}

TEST(an_invented_bank_is_reproduced_exactly) {
    struct history_options options = { .folder = test_dir(), .seed = test_seed() };
    CHECK_OK(history_open(&h, &options));
    all_done();
    fold_history(h, done, folded);
    struct days_compared days = days_compare(h, folded);
    CHECK_INT(days.equal, days.days);
    CHECK_INT(days.days, h->day_count);
    int32_t declined = 0;
    for (int32_t i = 0; i < h->movement_count; i++)
        declined += !folded[i].approved;
    CHECK(declined > 50);
    finish();
}

TEST(berkas_bank_gives_the_numbers_that_another_program_counted) {
    struct history_options options = { 0 };
    CHECK_OK(history_open(&h, &options));
    if (h->invented) {
        history_destroy(h);
        SKIP("no berka/trans.csv under OCTAVO_DATA");
    }
    all_done();
    fold_history(h, done, folded);
    struct days_compared days = days_compare(h, folded);
    CHECK_INT(h->movement_count, 49102);
    CHECK_INT(h->account_count, 1229);
    CHECK_INT(days.days, 39960);
    CHECK_INT(days.equal, 23370);
    CHECK_INT(days.close, 39307);
    int32_t declined = 0;
    for (int32_t i = 0; i < h->movement_count; i++)
        declined += !folded[i].approved;
    CHECK_INT(declined, 41);
    finish();
}
