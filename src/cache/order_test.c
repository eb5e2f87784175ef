/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Numbers in order against an array of marks. */
#include "order.h"

#include "base/random.h"
#include "base/test.h"

enum { NUMBERS = 4000, CHANGES = 60000 };

static void check_listed(const struct order *o, const bool *there) {
    uint64_t from = 0, number, count = 0;
    for (uint64_t i = 0; i < NUMBERS; i++) {
        if (!there[i])
            continue;
        CHECK(order_next(o, from, &number));
        CHECK(number == i << 32);
        from = number + 1;
        count++;
    }
    CHECK(!order_next(o, from, &number));
    CHECK(o->count == count);
}

TEST(numbers_are_listed_in_order_after_any_changes) {
    struct random dice = random_seeded(test_seed());
    static bool there[NUMBERS];
    struct order o = { 0 };
    for (int i = 0; i < CHANGES; i++) {
        uint64_t at = random_below(&dice, NUMBERS);
        bool add = random_below(&dice, i / (CHANGES / 4) % 2 ? 4 : 2) == 0; /* grows, shrinks */
        if (add)
            order_add(&o, at << 32);
        else
            order_remove(&o, at << 32);
        there[at] = add;
        if (i % 5000 == 0)
            check_listed(&o, there);
    }
    check_listed(&o, there);
    for (uint64_t i = 0; i < NUMBERS; i++)
        order_remove(&o, i << 32);
    CHECK(o.count == 0 && o.bytes == 0 && !o.root);
    order_finish(&o);
}

TEST(numbers_that_come_downwards_are_in_order_too) {
    struct order o = { 0 };
    uint64_t number;
    for (uint64_t i = 100000; i; i--)
        order_add(&o, i);
    for (uint64_t i = 1; i <= 100000; i++)
        CHECK(order_next(&o, i, &number) && number == i);
    CHECK(o.bytes / o.count <= 24);
    order_finish(&o);
}
