/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Refs by hashes that are well spread, and by such that are not; and walking while they change. */
#include "buckets.h"

#include "base/random.h"
#include "base/test.h"

#include <stdlib.h>

enum { MANY = 50000, EQUAL = 3000, STAYING = 300, COMING = 3000, ROUNDS = 60 };

static uint32_t spread(uint32_t n) {
    return (uint32_t)(n * 0x9e3779b97f4a7c15U >> 32);
}

static bool has(const struct buckets *b, uint32_t hash, uint32_t ref) {
    struct probe probe = buckets_probe(b, hash);
    for (uint32_t found; probe_next(&probe, &found);)
        if (found == ref)
            return true;
    return false;
}

TEST(what_was_added_is_found_until_it_is_removed) {
    struct buckets b = { 0 };
    CHECK(!has(&b, 7, 7));
    for (uint32_t i = 1; i <= MANY; i++)
        buckets_add(&b, spread(i), i);
    for (uint32_t i = 1; i <= MANY; i += 3)
        buckets_remove(&b, spread(i), i);
    for (uint32_t i = 2; i <= MANY; i += 3)
        buckets_replace(&b, spread(i), i, i + MANY);
    for (uint32_t i = 1; i <= MANY; i++) {
        CHECK(has(&b, spread(i), i) == (i % 3 == 0));
        CHECK(has(&b, spread(i), i + MANY) == (i % 3 == 2));
    }
    CHECK(b.count == MANY - (MANY + 2) / 3);
    CHECK(b.bytes / b.count <= 30);
    buckets_finish(&b);
}

TEST(equal_hashes_cost_only_each_other) {
    struct buckets b = { 0 };
    for (uint32_t i = 1; i <= EQUAL; i++)
        buckets_add(&b, 0xfffffff0U, i);
    for (uint32_t i = 1; i <= EQUAL; i++)
        buckets_add(&b, spread(i), i);
    CHECK(has(&b, 0xfffffff0U, EQUAL) && has(&b, spread(5), 5));
    for (uint32_t i = EQUAL; i; i--)
        buckets_remove(&b, 0xfffffff0U, i);
    CHECK(!has(&b, 0xfffffff0U, 1) && has(&b, spread(5), 5));
    CHECK(b.count == EQUAL);
    CHECK(b.bytes < 80ULL << 20); /* the directory at its deepest */
    buckets_finish(&b);
}

static uint32_t staying(uint32_t n) {
    return spread(n * 977 + 5);
}

/* Those above STAYING come and go; a change of theirs may split what is walked. */
static void walk(struct buckets *b, struct random *dice, bool *there, int *met) {
    uint64_t at = 0;
    uint32_t ref;
    while (buckets_next(b, &at, &ref)) {
        if (ref <= STAYING)
            met[ref - 1]++;
        for (int i = 0; i < 20 && buckets_may_rest(b, at); i++) {
            uint32_t n = (uint32_t)random_below(dice, COMING);
            if (there[n])
                buckets_remove(b, spread(n), n + STAYING + 1);
            else
                buckets_add(b, spread(n), n + STAYING + 1);
            there[n] = !there[n];
        }
    }
}

TEST(a_walk_meets_all_that_stays_once_though_others_come_and_go) {
    struct random dice = random_seeded(test_seed());
    for (int round = 0; round < ROUNDS; round++) {
        struct buckets b = { 0 };
        bool there[COMING] = { false };
        int met[STAYING] = { 0 };
        for (uint32_t i = 1; i <= STAYING; i++)
            buckets_add(&b, staying(i), i);
        walk(&b, &dice, there, met);
        for (int i = 0; i < STAYING; i++)
            if (met[i] != 1)
                test_failed(__FILE__, __LINE__, "%d met %d times in round %d", i, met[i], round);
        buckets_finish(&b);
    }
}
