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
                   "\"currency\":\"203\",\"terminal\":\"ATM1\"}\n");
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
                   "\"A1\",\"amount\":300,\"currency\":\"203\",\"terminal\":\"ATM1\"}\n");
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

TEST(the_same_request_with_another_body_is_answered_94) {
    open_gateway();
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "300"));
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "301"));
    check_said(&l, "= q1 {\"code\":\"94\"}\n");
    given(&l, "deposit-asked", "q1", ASKED("q1", "300"));
    check_said(&l, "= q1 {\"code\":\"94\"}\n");
    given(&l, "transaction-posted", "A1", POSTED("q1")); /* the first one goes on */
    check_said(&l, "= q1 " APPROVED);
    given(&l, "withdrawal-asked", "q1", ASKED("q1", "3000"));
    check_said(&l, "= q1 {\"code\":\"94\"}\n");
    ledger_close(&l);
}

TEST(a_request_with_a_field_missing_or_a_name_too_long_is_answered_30) {
    char request[210], json[400];
    open_gateway();
    given(&l, "withdrawal-asked", "q1", "{\"request\":\"q1\",\"card\":\"T1\"}");
    check_said(&l, "= q1 {\"code\":\"30\"}\n");
    given(&l, "reversal-asked", "q2", ASKED("q2", "300")); /* no original */
    check_said(&l, "= q2 {\"code\":\"30\"}\n");
    memset(request, 'x', 201);
    request[201] = 0;
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
