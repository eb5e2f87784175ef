/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "ask_fixture.h"

static struct ledger l;

static void given_account(int64_t balance) {
    ledger_open(&l, "transaction-processor", processor_handlers);
    opens(&l, "A1", "203");
    if (balance)
        asks_amount(&l, "deposit-requested", "d0", balance);
}

static void hold(const char *request, int64_t amount, int64_t in_ms) {
    char fields[128];
    (void)snprintf(fields, sizeof(fields),
                   "\"amount\":%" PRId64 ",\"currency\":\"203\",\"expires\":%" PRId64, amount,
                   l.now_ms + in_ms);
    asks(&l, "A1", "authorization-requested", request, fields);
}

static void check_account(int64_t balance, int64_t held, int64_t holds) {
    CHECK_INT(account_column(&l, "A1", ACCOUNT_BALANCE), balance);
    CHECK_INT(account_column(&l, "A1", ACCOUNT_HELD), held);
    CHECK_INT(account_column(&l, "A1", ACCOUNT_HOLDS), holds);
}

static void timer_fires(void) {
    size_t fired;
    task_begin(l.task);
    CHECK_OK(task_take_timers(l.task, l.now_ms, 10, &fired));
    ledger_commit(&l);
}

TEST(a_hold_counts_in_what_is_available_and_moves_no_money) {
    given_account(1000);
    hold("h1", 700, 60000);
    says(&l, "hold-placed", "request:h1 code:00 amount:700 balance:1000 available:300");
    asks_amount(&l, "withdrawal-requested", "w1", 301);
    says(&l, "transaction-declined", "code:51 balance:1000 available:300");
    hold("h2", 301, 60000);
    says(&l, "transaction-declined", "kind:authorization code:51");
    asks_amount(&l, "withdrawal-requested", "w2", 300);
    says(&l, "transaction-posted", "balance:700 available:0");
    check_account(700, 700, 1);
    ledger_close(&l);
}

TEST(a_completion_posts_what_was_given_and_frees_the_rest) {
    given_account(1000);
    hold("h1", 700, 60000);
    asks_original(&l, "completion-requested", "c1", "h1", 450);
    says(&l, "transaction-posted",
         "request:c1 kind:completion amount:450 balance:550 available:550 original:h1");
    check_account(550, 0, 0);
    asks_original(&l, "completion-requested", "c1", "h1", 450); /* its repeat */
    says(&l, "transaction-posted", "request:c1 balance:550");
    hold("h1", 700, 60000); /* and the hold's: the answer it had */
    says(&l, "hold-placed", "request:h1 balance:1000 available:300");
    check_account(550, 0, 0);
    ledger_close(&l);
}

TEST(of_two_posts_of_one_hold_the_second_is_refused) {
    given_account(1000);
    hold("h1", 700, 60000);
    asks_original(&l, "completion-requested", "c1", "h1", 300);
    asks_original(&l, "completion-requested", "c2", "h1", 300);
    says(&l, "transaction-declined", "request:c2 code:12 balance:700");
    asks(&l, "A1", "completion-requested", "c3", "\"original\":\"h1\",\"amount\":300,\"forced\":1");
    says(&l, "transaction-declined", "request:c3 code:12 balance:700");
    check_account(700, 0, 0);
    ledger_close(&l);
}

TEST(a_completion_over_its_hold_of_nothing_or_of_something_else_is_refused) {
    given_account(1000);
    hold("h1", 700, 60000);
    asks_original(&l, "completion-requested", "c1", "h1", 701);
    says(&l, "transaction-declined", "code:13 available:300");
    asks_original(&l, "completion-requested", "c2", "nothing", 1);
    says(&l, "transaction-declined", "code:25");
    asks_original(&l, "completion-requested", "c3", "d0", 1);
    says(&l, "transaction-declined", "code:12");
    asks_original(&l, "completion-requested", "c4", "h1", 0);
    says(&l, "transaction-declined", "code:13");
    asks_original(&l, "completion-requested", "c5", "c5", 1);
    says(&l, "transaction-declined", "code:30");
    check_account(1000, 700, 1);
    ledger_close(&l);
}

TEST(a_reversal_voids_a_hold_once) {
    given_account(1000);
    hold("h1", 700, 60000);
    asks_original(&l, "reversal-requested", "r1", "h1", 700);
    says(&l, "hold-voided", "request:h1 amount:700 available:1000");
    says(&l, "transaction-reversed", "request:r1 original:h1 entry:0 available:1000");
    asks_original(&l, "reversal-requested", "r2", "h1", 700);
    says(&l, "transaction-reversed", "request:r2 entry:0");
    says_not(&l, "hold-voided");
    asks_original(&l, "completion-requested", "c1", "h1", 700);
    says(&l, "transaction-declined", "code:12");
    check_account(1000, 0, 0);
    ledger_close(&l);
}

TEST(a_partial_reversal_of_a_hold_leaves_the_rest_held) {
    given_account(1000);
    hold("h1", 700, 60000);
    asks(&l, "A1", "reversal-requested", "r1", "\"original\":\"h1\",\"amount\":700,\"actual\":200");
    says(&l, "hold-lessened", "request:h1 amount:500 available:800");
    check_account(1000, 200, 1);
    asks_original(&l, "completion-requested", "c1", "h1", 201);
    says(&l, "transaction-declined", "code:13");
    asks_original(&l, "completion-requested", "c2", "h1", 200);
    check_account(800, 0, 0);
    ledger_close(&l);
}

TEST(a_hold_expires_by_an_event_in_the_log_that_a_timer_writes) {
    given_account(1000);
    hold("h1", 700, 60000);
    l.now_ms += 59999;
    timer_fires();
    check_said(&l, "");
    l.now_ms += 1;
    timer_fires();
    check_said(&l, "hold-expiry-due A1 {\"request\":\"h1\",\"account\":\"A1\"}\n");
    check_account(1000, 700, 1); /* the log has not said it yet */
    asks(&l, "A1", "hold-expiry-due", "h1", "");
    says(&l, "hold-expired", "request:h1 amount:700 available:1000");
    check_account(1000, 0, 0);
    asks(&l, "A1", "hold-expiry-due", "h1", "");
    check_said(&l, "");
    asks_original(&l, "completion-requested", "c1", "h1", 700);
    says(&l, "transaction-declined", "code:68");
    ledger_close(&l);
}

/* The record's time decides, whether the expiry's event is before it in the log or behind it. */
TEST(a_completion_at_the_tick_of_expiry_loses_and_one_before_it_wins_in_any_order) {
    given_account(1000);
    hold("h1", 300, 60000);
    hold("h2", 300, 60000);
    hold("h3", 300, 60000);
    l.now_ms += 59999;
    asks_original(&l, "completion-requested", "c1", "h1", 300);
    says(&l, "transaction-posted", "request:c1 balance:700");
    l.now_ms += 1;
    asks_original(&l, "completion-requested", "c2", "h2", 300); /* before the event of expiry */
    says(&l, "hold-expired", "request:h2");
    says(&l, "transaction-declined", "request:c2 code:68");
    asks(&l, "A1", "hold-expiry-due", "h3", "");
    asks_original(&l, "completion-requested", "c3", "h3", 300); /* behind it */
    says(&l, "transaction-declined", "request:c3 code:68");
    check_account(700, 0, 0);
    ledger_close(&l);
}

TEST(an_expiry_that_somebody_forges_early_frees_nothing) {
    given_account(1000);
    hold("h1", 700, 60000);
    asks(&l, "A1", "hold-expiry-due", "h1", "");
    check_said(&l, "");
    asks(&l, "A1", "hold-expiry-due", "d0", "");
    check_said(&l, "");
    check_account(1000, 700, 1);
    ledger_close(&l);
}

TEST(a_hold_that_is_over_before_it_begins_is_declined) {
    given_account(1000);
    hold("h1", 700, 0);
    says(&l, "transaction-declined", "code:30");
    check_account(1000, 0, 0);
    ledger_close(&l);
}

TEST(a_timer_of_an_ended_hold_does_not_fire) {
    given_account(1000);
    hold("h1", 700, 60000);
    asks_original(&l, "completion-requested", "c1", "h1", 700);
    ledger_reopen(&l);
    l.now_ms += 120000;
    timer_fires();
    check_said(&l, "");
    ledger_close(&l);
}

TEST(a_completion_by_force_is_posted_whatever_became_of_its_hold) {
    given_account(100);
    hold("h1", 100, 60000);
    asks_original(&l, "reversal-requested", "r1", "h1", 100);
    asks_amount(&l, "withdrawal-requested", "w1", 100);
    asks(&l, "A1", "completion-requested", "c1", "\"original\":\"h1\",\"amount\":120,\"forced\":1");
    says(&l, "transaction-posted", "request:c1 forced:1 balance:-120");
    CHECK_INT(account_column(&l, "A1", ACCOUNT_FORCED), 1);
    ledger_close(&l);
}
