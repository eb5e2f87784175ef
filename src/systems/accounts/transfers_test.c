/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "bank_fixture.h"

static struct bank b;
static char here[32], near[32], far[32]; /* near is in the partition of here, far in another */

static void given_bank(int64_t balance) {
    char fields[96];
    const char *accounts[] = { here, near, far };
    b = (struct bank){ 0 };
    bank_open(&b);
    bank_govern(&b);
    bank_account(here, 0, 0);
    bank_account(near, 0, 1);
    bank_account(far, 2, 0);
    for (size_t i = 0; i < 3; i++)
        bank_ask(&b, accounts[i], "account-open-requested", "o",
                 "\"currency\":\"203\",\"card\":\"T\"");
    (void)snprintf(fields, sizeof(fields), "\"amount\":%" PRId64 ",\"currency\":\"203\"", balance);
    bank_ask(&b, here, "deposit-requested", "d0", fields);
    bank_settle(&b);
}

static struct ledger *transfer(const char *request, const char *to, int64_t amount) {
    char fields[128];
    (void)snprintf(fields, sizeof(fields),
                   "\"to\":\"%s\",\"amount\":%" PRId64 ",\"currency\":\"203\"", to, amount);
    return &b.part[bank_ask(&b, here, "transfer-requested", request, fields)];
}

static struct ledger *reverse(const char *request, const char *original, int64_t amount) {
    char fields[128];
    (void)snprintf(fields, sizeof(fields), "\"original\":\"%s\",\"amount\":%" PRId64, original,
                   amount);
    return &b.part[bank_ask(&b, here, "reversal-requested", request, fields)];
}

static void spend(const char *account, const char *request, int64_t amount) {
    char fields[96];
    (void)snprintf(fields, sizeof(fields), "\"amount\":%" PRId64 ",\"currency\":\"203\"", amount);
    bank_ask(&b, account, "withdrawal-requested", request, fields);
}

static void check_balances(int64_t of_here, int64_t of_near, int64_t of_far) {
    CHECK_INT(bank_balance(&b, here, ACCOUNT_BALANCE), of_here);
    CHECK_INT(bank_balance(&b, near, ACCOUNT_BALANCE), of_near);
    CHECK_INT(bank_balance(&b, far, ACCOUNT_BALANCE), of_far);
    CHECK_INT(bank_balance(&b, here, ACCOUNT_HELD), 0);
    CHECK_INT(bank_balance(&b, here, ACCOUNT_HOLDS), 0);
    CHECK_INT(bank_internal(&b, "clearing:203"), 0);
}

TEST(a_transfer_inside_a_partition_is_one_step_and_both_are_told) {
    given_bank(1000);
    struct ledger *l = transfer("t1", near, 300);
    says(l, "transaction-posted", "request:t1 kind:transfer amount:300 balance:700");
    says(l, "transaction-posted", "request:t1/credit kind:transfer-credit balance:300");
    check_balances(700, 300, 0);
    transfer("t1", near, 300);
    says(l, "transaction-posted", "request:t1 balance:700");
    says_not(l, "t1/credit");
    check_balances(700, 300, 0);
    bank_close(&b);
}

TEST(a_transfer_to_another_partition_is_held_then_credited_then_posted) {
    given_bank(1000);
    struct ledger *l = transfer("t1", far, 300);
    says(l, "transfer-begun", "request:t1 code:00 amount:300 balance:1000 available:700");
    CHECK_INT(bank_balance(&b, here, ACCOUNT_HELD), 300);
    transfer("t1", far, 300); /* its repeat does not ask the other one twice */
    says_not(l, "transfer-credit-requested");
    bank_settle(&b);
    check_balances(700, 0, 300);
    transfer("t1", far, 300);
    says(l, "transaction-posted", "request:t1 kind:transfer balance:700 available:700");
    check_balances(700, 0, 300);
    bank_close(&b);
}

TEST(a_transfer_that_the_other_refuses_is_void_and_declined_with_its_code) {
    given_bank(1000);
    struct ledger *l = transfer("t1", "acc-of-nobody", 300);
    bank_settle(&b);
    transfer("t1", "acc-of-nobody", 300);
    says(l, "transaction-declined", "request:t1 kind:transfer code:14 balance:1000 available:1000");
    bank_ask(&b, far, "account-close-requested", "", "\"reason\":\"gone\"");
    transfer("t2", far, 300);
    bank_settle(&b);
    transfer("t2", far, 300);
    says(l, "transaction-declined", "request:t2 code:14 available:1000");
    check_balances(1000, 0, 0);
    bank_close(&b);
}

TEST(a_transfer_between_two_currencies_is_refused_with_58) {
    char euro_near[32], euro_far[32];
    given_bank(1000);
    bank_account(euro_near, 0, 2);
    bank_account(euro_far, 1, 0);
    bank_ask(&b, euro_near, "account-open-requested", "o", "\"currency\":\"978\",\"card\":\"T\"");
    bank_ask(&b, euro_far, "account-open-requested", "o", "\"currency\":\"978\",\"card\":\"T\"");
    struct ledger *l = transfer("t1", euro_near, 300);
    says(l, "transaction-declined", "code:58");
    transfer("t2", euro_far, 300);
    bank_settle(&b);
    transfer("t2", euro_far, 300);
    says(l, "transaction-declined", "code:58");
    check_balances(1000, 0, 0);
    bank_close(&b);
}

TEST(a_transfer_needs_funds_another_account_and_an_amount) {
    given_bank(1000);
    struct ledger *l = transfer("t1", far, 1001);
    says(l, "transaction-declined", "code:51");
    transfer("t2", here, 1);
    says(l, "transaction-declined", "code:12");
    transfer("t3", far, 0);
    says(l, "transaction-declined", "code:13");
    transfer("t4", "", 1);
    says(l, "transaction-declined", "code:30");
    transfer("t5", far, 600); /* what is on its way is not there twice */
    transfer("t6", far, 600);
    says(l, "transaction-declined", "code:51 available:400");
    bank_settle(&b);
    check_balances(400, 0, 600);
    bank_close(&b);
}

TEST(each_half_of_a_transfer_is_told_twice_and_done_once) {
    given_bank(1000);
    transfer("t1", far, 300);
    struct bank_event asked = b.waiting[2][b.count[2] - 1];
    CHECK_TEXT(asked.type, "transfer-credit-requested");
    bank_give(&b, 2, &asked);
    struct bank_event credited = b.waiting[0][b.count[0] - 1];
    CHECK_TEXT(credited.type, "transfer-credited");
    bank_settle(&b);
    bank_give(&b, 2, &asked);
    bank_give(&b, 0, &credited);
    bank_settle(&b);
    check_balances(700, 0, 300);
    bank_close(&b);
}

TEST(a_reversal_brings_a_transfer_back_from_here_and_from_far_away) {
    given_bank(1000);
    transfer("t1", near, 300);
    transfer("t2", far, 200);
    bank_settle(&b);
    struct ledger *l = reverse("r1", "t1", 300);
    says(l, "transaction-reversed", "request:r1 original:t1 balance:800");
    reverse("r2", "t2", 200);
    says(l, "transaction-reversed", "request:r2 original:t2 entry:0 balance:800");
    bank_settle(&b);
    check_balances(1000, 0, 0);
    reverse("r3", "t2", 200);
    bank_settle(&b);
    check_balances(1000, 0, 0);
    bank_close(&b);
}

TEST(a_reversal_of_a_transfer_on_its_way_comes_back_behind_it) {
    given_bank(1000);
    transfer("t1", far, 300);
    struct ledger *l = reverse("r1", "t1", 300);
    says(l, "transaction-reversed", "request:r1 code:00 entry:0");
    bank_settle(&b);
    check_balances(1000, 0, 0);
    transfer("t2", "acc-of-nobody", 300);
    reverse("r2", "t2", 300);
    bank_settle(&b);
    check_balances(1000, 0, 0);
    bank_close(&b);
}

TEST(a_transfer_that_was_spent_comes_back_from_suspense_with_an_alarm) {
    given_bank(1000);
    transfer("t1", near, 300);
    transfer("t2", far, 300);
    bank_settle(&b);
    spend(near, "w1", 200);
    spend(far, "w2", 300);
    struct ledger *l = reverse("r1", "t1", 300);
    says(l, "alarm-raised", "amount:200");
    reverse("r2", "t2", 300);
    bank_settle(&b);
    check_balances(1000, 0, 0);
    CHECK_INT(bank_internal(&b, "suspense:203"), -500);
    bank_close(&b);
}

TEST(nobody_can_ask_back_what_was_not_credited_or_half_of_a_transfer) {
    char fields[128];
    given_bank(1000);
    transfer("t1", far, 300);
    bank_settle(&b);
    (void)snprintf(fields, sizeof(fields), "\"other\":\"%s\",\"amount\":250,\"currency\":\"203\"",
                   here);
    struct ledger *l = &b.part[bank_ask(&b, far, "transfer-return-requested", "t1", fields)];
    says(l, "alarm-raised", "amount:250");
    bank_ask(&b, far, "reversal-requested", "x", "\"original\":\"t1/credit\",\"amount\":300");
    says(l, "transaction-declined", "code:12");
    bank_settle(&b);
    check_balances(700, 0, 300);
    bank_close(&b);
}

TEST(a_fee_is_posted_with_its_transfer_and_goes_back_with_it) {
    given_bank(1000);
    bank_ask(&b, here, "fee-set-requested", "", "\"kind\":\"transfer\",\"amount\":5");
    struct ledger *l = transfer("t1", far, 996);
    says(l, "transaction-declined", "code:51");
    transfer("t2", far, 995);
    says(l, "transfer-begun", "fee:5 available:0");
    bank_settle(&b);
    check_balances(0, 0, 995);
    CHECK_INT(bank_internal(&b, "fees:203"), 5);
    transfer("t3", near, 1);
    says(l, "transaction-declined", "code:51");
    reverse("r2", "t2", 995);
    bank_settle(&b);
    check_balances(1000, 0, 0);
    CHECK_INT(bank_internal(&b, "fees:203"), 0);
    bank_close(&b);
}
