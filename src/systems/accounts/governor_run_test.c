/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Ledger and governor over one topic, each at its own pace, over many days and zones: with limits
 * that change all the time they never differ, and no strict limit is gone over. One decision kept
 * from the governor is enough, and it says so. OCTAVO_DECISIONS: how many requests there are. */
#include "accounts_fixture.h"
#include "base/clock.h"
#include "base/random.h"
#include "limits.h"

#include <inttypes.h>

enum { ACCOUNTS = 6, RING = 8192, REQUESTS = 48000, GROUP = 40, RECENT = 64 };

struct record {
    char type[32], key[16], id[32], json[900];
    int64_t time_ms;
};

static struct record ring[RING];
static int64_t topic_end, diverged, posted, refused;
static struct ledger ledger, governor;
static struct random dice;
static int64_t now_ms, requests, hidden_from;

static unsigned roll(unsigned sides) {
    return (unsigned)random_below(&dice, sides);
}

/* ---- the topic */

static struct record *record_add(const char *type, const char *key) {
    CHECK(topic_end - ledger.offset < RING && topic_end - governor.offset < RING);
    struct record *r = &ring[topic_end % RING];
    (void)snprintf(r->type, sizeof(r->type), "%s", type);
    (void)snprintf(r->key, sizeof(r->key), "%s", key);
    (void)snprintf(r->id, sizeof(r->id), "at-%" PRId64, topic_end++);
    r->time_ms = now_ms;
    return r;
}

static void event_add(const struct out_event *e) {
    char type[32], key[16];
    (void)snprintf(type, sizeof(type), "%.*s", (int)e->type.len, (const char *)e->type.data);
    (void)snprintf(key, sizeof(key), "%.*s", (int)e->key.len, (const char *)e->key.data);
    diverged += strcmp(type, "decision-diverged") == 0;
    posted += strcmp(type, "transaction-posted") == 0;
    if (!bytes_is_text(e->topic, "account-transaction"))
        return;
    struct record *r = record_add(type, key);
    CHECK(e->value.len < sizeof(r->json));
    (void)snprintf(r->json, sizeof(r->json), "%.*s", (int)e->value.len,
                   (const char *)e->value.data);
    refused += strstr(r->json, "\"code\":\"61\"") || strstr(r->json, "\"code\":\"65\"");
    r->time_ms = e->time_ms;
}

static void commit(struct ledger *l) {
    struct committed done;
    CHECK_OK(task_commit(l->task, now_ms, &done));
    struct cursor in = cursor_on(done.outbox);
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        event_add(&e);
    }
    if (done.outbox_id)
        task_outbox_acked(l->task, done.outbox_id);
}

/* As many records as it happens to take in one group, then the timers that are due. */
static void turn(struct ledger *l) {
    size_t fired;
    task_begin(l->task);
    for (int64_t end = topic_end, left = roll(GROUP); left > 0 && l->offset < end; left--) {
        const struct record *r = &ring[l->offset % RING];
        bool hides = l == &governor && l->offset == hidden_from;
        struct input in = {
            .kind = INPUT_RECORD,
            .type = bytes_text(hides ? "nothing" : r->type),
            .id = bytes_text(r->id),
            .key = bytes_text(r->key),
            .json = bytes_text(r->json),
            .time_ms = r->time_ms,
            .topic = bytes_text("account-transaction"),
            .offset = l->offset++,
        };
        CHECK_OK(task_take(l->task, &in, &l->taken));
        CHECK(l->taken == TAKEN_HANDLED || l->taken == TAKEN_PASSED);
    }
    CHECK_OK(task_take_timers(l->task, now_ms, 50, &fired));
    commit(l);
    if (roll(500) == 0)
        ledger_reopen(l);
}

/* ---- what is asked */

static int64_t some_recent(void) {
    int64_t back = roll(RECENT) + 1;
    return back < requests ? requests - back : 0;
}

static void ask_limit(const char *key) {
    static const char *const periods[] = { "transaction", "day", "month" };
    const char *period = periods[roll(3)];
    bool counts = strcmp(period, "transaction") != 0 && roll(3) == 0;
    struct record *r = record_add("limit-change-requested", key);
    (void)snprintf(r->json, sizeof(r->json),
                   "{\"request\":\"L%" PRId64 "\",\"account\":\"%s\",\"limit\":\"l%u\",\"card\":"
                   "\"%s\",\"period\":\"%s\",\"amount\":%d,\"count\":%d,\"mode\":\"%s\",\"from\":"
                   "%" PRId64 "}",
                   topic_end, key, roll(4), roll(2) ? "T1" : "", period,
                   roll(5) ? (int)roll(9000) : -1, counts ? (int)roll(20) : -1,
                   roll(4) ? "strict" : "observe", roll(2) ? 0 : now_ms + roll(86400000));
}

static void ask_money(const char *key, const char *type, int64_t number) {
    struct record *r = record_add(type, key);
    (void)snprintf(
        r->json, sizeof(r->json),
        "{\"request\":\"%s-R%" PRId64 "\",\"account\":\"%s\",\"amount\":%" PRId64
        ",\"currency\":\"203\",\"card\":\"%s\",\"kind\":\"withdrawal\",\"expires\":%" PRId64 "}",
        key, number, key, number * 7919 % 3000 + 1, number % 3 ? (number % 2 ? "T1" : "T2") : "",
        r->time_ms + 3600000);
}

/* Of something recent, whose amount its number tells. */
static void ask_about(const char *key, const char *type, bool in_part) {
    int64_t original = some_recent(), amount = original * 7919 % 3000 + 1;
    bool completes = strcmp(type, "completion-requested") == 0;
    char part[40] = "";
    if (in_part && !completes)
        (void)snprintf(part, sizeof(part), ",\"actual\":%" PRId64, amount / 2);
    struct record *r = record_add(type, key);
    (void)snprintf(r->json, sizeof(r->json),
                   "{\"request\":\"%s-X%" PRId64 "\",\"account\":\"%s\",\"original\":\"%s-R%" PRId64
                   "\",\"amount\":%" PRId64 ",\"card\":\"%s\"%s}",
                   key, topic_end, key, key, original,
                   completes && in_part ? amount / 3 + 1 : amount,
                   original % 3 ? (original % 2 ? "T1" : "T2") : "", part);
}

static void ask(void) {
    static const char *const types[] = { "deposit-requested",    "deposit-requested",
                                         "withdrawal-requested", "withdrawal-requested",
                                         "withdrawal-requested", "authorization-requested",
                                         "advice-requested" };
    char key[16];
    (void)snprintf(key, sizeof(key), "A%d", (int)roll(ACCOUNTS));
    now_ms += roll(20 * 60000);
    unsigned what = roll(20);
    if (what == 0 && roll(4) == 0)
        ask_limit(key);
    else if (what < 4)
        ask_about(key, "reversal-requested", what == 1);
    else if (what < 7)
        ask_about(key, "completion-requested", what < 6);
    else if (what == 7)
        ask_money(key, types[roll(7)], some_recent()); /* again, or with another body */
    else
        ask_money(key, types[roll(7)], requests++);
}

static void open_both(void) {
    static const char *const zones[] = { "UTC",          "Europe/Prague", "America/New_York",
                                         "Asia/Kolkata", "Pacific/Apia",  "Australia/Lord_Howe" };
    dice = random_seeded(test_seed());
    ledger_open(&ledger, "transaction-processor", processor_handlers);
    ledger_open(&governor, "limit-governor", governor_handlers);
    now_ms = ledger.now_ms;
    hidden_from = -1;
    for (int i = 0; i < ACCOUNTS; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "A%d", i);
        struct record *r = record_add("account-open-requested", key);
        (void)snprintf(r->json, sizeof(r->json),
                       "{\"account\":\"%s\",\"currency\":\"203\",\"card\":\"T1\",\"zone\":\"%s\"}",
                       key, zones[i]);
    }
}

static void run(int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        ask();
        if (roll(6) == 0)
            turn(&ledger);
        if (roll(6) == 0)
            turn(&governor);
    }
    while (ledger.offset < topic_end || governor.offset < topic_end) {
        turn(&ledger);
        turn(&governor);
    }
}

static void close_both(void) {
    ledger_close(&ledger);
    ledger_close(&governor);
}

static int64_t wanted_requests(void) {
    const char *text = getenv("OCTAVO_DECISIONS");
    return text ? strtoll(text, NULL, 10) : REQUESTS;
}

TEST(over_days_and_zones_and_changing_limits_the_governor_derives_what_the_ledger_decides) {
    open_both();
    int64_t start_ns = clock_steady_ns(clock_real());
    run(wanted_requests());
    int64_t took_ms = (clock_steady_ns(clock_real()) - start_ns) / 1000000 + 1;
    CHECK_INT(diverged, 0);
    CHECK(posted > 100 && refused > 100);
    (void)fprintf(stderr,
                  "# figure: %" PRId64 " records, %" PRId64 " posted, %" PRId64
                  " refused by limits, %" PRId64 " diverged, %" PRId64 " records/s\n",
                  topic_end, posted, refused, diverged, topic_end * 1000 / took_ms);
    close_both();
}

static bool is_granted(const struct record *r) {
    return strcmp(r->type, "transaction-posted") == 0 && strstr(r->json, "\"limits\"");
}

static void hide_one(void) {
    hidden_from = topic_end;
    while (hidden_from == topic_end || !is_granted(&ring[hidden_from % RING])) {
        if (hidden_from < topic_end)
            hidden_from++;
        ask();
        turn(&ledger);
    }
}

/* One that is the last of its account in a month is counted by nobody later: then another is. */
TEST(one_decision_kept_from_the_governor_is_found) {
    open_both();
    run(300);
    for (int i = 0; i < 5 && !diverged; i++) {
        hide_one();
        run(1000);
    }
    CHECK(diverged > 0);
    close_both();
}
