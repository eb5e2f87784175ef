/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "check.h"
#include "judged_fixture.h"

#include "base/random.h"
#include "base/test.h"

#include <string.h>

enum { CUSTOMERS = 12, CHANGES = 400, ROUNDS = 20 };

static void put(struct history *h, enum history_kind kind, enum history_operation operation,
                struct history_record r) {
    r.kind = (uint8_t)kind;
    r.operation = (uint8_t)operation;
    r.time_ns = (int64_t)h->count + 1;
    history_put(h, r);
}

/* Every change is acknowledged and read at once; then a deletion now and then. */
static void given_clean(struct history *h, uint64_t seed) {
    struct random random = random_seeded(seed);
    int64_t versions[CUSTOMERS] = { 0 }, places[CUSTOMERS];
    memset(places, 0xff, sizeof(places));
    for (uint64_t i = 1; i <= CHANGES; i++) {
        size_t at = (size_t)random_below(&random, CUSTOMERS);
        places[at] = places[at] >= 0 && random_below(&random, 6) == 0 ? -1 : (int64_t)i;
        struct history_record r = { .id = i, .key = tally_mix(at, 5), .place = places[at] };
        put(h, HISTORY_invoke, HISTORY_change, r);
        r.value = ++versions[at];
        put(h, HISTORY_ok, HISTORY_change, r);
        if (random_below(&random, 4) == 0)
            put(h, HISTORY_ok, HISTORY_change, r);
        r.value = places[at] < 0 ? 0 : r.value;
        r.id = 0;
        put(h, HISTORY_seen, HISTORY_read, r);
    }
    for (size_t i = 0; i < CUSTOMERS; i++) {
        struct history_record r = { .key = tally_mix(i, 5),
                                    .place = places[i],
                                    .value = places[i] < 0 ? 0 : versions[i] };
        put(h, HISTORY_seen, HISTORY_source, r);
        put(h, HISTORY_seen, HISTORY_cached, r);
    }
}

static const char *judged(const struct history *h) {
    return judged_by(checks_caching, h);
}

/* One of that operation with something in it, from a place of the seed's. */
static struct history_record *one(struct history *h, enum history_operation operation,
                                  uint64_t seed) {
    struct random random = random_seeded(seed);
    size_t from = (size_t)random_below(&random, h->count);
    for (size_t i = 0; i < h->count; i++) {
        struct history_record *r = &h->records[(from + i) % h->count];
        if (r->operation == operation && r->value > 1 && r->kind != HISTORY_invoke)
            return r;
    }
    test_failed(__FILE__, __LINE__, "no record to plant anything on");
}

TEST(clean_caches_raise_no_alarm) {
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct history h = { 0 };
        given_clean(&h, seed);
        CHECK_TEXT(judged(&h), "");
        history_finish(&h);
    }
}

static void read_goes_back(struct history *h, struct history_record r) {
    put(h, HISTORY_seen, HISTORY_read, r);
    r.value--;
    put(h, HISTORY_seen, HISTORY_read, r);
}
static void read_after_deletion(struct history *h, struct history_record r) {
    put(h, HISTORY_seen, HISTORY_read, (struct history_record){ .key = r.key, .place = -1 });
    put(h, HISTORY_seen, HISTORY_read, r);
}
static void read_of_nobodys(struct history *h, struct history_record r) {
    r.value += 1000000;
    r.place = 999999;
    put(h, HISTORY_seen, HISTORY_read, r);
}
static void two_contents(struct history *h, struct history_record r) {
    struct history_record other = { .id = 77777, .key = r.key, .place = 55555 };
    put(h, HISTORY_invoke, HISTORY_change, other);
    r.process = 9;
    r.place = 55555;
    put(h, HISTORY_seen, HISTORY_read, r);
}

TEST(every_planted_anomaly_of_caches_is_found_by_its_check) {
    static void (*const reads[])(struct history *,
                                 struct history_record) = { read_goes_back, read_after_deletion,
                                                            read_of_nobodys, two_contents };
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
            struct history h = { 0 };
            given_clean(&h, seed);
            reads[i](&h, *one(&h, HISTORY_read, seed));
            CHECK_TEXT(judged(&h), "reads");
            history_finish(&h);
        }
        struct history again = { 0 }, lost = { 0 }, behind = { 0 };
        given_clean(&again, seed);
        struct history_record answer = *one(&again, HISTORY_change, seed);
        answer.value += 100000;
        put(&again, HISTORY_ok, HISTORY_change, answer);
        CHECK_TEXT(judged(&again), "versions");
        given_clean(&lost, seed);
        one(&lost, HISTORY_source, seed)->value--;
        CHECK_TEXT(judged(&lost), "converged");
        given_clean(&behind, seed);
        one(&behind, HISTORY_cached, seed)->value--;
        CHECK_TEXT(judged(&behind), "converged");
        history_finish(&again);
        history_finish(&lost);
        history_finish(&behind);
    }
}
