/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The shipped declaration stands in for nobody; here it says that it does. The ledger beside the
 * gateway is the real one, so that what came out of the machine is held against the books. */
#include "ask_fixture.h"

static struct ledger gateway, books;
static char *declared;

static void declare(const char *stand_in) {
    static const char none[] = "stand_in: 0 ";
    const char *text = accounts_system.declaration, *at = strstr(text, none);
    CHECK(at);
    declared =
        text_format("%.*sstand_in: %s %s", (int)(at - text), text, stand_in, at + sizeof(none) - 1);
}

static void reopen_declared(struct ledger *l, const char *service) {
    task_close(l->task);
    schemas_close(l->schemas);
    declaration_destroy(l->declaration);
    CHECK_OK(declaration_read(&l->declaration, "octavo.yaml", bytes_text(declared)));
    l->schemas = promised_open(l->declaration, "src/systems/accounts");
    l->options.service = declaration_service(l->declaration, service);
    CHECK_OK(task_open(&l->task, &l->options));
}

static void open_bank(const char *stand_in) {
    declare(stand_in);
    ledger_open(&books, "transaction-processor", processor_handlers);
    opens(&books, "A1", "203");
    asks_amount(&books, "deposit-requested", "d0", 1000);
    ledger_open(&gateway, "atm", gateway_handlers);
    reopen_declared(&gateway, "atm");
    given(&gateway, "card-opened", "A1",
          "{\"account\":\"A1\",\"card\":\"T1\",\"currency\":\"203\"}");
}

static void close_bank(void) {
    ledger_close(&gateway);
    ledger_close(&books);
    free(declared);
}

static void machine(const char *type, const char *request, int amount, const char *more) {
    char *json = text_format("{\"request\":\"%s\",\"card\":\"T1\",\"amount\":%d,"
                             "\"currency\":\"203\",\"terminal\":\"ATM1\"%s}",
                             request, amount, more);
    given(&gateway, type, request, json);
    free(json);
}

/* All that `from` has said is given to `to`, but replies. */
static void carry(struct ledger *from, struct ledger *to) {
    char *said = text_copy(buf_text(&from->said)), *rest;
    struct buf all = { 0 };
    for (char *line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char type[48], key[48];
        if (sscanf(line, "%47s %47s", type, key) != 2 || type[0] == '=')
            continue;
        given(to, type, key, strchr(line, '{'));
        buf_put_text(&all, buf_text(&to->said));
    }
    buf_clear(&to->said);
    buf_put_text(&to->said, buf_text(&all));
    buf_finish(&all);
    free(said);
}

static void deadlines_pass(size_t wanted) {
    size_t taken;
    gateway.now_ms += ACCOUNTS_DEADLINE_MS;
    task_begin(gateway.task);
    CHECK_OK(task_take_timers(gateway.task, gateway.now_ms, 100, &taken));
    CHECK_INT((long long)taken, (long long)wanted);
    ledger_commit(&gateway);
}

static void deadline_passes(void) {
    deadlines_pass(1);
}

/* What the gateway has said, to the ledger, its decisions back, and what follows of them. */
static void ledger_decides(const char *said_before) {
    buf_clear(&gateway.said);
    buf_put_text(&gateway.said, said_before);
    carry(&gateway, &books);
    carry(&books, &gateway);
    carry(&gateway, &books);
}

static char *remembered(void) {
    return text_copy(buf_text(&gateway.said));
}

static int64_t balance(void) {
    return account_column(&books, "A1", ACCOUNT_BALANCE);
}

TEST(as_it_is_shipped_nobody_stands_in) {
    open_bank("0");
    machine("withdrawal-asked", "q1", 300, "");
    deadline_passes();
    CHECK(strstr(buf_text(&gateway.said), "= q1 {\"code\":\"91\"}"));
    CHECK(strstr(buf_text(&gateway.said), "reversal-requested A1 "));
    close_bank();
}

TEST(what_was_approved_in_the_ledgers_place_is_posted_once_when_it_is_back) {
    open_bank("500");
    machine("withdrawal-asked", "q1", 300, "");
    char *asked = remembered();
    deadline_passes();
    check_said(&gateway, "= q1 {\"code\":\"00\"}\n"); /* and no reversal */
    machine("withdrawal-asked", "q1", 300, "");
    check_said(&gateway, "= q1 {\"code\":\"00\"}\n");
    ledger_decides(asked);
    CHECK_INT(balance(), 700);
    machine("withdrawal-asked", "q1", 300, "");
    check_said(&gateway, "= q1 {\"code\":\"00\"}\n");
    free(asked);
    close_bank();
}

TEST(what_the_ledger_would_have_declined_is_posted_by_force_with_an_alarm) {
    open_bank("5000");
    machine("withdrawal-asked", "q1", 3000, "");
    char *asked = remembered();
    deadline_passes();
    ledger_decides(asked);
    CHECK_INT(balance(), -2000);
    ledger_decides(asked); /* the decision told again */
    CHECK_INT(balance(), -2000);
    machine("withdrawal-asked", "q1", 3000, "");
    check_said(&gateway, "= q1 {\"code\":\"00\"}\n");
    free(asked);
    close_bank();
}

/* ---- a machine takes it back: before the deadline, before the ledger's word, behind it */

enum late { BEFORE_DEADLINE, BEFORE_WORD, BEHIND_WORD };

static void take_back(int amount, enum late late) {
    open_bank("5000");
    machine("withdrawal-asked", "q1", amount, "");
    char *asked = remembered();
    if (late != BEFORE_DEADLINE)
        deadline_passes();
    if (late == BEHIND_WORD)
        ledger_decides(asked);
    machine("reversal-asked", "q2", amount, ",\"original\":\"q1\"");
    char *reversal = remembered();
    if (late == BEFORE_DEADLINE)
        deadlines_pass(2); /* of the reversal, too */
    if (late != BEHIND_WORD)
        ledger_decides(asked);
    ledger_decides(reversal);
    CHECK_INT(balance(), 1000);
    free(asked);
    free(reversal);
    close_bank();
}

TEST(what_is_taken_back_before_the_deadline_is_not_stood_in_for) {
    take_back(300, BEFORE_DEADLINE);
}

TEST(what_is_taken_back_before_the_deadline_and_declined_is_not_forced) {
    take_back(3000, BEFORE_DEADLINE);
}

TEST(what_is_taken_back_before_the_ledgers_word_moves_nothing_when_it_approves) {
    take_back(300, BEFORE_WORD);
}

TEST(what_is_taken_back_before_the_ledgers_word_moves_nothing_when_it_declines) {
    take_back(3000, BEFORE_WORD);
}

TEST(what_is_taken_back_behind_the_ledgers_word_comes_back_when_it_has_approved) {
    take_back(300, BEHIND_WORD);
}

TEST(what_is_taken_back_behind_the_ledgers_word_comes_back_when_it_was_forced) {
    take_back(3000, BEHIND_WORD);
}

static void give_in_part(int amount) {
    open_bank("5000");
    machine("withdrawal-asked", "q1", amount, "");
    char *asked = remembered();
    deadline_passes();
    machine("reversal-advice-asked", "q2", amount, ",\"original\":\"q1\",\"actual\":200");
    char *reversal = remembered();
    ledger_decides(asked);
    ledger_decides(reversal);
    CHECK_INT(balance(), 800);
    free(asked);
    free(reversal);
    close_bank();
}

TEST(of_what_came_out_in_part_the_rest_comes_back_when_the_ledger_approves) {
    give_in_part(300);
}

TEST(of_what_came_out_in_part_that_part_is_posted_when_the_ledger_declines) {
    give_in_part(3000);
}

TEST(another_accounts_reversal_leaves_what_was_stood_in_for_as_it_is) {
    open_bank("5000");
    given(&gateway, "card-opened", "A2",
          "{\"account\":\"A2\",\"card\":\"T2\",\"currency\":\"203\"}");
    machine("withdrawal-asked", "q1", 3000, "");
    char *asked = remembered();
    deadline_passes();
    given(&gateway, "reversal-asked", "q2",
          "{\"request\":\"q2\",\"card\":\"T2\",\"amount\":3000,\"currency\":\"203\","
          "\"terminal\":\"ATM1\",\"original\":\"q1\"}");
    ledger_decides(asked);
    CHECK_INT(balance(), -2000); /* forced, and whole */
    free(asked);
    close_bank();
}

TEST(another_accounts_reversal_leaves_what_will_be_stood_in_for_as_it_is) {
    open_bank("5000");
    given(&gateway, "card-opened", "A2",
          "{\"account\":\"A2\",\"card\":\"T2\",\"currency\":\"203\"}");
    machine("withdrawal-asked", "q1", 300, "");
    given(&gateway, "reversal-asked", "q2",
          "{\"request\":\"q2\",\"card\":\"T2\",\"amount\":300,\"currency\":\"203\","
          "\"terminal\":\"ATM1\",\"original\":\"q1\"}");
    deadlines_pass(2);
    CHECK(strstr(buf_text(&gateway.said), "= q1 {\"code\":\"00\"}"));
    close_bank();
}

TEST(what_came_out_beyond_what_was_stood_in_for_is_not_charged_but_told) {
    open_bank("5000");
    machine("withdrawal-asked", "q1", 3000, "");
    char *asked = remembered();
    deadline_passes();
    machine("reversal-advice-asked", "q2", 3000, ",\"original\":\"q1\",\"actual\":3500");
    says(&gateway, "atm-alarm-raised", "request:q1 amount:500");
    char *reversal = remembered();
    ledger_decides(asked);
    ledger_decides(reversal);
    CHECK_INT(balance(), -2000);
    free(asked);
    free(reversal);
    close_bank();
}

TEST(a_card_gets_so_much_in_a_day_and_only_in_its_currency) {
    open_bank("500");
    machine("withdrawal-asked", "q1", 300, "");
    deadline_passes();
    check_said(&gateway, "= q1 {\"code\":\"00\"}\n");
    machine("withdrawal-asked", "q2", 201, "");
    deadline_passes();
    CHECK(strstr(buf_text(&gateway.said), "= q2 {\"code\":\"91\"}"));
    machine("withdrawal-asked", "q3", 200, "");
    deadline_passes();
    check_said(&gateway, "= q3 {\"code\":\"00\"}\n");
    machine("deposit-asked", "q4", 1, "");
    deadline_passes();
    CHECK(strstr(buf_text(&gateway.said), "= q4 {\"code\":\"91\"}"));
    gateway.now_ms += 24 * 3600 * 1000;
    machine("withdrawal-asked", "q5", 500, "");
    deadline_passes();
    check_said(&gateway, "= q5 {\"code\":\"00\"}\n");
    gateway.now_ms += 24 * 3600 * 1000;
    given(&gateway, "withdrawal-asked", "q6",
          "{\"request\":\"q6\",\"card\":\"T1\",\"amount\":10,\"currency\":\"978\","
          "\"terminal\":\"ATM1\"}");
    deadline_passes();
    CHECK(strstr(buf_text(&gateway.said), "= q6 {\"code\":\"91\"}"));
    close_bank();
}
