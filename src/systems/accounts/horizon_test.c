/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What is over is remembered so long and no longer: inside the horizon late words find what they
 * speak of, behind it they change nothing twice, and no store grows for ever. */
#include "horizon.h"
#include "ask_fixture.h"
#include "communications.h"
#include "gateway.h"
#include "limits.h"
#include "runtime/task_effects.h"

static struct ledger l;

enum { ROUNDS = 12, ROUND_REQUESTS = 60, KEPT_MAX = 6 * ROUND_REQUESTS };

static void pass_days(int64_t days) {
    l.now_ms += days * DAY_MS;
}

/* ---- the gateway */

enum { TABLE_REQUEST = 1, TABLE_REFERENCE = 2 };

static void machine(const char *type, const char *request, const char *more) {
    char *json = text_format("{\"request\":\"%s\",\"card\":\"T1\",\"amount\":300,"
                             "\"currency\":\"203\",\"terminal\":\"ATM1\"%s}",
                             request, more);
    given(&l, type, request, json);
    free(json);
}

static void decided(const char *type, const char *request) {
    char *json = text_format("{\"request\":\"%s\",\"account\":\"A1\",\"amount\":300,"
                             "\"code\":\"00\",\"balance\":700,\"currency\":\"203\",\"entry\":5}",
                             request);
    given(&l, type, "A1", json);
    free(json);
}

static void open_gateway(void) {
    ledger_open(&l, "atm", gateway_handlers);
    given(&l, "card-opened", "A1", "{\"account\":\"A1\",\"card\":\"T1\",\"currency\":\"203\"}");
}

TEST(a_machine_hears_the_answer_of_then_for_seven_days) {
    open_gateway();
    machine("withdrawal-asked", "q1", "");
    decided("transaction-posted", "q1");
    l.now_ms += 7 * DAY_MS - 1;
    given(&l, "card-opened", "A1", "{\"account\":\"A1\",\"card\":\"T1\",\"currency\":\"203\"}");
    machine("withdrawal-asked", "q1", "");
    check_said(&l, "= q1 {\"code\":\"00\",\"balance\":700,\"currency\":\"203\",\"approval\":"
                   "\"000005\"}\n");
    machine("reversal-asked", "q2", ",\"original\":\"q1\""); /* late, and it goes its way */
    says(&l, "reversal-requested", "request:q2 original:q1");
    l.now_ms += 1;
    given(&l, "card-opened", "A1", "{\"account\":\"A1\",\"card\":\"T1\",\"currency\":\"203\"}");
    machine("withdrawal-asked", "q1", ""); /* another one, of that name */
    says(&l, "withdrawal-requested", "request:q1");
    ledger_close(&l);
}

TEST(what_is_not_decided_is_not_forgotten) {
    open_gateway();
    machine("reversal-asked", "r1", ",\"original\":\"q1\"");
    machine("withdrawal-advice-asked", "a1", "");
    for (int i = 0; i < 3; i++) {
        pass_days(30);
        decided("transaction-posted", "of-somebody-else");
    }
    machine("reversal-asked", "r1", ",\"original\":\"q1\"");
    says_not(&l, "reversal-requested"); /* it waits for its first asking */
    given(&l, "transaction-declined", "A1",
          "{\"request\":\"a1\",\"account\":\"A1\",\"amount\":300,\"code\":\"13\",\"balance\":0}");
    says(&l, "atm-alarm-raised", "request:a1");
    CHECK_INT((long long)table_rows(&l, TABLE_REQUEST), 2);
    ledger_close(&l);
}

TEST(a_hold_is_found_by_its_reference_as_long_as_it_stands_and_some_days_more) {
    open_gateway();
    machine("authorization-asked", "h1", ",\"rrn\":\"000000000017\"");
    decided("hold-placed", "h1");
    l.now_ms += 14 * DAY_MS - 1;
    decided("transaction-posted", "of-somebody-else");
    machine("withdrawal-advice-asked", "c1", ",\"rrn\":\"000000000017\"");
    says(&l, "completion-requested", "request:c1 original:h1");
    l.now_ms += 1;
    decided("transaction-posted", "of-somebody-else");
    machine("withdrawal-advice-asked", "c2", ",\"rrn\":\"000000000017\"");
    says(&l, "advice-requested", "request:c2"); /* the cash is out, and is booked */
    ledger_close(&l);
}

TEST(a_completion_that_says_what_was_approved_is_over_at_once) {
    open_gateway();
    machine("withdrawal-asked", "q1", "");
    decided("transaction-posted", "q1");
    machine("completion-asked", "c1", ",\"original\":\"q1\"");
    check_said(&l, "= c1 {\"code\":\"00\"}\n");
    pass_days(8);
    for (int i = 0; i < 2; i++)
        decided("transaction-posted", "of-somebody-else");
    machine("withdrawal-asked", "q2", "");
    CHECK_INT((long long)table_rows(&l, TABLE_REQUEST), 1);
    ledger_close(&l);
}

TEST(the_gateways_store_stops_growing) {
    char request[32], rrn[48];
    size_t most = 0;
    open_gateway();
    for (int round = 0; round < ROUNDS; round++, pass_days(5)) {
        for (int i = 0; i < ROUND_REQUESTS; i++) {
            (void)snprintf(request, sizeof(request), "q%d-%d", round, i);
            (void)snprintf(rrn, sizeof(rrn), ",\"rrn\":\"%012d\"", round * ROUND_REQUESTS + i);
            machine(i % 2 ? "authorization-asked" : "withdrawal-asked", request, rrn);
            decided(i % 2 ? "hold-placed" : "transaction-posted", request);
        }
        size_t rows = table_rows(&l, TABLE_REQUEST) + table_rows(&l, TABLE_REFERENCE);
        most = rows > most ? rows : most;
    }
    CHECK(most > ROUND_REQUESTS && most < KEPT_MAX);
    ledger_close(&l);
}

/* ---- the governor */

enum { TABLE_CHANGE = 4, TABLE_DECISION = 5 };

static char limits_said[LIMITS_TEXT_CHARS];

static const char *limits_of(int64_t day, int64_t used, int64_t count) {
    (void)snprintf(limits_said, sizeof(limits_said),
                   "v=0;tz=%s;d=%" PRId64 ";day.a=%" PRId64 ";day.c=%" PRId64 ";month.a=%" PRId64
                   ";month.c=%" PRId64,
                   octavo_zone_version(), day, used, count, used, count);
    return limits_said;
}

static void governed(const char *type, const char *request, const char *more) {
    bool declined = strcmp(type, "transaction-declined") == 0;
    char *json = text_format("{\"account\":\"A1\",\"request\":\"%s\",\"kind\":\"withdrawal\","
                             "\"amount\":100,\"code\":\"%s\",\"balance\":1,\"entry\":1,%s}",
                             request, declined ? "51" : "00", more);
    given(&l, type, "A1", json);
    CHECK(l.taken != TAKEN_PARKED);
    free(json);
}

static void governed_limits(const char *type, const char *request, const char *limits) {
    char *more = text_format("\"limits\":\"%s\"", limits);
    governed(type, request, more);
    free(more);
}

static void open_governor(int64_t now_ms) {
    ledger_open(&l, "limit-governor", governor_handlers);
    l.now_ms = now_ms;
    given(&l, "account-opened", "A1", "{\"account\":\"A1\",\"currency\":\"203\"}");
}

#define NOV_1 1793491200000 /* 2026-11-01T00:00:00Z */

TEST(a_reversal_gives_back_to_a_month_to_its_last_day) {
    open_governor(NOV_1);
    governed_limits("transaction-posted", "R1", limits_of(20261101, 100, 1));
    pass_days(29);
    governed("transaction-reversed", "R2", "\"original\":\"R1\"");
    governed_limits("transaction-posted", "R3", limits_of(20261130, 100, 1));
    says_not(&l, "decision-diverged");
    ledger_close(&l);
}

TEST(a_reversal_of_what_is_forgotten_makes_no_divergence) {
    open_governor(NOV_1);
    governed_limits("transaction-posted", "R1", limits_of(20261101, 100, 1));
    pass_days(36);
    governed_limits("transaction-posted", "R2", limits_of(20261207, 100, 1));
    governed("transaction-reversed", "R3", "\"original\":\"R1\"");            /* of another month */
    governed_limits("transaction-posted", "R1", limits_of(20261101, 100, 1)); /* told again */
    governed_limits("transaction-posted", "R4", limits_of(20261207, 200, 2));
    says_not(&l, "decision-diverged");
    CHECK_TEXT(task_unready(l.task), "");
    ledger_close(&l);
}

TEST(a_hold_is_governed_as_long_as_it_stands) {
    open_governor(NOV_1);
    governed_limits("hold-placed", "H1", limits_of(20261101, 100, 1));
    pass_days(3);
    governed_limits("transaction-posted", "R1", limits_of(20261104, 100, 1));
    for (int i = 0; i < 3; i++) {
        pass_days(30);
        governed("transaction-declined",
                 i == 0   ? "D1"
                 : i == 1 ? "D2"
                          : "D3",
                 "\"terminal\":\"ATM1\"");
    }
    CHECK_INT((long long)table_rows(&l, TABLE_DECISION), 3); /* H1, and two of the last 35 days */
    governed("hold-expired", "H1", "\"currency\":\"203\"");
    pass_days(36);
    for (int i = 0; i < 2; i++)
        governed("transaction-declined", "D4", "\"terminal\":\"ATM1\"");
    CHECK_INT((long long)table_rows(&l, TABLE_DECISION), 1);
    ledger_close(&l);
}

TEST(a_transfer_that_has_arrived_is_over) {
    open_governor(NOV_1);
    governed_limits("transfer-begun", "T1", limits_of(20261101, 100, 1));
    governed_limits("transaction-posted", "T1", limits_of(20261101, 100, 1));
    says_not(&l, "decision-diverged");
    pass_days(36);
    for (int i = 0; i < 2; i++)
        governed("transaction-declined", "D1", "\"terminal\":\"ATM1\"");
    CHECK_INT((long long)table_rows(&l, TABLE_DECISION), 1);
    ledger_close(&l);
}

TEST(the_governors_store_stops_growing) {
    char request[32];
    size_t most = 0;
    open_governor(NOV_1);
    for (int round = 0; round < ROUNDS; round++, pass_days(20)) {
        for (int i = 0; i < ROUND_REQUESTS; i++) {
            (void)snprintf(request, sizeof(request), "R%d-%d", round, i);
            governed("transaction-declined", request, "\"terminal\":\"ATM1\"");
            governed("limit-change-requested", request, "\"limit\":\"daily\",\"period\":\"week\"");
        }
        size_t rows = table_rows(&l, TABLE_CHANGE) + table_rows(&l, TABLE_DECISION);
        most = rows > most ? rows : most;
    }
    CHECK(most > ROUND_REQUESTS && most < KEPT_MAX);
    ledger_close(&l);
}

/* ---- customers */

enum { TABLE_NOTICE = 1, TABLE_SENDING = 2 };

static void open_communications(void) {
    ledger_open(&l, "customer-communications", communications_handlers);
    given(&l, "account-opened", "A1", "{\"account\":\"A1\",\"currency\":\"203\"}");
    given(&l, "preference-set-requested", "A1",
          "{\"account\":\"A1\",\"email\":\"jana@x.test\",\"locale\":\"en\"}");
}

static void mail_arrives(void) {
    struct pending *p = schedule_head(task_schedule(l.task), 0, bytes_text("A1"));
    struct outcome o = { .outcome = "done", .reason = "", .at_ms = l.now_ms };
    CHECK(p);
    task_begin(l.task);
    CHECK_OK(task_effect_settle(l.task, p, &o));
    ledger_commit(&l);
}

TEST(a_reversal_after_five_weeks_is_told_and_not_one_of_what_nobody_remembers) {
    open_communications();
    governed("transaction-posted", "R1", "\"currency\":\"203\"");
    mail_arrives();
    l.now_ms += 35 * DAY_MS - 1;
    governed("transaction-reversed", "R2", "\"original\":\"R1\"");
    mail_arrives();
    pass_days(36);
    governed("transaction-posted", "R3", "\"currency\":\"203\"");
    mail_arrives();
    governed("transaction-reversed", "R4", "\"original\":\"R1\"");
    CHECK_INT((long long)schedule_count(task_schedule(l.task)), 0);
    ledger_close(&l);
}

TEST(a_notice_that_may_still_arrive_is_kept) {
    open_communications();
    governed("transaction-posted", "R1", "\"currency\":\"203\"");
    for (int i = 0; i < 3; i++) {
        pass_days(40);
        governed("transaction-declined", "D", "\"currency\":\"203\"");
    }
    governed("transaction-posted", "R1", "\"currency\":\"203\"");
    CHECK_INT((long long)schedule_count(task_schedule(l.task)), 1);
    mail_arrives();
    CHECK_INT((long long)table_rows(&l, TABLE_NOTICE), 1);
    ledger_close(&l);
}

TEST(the_store_of_notices_stops_growing) {
    char request[32];
    size_t most = 0;
    open_communications();
    for (int round = 0; round < ROUNDS; round++, pass_days(20)) {
        for (int i = 0; i < ROUND_REQUESTS; i++) {
            (void)snprintf(request, sizeof(request), "R%d-%d", round, i);
            governed("transaction-posted", request, "\"currency\":\"203\"");
            mail_arrives();
        }
        size_t rows = table_rows(&l, TABLE_NOTICE) + table_rows(&l, TABLE_SENDING);
        most = rows > most ? rows : most;
    }
    CHECK(most > ROUND_REQUESTS && most < KEPT_MAX);
    ledger_close(&l);
}
