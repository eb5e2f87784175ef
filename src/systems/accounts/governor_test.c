/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "limits.h"

#include "accounts_fixture.h"

#include <inttypes.h>

static struct ledger l;

static void open_governor(void) {
    ledger_open(&l, "limit-governor", governor_handlers);
    given(&l, "account-opened", "A1",
          "{\"account\":\"A1\",\"currency\":\"203\",\"zone\":\"Europe/Prague\"}");
    check_said(&l, "");
}

static void say(const char *type, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const char *type, const char *format, ...) {
    char fields[600], json[700];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(fields, sizeof(fields), format, values);
    va_end(values);
    (void)snprintf(json, sizeof(json), "{\"account\":\"A1\",%s}", fields);
    given(&l, type, "A1", json);
}

static void check_tells(const char *part) {
    if (!strstr(buf_text(&l.said), part))
        test_failed(__FILE__, __LINE__, "%s lacks %s", buf_text(&l.said), part);
}

/* Asked for, and taken in as it comes back from the topic. */
static void change(const char *request, const char *fields) {
    char json[700];
    say("limit-change-requested", "\"request\":\"%s\",%s", request, fields);
    const char *said = buf_text(&l.said);
    CHECK(strncmp(said, "limit-changed A1 {", 18) == 0);
    (void)snprintf(json, sizeof(json), "%.*s", (int)(strlen(said) - 18), said + 17);
    given(&l, "limit-changed", "A1", json);
    CHECK_INT(l.taken, TAKEN_HANDLED);
}

static const char *limits_of(int version, int64_t amount, int64_t count) {
    static char text[2][LIMITS_TEXT_CHARS];
    static int turn;
    turn = !turn;
    (void)snprintf(text[turn], sizeof(text[turn]),
                   "v=%d;tz=%s;d=20261122;day.a=%" PRId64 ";day.c=%" PRId64 ";month.a=%" PRId64
                   ";month.c=%" PRId64,
                   version, octavo_zone_version(), amount, count, amount, count);
    return text[turn];
}

static void posted(const char *request, int64_t amount, const char *limits) {
    say("transaction-posted",
        "\"request\":\"%s\",\"kind\":\"withdrawal\",\"amount\":%" PRId64
        ",\"code\":\"00\",\"limits\":\"%s\"",
        request, amount, limits);
}

static void declined(const char *request, int64_t amount, const char *code, const char *limits) {
    say("transaction-declined",
        "\"request\":\"%s\",\"kind\":\"withdrawal\",\"amount\":%" PRId64
        ",\"code\":\"%s\",\"limits\":\"%s\"",
        request, amount, code, limits);
}

/* ---- changes */

TEST(a_change_of_a_limit_gets_a_version_and_is_told) {
    open_governor();
    say("limit-change-requested",
        "\"request\":\"L1\",\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    check_said(&l, "limit-changed A1 {\"request\":\"L1\",\"account\":\"A1\",\"limit\":\"daily\","
                   "\"card\":\"\",\"period\":\"day\",\"amount\":1000,\"count\":-1,\"window\":0,"
                   "\"mode\":\"strict\",\"from\":1795348800000,\"version\":1}\n");
    say("limit-change-requested",
        "\"request\":\"L2\",\"limit\":\"big\",\"card\":\"T1\",\"period\":\"transaction\","
        "\"amount\":500,\"mode\":\"observe\",\"from\":1795348900000");
    check_said(&l, "limit-changed A1 {\"request\":\"L2\",\"account\":\"A1\",\"limit\":\"big\","
                   "\"card\":\"T1\",\"period\":\"transaction\",\"amount\":500,\"count\":-1,"
                   "\"window\":0,\"mode\":\"observe\",\"from\":1795348900000,\"version\":2}\n");
    ledger_close(&l);
}

TEST(the_same_change_again_gets_the_same_answer_and_another_body_is_refused) {
    open_governor();
    say("limit-change-requested",
        "\"request\":\"L1\",\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    char *first = text_copy(buf_text(&l.said));
    l.now_ms += 5000;
    say("limit-change-requested",
        "\"request\":\"L1\",\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    check_said(&l, first);
    say("limit-change-requested",
        "\"request\":\"L1\",\"limit\":\"daily\",\"period\":\"day\",\"amount\":2000");
    check_said(&l, "limit-change-refused A1 {\"request\":\"L1\",\"account\":\"A1\",\"limit\":"
                   "\"daily\",\"reason\":\"the same request was made with another body\"}\n");
    free(first);
    ledger_close(&l);
}

TEST(a_change_that_cannot_be_is_refused_with_its_reason) {
    open_governor();
    say("limit-change-requested", "\"request\":\"L1\",\"limit\":\"daily\",\"period\":\"week\"");
    check_tells("limit-change-refused");
    check_tells("its period is none of transaction, day, month, declines, near");
    given(&l, "limit-change-requested", "A9",
          "{\"account\":\"A9\",\"request\":\"L2\",\"limit\":\"d\",\"period\":\"day\"}");
    check_tells("there is no such account");
    say("limit-change-requested", "\"limit\":\"d\",\"period\":\"day\"");
    CHECK_INT(l.taken, TAKEN_PARKED);
    ledger_close(&l);
}

TEST(one_rule_too_many_is_refused_before_the_ledger_sees_it) {
    char request[16], fields[80];
    open_governor();
    for (int i = 0; i < LIMIT_RULES_MAX; i++) {
        (void)snprintf(request, sizeof(request), "L%d", i);
        (void)snprintf(fields, sizeof(fields), "\"limit\":\"l%d\",\"period\":\"day\",\"amount\":1",
                       i);
        change(request, fields);
    }
    say("limit-change-requested", "\"request\":\"X\",\"limit\":\"x\",\"period\":\"day\","
                                  "\"amount\":1");
    check_tells("the account has as many rules as it may have");
    ledger_close(&l);
}

/* ---- states and breaches */

TEST(the_state_of_an_account_with_limits_is_published_as_it_changes) {
    open_governor();
    posted("R0", 100, limits_of(0, 100, 1));
    check_said(&l, "");
    change("L1", "\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    check_said(&l, "limit-state A1 {\"account\":\"A1\",\"version\":1,\"rules\":1,\"day\":20261122,"
                   "\"day_amount\":100,\"day_count\":1,\"month\":202611,\"month_amount\":100,"
                   "\"month_count\":1}\n");
    posted("R1", 200, limits_of(1, 300, 2));
    check_said(&l, "limit-state A1 {\"account\":\"A1\",\"version\":1,\"rules\":1,\"day\":20261122,"
                   "\"day_amount\":300,\"day_count\":2,\"month\":202611,\"month_amount\":300,"
                   "\"month_count\":2}\n");
    ledger_close(&l);
}

TEST(a_breach_is_told_whether_it_was_refused_or_only_observed) {
    char by[LIMITS_TEXT_CHARS];
    open_governor();
    change("L1", "\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    change("L2",
           "\"limit\":\"soft\",\"period\":\"transaction\",\"amount\":50,\"mode\":\"observe\"");
    (void)snprintf(by, sizeof(by), "%s;by=daily", limits_of(2, 0, 0));
    declined("R1", 1001, "61", by);
    check_said(&l, "limit-breached A1 {\"account\":\"A1\",\"request\":\"R1\",\"limit\":\"daily\","
                   "\"period\":\"day\",\"mode\":\"strict\",\"what\":\"amount\",\"allowed\":1000,"
                   "\"would_be\":1001,\"code\":\"61\"}\n"
                   "limit-breached A1 {\"account\":\"A1\",\"request\":\"R1\",\"limit\":\"soft\","
                   "\"period\":\"transaction\",\"mode\":\"observe\",\"what\":\"amount\","
                   "\"allowed\":50,\"would_be\":1001,\"code\":\"61\"}\n");
    posted("R2", 60, limits_of(2, 60, 1));
    check_tells("\"limit\":\"soft\",\"period\":\"transaction\",\"mode\":\"observe\"");
    CHECK(!strstr(buf_text(&l.said), "diverged"));
    ledger_close(&l);
}

TEST(so_many_declines_in_such_a_time_are_told_once) {
    char request[16];
    open_governor();
    change("L1", "\"limit\":\"thief\",\"period\":\"declines\",\"count\":3,\"window\":60000");
    for (int i = 0; i < 8; i++) {
        (void)snprintf(request, sizeof(request), "R%d", i);
        l.now_ms += i == 2 ? 60001 : 10000; /* the first two are too long ago */
        declined(request, 10, "51", "");
        CHECK(!strstr(buf_text(&l.said), "velocity") == !(i == 4 || i == 7));
    }
    check_said(&l,
               "velocity-exceeded A1 {\"account\":\"A1\",\"request\":\"R7\",\"limit\":\"thief\","
               "\"what\":\"declines\",\"count\":3,\"window\":60000}\n");
    ledger_close(&l);
}

TEST(amounts_kept_just_below_a_sum_are_told) {
    open_governor();
    change(
        "L1",
        "\"limit\":\"report\",\"period\":\"near\",\"amount\":1000,\"count\":2,\"window\":86400000");
    posted("R1", 950, limits_of(1, 950, 1));
    posted("R2", 1000, limits_of(1, 1950, 2));
    posted("R3", 500, limits_of(1, 2450, 3));
    CHECK(!strstr(buf_text(&l.said), "velocity"));
    posted("R4", 900, limits_of(1, 3350, 4));
    check_tells("\"limit\":\"report\",\"what\":\"near\",\"count\":2");
    ledger_close(&l);
}

/* ---- the second reckoning */

TEST(decisions_are_derived_again_and_nothing_is_said_while_they_agree) {
    open_governor();
    change("L1", "\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    posted("R1", 400, limits_of(1, 400, 1));
    posted("R1", 400, limits_of(1, 400, 1)); /* told again for a repeat */
    say("hold-placed",
        "\"request\":\"H1\",\"kind\":\"authorization\",\"amount\":500,\"code\":\"00\","
        "\"limits\":\"%s\"",
        limits_of(1, 900, 2));
    say("hold-lessened", "\"request\":\"H1\",\"amount\":100");
    say("transaction-posted",
        "\"request\":\"C1\",\"kind\":\"completion\",\"amount\":300,\"code\":\"00\",\"original\":"
        "\"H1\"");
    posted("R2", 100, limits_of(1, 800, 3));
    say("transaction-reversed",
        "\"request\":\"V1\",\"kind\":\"reversal\",\"amount\":400,\"entry\":7,\"original\":"
        "\"R1\"");
    posted("R3", 100, limits_of(1, 500, 3));
    say("hold-placed", "\"request\":\"H2\",\"amount\":50,\"code\":\"00\",\"limits\":\"%s\"",
        limits_of(1, 550, 4));
    say("hold-expired", "\"request\":\"H2\",\"amount\":50");
    say("transaction-reversed",
        "\"request\":\"V2\",\"amount\":300,\"entry\":8,\"original\":\"C1\",\"actual\":200");
    posted("R4", 600, limits_of(1, 1000, 4));
    say("transaction-posted",
        "\"request\":\"D1\",\"kind\":\"deposit\",\"amount\":9,\"code\":\"00\"");
    declined("R5", 1, "51", "");
    CHECK(!strstr(buf_text(&l.said), "diverged"));
    ledger_close(&l);
}

TEST(a_request_that_the_ledger_has_forgotten_is_decided_anew) {
    open_governor();
    posted("R1", 100, limits_of(0, 100, 1));
    l.now_ms += 9 * 86400000LL;
    posted("R1", 100, limits_of(0, 100, 1)); /* still known there, and told again */
    char other_day[LIMITS_TEXT_CHARS];
    (void)snprintf(other_day, sizeof(other_day),
                   "v=0;tz=%s;d=20261201;day.a=100;day.c=1;month.a=100;month.c=1",
                   octavo_zone_version());
    posted("R1", 100, other_day);
    check_said(&l, "");
    ledger_close(&l);
}

static void check_diverged(const char *ledger) {
    char wanted[600];
    (void)snprintf(wanted, sizeof(wanted), "\"ledger\":\"%s\"", ledger);
    check_tells("decision-diverged A1 {\"account\":\"A1\"");
    check_tells(wanted);
    CHECK(task_unready(l.task)[0]);
}

TEST(other_numbers_are_a_divergence_and_told_once) {
    const char *wrong = limits_of(0, 101, 1);
    open_governor();
    CHECK_TEXT(task_unready(l.task), "");
    posted("R1", 100, wrong);
    check_diverged(wrong);
    CHECK_TEXT(task_unready(l.task),
               "1 accounts of task 0 diverged: see topic limit-alert, then `octavo accounts limit "
               "accept ACCOUNT`");
    posted("R2", 100, limits_of(0, 201, 2)); /* the ledger's numbers hold from now on */
    check_said(&l, "");
    ledger_close(&l);
}

TEST(granting_what_is_over_a_limit_is_a_divergence) {
    const char *over = limits_of(1, 1001, 1);
    open_governor();
    change("L1", "\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    posted("R1", 1001, over);
    check_diverged(over);
    ledger_close(&l);
}

TEST(refusing_what_is_within_the_limits_is_a_divergence) {
    const char *under = limits_of(1, 0, 0);
    open_governor();
    change("L1", "\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    declined("R1", 1000, "61", under);
    check_diverged(under);
    posted("R2", 1000, limits_of(1, 1000, 1)); /* nothing stayed reserved by the look at it */
    CHECK(!strstr(buf_text(&l.said), "diverged"));
    ledger_close(&l);
}

TEST(a_decision_by_another_version_of_the_rules_is_counted_and_only_that_compared) {
    open_governor();
    change("L1", "\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    posted("R1", 5000, limits_of(0, 5000, 1)); /* decided before the change had come */
    CHECK(!strstr(buf_text(&l.said), "diverged"));
    posted("R2", 1, "v=1;tz=1999z;d=1;day.a=1"); /* by the zones of another day */
    CHECK(!strstr(buf_text(&l.said), "diverged"));
    declined("R3", 1, "61", limits_of(1, 5001, 2));
    check_tells("diverged");                /* the refusal names no limit */
    posted("R4", 1, limits_of(9, 5001, 2)); /* what is used depends on no rule: one is missing */
    check_tells("diverged");
    ledger_close(&l);
}

static void fire(int64_t now_ms, size_t wanted) {
    size_t taken;
    l.now_ms = now_ms;
    task_begin(l.task);
    CHECK_OK(task_take_timers(l.task, now_ms, 100, &taken));
    CHECK_INT((long long)taken, (long long)wanted);
    ledger_commit(&l);
}

TEST(readiness_stays_red_over_a_restart_until_somebody_has_looked) {
    open_governor();
    posted("R1", 100, limits_of(0, 7, 7));
    ledger_reopen(&l);
    CHECK_TEXT(task_unready(l.task), "");
    fire(l.now_ms + 60000, 1);
    CHECK(task_unready(l.task)[0]);
    given(&l, "divergence-accepted", "A1", "{\"account\":\"A1\"}");
    CHECK_TEXT(task_unready(l.task), "");
    fire(l.now_ms + 600000, 0);
    given(&l, "divergence-accepted", "A1", "{\"account\":\"A1\"}");
    ledger_close(&l);
}

TEST(a_divergence_stops_the_ledger_only_where_that_is_declared) {
    static const char diverged[] = "{\"account\":\"A1\",\"request\":\"R1\"}";
    ledger_open(&l, "transaction-processor", processor_handlers);
    given(&l, "decision-diverged", "A1", diverged);
    CHECK_INT(l.taken, TAKEN_HANDLED);
    struct declared_setting *setting =
        ((struct declared_service *)(uintptr_t)l.options.service)->settings;
    CHECK_TEXT(setting->name, "on_divergence");
    setting->value = "stop";
    task_begin(l.task);
    CHECK_ERROR(ledger_try(&l, "decision-diverged", "A1", diverged), E_handler);
    CHECK_STORY("the governor derives other limits for request R1");
    task_drop(l.task);
    ledger_close(&l);
}
