/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Hard cases of money: many at once, amounts that cannot be, what happened already, what is only
 * partly so, fees, lines, accounts that are frozen or closed, and answers that are forgotten. */
#include "ask_fixture.h"

#include "base/random.h"

static struct ledger l;

static void given_account(int64_t balance) {
    ledger_open(&l, "transaction-processor", processor_handlers);
    opens(&l, "A1", "203");
    if (balance)
        asks_amount(&l, "deposit-requested", "d0", balance);
}

static void reverse_actual(const char *request, const char *original, int64_t amount,
                           int64_t actual) {
    char fields[300];
    (void)snprintf(fields, sizeof(fields),
                   "\"original\":\"%s\",\"amount\":%" PRId64 ",\"actual\":%" PRId64, original,
                   amount, actual);
    asks(&l, "A1", "reversal-requested", request, fields);
}

static int64_t balance(void) {
    return account_column(&l, "A1", ACCOUNT_BALANCE);
}

/* All internal accounts and customers together. */
static void check_sum(void) {
    static const char *const internals[] = { "cash:203", "fees:203", "suspense:203",
                                             "clearing:203" };
    int64_t sum = balance();
    for (size_t i = 0; i < sizeof(internals) / sizeof(internals[0]); i++)
        sum += internal_balance(&l, internals[i]);
    CHECK_INT(sum, 0);
}

/* ---- many at once */

enum { MACHINES = 64, SEEDS = 1000 };

static size_t posted_count(void) {
    size_t count = 0;
    for (const char *at = buf_text(&l.said); (at = strstr(at, "transaction-posted")); at++)
        count++;
    return count;
}

static void withdrawal_try(const char *account, size_t machine) {
    char json[200];
    (void)snprintf(json, sizeof(json),
                   "{\"request\":\"m%zu-%s\",\"account\":\"%s\",\"amount\":100,"
                   "\"currency\":\"203\",\"terminal\":\"M%zu\"}",
                   machine, account, account, machine);
    CHECK_OK(ledger_try(&l, "withdrawal-requested", account, json));
}

static void account_fund(const char *account, int64_t amount) {
    char json[200];
    task_begin(l.task);
    (void)snprintf(json, sizeof(json), "{\"account\":\"%s\",\"currency\":\"203\",\"card\":\"T\"}",
                   account);
    CHECK_OK(ledger_try(&l, "account-open-requested", account, json));
    (void)snprintf(json, sizeof(json),
                   "{\"request\":\"d\",\"account\":\"%s\",\"amount\":%" PRId64
                   ",\"currency\":\"203\"}",
                   account, amount);
    CHECK_OK(ledger_try(&l, "deposit-requested", account, json));
    ledger_commit(&l);
}

/* In a random order, in groups of random sizes, some of which die before their commit and are
 * taken again. */
static size_t machines_ask(const char *account, struct random *r) {
    size_t order[MACHINES], posted = 0;
    for (size_t i = 0; i < MACHINES; i++) {
        size_t at = (size_t)random_below(r, i + 1);
        order[i] = order[at];
        order[at] = i;
    }
    for (size_t at = 0; at < MACHINES;) {
        size_t left = MACHINES - at;
        size_t group = left < 16 ? left : (size_t)random_below(r, left - 15) + 16;
        bool dies = random_below(r, 40) == 0;
        task_begin(l.task);
        for (size_t i = 0; i < group; i++)
            withdrawal_try(account, order[at + i]);
        if (dies) {
            ledger_reopen(&l);
            continue;
        }
        ledger_commit(&l);
        posted += posted_count();
        at += group;
    }
    return posted;
}

TEST(of_64_withdrawals_at_once_with_funds_for_k_exactly_k_are_approved_in_any_order) {
    ledger_open(&l, "transaction-processor", processor_handlers);
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct random r = random_seeded(seed);
        char account[16];
        int64_t k = (int64_t)random_below(&r, MACHINES + 1);
        (void)snprintf(account, sizeof(account), "S%d", (int)seed);
        account_fund(account, k * 100 + 99);
        CHECK_INT((long long)machines_ask(account, &r), k);
    }
    CHECK_INT(account_column(&l, "S0", ACCOUNT_BALANCE), 99);
    CHECK_INT(account_column(&l, "S999", ACCOUNT_BALANCE), 99);
    ledger_close(&l);
}

/* ---- amounts */

TEST(amounts_that_cannot_be_are_refused_by_every_kind_and_wrap_nothing) {
    static const int64_t bad[] = { 0, -1, INT64_MIN, 1000000000001, INT64_MAX };
    static const char *const types[] = { "withdrawal-requested", "deposit-requested",
                                         "authorization-requested", "transfer-requested",
                                         "advice-requested" };
    char fields[200], request[32];
    given_account(1000);
    opens(&l, "B1", "203");
    for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++)
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
            (void)snprintf(request, sizeof(request), "x%zu-%zu", t, i);
            (void)snprintf(fields, sizeof(fields),
                           "\"amount\":%" PRId64
                           ",\"currency\":\"203\",\"to\":\"B1\",\"kind\":\"deposit\"",
                           bad[i]);
            asks(&l, "A1", types[t], request, fields);
            says(&l, "transaction-declined", "code:13 balance:1000 available:1000");
        }
    CHECK_INT(balance(), 1000);
    check_sum();
    ledger_close(&l);
}

TEST(ten_to_the_twelfth_is_the_largest_amount_and_currencies_have_their_own_exponents) {
    given_account(0);
    opens(&l, "J1", "392");
    opens(&l, "K1", "414");
    asks(&l, "J1", "deposit-requested", "j", "\"amount\":1000000000000,\"currency\":\"392\"");
    says(&l, "transaction-posted", "balance:1000000000000 currency:392");
    asks(&l, "K1", "deposit-requested", "k", "\"amount\":1234,\"currency\":\"414\"");
    says(&l, "transaction-posted", "balance:1234 currency:414");
    asks(&l, "K1", "withdrawal-requested", "k2", "\"amount\":1,\"currency\":\"203\"");
    says(&l, "transaction-declined", "code:58");
    asks(&l, "J1", "transfer-requested", "t", "\"amount\":1,\"currency\":\"392\",\"to\":\"K1\"");
    says(&l, "transaction-declined", "code:58");
    CHECK_INT(internal_balance(&l, "cash:392"), -1000000000000);
    CHECK_INT(internal_balance(&l, "cash:414"), -1234);
    ledger_close(&l);
}

/* ---- only a part */

TEST(a_partial_reversal_gives_back_what_the_machine_kept) {
    given_account(1000);
    asks_amount(&l, "withdrawal-requested", "w1", 600);
    reverse_actual("r1", "w1", 600, 200);
    says(&l, "transaction-reversed", "request:r1 balance:800 actual:200");
    reverse_actual("r1", "w1", 600, 200);
    says(&l, "transaction-reversed", "request:r1 balance:800");
    asks_original(&l, "reversal-requested", "r2", "w1", 600);
    says(&l, "transaction-reversed", "request:r2 entry:0");
    asks_amount(&l, "withdrawal-requested", "w1", 600); /* approved it was */
    says(&l, "transaction-posted", "request:w1 amount:600 balance:400");
    CHECK_INT(balance(), 800);
    check_sum();
    ledger_close(&l);
}

TEST(an_actual_of_zero_is_all_of_it_and_of_the_amount_is_nothing) {
    given_account(1000);
    asks_amount(&l, "withdrawal-requested", "w1", 600);
    reverse_actual("r1", "w1", 600, 600);
    says(&l, "transaction-reversed", "entry:0 balance:400");
    reverse_actual("r2", "w1", 600, 0);
    says(&l, "transaction-reversed", "balance:1000");
    says_not(&l, "\"entry\":0");
    reverse_actual("r3", "w1", 600, -1);
    says(&l, "transaction-declined", "code:30");
    CHECK_INT(balance(), 1000);
    check_sum();
    ledger_close(&l);
}

TEST(more_than_approved_is_taken_from_suspense_with_an_alarm_once) {
    given_account(1000);
    asks_amount(&l, "withdrawal-requested", "w1", 600);
    reverse_actual("r1", "w1", 600, 700);
    says(&l, "transaction-reversed", "request:r1 balance:400");
    says(&l, "alarm-raised", "request:r1 amount:100");
    reverse_actual("r2", "w1", 600, 700);
    says(&l, "transaction-reversed", "request:r2 entry:0");
    says_not(&l, "alarm-raised");
    CHECK_INT(balance(), 400);
    CHECK_INT(internal_balance(&l, "suspense:203"), -100);
    check_sum();
    ledger_close(&l);
}

TEST(a_partial_reversal_of_a_deposit_takes_back_what_was_not_there) {
    given_account(1000);
    asks_amount(&l, "deposit-requested", "d1", 600);
    reverse_actual("r1", "d1", 600, 450);
    says(&l, "transaction-reversed", "balance:1450");
    check_sum();
    ledger_close(&l);
}

/* ---- it has happened already */

static void advise(const char *account, const char *request, const char *kind, int64_t amount,
                   const char *currency) {
    char fields[200];
    (void)snprintf(fields, sizeof(fields),
                   "\"kind\":\"%s\",\"amount\":%" PRId64 ",\"currency\":\"%s\"", kind, amount,
                   currency);
    asks(&l, account, "advice-requested", request, fields);
}

TEST(an_advice_is_posted_by_force_also_below_zero_and_when_frozen) {
    given_account(100);
    advise("A1", "a1", "withdrawal", 300, "203");
    says(&l, "transaction-posted", "request:a1 forced:1 balance:-200 available:-200");
    advise("A1", "a1", "withdrawal", 300, "203");
    says(&l, "transaction-posted", "request:a1 balance:-200");
    asks(&l, "A1", "account-freeze-requested", "f", "");
    advise("A1", "a2", "withdrawal", 1, "203");
    says(&l, "transaction-posted", "balance:-201");
    advise("A1", "a3", "deposit", 301, "203");
    says(&l, "transaction-posted", "balance:100 forced:1");
    CHECK_INT(account_column(&l, "A1", ACCOUNT_FORCED), 2);
    check_sum();
    ledger_close(&l);
}

TEST(what_no_account_can_take_is_in_suspense_with_an_alarm) {
    given_account(100);
    advise("B9", "a1", "withdrawal", 300, "203");
    says(&l, "transaction-posted", "request:a1 account:B9 code:00 forced:1");
    says(&l, "alarm-raised", "request:a1 amount:300");
    advise("B9", "a1", "withdrawal", 300, "203");
    says_not(&l, "alarm-raised");
    advise("A1", "a2", "deposit", 50, "978");
    says(&l, "alarm-raised", "request:a2 amount:50");
    CHECK_INT(internal_balance(&l, "suspense:203"), -300);
    CHECK_INT(internal_balance(&l, "suspense:978"), 50);
    asks(&l, "B9", "reversal-requested", "r1", "\"original\":\"a1\",\"amount\":300");
    says(&l, "transaction-reversed", "request:r1 code:00");
    CHECK_INT(internal_balance(&l, "suspense:203"), 0);
    CHECK_INT(balance(), 100);
    check_sum();
    ledger_close(&l);
}

TEST(an_advice_that_cannot_be_read_is_declined_with_an_alarm) {
    given_account(100);
    advise("A1", "a1", "gift", 300, "203");
    says(&l, "transaction-declined", "code:30");
    says(&l, "alarm-raised", "request:a1");
    advise("A1", "a2", "deposit", 300, "CZK");
    says(&l, "transaction-declined", "code:30");
    CHECK_INT(balance(), 100);
    ledger_close(&l);
}

/* ---- fees, lines, states */

TEST(a_fee_is_taken_with_its_withdrawal_counts_for_funds_and_goes_back_with_it) {
    given_account(1000);
    asks(&l, "A1", "fee-set-requested", "f", "\"kind\":\"withdrawal\",\"amount\":5");
    says(&l, "account-changed", "what:fee kind:withdrawal amount:5");
    asks(&l, "A1", "fee-set-requested", "f", "\"kind\":\"foreign\",\"amount\":10");
    asks_amount(&l, "withdrawal-requested", "w1", 996);
    says(&l, "transaction-declined", "code:51 balance:1000");
    asks_amount(&l, "withdrawal-requested", "w2", 500);
    says(&l, "transaction-posted", "fee:5 balance:495");
    asks(&l, "A1", "withdrawal-requested", "w3",
         "\"amount\":100,\"currency\":\"203\",\"foreign\":1");
    says(&l, "transaction-posted", "fee:15 balance:380");
    CHECK_INT(internal_balance(&l, "fees:203"), 20);
    asks_original(&l, "reversal-requested", "r3", "w3", 100);
    says(&l, "transaction-reversed", "balance:495");
    reverse_actual("r2", "w2", 500, 100); /* in part: the fee stays */
    says(&l, "transaction-reversed", "balance:895");
    CHECK_INT(internal_balance(&l, "fees:203"), 5);
    check_sum();
    ledger_close(&l);
}

TEST(an_overdraft_line_is_used_to_its_last_unit_and_not_taken_away_meanwhile) {
    given_account(100);
    asks(&l, "A1", "overdraft-set-requested", "o", "\"amount\":50");
    says(&l, "account-changed", "what:overdraft amount:50");
    asks_amount(&l, "withdrawal-requested", "w1", 151);
    says(&l, "transaction-declined", "code:51 available:150");
    asks_amount(&l, "withdrawal-requested", "w2", 150);
    says(&l, "transaction-posted", "balance:-50 available:0");
    asks(&l, "A1", "overdraft-set-requested", "o", "\"amount\":49");
    says(&l, "account-change-refused", "what:overdraft");
    asks(&l, "A1", "overdraft-set-requested", "o", "\"amount\":-1");
    says(&l, "account-change-refused", "what:overdraft");
    asks(&l, "A1", "overdraft-set-requested", "o", "");
    says(&l, "account-change-refused", "what:overdraft");
    CHECK_INT(account_column(&l, "A1", ACCOUNT_OVERDRAFT), 50);
    check_sum();
    ledger_close(&l);
}

TEST(a_frozen_account_gives_nothing_and_takes_everything) {
    given_account(100);
    asks(&l, "A1", "account-freeze-requested", "f", "\"reason\":\"stolen\"");
    says(&l, "account-changed", "what:frozen state:frozen reason:stolen");
    asks_amount(&l, "withdrawal-requested", "w1", 1);
    says(&l, "transaction-declined", "code:62");
    asks_amount(&l, "authorization-requested", "h1", 1);
    says(&l, "transaction-declined", "code:62");
    asks_amount(&l, "deposit-requested", "d1", 1);
    says(&l, "transaction-posted", "balance:101");
    asks(&l, "A1", "account-unfreeze-requested", "u", "");
    asks_amount(&l, "withdrawal-requested", "w2", 1);
    says(&l, "transaction-posted", "balance:100");
    asks_amount(&l, "withdrawal-requested", "w1", 1); /* the answer it had */
    says(&l, "transaction-declined", "code:62");
    ledger_close(&l);
}

TEST(an_account_is_closed_only_at_zero_and_without_holds_and_for_ever) {
    given_account(100);
    asks(&l, "A1", "account-close-requested", "c", "");
    says(&l, "account-change-refused", "what:closed");
    asks_amount(&l, "authorization-requested", "h1", 100);
    asks_original(&l, "completion-requested", "c1", "h1", 100);
    asks_amount(&l, "deposit-requested", "d1", 10);
    asks_amount(&l, "authorization-requested", "h2", 10);
    asks_amount(&l, "advice-requested", "x", 10);
    asks(&l, "A1", "advice-requested", "a1",
         "\"kind\":\"withdrawal\",\"amount\":10,\"currency\":\"203\"");
    asks(&l, "A1", "account-close-requested", "c", "");
    says(&l, "account-change-refused", "what:closed"); /* zero, but a hold */
    asks_original(&l, "reversal-requested", "r2", "h2", 10);
    asks(&l, "A1", "account-close-requested", "c", "");
    says(&l, "account-changed", "what:closed state:closed");
    asks(&l, "A1", "account-close-requested", "c", "");
    says(&l, "account-changed", "state:closed");
    asks_amount(&l, "deposit-requested", "d2", 10);
    says(&l, "transaction-declined", "code:14");
    asks(&l, "A1", "account-unfreeze-requested", "u", "");
    says(&l, "account-change-refused", "what:unfrozen");
    advise("A1", "a2", "deposit", 7, "203");
    says(&l, "alarm-raised", "request:a2");
    asks_original(&l, "reversal-requested", "r1", "a1", 10);
    says(&l, "alarm-raised", "request:r1 amount:10");
    CHECK_INT(balance(), 0);
    check_sum();
    ledger_close(&l);
}

TEST(the_balance_is_told_with_what_is_available_and_its_repeat_is_the_same) {
    given_account(100);
    asks_amount(&l, "authorization-requested", "h1", 30);
    asks(&l, "A1", "balance-requested", "b1", "");
    says(&l, "balance-told", "request:b1 code:00 balance:100 available:70 currency:203");
    asks_amount(&l, "deposit-requested", "d1", 10);
    asks(&l, "A1", "balance-requested", "b1", "");
    says(&l, "balance-told", "request:b1 balance:100 available:70");
    asks(&l, "B9", "balance-requested", "b2", "");
    says(&l, "transaction-declined", "kind:balance code:14");
    ledger_close(&l);
}

/* ---- forgetting */

enum { TABLE_TRANSACTION = 1 };

static size_t rows_of(size_t table) {
    return table_rows(&l, table);
}

TEST(answers_and_tombstones_are_forgotten_after_seven_days) {
    char request[32];
    given_account(100000);
    for (int i = 0; i < 300; i++) {
        (void)snprintf(request, sizeof(request), "w%d", i);
        asks_amount(&l, "withdrawal-requested", request, 1);
        (void)snprintf(request, sizeof(request), "t%d", i);
        asks_original(&l, "reversal-requested", request, "never-came", 5);
    }
    CHECK_INT((long long)rows_of(TABLE_TRANSACTION), 602);
    l.now_ms += ANSWERS_KEEP_MS - 1;
    asks_amount(&l, "withdrawal-requested", "early", 1);
    asks_amount(&l, "withdrawal-requested", "w299", 1);
    says(&l, "transaction-posted", "request:w299 balance:99700"); /* the answer of then */
    CHECK_INT((long long)rows_of(TABLE_TRANSACTION), 603);
    l.now_ms += 2;
    asks_amount(&l, "deposit-requested", "d", 1); /* its record moves the log's time */
    asks_amount(&l, "withdrawal-requested", "w299", 1);
    says(&l, "transaction-posted", "request:w299 balance:99699"); /* taken again */
    l.now_ms += ANSWERS_KEEP_LEAST_MS; /* a walk through the table is over by then */
    for (int i = 0; i < 3; i++) {
        (void)snprintf(request, sizeof(request), "n%d", i);
        asks_amount(&l, "deposit-requested", request, 1);
    }
    CHECK_INT((long long)rows_of(TABLE_TRANSACTION), 6); /* "early", "d", w299 and these */
    ledger_close(&l);
}

TEST(a_hold_that_is_open_is_not_forgotten_with_its_neighbours) {
    char request[32];
    given_account(1000);
    asks(&l, "A1", "authorization-requested", "h1",
         "\"amount\":400,\"currency\":\"203\",\"expires\":1895348800000");
    for (int i = 0; i < 100; i++) {
        (void)snprintf(request, sizeof(request), "w%d", i);
        asks_amount(&l, "withdrawal-requested", request, 1);
    }
    l.now_ms += ANSWERS_KEEP_MS + 1;
    for (int i = 0; i < 100; i++) {
        (void)snprintf(request, sizeof(request), "n%d", i);
        asks_amount(&l, "deposit-requested", request, 1);
    }
    asks_original(&l, "completion-requested", "c1", "h1", 400);
    says(&l, "transaction-posted", "request:c1 balance:600");
    ledger_close(&l);
}

TEST(what_nobody_has_an_account_for_is_forgotten_too) {
    char request[32];
    ledger_open(&l, "transaction-processor", processor_handlers);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(request, sizeof(request), "w%d", i);
        asks_amount(&l, "withdrawal-requested", request, 1);
        says(&l, "transaction-declined", "code:14");
    }
    l.now_ms += ANSWERS_KEEP_MS + 1;
    for (int i = 0; i < 40; i++) {
        (void)snprintf(request, sizeof(request), "n%d", i);
        asks_amount(&l, "withdrawal-requested", request, 1);
    }
    CHECK_INT((long long)rows_of(TABLE_TRANSACTION), 40);
    ledger_close(&l);
}
