/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "ask_fixture.h"
#include "command_fixture.h"

#include "arguments.h"

static struct ledger l;

/* d1 +1000 at 12:00, w1 -300 a minute later with a fee of 5, a hold, and a decline. */
static void given_bank(void) {
    ledger_open(&l, "transaction-processor", processor_handlers);
    l.now_ms = 1795348800000; /* 2026-11-22T12:00:00Z */
    opens(&l, "A1", "203");
    asks(&l, "A1", "fee-set-requested", "f", "\"kind\":\"withdrawal\",\"amount\":5");
    asks(&l, "A1", "deposit-requested", "ATM1-20261122-000001-R00000000001",
         "\"amount\":1000,\"currency\":\"203\",\"terminal\":\"ATM1\",\"rrn\":\"R00000000001\"");
    l.now_ms += 60000;
    asks(&l, "A1", "withdrawal-requested", "ATM1-20261122-000002-R00000000002",
         "\"amount\":300,\"currency\":\"203\",\"terminal\":\"ATM1\",\"rrn\":\"R00000000002\"");
    asks_amount(&l, "authorization-requested", "h1", 600);
    asks_amount(&l, "withdrawal-requested", "w9", 100);
}

TEST(a_statement_has_every_posting_with_the_balance_after_it) {
    given_bank();
    CHECK_INT(command_run(&l, accounts_statement, "statement A1"), 0);
    command_says("2026-11-22T12:00:00.000Z  ATM1-20261122-000001-R00000000001");
    command_says("in                       10.00              10.00\n");
    command_says("out                      -3.00               7.00\n");
    command_says("fee                      -0.05               6.95\n");
    command_says("before 0.00, 3 lines, balance 6.95 203\n");
    CHECK_INT(command_run(&l, accounts_statement, "statement A1 --csv"), 0);
    command_says("time,entry,request,what,amount,balance\n2026-11-22T12:00:00.000Z,1,"
                 "\"ATM1-20261122-000001-R00000000001\",in,10.00,10.00\n");
    CHECK_INT(command_run(&l, accounts_statement, "statement A1 --json"), 0);
    command_says("\"what\":\"fee\",\"amount\":-5,\"balance\":695}\n");
    ledger_close(&l);
}

TEST(a_statement_of_a_time_begins_with_the_balance_before_it) {
    given_bank();
    CHECK_INT(command_run(&l, accounts_statement, "statement A1 --from 2026-11-22T12:00:30Z"), 0);
    command_says("before 10.00, 2 lines, balance 6.95");
    CHECK_INT(command_run(&l, accounts_statement, "statement A1 --to 2026-11-22T12:01:00Z"), 0);
    command_says("before 0.00, 1 lines, balance 10.00");
    CHECK_INT(command_run(&l, accounts_statement, "statement A1 --from yesterday"), 2);
    command_complains("a time is 2026-11-22");
    CHECK_INT(command_run(&l, accounts_statement, "statement A1 --from 2026-02-30"), 2);
    CHECK_INT(command_run(&l, accounts_statement, "statement B1"), 1);
    command_complains("there is no account B1");
    CHECK_INT(command_run(&l, accounts_statement, "statement"), 2);
    command_complains("statement wants ACCOUNT");
    CHECK_INT(command_run(&l, accounts_statement, "statement A1 --until"), 2);
    command_complains("does not know \"--until\"");
    ledger_close(&l);
}

TEST(a_balance_is_told_as_it_was_at_a_time) {
    given_bank();
    CHECK_INT(command_run(&l, accounts_balance, "balance A1"), 0);
    CHECK_TEXT(command_out, "6.95 203\n");
    CHECK_INT(command_run(&l, accounts_balance, "balance A1 --at 2026-11-22T12:00:01Z"), 0);
    CHECK_TEXT(command_out, "10.00 203\n");
    CHECK_INT(command_run(&l, accounts_balance, "balance A1 --at 2026-11-22 --json"), 0);
    CHECK_TEXT(command_out, "{\"balance\":0,\"currency\":\"203\"}\n");
    ledger_close(&l);
}

TEST(a_trial_balance_has_equal_sides_in_each_currency) {
    given_bank();
    opens(&l, "K1", "414");
    asks(&l, "K1", "deposit-requested", "k1", "\"amount\":1234,\"currency\":\"414\"");
    CHECK_INT(command_run(&l, accounts_trial_balance, "trial-balance"), 0);
    command_says("cash         203               7.00               0.00\n"
                 "customers    203               0.00               6.95\n"
                 "fees         203               0.00               0.05\n"
                 "sum          203               7.00               7.00\n");
    command_says("sum          414              1.234              1.234\n");
    ledger_close(&l);
}

TEST(a_transaction_is_found_by_its_retrieval_reference_also_when_its_answer_is_forgotten) {
    given_bank();
    CHECK_INT(command_run(&l, accounts_find, "find --rrn R00000000002"), 0);
    command_says("ATM1-20261122-000002-R00000000002");
    command_says("withdrawal    posted       00 300");
    CHECK_INT(command_run(&l, accounts_find, "find --rrn 00000000002"), 1);
    command_complains("nothing has the retrieval reference 00000000002");
    CHECK_INT(command_run(&l, accounts_find, "find"), 2);
    command_complains("find wants --rrn");
    ledger_close(&l);
}

TEST(a_decline_is_explained_by_what_was_there_when_it_was_decided) {
    given_bank();
    CHECK_INT(command_run(&l, accounts_explain, "explain w9"), 0);
    command_says("w9 of account A1, 2026-11-22T12:01:00.000Z\n");
    command_says("code       51: less was available than it asked for, its fee counted\n");
    command_says("balance    6.95\n  held       6.00\n  available  0.95\n");
    asks_amount(&l, "deposit-requested", "later", 100000);
    CHECK_INT(command_run(&l, accounts_explain, "explain w9 --json"), 0);
    command_says("\"code\":\"51\"");
    command_says("\"available\":95,\"held\":600");
    CHECK_INT(command_run(&l, accounts_explain, "explain nothing"), 1);
    command_complains("no answer to nothing is kept");
    ledger_close(&l);
}

static const char *switch_file(const char *text) {
    static char path[256];
    (void)snprintf(path, sizeof(path), "%s/switch.csv", test_dir());
    FILE *out = fopen(path, "w");
    CHECK(out && fputs(text, out) >= 0 && fclose(out) == 0);
    return path;
}

static int reconcile(const char *text, const char *more) {
    char line[400];
    (void)snprintf(line, sizeof(line), "reconcile --switch %s %s", switch_file(text), more);
    return command_run(&l, accounts_reconcile, line);
}

TEST(the_switch_and_the_books_agree_or_each_break_is_told) {
    given_bank();
    CHECK_INT(reconcile("rrn,amount\nR00000000001,-1000\nR00000000002,300\n", ""), 0);
    CHECK_TEXT(command_out, "matched 2, ours only 0, theirs only 0, amounts differ 0\n");
    CHECK_INT(reconcile("date,\"amount\",rrn\nx,299,R00000000002\n,50,\"R,3\"\n", ""), 1);
    command_says("ours only       R00000000001     ours          -1000  theirs              0\n");
    command_says("amounts differ  R00000000002     ours            300  theirs            299\n");
    command_says("theirs only     R,3              ours              0  theirs             50\n");
    command_says("matched 0, ours only 1, theirs only 1, amounts differ 1\n");
    CHECK_INT(reconcile("rrn,amount,type\nR00000000002,300,sale\nR3,50,sale\nR3,50,reversal\n",
                        "--from 2026-11-22T12:00:30Z"),
              0);
    ledger_close(&l);
}

TEST(a_switch_file_that_is_none_is_refused_with_its_line) {
    given_bank();
    CHECK_INT(reconcile("", ""), 2);
    command_complains("names no columns rrn and amount");
    CHECK_INT(reconcile("rrn,amount\nR1,12.50\n", ""), 2);
    command_complains("switch.csv:2: no rrn, or no amount in minor units");
    CHECK_INT(reconcile("rrn,amount\nR1\n", ""), 2);
    CHECK_INT(reconcile("rrn,amount\n,5\n", ""), 2);
    CHECK_INT(reconcile("rrn,amount\nR1,99999999999999999999\n", ""), 2);
    CHECK_INT(command_run(&l, accounts_reconcile, "reconcile --switch /nowhere/at/all"), 2);
    command_complains("cannot be read");
    ledger_close(&l);
}

TEST(amounts_are_read_in_their_currency_or_not_at_all) {
    static const struct {
        const char *text, *currency;
        int64_t amount;
    } good[] = { { "12.50", "203", 1250 }, { "12", "203", 1200 },    { "0.5", "203", 50 },
                 { "7", "392", 7 },        { "1.234", "414", 1234 }, { "-3", "203", -300 } };
    static const char *const bad[] = { "",    "-",     "1.",
                                       ".",   "1.234", "1,5",
                                       "1e3", " 1",    "99999999999999999999" };
    int64_t amount;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CHECK(amount_read(good[i].text, octavo_text(good[i].currency), &amount));
        CHECK_INT(amount, good[i].amount);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK(!amount_read(bad[i], octavo_text("203"), &amount));
    CHECK(!amount_read("7.5", octavo_text("392"), &amount));
}

TEST(an_account_is_changed_only_where_there_is_one_and_a_broker) {
    given_bank();
    CHECK_INT(command_run(&l, accounts_freeze, "freeze B1"), 1);
    command_complains("there is no account B1");
    CHECK_INT(command_run(&l, accounts_freeze, "freeze A1 --reason stolen"), 3);
    command_complains("no broker is known");
    CHECK_INT(command_run(&l, accounts_overdraft, "overdraft A1 12.345"), 2);
    command_complains("\"12.345\" is no amount of currency 203");
    CHECK_INT(command_run(&l, accounts_overdraft, "overdraft A1 -5"), 2);
    CHECK_INT(command_run(&l, accounts_fee, "fee A1 lunch 5"), 2);
    command_complains("withdrawal, transfer or foreign");
    CHECK_INT(command_run(&l, accounts_tail, "tail"), 3);
    CHECK_INT(command_run(&l, accounts_audit, "audit --from"), 2);
    ledger_close(&l);
}
