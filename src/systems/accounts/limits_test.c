/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "limits.h"

#include "accounts_fixture.h"

#include <inttypes.h>
#include <time.h>

static struct ledger l;
static char said_text[LIMITS_TEXT_CHARS];
static struct limits_ask last;
static const char *code;

/* ---- a service that does nothing but limits */

static enum octavo_outcome on_opened(struct octavo_step *s) {
    struct octavo_text zone = octavo_text("");
    (void)octavo_event_text(s, "zone", &zone);
    return limits_opened(s, zone) ? OCTAVO_DONE : OCTAVO_PARK;
}

static enum octavo_outcome on_changed(struct octavo_step *s) {
    const char *fault = limits_fault(s);
    if (limits_changed(s))
        return OCTAVO_DONE;
    return octavo_refuse(s, OCTAVO_PARK, "%s", fault ? fault : "no version, or too many");
}

static struct limits_ask ask_read(struct octavo_step *s) {
    struct limits_ask ask = { 0 };
    int64_t flag;
    (void)octavo_event_text(s, "card", &ask.card);
    CHECK(octavo_event_int(s, "amount", &ask.amount));
    (void)octavo_event_int(s, "day", &ask.day);
    ask.forced = octavo_event_int(s, "forced", &flag);
    ask.in_part = octavo_event_int(s, "part", &flag);
    return ask;
}

static enum octavo_outcome on_spend(struct octavo_step *s) {
    int64_t no_funds;
    last = ask_read(s);
    if (octavo_event_int(s, "no_funds", &no_funds)) /* funds are looked at first */
        code = "51";
    else
        code = limits_reserve(s, &last);
    limits_text(s, &last, said_text);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_release(struct octavo_step *s) {
    last = ask_read(s);
    limits_release(s, &last);
    limits_text(s, &last, said_text);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = {
    { "opened", on_opened }, { "limit-changed", on_changed },
    { "spend", on_spend },   { "release", on_release },
    { NULL, NULL },
};

static int64_t utc(int year, int month, int day, int hour, int minute) {
    struct tm t = { .tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute };
    return (int64_t)timegm(&t) * 1000;
}

static char account[16];
static int version;

/* Another account; the first of a test opens the books, too. */
static void open_in(const char *zone) {
    char json[128];
    if (!l.task)
        ledger_open(&l, "transaction-processor", handlers);
    version = 0;
    (void)snprintf(account, sizeof(account), "A%d", (int)l.offset);
    l.now_ms = utc(2026, 11, 22, 12, 0);
    (void)snprintf(json, sizeof(json), "{\"zone\":\"%s\"}", zone);
    given(&l, "opened", account, json);
    CHECK_INT(l.taken, TAKEN_HANDLED);
}

/* The fields but for the version: "limit":"daily","period":"day",... */
static void change(const char *fields) {
    char json[512];
    (void)snprintf(json, sizeof(json), "{\"version\":%d,%s}", ++version, fields);
    given(&l, "limit-changed", account, json);
}

static const char *spend(const char *fields) {
    char json[256];
    (void)snprintf(json, sizeof(json), "{%s}", fields);
    given(&l, "spend", account, json);
    return code ? code : "00";
}

static void release(const char *fields) {
    char json[256];
    (void)snprintf(json, sizeof(json), "{%s}", fields);
    given(&l, "release", account, json);
}

static void check_text(const char *numbers) {
    char wanted[LIMITS_TEXT_CHARS];
    const char *colon = strstr(numbers, ";d=");
    CHECK(colon);
    (void)snprintf(wanted, sizeof(wanted), "%.*s;tz=%s%s", (int)(colon - numbers), numbers,
                   octavo_zone_version(), colon);
    CHECK_TEXT(said_text, wanted);
}

/* ---- */

TEST(a_limit_is_usable_to_its_last_unit_and_not_beyond) {
    open_in("Europe/Prague");
    change("\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    CHECK_TEXT(spend("\"amount\":600"), "00");
    CHECK_TEXT(spend("\"amount\":401"), "61");
    check_text("v=1;d=20261122;day.a=600;day.c=1;month.a=600;month.c=1;by=daily");
    CHECK_TEXT(spend("\"amount\":400"), "00");
    check_text("v=1;d=20261122;day.a=1000;day.c=2;month.a=1000;month.c=2");
    CHECK_TEXT(spend("\"amount\":1"), "61");
    ledger_close(&l);
}

TEST(a_number_of_transactions_is_a_limit_too) {
    open_in("");
    change("\"limit\":\"often\",\"period\":\"day\",\"count\":2");
    change("\"limit\":\"each\",\"period\":\"transaction\",\"amount\":500");
    CHECK_TEXT(spend("\"amount\":501"), "61");
    CHECK_TEXT(last.found[0].limit, "each");
    CHECK_TEXT(spend("\"amount\":500"), "00");
    CHECK_TEXT(spend("\"amount\":1"), "00");
    CHECK_TEXT(spend("\"amount\":1"), "65");
    l.now_ms += 86400000;
    CHECK_TEXT(spend("\"amount\":1"), "00");
    ledger_close(&l);
}

TEST(a_decline_for_funds_leaves_the_limit_unused) {
    open_in("");
    change("\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    CHECK_TEXT(spend("\"amount\":1000,\"no_funds\":1"), "51");
    check_text("v=1;d=20261122;day.a=0;day.c=0;month.a=0;month.c=0");
    CHECK_TEXT(spend("\"amount\":1000"), "00");
    ledger_close(&l);
}

TEST(a_card_has_limits_of_its_own_beside_those_of_its_account) {
    open_in("");
    change("\"limit\":\"card\",\"card\":\"T1\",\"period\":\"day\",\"amount\":300");
    change("\"limit\":\"all\",\"period\":\"month\",\"amount\":1000");
    CHECK_TEXT(spend("\"amount\":301,\"card\":\"T1\""), "61");
    CHECK_TEXT(spend("\"amount\":300,\"card\":\"T1\""), "00");
    check_text("v=2;d=20261122;day.a=300;day.c=1;month.a=300;month.c=1;card.day.a=300;"
               "card.day.c=1;card.month.a=300;card.month.c=1");
    CHECK_TEXT(spend("\"amount\":1,\"card\":\"T1\""), "61");
    CHECK_TEXT(spend("\"amount\":500,\"card\":\"T2\""), "00");
    CHECK_TEXT(spend("\"amount\":201"), "61");
    CHECK_TEXT(spend("\"amount\":200"), "00");
    ledger_close(&l);
}

TEST(what_was_used_before_the_first_rule_counts) {
    open_in("");
    CHECK_TEXT(spend("\"amount\":900"), "00");
    change("\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    CHECK_TEXT(spend("\"amount\":101"), "61");
    CHECK_TEXT(spend("\"amount\":100"), "00");
    ledger_close(&l);
}

TEST(a_rule_holds_from_its_time_by_the_log_and_the_one_before_until_then) {
    char later[160];
    open_in("");
    int64_t from = l.now_ms + 3600000;
    change("\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    (void)snprintf(later, sizeof(later),
                   "\"limit\":\"daily\",\"period\":\"day\",\"amount\":300,\"from\":%" PRId64, from);
    change(later);
    l.now_ms = from - 1;
    CHECK_TEXT(spend("\"amount\":400"), "00");
    l.now_ms = from;
    CHECK_TEXT(spend("\"amount\":1"), "61");
    l.now_ms = from - 1; /* the log's time decides, also when it goes back */
    CHECK_TEXT(spend("\"amount\":1"), "00");
    l.now_ms = from + 86400000;
    CHECK_TEXT(spend("\"amount\":300"), "00");
    ledger_close(&l);
}

TEST(a_later_word_on_a_limit_replaces_what_was_said_before_for_that_time) {
    char later[160];
    open_in("");
    for (int i = 0; i < 100; i++) {
        (void)snprintf(later, sizeof(later),
                       "\"limit\":\"daily\",\"period\":\"day\",\"amount\":%d,\"from\":%" PRId64, i,
                       l.now_ms + 1000 * (100 - i));
        change(later);
        CHECK_INT(l.taken, TAKEN_HANDLED);
    }
    l.now_ms += 3600000;
    CHECK_TEXT(spend("\"amount\":100"), "61");
    CHECK_TEXT(spend("\"amount\":99"), "00");
    ledger_close(&l);
}

TEST(a_limit_without_amount_and_count_is_no_limit_any_more) {
    open_in("");
    change("\"limit\":\"daily\",\"period\":\"day\",\"amount\":0");
    CHECK_TEXT(spend("\"amount\":1"), "61");
    change("\"limit\":\"daily\",\"period\":\"day\"");
    CHECK_TEXT(spend("\"amount\":1000000000000"), "00");
    ledger_close(&l);
}

TEST(a_limit_that_is_observed_refuses_nothing_and_is_told) {
    open_in("");
    change("\"limit\":\"soft\",\"period\":\"day\",\"amount\":10,\"mode\":\"observe\"");
    CHECK_TEXT(spend("\"amount\":50"), "00");
    CHECK_INT(last.found_count, 1);
    CHECK_TEXT(last.found[0].limit, "soft");
    CHECK_INT(last.found[0].allowed, 10);
    CHECK_INT(last.found[0].would_be, 50);
    CHECK(!last.found[0].strict);
    ledger_close(&l);
}

TEST(what_was_done_already_counts_and_is_never_refused) {
    open_in("");
    change("\"limit\":\"daily\",\"period\":\"day\",\"amount\":100");
    CHECK_TEXT(spend("\"amount\":500,\"forced\":1"), "00");
    check_text("v=1;d=20261122;day.a=500;day.c=1;month.a=500;month.c=1");
    CHECK_TEXT(spend("\"amount\":1"), "61");
    ledger_close(&l);
}

TEST(what_comes_back_is_given_to_the_day_on_which_it_was_spent) {
    open_in("");
    change("\"limit\":\"daily\",\"period\":\"day\",\"amount\":1000");
    change("\"limit\":\"monthly\",\"period\":\"month\",\"amount\":1500");
    CHECK_TEXT(spend("\"amount\":1000,\"card\":\"T1\""), "00");
    CHECK_INT(last.day, 20261122);
    release("\"amount\":400,\"day\":20261122,\"part\":1,\"card\":\"T1\"");
    check_text("v=2;d=20261122;day.a=600;day.c=1;month.a=600;month.c=1;card.day.a=600;"
               "card.day.c=1;card.month.a=600;card.month.c=1");
    l.now_ms += 86400000;
    CHECK_TEXT(spend("\"amount\":700,\"card\":\"T1\""), "00");
    release("\"amount\":600,\"day\":20261122,\"card\":\"T1\""); /* today's is not touched */
    check_text("v=2;d=20261123;day.a=700;day.c=1;month.a=700;month.c=1;card.day.a=700;"
               "card.day.c=1;card.month.a=700;card.month.c=1");
    l.now_ms = utc(2026, 12, 1, 1, 0);
    release("\"amount\":700,\"day\":20261123,\"card\":\"T1\"");
    check_text("v=2;d=20261201;day.a=0;day.c=0;month.a=0;month.c=0;card.day.a=0;"
               "card.day.c=0;card.month.a=0;card.month.c=0");
    ledger_close(&l);
}

/* ---- days */

static void check_day_hours(const char *zone, int64_t from_ms, int hours) {
    open_in(zone);
    change("\"limit\":\"daily\",\"period\":\"day\",\"count\":1");
    l.now_ms = from_ms - 1;
    CHECK_TEXT(spend("\"amount\":1"), "00");
    l.now_ms = from_ms;
    CHECK_TEXT(spend("\"amount\":1"), "00");
    l.now_ms = from_ms + hours * 3600000LL - 1;
    CHECK_TEXT(spend("\"amount\":1"), "65");
    l.now_ms++;
    CHECK_TEXT(spend("\"amount\":1"), "00");
}

TEST(a_limit_day_has_24_hours_and_23_or_25_when_the_clock_is_put) {
    check_day_hours("Europe/Prague", utc(2026, 11, 22, 23, 0), 24);
    check_day_hours("Europe/Prague", utc(2027, 3, 27, 23, 0), 23);
    check_day_hours("Europe/Prague", utc(2027, 10, 30, 22, 0), 25);
    check_day_hours("America/New_York", utc(2027, 3, 14, 5, 0), 23);
    check_day_hours("Asia/Kolkata", utc(2026, 12, 31, 18, 30), 24);
    ledger_close(&l);
}

TEST(a_month_and_a_year_end_in_the_zone_of_the_account) {
    open_in("Asia/Tokyo");
    change("\"limit\":\"monthly\",\"period\":\"month\",\"amount\":100");
    l.now_ms = utc(2026, 12, 31, 15, 0) - 1;
    CHECK_TEXT(spend("\"amount\":100"), "00");
    CHECK_INT(last.day, 20261231);
    CHECK_TEXT(spend("\"amount\":1"), "61");
    l.now_ms++;
    CHECK_TEXT(spend("\"amount\":100"), "00");
    check_text("v=1;d=20270101;day.a=100;day.c=1;month.a=100;month.c=1");
    ledger_close(&l);
}

TEST(two_zones_have_two_days_at_the_same_moment) {
    open_in("Pacific/Kiritimati");
    given(&l, "opened", "A2", "{\"zone\":\"Pacific/Pago_Pago\"}");
    l.now_ms = utc(2026, 11, 22, 10, 30);
    CHECK_TEXT(spend("\"amount\":1"), "00");
    CHECK_INT(last.day, 20261123);
    given(&l, "spend", "A2", "{\"amount\":1}");
    CHECK_INT(last.day, 20261121);
    ledger_close(&l);
}

TEST(a_day_that_has_begun_does_not_go_back) {
    open_in("");
    change("\"limit\":\"daily\",\"period\":\"day\",\"amount\":100");
    CHECK_TEXT(spend("\"amount\":60"), "00");
    l.now_ms -= 86400000; /* another gateway's clock */
    CHECK_TEXT(spend("\"amount\":60"), "61");
    CHECK_TEXT(spend("\"amount\":40"), "00");
    CHECK_INT(last.day, 20261122);
    ledger_close(&l);
}

/* ---- what is no rule, and what is too much */

TEST(a_zone_that_nobody_knows_is_not_opened) {
    ledger_open(&l, "transaction-processor", handlers);
    given(&l, "opened", "A1", "{\"zone\":\"Europe/Brno\"}");
    CHECK_INT(l.taken, TAKEN_PARKED);
    ledger_close(&l);
}

TEST(a_broken_rule_is_no_rule) {
    static const char *const broken[] = {
        "\"period\":\"day\",\"amount\":1",
        "\"limit\":\"\",\"period\":\"day\",\"amount\":1",
        "\"limit\":\"A b\",\"period\":\"day\",\"amount\":1",
        "\"limit\":\"x\",\"amount\":1",
        "\"limit\":\"x\",\"period\":\"year\",\"amount\":1",
        "\"limit\":\"x\",\"period\":\"day\",\"amount\":-2",
        "\"limit\":\"x\",\"period\":\"day\",\"count\":-5",
        "\"limit\":\"x\",\"period\":\"transaction\",\"count\":5",
        "\"limit\":\"x\",\"period\":\"day\",\"amount\":1,\"mode\":\"maybe\"",
        "\"limit\":\"x\",\"period\":\"day\",\"amount\":1,\"from\":-1",
        "\"limit\":\"x\",\"period\":\"day\",\"amount\":1,\"window\":1000",
        "\"limit\":\"x\",\"period\":\"declines\",\"count\":1,\"window\":60000",
        "\"limit\":\"x\",\"period\":\"declines\",\"count\":3,\"window\":10",
        "\"limit\":\"x\",\"period\":\"near\",\"count\":3,\"window\":60000",
    };
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        open_in("");
        change(broken[i]);
        CHECK_INT(l.taken, TAKEN_PARKED);
    }
    ledger_close(&l);
}

TEST(an_account_has_so_many_rules_and_no_more) {
    char fields[128];
    open_in("");
    for (int i = 0; i < LIMIT_RULES_MAX; i++) {
        (void)snprintf(fields, sizeof(fields), "\"limit\":\"l%d\",\"period\":\"day\",\"amount\":%d",
                       i, 1000 - i);
        change(fields);
        CHECK_INT(l.taken, TAKEN_HANDLED);
    }
    CHECK_TEXT(spend("\"amount\":969"), "00");
    CHECK_TEXT(spend("\"amount\":1"), "61");
    change("\"limit\":\"one-more\",\"period\":\"day\",\"amount\":5");
    CHECK_INT(l.taken, TAKEN_PARKED);
    ledger_close(&l);
}

TEST(a_change_that_is_told_again_changes_nothing) {
    open_in("");
    change("\"limit\":\"daily\",\"period\":\"day\",\"amount\":100");
    change("\"limit\":\"daily\",\"period\":\"day\",\"amount\":200");
    version = 0;
    change("\"limit\":\"daily\",\"period\":\"day\",\"amount\":100");
    CHECK_TEXT(spend("\"amount\":200"), "00");
    check_text("v=2;d=20261122;day.a=200;day.c=1;month.a=200;month.c=1");
    ledger_close(&l);
}

TEST(sums_of_a_month_do_not_wrap) {
    open_in("");
    CHECK_TEXT(spend("\"amount\":9223372036854775807"), "00");
    CHECK_TEXT(spend("\"amount\":1"), "61");
    CHECK_TEXT(spend("\"amount\":-1"), "61");
    CHECK_TEXT(spend("\"amount\":1,\"forced\":1"), "61");
    ledger_close(&l);
}
