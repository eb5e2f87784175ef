/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "check.h"
#include "unusual.h"

#include "base/random.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES = 400, ROUNDS = 12, FAR = 200 };

static struct history_record *put(struct history *h, enum history_kind kind,
                                  enum history_operation operation, struct history_record r) {
    r.kind = (uint8_t)kind;
    r.operation = (uint8_t)operation;
    r.time_ns = (int64_t)h->count + 1;
    history_put(h, r);
    return &h->records[h->count - 1];
}

static void given_rollup(struct history *h, const char *level, int64_t begin, const char *row) {
    char name[80];
    (void)snprintf(name, sizeof(name), "d1 heat/%s/%lld", level, (long long)begin);
    struct history_record r = { .id = history_text(h, name), .other = history_text(h, row) };
    put(h, HISTORY_seen, HISTORY_rollup, r);
}

/* A reading a minute, at its full minute, from 1970 on; number FAR is unusual. */
static int value_of(uint64_t number, struct random *random) {
    return (number == FAR ? 90000 : 20000) + (int)random_below(random, 500);
}

static void given_message(struct history *h, uint64_t number, int value) {
    char id[40], points[60], row[200], text[24];
    (void)snprintf(text, sizeof(text), "%d.%03d", value / 1000, value % 1000);
    (void)snprintf(id, sizeof(id), "d1 1 %llu", (unsigned long long)number);
    (void)snprintf(points, sizeof(points), "%llu %s heat", (unsigned long long)number * 60000,
                   text);
    (void)snprintf(row, sizeof(row), "1 %s %s %s %s %llu %s %llu 0", text, text, text, text,
                   (unsigned long long)number * 60000, text, (unsigned long long)number * 60000);
    struct history_record m = { .id = history_text(h, id) };
    put(h, HISTORY_invoke, HISTORY_message, m);
    put(h, HISTORY_ok, HISTORY_message, m);
    m.other = history_text(h, points);
    m.key = history_text(h, "d1");
    m.value = (int64_t)number;
    m.lane = 7;
    put(h, HISTORY_seen, HISTORY_reading, m);
    if (number % 5 == 0) /* sent again, and taken again */
        put(h, HISTORY_seen, HISTORY_reading, m);
    given_rollup(h, "1s", (int64_t)number * 60000, row);
    given_rollup(h, "1m", (int64_t)number * 60000, row);
}

struct part {
    int64_t count, sum, least, most, first, first_ms, last, last_ms;
};

static void part_add(struct part *p, int64_t value, int64_t ms) {
    p->least = !p->count || value < p->least ? value : p->least;
    p->most = !p->count || value > p->most ? value : p->most;
    p->first = p->count ? p->first : value;
    p->first_ms = p->count ? p->first_ms : ms;
    p->last = value;
    p->last_ms = ms;
    p->count++;
    p->sum += value;
}

static void part_put(struct history *h, const char *level, int64_t begin, const struct part *p) {
    char row[240];
    (void)snprintf(row, sizeof(row),
                   "%lld %lld.%03lld %lld.%03lld %lld.%03lld %lld.%03lld %lld %lld.%03lld %lld 1.5",
                   (long long)p->count, (long long)p->sum / 1000, (long long)p->sum % 1000,
                   (long long)p->least / 1000, (long long)p->least % 1000,
                   (long long)p->most / 1000, (long long)p->most % 1000, (long long)p->first / 1000,
                   (long long)p->first % 1000, (long long)p->first_ms, (long long)p->last / 1000,
                   (long long)p->last % 1000, (long long)p->last_ms);
    given_rollup(h, level, begin, row);
}

static void given_parts(struct history *h, const char *level, int64_t length, uint64_t seed) {
    struct random random = random_seeded(seed);
    struct part p = { 0 };
    int64_t begin = 0;
    for (int64_t n = 0; n < MESSAGES; n++) {
        if (n * 60000 >= begin + length) {
            part_put(h, level, begin, &p);
            p = (struct part){ 0 };
            begin += length;
        }
        part_add(&p, value_of((uint64_t)n, &random), n * 60000);
    }
    part_put(h, level, begin, &p);
}

static void given_alert(struct history *h, const struct unusual_alert *a, int64_t number) {
    char name[60];
    (void)snprintf(name, sizeof(name), "d1/heat/anomaly/%lld", (long long)a->raised_ms);
    struct history_record r = {
        .id = history_text(h, name), .key = 9, .lane = 8, .value = 2 * number, .code = "on"
    };
    CHECK(r.id == a->id);
    put(h, HISTORY_seen, HISTORY_alarm, r);
    memcpy(r.code, "no", 2);
    r.value++;
    if (a->cleared_ms) {
        put(h, HISTORY_seen, HISTORY_alarm, r);
        put(h, HISTORY_seen, HISTORY_alarm, r); /* its relay says it again */
    }
    r.value = a->raised_ms;
    r.place = a->cleared_ms;
    put(h, HISTORY_seen, HISTORY_alert, r);
}

static void given_alerts(struct history *h) {
    struct unusual *u = unusual_create();
    size_t count = h->count;
    for (size_t i = 0; i < count; i++)
        if (h->records[i].operation == HISTORY_reading
            && h->records[i - 1].operation != HISTORY_reading)
            unusual_reading(u, "d1", history_called(h, h->records[i].other));
    CHECK(unusual_alert_count(u) && unusual_alert_at(u, 0)->cleared_ms);
    for (size_t i = 0; i < unusual_alert_count(u); i++)
        given_alert(h, unusual_alert_at(u, i), (int64_t)i);
    unusual_destroy(u);
}

static void given_clean(struct history *h, uint64_t seed) {
    struct random random = random_seeded(seed);
    for (uint64_t n = 0; n < MESSAGES; n++)
        given_message(h, n, value_of(n, &random));
    given_parts(h, "15m", 900000, seed);
    given_parts(h, "1h", 3600000, seed);
    given_parts(h, "1d", 86400000, seed);
    given_alerts(h);
}

static const char *judged(const struct history *h) {
    struct evidence e = { .history = h };
    for (const struct check *check = checks_iot; check->name; check++) {
        struct verdict v = { 0 };
        check->judge(&e, &v);
        CHECK(v.looked_at > 0 || v.wrong);
        if (v.wrong)
            return check->name;
    }
    return "";
}

TEST(a_clean_fleet_raises_no_alarm) {
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct history h = { 0 };
        given_clean(&h, seed);
        CHECK_TEXT(judged(&h), "");
        history_finish(&h);
    }
}

static struct history_record *one(struct history *h, enum history_operation operation,
                                  uint64_t seed) {
    struct random random = random_seeded(seed);
    size_t from = (size_t)random_below(&random, h->count);
    while (h->records[from % h->count].operation != operation)
        from++;
    return &h->records[from % h->count];
}

static void gone(struct history_record *r) {
    *r = (struct history_record){ .operation = HISTORY_position };
}

static void reading_lost(struct history *h, uint64_t seed) {
    uint64_t id = one(h, HISTORY_reading, seed)->id;
    for (size_t i = 0; i < h->count; i++)
        if (h->records[i].operation == HISTORY_reading && h->records[i].id == id)
            gone(&h->records[i]);
}
static void nobodys(struct history *h, uint64_t seed) {
    one(h, HISTORY_reading, seed)->id = 77;
}
static void window_lost(struct history *h, uint64_t seed) {
    gone(one(h, HISTORY_rollup, seed));
}
static void window_of_nothing(struct history *h, uint64_t seed) {
    one(h, HISTORY_rollup, seed)->id = history_text(h, "d1 heat/1m/7");
}
static void counted_twice(struct history *h, uint64_t seed) {
    struct history_record *r = one(h, HISTORY_rollup, seed);
    char *row = text_format("9%s", history_called(h, r->other));
    r->other = history_text(h, row);
    free(row);
}
static void alert_lost(struct history *h, uint64_t seed) {
    gone(one(h, HISTORY_alert, seed));
}
static void alert_of_nothing(struct history *h, uint64_t seed) {
    struct history_record more = *one(h, HISTORY_alert, seed);
    more.id ^= 1;
    history_put(h, more);
}
static void alert_not_over(struct history *h, uint64_t seed) {
    struct history_record *r = one(h, HISTORY_alert, seed);
    while (!r->place)
        r = one(h, HISTORY_alert, ++seed);
    r->place = 0;
}
static void raised_again(struct history *h, uint64_t seed) {
    for (size_t i = 0; i < h->count; i++)
        if (h->records[i].operation == HISTORY_alarm && h->records[i].code[0] == 'o') {
            struct history_record more = h->records[i];
            more.value = 1000 + (int64_t)seed; /* another event of its lane */
            history_put(h, more);
            return;
        }
}
static void over_without_begin(struct history *h, uint64_t seed) {
    (void)seed;
    for (size_t i = 0; i < h->count; i++)
        if (h->records[i].operation == HISTORY_alarm && h->records[i].code[0] == 'o')
            gone(&h->records[i]);
}

TEST(each_planted_anomaly_of_a_fleet_is_found) {
    static const struct {
        void (*plant)(struct history *, uint64_t seed);
        const char *check;
    } plants[] = {
        { reading_lost, "kept" },       { nobodys, "kept" },
        { window_lost, "windows" },     { window_of_nothing, "windows" },
        { counted_twice, "windows" },   { alert_lost, "alerts" },
        { alert_of_nothing, "alerts" }, { alert_not_over, "alerts" },
        { raised_again, "incidents" },  { over_without_begin, "incidents" },
    };
    for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++)
        for (uint64_t seed = 0; seed < ROUNDS; seed++) {
            struct history h = { 0 };
            given_clean(&h, seed);
            plants[i].plant(&h, seed);
            CHECK_TEXT(judged(&h), plants[i].check);
            history_finish(&h);
        }
}

TEST(numbers_are_read_as_a_device_writes_them) {
    CHECK(unusual_millionths("21.5") == 21500000);
    CHECK(unusual_millionths("-0.000001") == -1);
    CHECK(unusual_millionths("3") == 3000000);
    CHECK(unusual_millionths("20.1234567") == 20123456);
}
