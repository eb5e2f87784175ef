/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "accounts_fixture.h"

#define ASKED(request, amount)                                                                     \
    "{\"request\":\"" request "\",\"card\":\"T1\",\"card_masked\":\"999999******5765\","           \
    "\"amount\":" amount ",\"currency\":\"203\",\"terminal\":\"ATM1\"}"
#define REVERSAL(request, original)                                                                \
    "{\"request\":\"" request "\",\"card\":\"T1\",\"amount\":300,\"currency\":\"203\","            \
    "\"terminal\":\"ATM1\",\"original\":\"" original "\"}"
#define POSTED(request)                                                                            \
    "{\"request\":\"" request "\",\"account\":\"A1\",\"amount\":300,\"code\":\"00\","              \
    "\"balance\":700,\"currency\":\"203\",\"entry\":12345678}"
#define APPROVED "{\"code\":\"00\",\"balance\":700,\"currency\":\"203\",\"approval\":\"345678\"}\n"

static struct ledger l;

static void open_gateway(void) {
    ledger_open(&l, "atm", gateway_handlers);
    given(&l, "card-opened", "A1", "{\"account\":\"A1\",\"card\":\"T1\",\"currency\":\"203\"}");
}

static void fire(int64_t now_ms, size_t wanted) {
    size_t taken;
    l.now_ms = now_ms;
    task_begin(l.task);
    CHECK_OK(task_take_timers(l.task, now_ms, 100, &taken));
    CHECK_INT((long long)taken, (long long)wanted);
    ledger_commit(&l);
}

TEST(a_withdrawal_is_requested_once_and_answered_when_posted) {
    int64_t due;
    open_gateway();
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "300"));
    check_said(&l, "withdrawal-requested A1 {\"request\":\"q1\",\"account\":\"A1\",\"amount\":300,"
                   "\"currency\":\"203\",\"terminal\":\"ATM1\",\"card\":\"T1\","
                   "\"channel\":\"atm\"}\n");
    CHECK(task_next_timer(l.task, &due));
    CHECK_INT(due, l.now_ms + ACCOUNTS_DEADLINE_MS);
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "300")); /* repeated while pending */
    check_said(&l, "");
    given(&l, "transaction-posted", "A1", POSTED("q1"));
    check_said(&l, "= q1 " APPROVED);
    CHECK(!task_next_timer(l.task, &due));
    given(&l, "transaction-posted", "A1", POSTED("q1")); /* the stored answer, told again */
    check_said(&l, "");
    ledger_reopen(&l);
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "300"));
    check_said(&l, "= q1 " APPROVED);
    ledger_close(&l);
}

TEST(deposits_and_reversals_go_out_under_their_names) {
    open_gateway();
    given(&l, "deposit-asked", "q1", ASKED("q1", "300"));
    CHECK(strncmp(buf_text(&l.said), "deposit-requested A1 ", 21) == 0);
    given(&l, "reversal-asked", "q2", REVERSAL("q2", "q1"));
    check_said(&l, "reversal-requested A1 {\"request\":\"q2\",\"original\":\"q1\",\"account\":"
                   "\"A1\",\"amount\":300,\"currency\":\"203\",\"terminal\":\"ATM1\","
                   "\"card\":\"T1\",\"channel\":\"atm\"}\n");
    given(&l, "transaction-reversed", "A1",
          "{\"request\":\"q2\",\"original\":\"q1\",\"code\":\"00\",\"balance\":1,\"entry\":2}");
    check_said(&l, "= q2 {\"code\":\"00\"}\n");
    ledger_close(&l);
}

TEST(a_decline_is_answered_with_its_code) {
    open_gateway();
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "300"));
    given(&l, "transaction-declined", "A1",
          "{\"request\":\"q1\",\"account\":\"A1\",\"code\":\"51\",\"amount\":300,\"balance\":5}");
    check_said(&l, "= q1 {\"code\":\"51\"}\n");
    ledger_close(&l);
}

TEST(an_unknown_card_is_answered_14_for_good) {
    open_gateway();
    given(&l, "withdrawal-asked", "q1",
          "{\"request\":\"q1\",\"card\":\"T9\",\"amount\":1,\"currency\":\"203\"}");
    check_said(&l, "= q1 {\"code\":\"14\"}\n");
    given(&l, "card-opened", "A9", "{\"account\":\"A9\",\"card\":\"T9\",\"currency\":\"203\"}");
    given(&l, "withdrawal-asked", "q1",
          "{\"request\":\"q1\",\"card\":\"T9\",\"amount\":1,\"currency\":\"203\"}");
    check_said(&l, "= q1 {\"code\":\"14\"}\n");
    given(&l, "withdrawal-asked", "q2",
          "{\"request\":\"q2\",\"card\":\"T9\",\"amount\":1,\"currency\":\"203\"}");
    CHECK(strncmp(buf_text(&l.said), "withdrawal-requested A9 ", 24) == 0);
    ledger_close(&l);
}

TEST(a_cards_first_account_stays_its_account) {
    open_gateway();
    given(&l, "card-opened", "A2", "{\"account\":\"A2\",\"card\":\"T1\",\"currency\":\"203\"}");
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "300"));
    CHECK(strncmp(buf_text(&l.said), "withdrawal-requested A1 ", 24) == 0);
    ledger_close(&l);
}

#define ALARM                                                                                      \
    "atm-alarm-raised A1 {\"request\":\"q1\",\"account\":\"A1\",\"reason\":\"the same request "    \
    "with "                                                                                        \
    "another body\",\"amount\":300}\n"

TEST(the_same_request_with_another_body_is_answered_94_and_alarms) {
    open_gateway();
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "300"));
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "301"));
    check_said(&l, ALARM "= q1 {\"code\":\"94\"}\n");
    given(&l, "deposit-asked", "q1", ASKED("q1", "300"));
    check_said(&l, ALARM "= q1 {\"code\":\"94\"}\n");
    given(&l, "transaction-posted", "A1", POSTED("q1")); /* the first one goes on */
    check_said(&l, "= q1 " APPROVED);
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "3000"));
    check_said(&l, ALARM "= q1 {\"code\":\"94\"}\n");
    ledger_close(&l);
}

TEST(a_request_with_a_field_missing_or_a_name_too_long_is_answered_30) {
    char request[220], json[400];
    open_gateway();
    given(&l, "withdrawal-asked", "q1", "{\"request\":\"q1\",\"card\":\"T1\"}");
    check_said(&l, "= q1 {\"code\":\"30\"}\n");
    given(&l, "reversal-asked", "q2", ASKED("q2", "300")); /* no original */
    check_said(&l, "= q2 {\"code\":\"30\"}\n");
    memset(request, 'x', 211);
    request[211] = 0;
    (void)snprintf(json, sizeof(json),
                   "{\"request\":\"%s\",\"card\":\"T1\",\"amount\":1,\"currency\":\"203\"}",
                   request);
    given(&l, "withdrawal-asked", request, json);
    CHECK(strstr(buf_text(&l.said), "{\"code\":\"30\"}"));
    ledger_close(&l);
}

TEST(a_deadline_answers_91_and_reverses_in_the_same_step) {
    int64_t due;
    open_gateway();
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "300"));
    ledger_reopen(&l); /* the deadline survives a restart */
    CHECK(task_next_timer(l.task, &due));
    fire(due - 1, 0);
    fire(due, 1);
    check_said(&l, "reversal-requested A1 {\"request\":\"q1-R\",\"original\":\"q1\",\"account\":"
                   "\"A1\",\"amount\":300,\"currency\":\"203\"}\n"
                   "= q1 {\"code\":\"91\"}\n");
    given(&l, "transaction-posted", "A1", POSTED("q1")); /* too late: nobody is told */
    check_said(&l, "");
    given(&l, "transaction-reversed", "A1",
          "{\"request\":\"q1-R\",\"original\":\"q1\",\"code\":\"00\"}");
    check_said(&l, "");
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "300"));
    check_said(&l, "= q1 {\"code\":\"91\"}\n");
    CHECK(!task_next_timer(l.task, &due));
    ledger_close(&l);
}

TEST(a_reversal_that_missed_its_deadline_is_told_its_outcome_when_repeated) {
    int64_t due, again;
    open_gateway();
    given(&l, "reversal-asked", "q2", REVERSAL("q2", "q1"));
    CHECK(task_next_timer(l.task, &due));
    fire(due, 1);
    check_said(&l, "= q2 {\"code\":\"91\"}\n");
    CHECK(!task_next_timer(l.task, &due));
    l.now_ms += 1000;
    given(&l, "reversal-asked", "q2", REVERSAL("q2", "q1")); /* waits again */
    check_said(&l, "");
    CHECK(task_next_timer(l.task, &again));
    CHECK_INT(again, l.now_ms + ACCOUNTS_DEADLINE_MS);
    fire(again, 1);
    check_said(&l, "= q2 {\"code\":\"91\"}\n");
    given(&l, "transaction-reversed", "A1",
          "{\"request\":\"q2\",\"original\":\"q1\",\"code\":\"00\"}");
    given(&l, "reversal-asked", "q2", REVERSAL("q2", "q1"));
    check_said(&l, "= q2 {\"code\":\"00\"}\n");
    ledger_close(&l);
}

TEST(decisions_about_others_are_ignored) {
    open_gateway();
    given(&l, "transaction-posted", "A1", POSTED("unknown"));
    check_said(&l, "");
    CHECK_INT((long long)task_counts(l.task).commits, 1); /* only the card's */
    ledger_close(&l);
}

#define ORIGIN "\"terminal\":\"ATM1\",\"card\":\"T1\",\"rrn\":\"R1\",\"channel\":\"atm\"}\n"
#define ASKED_OF(request, more)                                                                    \
    "{\"request\":\"" request "\",\"card\":\"T1\",\"amount\":300,\"currency\":\"203\","            \
    "\"terminal\":\"ATM1\",\"rrn\":\"R1\"" more "}"
#define REQUESTED(request)                                                                         \
    "{\"request\":\"" request "\",\"account\":\"A1\",\"amount\":300,"                              \
    "\"currency\":\"203\","

TEST(a_hold_is_asked_for_and_told_with_what_is_left) {
    open_gateway();
    given(&l, "authorization-asked", "q1", ASKED_OF("q1", ""));
    check_said(&l, "authorization-requested A1 " REQUESTED("q1") ORIGIN);
    given(&l, "hold-placed", "A1",
          "{\"request\":\"q1\",\"amount\":300,\"available\":700,\"expires\":1,\"code\":\"00\"}");
    check_said(&l, "= q1 {\"code\":\"00\",\"balance\":700,\"currency\":\"203\","
                   "\"approval\":\"000000\"}\n");
    ledger_close(&l);
}

TEST(a_hold_without_a_decision_is_voided_at_its_deadline) {
    int64_t due;
    open_gateway();
    given(&l, "authorization-asked", "q1", ASKED_OF("q1", ""));
    CHECK(task_next_timer(l.task, &due));
    fire(due, 1);
    check_said(&l, "reversal-requested A1 {\"request\":\"q1-R\",\"original\":\"q1\",\"account\":"
                   "\"A1\",\"amount\":300,\"currency\":\"203\"}\n= q1 {\"code\":\"91\"}\n");
    ledger_close(&l);
}

TEST(a_transfer_names_the_account_that_gets_the_money) {
    open_gateway();
    given(&l, "transfer-asked", "q1", ASKED_OF("q1", ",\"to\":\"A2\""));
    check_said(&l, "transfer-requested A1 " REQUESTED("q1") "\"to\":\"A2\"," ORIGIN);
    given(&l, "transfer-asked", "q1", ASKED_OF("q1", ",\"to\":\"A3\""));
    CHECK(strstr(buf_text(&l.said), "= q1 {\"code\":\"94\"}"));
    ledger_close(&l);
}

TEST(both_balances_are_told_in_the_accounts_currency_and_a_repeat_hears_the_same) {
    open_gateway();
    given(&l, "balance-asked", "q1", ASKED_OF("q1", ""));
    CHECK(strncmp(buf_text(&l.said), "balance-requested A1 ", 21) == 0);
    given(&l, "balance-told", "A1",
          "{\"request\":\"q1\",\"balance\":700,\"available\":500,\"currency\":\"978\"}");
    check_said(&l, "= q1 {\"code\":\"00\",\"balance\":700,\"available\":500,"
                   "\"currency\":\"978\",\"approval\":\"000000\"}\n");
    given(&l, "balance-asked", "q1", ASKED_OF("q1", ""));
    check_said(&l, "= q1 {\"code\":\"00\",\"balance\":700,\"available\":500,"
                   "\"currency\":\"978\",\"approval\":\"000000\"}\n");
    ledger_close(&l);
}

TEST(an_inquiry_without_an_answer_in_time_waits_again_and_is_not_asked_twice) {
    int64_t due;
    open_gateway();
    given(&l, "balance-asked", "q1", ASKED_OF("q1", ""));
    CHECK(task_next_timer(l.task, &due));
    fire(due, 1);
    check_said(&l, "= q1 {\"code\":\"91\"}\n");
    given(&l, "balance-asked", "q1", ASKED_OF("q1", ""));
    check_said(&l, "");
    CHECK(task_next_timer(l.task, &due));
    given(&l, "balance-told", "A1",
          "{\"request\":\"q1\",\"balance\":700,\"available\":500,\"currency\":\"978\"}");
    check_said(&l, "= q1 {\"code\":\"00\",\"balance\":700,\"available\":500,"
                   "\"currency\":\"978\",\"approval\":\"000000\"}\n");
    ledger_close(&l);
}

TEST(an_advice_is_acknowledged_by_the_commit_that_takes_it) {
    int64_t due;
    open_gateway();
    given(&l, "withdrawal-advice-asked", "q1-A", ASKED_OF("q1-A", ""));
    check_said(&l, "advice-requested A1 " REQUESTED("q1-A") "\"kind\":\"withdrawal\"," ORIGIN
                                                            "= q1-A {\"code\":\"00\"}\n");
    CHECK(!task_next_timer(l.task, &due));
    given(&l, "withdrawal-advice-asked", "q1-A", ASKED_OF("q1-A", "")); /* 0221 */
    check_said(&l, "= q1-A {\"code\":\"00\"}\n");
    given(&l, "transaction-posted", "A1", POSTED("q1-A"));
    check_said(&l, ""); /* nobody waits for it */
    ledger_close(&l);
}

TEST(an_advice_that_the_ledger_declines_is_set_aside_and_alarms) {
    open_gateway();
    given(&l, "deposit-advice-asked", "q1-A", ASKED_OF("q1-A", ""));
    given(&l, "transaction-declined", "A1",
          "{\"request\":\"q1-A\",\"account\":\"A1\",\"code\":\"58\",\"amount\":300}");
    check_said(&l, "atm-alarm-raised A1 {\"request\":\"q1-A\",\"account\":\"A1\",\"reason\":"
                   "\"an advice is set aside with code 58\",\"amount\":300}\n");
    ledger_reopen(&l);
    given(&l, "deposit-advice-asked", "q1-A", ASKED_OF("q1-A", ""));
    check_said(&l, "= q1-A {\"code\":\"00\"}\n");
    ledger_close(&l);
}

TEST(an_advice_that_cannot_be_read_is_acknowledged_and_set_aside_once) {
    static const char poison[] = "{\"request\":\"x-S\",\"message\":\"022\",\"amount\":0,"
                                 "\"reason\":\"13\"}";
    open_gateway();
    given(&l, "set-aside-asked", "x-S", poison);
    check_said(&l,
               "atm-alarm-raised x-S {\"request\":\"x-S\",\"account\":\"\",\"reason\":\"an advice "
               "is set aside with code 13\",\"amount\":0}\n= x-S {\"code\":\"00\"}\n");
    given(&l, "set-aside-asked", "x-S", poison);
    check_said(&l, "= x-S {\"code\":\"00\"}\n");
    ledger_close(&l);
}

TEST(an_advice_of_a_strangers_card_is_booked_under_the_cards_token) {
    open_gateway();
    given(&l, "withdrawal-advice-asked", "q1-A",
          "{\"request\":\"q1-A\",\"card\":\"T9\",\"amount\":300,\"currency\":\"203\"}");
    CHECK(strncmp(buf_text(&l.said), "advice-requested T9 ", 20) == 0);
    given(&l, "reversal-asked", "q2",
          "{\"request\":\"q2\",\"card\":\"T9\",\"amount\":300,\"currency\":\"203\","
          "\"original\":\"q1\"}");
    check_said(&l, "= q2 {\"code\":\"00\"}\n"); /* no money can have moved */
    ledger_close(&l);
}

static void given_posted_withdrawal(void) {
    open_gateway();
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "300"));
    given(&l, "transaction-posted", "A1", POSTED("q1"));
}

TEST(a_completion_of_a_withdrawal_tells_how_much_of_it_came_out) {
    given_posted_withdrawal();
    given(&l, "completion-asked", "q2-A",
          "{\"request\":\"q2-A\",\"card\":\"T1\",\"amount\":100,\"currency\":\"203\","
          "\"terminal\":\"ATM1\",\"rrn\":\"R1\",\"original\":\"q1\"}");
    check_said(&l, "reversal-requested A1 {\"request\":\"q2-A\",\"original\":\"q1\",\"account\":"
                   "\"A1\",\"amount\":300,\"currency\":\"203\",\"actual\":100," ORIGIN
                   "= q2-A {\"code\":\"00\"}\n");
    given(&l, "completion-asked", "q3-A", ASKED_OF("q3-A", ",\"original\":\"q1\""));
    check_said(&l, "= q3-A {\"code\":\"00\"}\n"); /* all of it: nothing is left to do */
    ledger_close(&l);
}

TEST(cash_of_a_withdrawal_that_was_taken_back_is_an_advice) {
    int64_t due;
    open_gateway();
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "300"));
    CHECK(task_next_timer(l.task, &due));
    fire(due, 1);
    given(&l, "completion-asked", "q2-A", ASKED_OF("q2-A", ",\"original\":\"q1\""));
    check_said(
        &l, "atm-alarm-raised A1 {\"request\":\"q2-A\",\"account\":\"A1\",\"reason\":\"cash of a "
            "withdrawal that was declined or taken back\",\"amount\":300}\n"
            "advice-requested A1 " REQUESTED("q2-A") "\"kind\":\"withdrawal\"," ORIGIN
                                                     "= q2-A {\"code\":\"00\"}\n");
    given(&l, "completion-asked", "q3-A", ASKED_OF("q3-A", ",\"original\":\"never\""));
    CHECK(strstr(buf_text(&l.said), "\"reason\":\"the completion of a request that never came\""));
    CHECK(strstr(buf_text(&l.said), "advice-requested A1 "));
    ledger_close(&l);
}

TEST(cash_that_names_the_withdrawal_of_another_account_is_set_aside_whatever_its_amount) {
    given_posted_withdrawal();
    given(&l, "card-opened", "A2", "{\"account\":\"A2\",\"card\":\"T2\",\"currency\":\"203\"}");
    for (int amount = 100; amount <= 300; amount += 200) { /* a part of it, and all of it */
        char json[256], request[16], wanted[200];
        (void)snprintf(request, sizeof(request), "q%d-A", amount);
        (void)snprintf(json, sizeof(json),
                       "{\"request\":\"%s\",\"card\":\"T2\",\"amount\":%d,\"currency\":\"203\","
                       "\"terminal\":\"ATM1\",\"rrn\":\"R1\",\"original\":\"q1\"}",
                       request, amount);
        (void)snprintf(
            wanted, sizeof(wanted),
            "atm-alarm-raised A2 {\"request\":\"%s\",\"account\":\"A2\",\"reason\":\"an "
            "advice is set aside with code 25\",\"amount\":%d}\n= %s {\"code\":\"00\"}\n",
            request, amount, request);
        given(&l, "completion-asked", request, json);
        check_said(&l, wanted);
    }
    ledger_close(&l);
}

/* The fixture's clock stands on 22 November 2026, and answers are kept for seven days. */
TEST(cash_of_what_may_be_forgotten_is_set_aside_and_not_posted_again) {
    open_gateway();
    given(&l, "completion-asked", "q2-A",
          ASKED_OF("q2-A", ",\"original\":\"ATM1-20261115-000001-R1\""));
    CHECK(strstr(buf_text(&l.said), "\"reason\":\"an advice is set aside with code 25\""));
    CHECK(!strstr(buf_text(&l.said), "advice-requested"));
    CHECK(strstr(buf_text(&l.said), "= q2-A {\"code\":\"00\"}"));
    ledger_reopen(&l);
    given(&l, "completion-asked", "q2-A",
          ASKED_OF("q2-A", ",\"original\":\"ATM1-20261115-000001-R1\""));
    check_said(&l, "= q2-A {\"code\":\"00\"}\n");
    given(&l, "completion-asked", "q3-A",
          ASKED_OF("q3-A", ",\"original\":\"ATM1-20261118-000001-R1\""));
    CHECK(strstr(buf_text(&l.said), "advice-requested A1 "));
    given(&l, "completion-asked", "q4-A",
          ASKED_OF("q4-A", ",\"original\":\"ATM1-2026111-000001-R1\"")); /* no date */
    CHECK(strstr(buf_text(&l.said), "advice-requested A1 "));
    ledger_close(&l);
}

#define COMPLETED(request)                                                                         \
    "completion-requested A1 {\"request\":\"" request "\",\"original\":\"q1\",\"account\":\"A1\"," \
    "\"amount\":300,\"currency\":\"203\"," ORIGIN "= " request " {\"code\":\"00\"}\n"

TEST(a_completion_finds_its_hold_by_number_or_by_retrieval_reference) {
    open_gateway();
    given(&l, "authorization-asked", "q1", ASKED_OF("q1", ""));
    given(&l, "completion-asked", "q2-A", ASKED_OF("q2-A", ",\"original\":\"q1\""));
    check_said(&l, COMPLETED("q2-A"));
    given(&l, "withdrawal-advice-asked", "q3-A", ASKED_OF("q3-A", ""));
    check_said(&l, COMPLETED("q3-A"));
    ledger_close(&l);
}

TEST(a_reversal_sent_again_as_an_advice_is_the_same_and_is_acknowledged) {
    open_gateway();
    given(&l, "reversal-asked", "q2", REVERSAL("q2", "q1"));
    given(&l, "reversal-advice-asked", "q2", REVERSAL("q2", "q1"));
    check_said(&l, "= q2 {\"code\":\"00\"}\n");
    given(&l, "reversal-advice-asked", "q3", REVERSAL("q3", "q1"));
    CHECK(strncmp(buf_text(&l.said), "reversal-requested A1 ", 22) == 0);
    CHECK(strstr(buf_text(&l.said), "= q3 {\"code\":\"00\"}\n"));
    given(&l, "transaction-declined", "A1", /* the reversal of a reversal */
          "{\"request\":\"q3\",\"account\":\"A1\",\"code\":\"12\",\"amount\":300}");
    CHECK(strncmp(buf_text(&l.said), "atm-alarm-raised A1 ", 16) == 0);
    ledger_close(&l);
}

TEST(a_partial_reversal_says_what_came_out) {
    open_gateway();
    given(&l, "reversal-asked", "q2",
          "{\"request\":\"q2\",\"card\":\"T1\",\"amount\":300,\"currency\":\"203\","
          "\"terminal\":\"ATM1\",\"original\":\"q1\",\"actual\":100}");
    CHECK(strstr(buf_text(&l.said), "\"currency\":\"203\",\"actual\":100,\"terminal\""));
    given(&l, "reversal-asked", "q2", REVERSAL("q2", "q1")); /* now of all of it */
    CHECK(strstr(buf_text(&l.said), "= q2 {\"code\":\"94\"}"));
    ledger_close(&l);
}

/* ---- over HTTP */

#define TELLER(more) "{\"account\":\"A1\",\"amount\":300,\"currency\":\"CZK\"" more "}"
#define OVER_HTTP(type, more)                                                                      \
    type " A1 "                                                                                    \
         "{\"request\":\"http:k1\",\"account\":\"A1\",\"amount\":300,\"currency\":\"203\"," more   \
         "\"channel\":\"http\"}\n"
#define TOLD(status, title, code, more)                                                            \
    "= k1 {\"status\":" status "," title "\"code\":\"" code                                        \
    "\",\"request\":\"http:k1\",\"account\":\"A1\"" more "}\n"
#define AMOUNTS ",\"balance\":700,\"available\":700,\"currency\":\"203\""

TEST(a_teller_names_accounts_and_its_answer_is_kept_for_its_key) {
    open_gateway();
    given(&l, "teller-withdrawal-asked", "k1", TELLER(""));
    check_said(&l, OVER_HTTP("withdrawal-requested", ""));
    given(&l, "teller-withdrawal-asked", "k1", TELLER("")); /* the first line was lost */
    check_said(&l, "");
    given(&l, "transaction-posted", "A1", POSTED("http:k1"));
    check_said(&l, TOLD("200", "", "00", AMOUNTS));
    ledger_reopen(&l);
    given(&l, "teller-withdrawal-asked", "k1", TELLER(""));
    check_said(&l, TOLD("200", "", "00", AMOUNTS));
    ledger_close(&l);
}

TEST(a_teller_is_told_400_of_more_than_can_have_come_out) {
    open_gateway();
    given(&l, "teller-reversal-asked", "k1",
          TELLER(",\"original\":\"http:k0\",\"actual\":1000000000001"));
    CHECK(strncmp(buf_text(&l.said), "= k1 {\"status\":400,", 19) == 0);
    ledger_close(&l);
}

TEST(a_tellers_key_with_another_body_or_account_is_422) {
    open_gateway();
    given(&l, "teller-withdrawal-asked", "k1", TELLER(""));
    given(&l, "teller-deposit-asked", "k1", TELLER(""));
    check_said(&l,
               TOLD("422", "\"title\":\"the Idempotency-Key was another request's\",", "94", ""));
    given(&l, "teller-withdrawal-asked", "k1",
          "{\"account\":\"A2\",\"amount\":300,\"currency\":\"203\"}");
    CHECK(strncmp(buf_text(&l.said), "= k1 {\"status\":422,", 19) == 0);
    given(&l, "transaction-posted", "A1", POSTED("http:k1")); /* the first goes on */
    check_said(&l, TOLD("200", "", "00", AMOUNTS));
    given(&l, "teller-withdrawal-asked", "k1",
          "{\"account\":\"A1\",\"amount\":301,\"currency\":\"203\"}");
    CHECK(strncmp(buf_text(&l.said), "= k1 {\"status\":422,", 19) == 0);
    ledger_close(&l);
}

TEST(each_way_of_a_teller_asks_the_ledger_its_own_question) {
    open_gateway();
    given(&l, "teller-deposit-asked", "k1", TELLER(""));
    check_said(&l, OVER_HTTP("deposit-requested", ""));
    ledger_reopen(&l);
    given(&l, "teller-transfer-asked", "k2", TELLER(",\"to\":\"A2\""));
    CHECK(strstr(buf_text(&l.said), "transfer-requested A1 ")
          && strstr(buf_text(&l.said), "\"to\":\"A2\""));
    given(&l, "teller-authorization-asked", "k3", TELLER(",\"expires\":1795348900000"));
    CHECK(strstr(buf_text(&l.said), "authorization-requested A1 ")
          && strstr(buf_text(&l.said), "\"expires\":1795348900000"));
    given(&l, "teller-completion-asked", "k4", TELLER(",\"original\":\"http:k3\""));
    CHECK(strstr(buf_text(&l.said), "completion-requested A1 "));
    given(&l, "teller-reversal-asked", "k5",
          "{\"account\":\"A1\",\"currency\":\"203\",\"original\":\"http:k1\"}");
    CHECK(strstr(buf_text(&l.said), "reversal-requested A1 {\"request\":\"http:k5\",\"original\":"
                                    "\"http:k1\",\"account\":\"A1\",\"amount\":300,"));
    ledger_close(&l);
}

TEST(a_teller_that_says_too_little_is_told_400) {
    static const char *const bad[] = {
        "{\"account\":\"A1\",\"amount\":300}",
        "{\"account\":\"A1\",\"currency\":\"203\"}",
        "{\"account\":\"A1\",\"amount\":0,\"currency\":\"203\"}",
        "{\"account\":\"A1\",\"amount\":-5,\"currency\":\"203\"}",
        "{\"account\":\"A1\",\"amount\":1000000000001,\"currency\":\"203\"}",
        "{\"account\":\"A1\",\"amount\":\"300\",\"currency\":\"203\"}",
        "{\"account\":\"A1\",\"amount\":300,\"currency\":\"QQQ\"}",
        "{\"account\":\"cash:203\",\"amount\":300,\"currency\":\"203\"}",
    };
    open_gateway();
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        given(&l, "teller-withdrawal-asked", "k1", bad[i]);
        if (strncmp(buf_text(&l.said), "= k1 {\"status\":400,", 19) != 0)
            CHECK_TEXT(buf_text(&l.said), bad[i]);
    }
    given(&l, "teller-transfer-asked", "k1", TELLER(""));
    CHECK(strncmp(buf_text(&l.said), "= k1 {\"status\":400,", 19) == 0);
    given(&l, "teller-reversal-asked", "k1", TELLER(""));
    CHECK(strncmp(buf_text(&l.said), "= k1 {\"status\":400,", 19) == 0);
    given(&l, "teller-withdrawal-asked", "k1", TELLER("")); /* nothing of it was kept */
    check_said(&l, OVER_HTTP("withdrawal-requested", ""));
    ledger_close(&l);
}

TEST(a_decline_is_told_in_the_words_of_http) {
    open_gateway();
    given(&l, "teller-withdrawal-asked", "k1", TELLER(""));
    given(&l, "transaction-declined", "A1",
          "{\"request\":\"http:k1\",\"account\":\"A1\",\"code\":\"51\",\"amount\":300}");
    check_said(&l, TOLD("402", "\"title\":\"the balance is smaller\",", "51", ""));
    ledger_close(&l);
}

TEST(a_teller_without_a_decision_in_time_is_told_504_and_reversed) {
    int64_t due;
    open_gateway();
    given(&l, "teller-withdrawal-asked", "k1", TELLER(""));
    CHECK(task_next_timer(l.task, &due));
    fire(due, 1);
    check_said(
        &l, "reversal-requested A1 {\"request\":\"http:k1-R\",\"original\":\"http:k1\","
            "\"account\":\"A1\",\"amount\":300,\"currency\":\"203\"}\n" TOLD(
                "504", "\"title\":\"no decision in time; money does not stay moved\",", "91", ""));
    given(&l, "teller-withdrawal-asked", "k1", TELLER(""));
    check_said(
        &l, TOLD("504", "\"title\":\"no decision in time; money does not stay moved\",", "91", ""));
    ledger_close(&l);
}

TEST(a_read_of_a_balance_leaves_nothing_behind) {
    open_gateway();
    given(&l, "teller-balance-asked", "read-1", "{\"account\":\"A1\"}");
    CHECK(strncmp(buf_text(&l.said), "balance-requested A1 ", 21) == 0);
    given(&l, "balance-told", "A1",
          "{\"request\":\"http:read-1\",\"balance\":7,\"available\":5,\"currency\":\"203\"}");
    check_said(&l,
               "= read-1 {\"status\":200,\"code\":\"00\",\"request\":\"http:read-1\",\"account\":"
               "\"A1\",\"balance\":7,\"available\":5,\"currency\":\"203\"}\n");
    given(&l, "teller-balance-asked", "read-1", "{\"account\":\"A1\"}");
    CHECK(strncmp(buf_text(&l.said), "balance-requested A1 ", 21) == 0);
    ledger_close(&l);
}
