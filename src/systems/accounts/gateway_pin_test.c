/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "accounts_fixture.h"
#include "command_fixture.h"

static struct ledger l;

static void open_gateway(void) {
    ledger_open(&l, "atm", gateway_handlers);
    given(&l, "card-opened", "A1", "{\"account\":\"A1\",\"card\":\"T1\",\"currency\":\"203\"}");
}

static void asks(const char *type, const char *request, const char *card) {
    char json[256];
    (void)snprintf(json, sizeof(json),
                   "{\"request\":\"%s\",\"card\":\"%s\",\"amount\":300,\"currency\":\"203\","
                   "\"terminal\":\"ATM1\"}",
                   request, card);
    given(&l, type, request, json);
}

static void says_code(const char *request, const char *code) {
    char wanted[64];
    (void)snprintf(wanted, sizeof(wanted), "= %s {\"code\":\"%s\"}\n", request, code);
    if (!strstr(buf_text(&l.said), wanted))
        test_failed(__FILE__, __LINE__, "no %s in %s", wanted, buf_text(&l.said));
}

static void asks_ledger(bool wanted) {
    CHECK((strstr(buf_text(&l.said), "withdrawal-requested A1 ") != NULL) == wanted);
}

TEST(three_wrong_pins_in_a_row_block_a_card_and_the_right_one_comes_too_late) {
    open_gateway();
    asks("pin-wrong-asked", "q1", "T1");
    says_code("q1", "55");
    asks("pin-wrong-asked", "q2", "T1");
    says_code("q2", "55");
    asks("pin-wrong-asked", "q3", "T1");
    says_code("q3", "75");
    CHECK(strstr(buf_text(&l.said), "alarm-raised A1 {\"request\":\"q3\""));
    ledger_reopen(&l);
    asks("withdrawal-asked", "q4", "T1");
    says_code("q4", "75");
    asks_ledger(false);
    asks("pin-wrong-asked", "q5", "T1");
    says_code("q5", "75");
    CHECK(!strstr(buf_text(&l.said), "alarm-raised")); /* once */
    ledger_close(&l);
}

TEST(the_right_pin_forgets_the_wrong_ones_before_it) {
    open_gateway();
    for (int round = 0; round < 3; round++) {
        char request[32];
        for (int i = 0; i < 2; i++) {
            (void)snprintf(request, sizeof(request), "q%d-%d", round, i);
            asks("pin-wrong-asked", request, "T1");
            says_code(request, "55");
        }
        (void)snprintf(request, sizeof(request), "w%d", round);
        asks("withdrawal-asked", request, "T1");
        asks_ledger(true);
    }
    ledger_close(&l);
}

TEST(the_same_wrong_pin_sent_again_counts_once) {
    open_gateway();
    for (int i = 0; i < 5; i++) {
        asks("pin-wrong-asked", "q1", "T1");
        says_code("q1", "55");
    }
    asks("withdrawal-asked", "q2", "T1");
    asks_ledger(true);
    ledger_close(&l);
}

TEST(under_the_name_of_a_wrong_pin_nobody_learns_which_one_is_right) {
    open_gateway();
    asks("pin-wrong-asked", "q1", "T1");
    says_code("q1", "55");
    asks("withdrawal-asked", "q1", "T1");
    says_code("q1", "55");
    asks_ledger(false);
    CHECK(!strstr(buf_text(&l.said), "alarm-raised"));
    asks("balance-asked", "q1", "T1");
    says_code("q1", "55");
    asks("pin-wrong-asked", "q1", "T1"); /* its repeat: counted once */
    says_code("q1", "55");
    asks("pin-wrong-asked", "q2", "T1");
    says_code("q2", "55");
    asks("pin-wrong-asked", "q3", "T1");
    says_code("q3", "75");
    ledger_close(&l);
}

TEST(a_wrong_pin_under_the_name_of_what_is_pending_or_decided_counts) {
    open_gateway();
    asks("withdrawal-asked", "q1", "T1");
    asks("pin-wrong-asked", "q1", "T1");
    says_code("q1", "55"); /* and the ledger's answer is not for him */
    given(&l, "transaction-posted", "A1",
          "{\"request\":\"q1\",\"account\":\"A1\",\"code\":\"00\",\"amount\":300,\"balance\":700,"
          "\"entry\":7}");
    CHECK(strstr(buf_text(&l.said), "= q1 {\"code\":\"00\""));
    asks("pin-wrong-asked", "q1", "T1");
    says_code("q1", "55");
    asks("pin-wrong-asked", "q1", "T1");
    says_code("q1", "75");
    asks("withdrawal-asked", "q2", "T1");
    says_code("q2", "75");
    asks("withdrawal-asked", "q1", "T1"); /* what was answered stays answered */
    CHECK(strstr(buf_text(&l.said), "= q1 {\"code\":\"00\""));
    ledger_close(&l);
}

TEST(a_blocked_card_blocks_no_other_and_takes_what_was_done_already) {
    open_gateway();
    given(&l, "card-opened", "A2", "{\"account\":\"A2\",\"card\":\"T2\",\"currency\":\"203\"}");
    asks("withdrawal-asked", "q0", "T1");
    asks("pin-wrong-asked", "q1", "T1");
    asks("pin-wrong-asked", "q2", "T1");
    asks("pin-wrong-asked", "q3", "T1");
    asks("withdrawal-asked", "q4", "T2");
    CHECK(strstr(buf_text(&l.said), "withdrawal-requested A2 "));
    asks("withdrawal-advice-asked", "q5", "T1");
    says_code("q5", "00");
    given(&l, "reversal-asked", "q6",
          "{\"request\":\"q6\",\"card\":\"T1\",\"amount\":300,\"currency\":\"203\","
          "\"terminal\":\"ATM1\",\"original\":\"q0\"}");
    CHECK(strstr(buf_text(&l.said), "reversal-requested A1 "));
    asks("pin-wrong-asked", "q7", "T9"); /* nobody's: nothing is counted, and nothing told */
    says_code("q7", "55");
    ledger_close(&l);
}

TEST(an_operator_lets_a_blocked_card_in_again) {
    open_gateway();
    CHECK_INT(command_run(&l, accounts_pin, "pin ls"), 0);
    CHECK_TEXT(command_out, "0 cards\n");
    asks("pin-wrong-asked", "q1", "T1");
    asks("pin-wrong-asked", "q2", "T1");
    asks("pin-wrong-asked", "q3", "T1");
    CHECK_INT(command_run(&l, accounts_pin, "pin ls --json"), 0);
    CHECK(strstr(command_out, "{\"account\":\"A1\",\"card\":\"T1\",\"tries\":3,\"time\":"));
    given(&l, "card-unblock-requested", "A2", /* another's */
          "{\"request\":\"r0\",\"account\":\"A2\",\"card\":\"T1\"}");
    check_said(&l, "card-unblock-refused A2 {\"request\":\"r0\",\"account\":\"A2\",\"card\":\"T1\","
                   "\"reason\":\"no wrong PIN is counted of this card of this account\"}\n");
    given(&l, "card-unblock-requested", "A1",
          "{\"request\":\"r1\",\"account\":\"A1\",\"card\":\"T1\"}");
    check_said(&l, "card-unblocked A1 {\"request\":\"r1\",\"account\":\"A1\",\"card\":\"T1\"}\n");
    asks("withdrawal-asked", "q4", "T1");
    asks_ledger(true);
    asks("withdrawal-asked", "q3", "T1"); /* what was answered stays answered */
    says_code("q3", "75");
    ledger_close(&l);
}

TEST(a_reset_of_pins_refuses_what_cannot_be_before_anything_is_sent) {
    static const char *const wrong[] = { "pin",
                                         "pin unblock",
                                         "pin ls A1",
                                         "pin reset",
                                         "pin reset A1",
                                         "pin reset A1 --card",
                                         "pin reset A1 --card 12",
                                         "pin reset A1 A2 --card 9999990000005765",
                                         "pin reset A1 --card 999999000000576x" };
    open_gateway();
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        CHECK_INT(command_run(&l, accounts_pin, wrong[i]), 2);
        CHECK(strstr(command_err, "wrong usage"));
    }
    ledger_close(&l);
}
