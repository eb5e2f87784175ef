/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "communications.h"

#include "command_fixture.h"
#include "runtime/task_effects.h"

#include <inttypes.h>
#include <time.h>

static struct ledger l;

static int64_t utc(int year, int month, int day, int hour, int minute) {
    struct tm t = { .tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute };
    return (int64_t)timegm(&t) * 1000;
}

static void say(const char *type, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const char *type, const char *format, ...) {
    char fields[600], json[700];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(fields, sizeof(fields), format, values);
    va_end(values);
    (void)snprintf(json, sizeof(json), "{\"account\":\"CZ4711\",%s}", fields);
    given(&l, type, "CZ4711", json);
}

static void open_with(const char *preferences) {
    ledger_open(&l, "customer-communications", communications_handlers);
    say("account-opened", "\"currency\":\"203\",\"zone\":\"Europe/Prague\"");
    check_said(&l, "");
    if (preferences[0]) {
        say("preference-set-requested", "%s", preferences);
        check_said(&l, "preference-set CZ4711 {\"account\":\"CZ4711\"}\n");
    }
}

static void posted(const char *request, int64_t amount, int64_t balance) {
    say("transaction-posted",
        "\"request\":\"%s\",\"kind\":\"withdrawal\",\"amount\":%" PRId64 ",\"code\":\"00\","
        "\"balance\":%" PRId64 ",\"currency\":\"203\",\"entry\":1",
        request, amount, balance);
}

static void reversed(const char *request, const char *original, int64_t amount) {
    say("transaction-reversed",
        "\"request\":\"%s\",\"original\":\"%s\",\"amount\":%" PRId64
        ",\"balance\":900,\"code\":\"00\",\"entry\":2",
        request, original, amount);
}

enum { MAIL, HOOK };

static struct pending *next(size_t edge) {
    return schedule_head(task_schedule(l.task), edge, bytes_text("CZ4711"));
}

static size_t waiting(void) {
    return schedule_count(task_schedule(l.task));
}

/* The next effect of the edge is asked for with all these parts, and ends so. */
static void settle(size_t edge, const char *outcome, const char *reason, const char *part) {
    struct pending *p = next(edge);
    CHECK(p);
    char *json = text_copy_bytes(p->json);
    if (!strstr(json, part))
        test_failed(__FILE__, __LINE__, "%s lacks %s", json, part);
    free(json);
    struct outcome o = { .outcome = outcome, .reason = reason, .at_ms = l.now_ms };
    task_begin(l.task);
    CHECK_OK(task_effect_settle(l.task, p, &o));
    ledger_commit(&l);
}

static void fire(int64_t now_ms, size_t wanted) {
    size_t taken;
    l.now_ms = now_ms;
    task_begin(l.task);
    CHECK_OK(task_take_timers(l.task, now_ms, 100, &taken));
    CHECK_INT((long long)taken, (long long)wanted);
    ledger_commit(&l);
}

#define BOTH "\"email\":\"jana@x.test\",\"webhook\":\"https://x.example/hook\",\"locale\":\"cs\""

/* ---- */

TEST(a_withdrawal_is_one_mail_and_one_call_however_often_it_is_told) {
    open_with(BOTH);
    posted("R1", 30000, 90000);
    posted("R1", 30000, 90000);
    CHECK_INT((long long)waiting(), 2);
    CHECK_BYTES(next(HOOK)->json,
                bytes_text("{\"url\":\"https://x.example/hook\",\"notice\":\"debit\",\"account\":"
                           "\"CZ4711\",\"request\":\"R1\",\"amount\":30000,\"balance\":90000,"
                           "\"currency\":\"203\",\"time\":1795348800000}"));
    CHECK_BYTES(
        next(MAIL)->json,
        bytes_text("{\"to\":\"jana@x.test\",\"subject\":\"Odchozí platba 300,00 Kč\","
                   "\"body\":\"22. 11. 2026 13:00\\nZ Vašeho účtu *4711 odešlo 300,00 Kč.\\n"
                   "Zůstatek je 900,00 Kč.\\n\\nReference: R1\\n\"}"));
    settle(MAIL, "done", "", "R1");
    settle(HOOK, "done", "", "R1");
    posted("R1", 30000, 90000);
    CHECK_INT((long long)waiting(), 0);
    ledger_close(&l);
}

TEST(who_has_named_no_way_is_told_nothing_and_nor_is_a_stranger) {
    open_with("");
    posted("R1", 100, 900);
    given(&l, "transaction-posted", "A2",
          "{\"account\":\"A2\",\"request\":\"R1\",\"kind\":\"withdrawal\",\"amount\":1,"
          "\"balance\":1}");
    CHECK_INT((long long)waiting(), 0);
    ledger_close(&l);
}

TEST(only_what_was_decided_is_told) {
    static const char *const others[] = { "withdrawal-requested", "transaction-declined",
                                          "hold-placed", "balance-told", "transfer-credited" };
    open_with(BOTH);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        say(others[i], "\"request\":\"R1\",\"amount\":100,\"balance\":5");
        CHECK_INT(l.taken, TAKEN_PASSED);
    }
    say("transaction-posted", "\"request\":\"R1\"");
    CHECK_INT(l.taken, TAKEN_PARKED);
    CHECK_INT((long long)waiting(), 0);
    ledger_close(&l);
}

TEST(credits_and_large_debits_have_words_of_their_own) {
    open_with("\"email\":\"j@x.test\",\"locale\":\"de-AT\",\"large_debit\":1000");
    say("transaction-posted",
        "\"request\":\"R1\",\"kind\":\"deposit\",\"amount\":5000,\"balance\":5000");
    settle(MAIL, "done", "", "Eingang von");
    posted("R2", 999, 4001);
    settle(MAIL, "done", "", "Abgang von");
    posted("R3", 1000, 3001);
    settle(MAIL, "done", "", "hoher Betrag");
    ledger_close(&l);
}

TEST(a_low_balance_is_told_when_it_falls_and_not_while_it_stays_low) {
    open_with("\"email\":\"j@x.test\",\"low_balance\":1000");
    posted("R1", 100, 1000);
    settle(MAIL, "done", "", "left your account");
    posted("R2", 1, 999);
    settle(MAIL, "done", "", "left your account");
    settle(MAIL, "done", "", "Your balance is low");
    posted("R3", 1, 998);
    settle(MAIL, "done", "", "left your account");
    CHECK_INT((long long)waiting(), 0);
    say("transaction-posted",
        "\"request\":\"R4\",\"kind\":\"withdrawal\",\"amount\":900,\"fee\":150,\"balance\":999");
    settle(MAIL, "done", "", "left your account");
    settle(MAIL, "done", "", "when it falls below CZK");
    ledger_close(&l);
}

/* ---- corrections */

TEST(a_reversal_is_told_to_those_who_were_told_before) {
    open_with(BOTH);
    posted("R1", 300, 700);
    settle(MAIL, "done", "", "R1");
    settle(HOOK, "refused", "the receiver answered 410", "R1");
    reversed("V1", "R1", 300);
    reversed("V1", "R1", 300);
    CHECK_INT((long long)waiting(), 1);
    settle(MAIL, "done", "", "Oprava: 3,00");
    ledger_close(&l);
}

TEST(a_reversal_that_comes_before_the_outcome_waits_for_it) {
    open_with(BOTH);
    posted("R1", 300, 700);
    reversed("V1", "R1", 300);
    CHECK_INT((long long)waiting(), 2);
    settle(HOOK, "late", "", "\"notice\":\"debit\"");
    CHECK(!next(HOOK));
    settle(MAIL, "done", "", "Odchozí platba");
    settle(MAIL, "done", "", "Oprava: 3,00");
    CHECK_INT((long long)waiting(), 0);
    ledger_close(&l);
}

TEST(a_reversal_without_money_or_of_an_unknown_request_is_not_told) {
    open_with(BOTH);
    reversed("V1", "R9", 300);
    say("transaction-reversed",
        "\"request\":\"V2\",\"original\":\"R1\",\"amount\":1,\"balance\":1,\"entry\":0");
    CHECK_INT((long long)waiting(), 0);
    ledger_close(&l);
}

TEST(a_partial_reversal_is_told_with_what_came_back) {
    open_with("\"email\":\"j@x.test\"");
    posted("R1", 500, 500);
    settle(MAIL, "done", "", "R1");
    say("transaction-reversed",
        "\"request\":\"V1\",\"original\":\"R1\",\"amount\":500,\"actual\":200,\"balance\":800,"
        "\"entry\":2");
    settle(MAIL, "done", "", "3.00 was taken back");
    ledger_close(&l);
}

/* ---- quiet hours */

TEST(in_quiet_hours_mails_wait_and_calls_do_not) {
    open_with(BOTH ",\"quiet\":\"22-07\"");
    l.now_ms = utc(2026, 11, 22, 20, 59); /* 21:59 */
    posted("R1", 100, 900);
    settle(MAIL, "done", "", "R1");
    l.now_ms = utc(2026, 11, 22, 21, 0);
    posted("R2", 100, 800);
    l.now_ms = utc(2026, 11, 23, 3, 0);
    posted("R3", 100, 700);
    CHECK(!next(MAIL));
    settle(HOOK, "done", "", "R1");
    settle(HOOK, "done", "", "R2");
    fire(utc(2026, 11, 23, 6, 0) - 1, 0);
    fire(utc(2026, 11, 23, 6, 0), 1);
    settle(MAIL, "done", "", "R2");
    settle(MAIL, "done", "", "R3");
    fire(utc(2026, 11, 25, 6, 0), 0);
    posted("R4", 100, 600); /* 07:00 is not quiet any more */
    settle(MAIL, "done", "", "R4");
    ledger_close(&l);
}

TEST(quiet_hours_end_by_the_customers_clock_on_the_nights_when_it_is_put) {
    open_with("\"email\":\"j@x.test\",\"quiet\":\"22:30-06:45\"");
    l.now_ms = utc(2027, 3, 27, 22, 0); /* 23:00, the night has an hour less */
    posted("R1", 100, 900);
    fire(utc(2027, 3, 28, 4, 45) - 1, 0);
    fire(utc(2027, 3, 28, 4, 45), 1);
    settle(MAIL, "done", "", "R1");
    l.now_ms = utc(2027, 10, 30, 21, 0); /* 23:00, the night has an hour more */
    posted("R2", 100, 900);
    fire(utc(2027, 10, 31, 5, 45) - 1, 0);
    fire(utc(2027, 10, 31, 5, 45), 1);
    settle(MAIL, "done", "", "R2");
    ledger_close(&l);
}

TEST(more_than_one_turn_of_waiting_mails_all_come_in_order) {
    char request[16];
    open_with("\"email\":\"j@x.test\",\"quiet\":\"22-07\"");
    l.now_ms = utc(2026, 11, 22, 22, 0);
    for (int i = 0; i < 250; i++) {
        (void)snprintf(request, sizeof(request), "R%03d", i);
        posted(request, 1, 1000);
    }
    int64_t due;
    for (int i = 0; i < 4 && task_next_timer(l.task, &due); i++)
        fire(utc(2026, 11, 23, 6, 0) + i, 1);
    CHECK(!task_next_timer(l.task, &due));
    CHECK_INT((long long)waiting(), 250);
    for (int i = 0; i < 250; i++) {
        (void)snprintf(request, sizeof(request), "R%03d", i);
        settle(MAIL, "done", "", request);
    }
    ledger_close(&l);
}

TEST(what_the_customer_wants_by_then_counts) {
    open_with("\"email\":\"j@x.test\",\"quiet\":\"22-07\"");
    l.now_ms = utc(2026, 11, 22, 22, 0);
    posted("R1", 100, 900);
    posted("R2", 100, 800);
    reversed("V2", "R2", 100); /* cancelled: nobody was told, so nothing is corrected */
    say("preference-set-requested", "\"quiet\":\"22-09\",\"email\":\"other@x.test\"");
    fire(utc(2026, 11, 23, 6, 0), 1);
    CHECK(!next(MAIL));
    fire(utc(2026, 11, 23, 8, 0), 1);
    settle(MAIL, "done", "", "other@x.test");
    CHECK_INT((long long)waiting(), 0);
    ledger_close(&l);
}

TEST(who_opts_out_before_the_mail_leaves_is_not_told) {
    open_with(BOTH ",\"quiet\":\"22-07\"");
    l.now_ms = utc(2026, 11, 22, 22, 0);
    say("preference-set-requested", "\"webhook\":\"\"");
    posted("R1", 100, 900);
    say("preference-set-requested", "\"opt_out\":1");
    fire(utc(2026, 11, 23, 6, 0), 1);
    posted("R2", 100, 800);
    CHECK_INT((long long)waiting(), 0);
    say("preference-set-requested", "\"opt_out\":0");
    posted("R3", 100, 700);
    settle(MAIL, "done", "", "R3");
    CHECK_INT((long long)waiting(), 0);
    ledger_close(&l);
}

/* ---- addresses */

TEST(an_address_that_is_refused_for_good_is_suppressed_until_it_is_set_again) {
    open_with("\"email\":\"gone@x.test\"");
    posted("R1", 100, 900);
    settle(MAIL, "refused", "the server said: 550 no such user", "R1");
    posted("R2", 100, 800);
    CHECK_INT((long long)waiting(), 0);
    say("preference-set-requested", "\"email\":\"gone@x.test\"");
    posted("R3", 100, 700);
    settle(MAIL, "done", "", "R3");
    ledger_close(&l);
}

TEST(a_notice_is_sent_again_when_an_operator_wants_it) {
    open_with("\"email\":\"j@x.test\"");
    posted("R1", 100, 900);
    char *first = text_copy_bytes(next(MAIL)->id);
    settle(MAIL, "late", "", "R1");
    say("notice-resend-requested", "\"notice\":\"R1:debit:mail\"");
    CHECK(!bytes_is_text(next(MAIL)->id, first));
    settle(MAIL, "done", "", "R1");
    say("notice-resend-requested", "\"notice\":\"R1:nothing:mail\"");
    CHECK_INT((long long)waiting(), 0);
    free(first);
    ledger_close(&l);
}

TEST(a_preference_that_cannot_be_changes_nothing) {
    static const char *const broken[][2] = {
        { "\"email\":\"a@x.test,b@x.test\"", "its email is no address" },
        { "\"email\":\"nobody\"", "its email is no address" },
        { "\"email\":\"a b@x.test\"", "its email is no address" },
        { "\"webhook\":\"ftp://x.test\"", "its webhook is no http or https address" },
        { "\"locale\":\"klingon\"", "its locale is not known" },
        { "\"zone\":\"Europe/Brno\"", "its zone is not known" },
        { "\"quiet\":\"22\"", "its quiet is not written as 22-07 or 22:30-06:45" },
        { "\"quiet\":\"24-07\"", "its quiet is not" },
        { "\"quiet\":\"22-22\"", "its quiet is not" },
        { "\"quiet\":\"22:60-07\"", "its quiet is not" },
        { "\"quiet\":\"22-07 \"", "its quiet is not" },
        { "\"quiet\":\"222-07\"", "its quiet is not" },
        { "\"opt_out\":2", "its opt_out is neither 0 nor 1" },
    };
    open_with("\"email\":\"j@x.test\"");
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        say("preference-set-requested", "\"low_balance\":1000,%s", broken[i][0]);
        CHECK(strncmp(buf_text(&l.said), "preference-refused CZ4711", 25) == 0);
        if (!strstr(buf_text(&l.said), broken[i][1]))
            test_failed(__FILE__, __LINE__, "%s lacks %s", buf_text(&l.said), broken[i][1]);
    }
    posted("R1", 1, 5);
    settle(MAIL, "done", "", "j@x.test");
    CHECK_INT((long long)waiting(), 0);
    given(&l, "preference-set-requested", "A7", "{\"account\":\"A7\"}");
    CHECK(strstr(buf_text(&l.said), "there is no such account"));
    ledger_close(&l);
}

TEST(what_customers_want_is_listed) {
    open_with(BOTH);
    CHECK_INT(command_run(&l, accounts_preference, "preference ls --json"), 0);
    CHECK(strstr(command_out, "{\"account\":\"CZ4711\",\"currency\":\"203\",\"zone\":"
                              "\"Europe/Prague\",\"locale\":\"cs\",\"email\":\"jana@x.test\","));
    CHECK_INT(command_run(&l, accounts_preference, "preference ls CZ4711"), 0);
    CHECK(strstr(command_out, "CZ4711 "));
    CHECK(strstr(command_out, " jana@x.test "));
    CHECK_INT(command_run(&l, accounts_preference, "preference ls CZ9"), 1);
    CHECK_TEXT(command_err, "octavo: customer-communications knows no account CZ9\n");
    ledger_close(&l);
}
