/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "base/clock.h"

#include "base/random.h"
#include "base/test.h"

#include <string.h>

TEST(a_fake_clock_moves_only_when_told_and_both_clocks_together) {
    struct fake_clock fake;
    fake_clock_init(&fake, 1790000000000);
    CHECK_INT(clock_wall_ms(&fake.clock), 1790000000000);
    CHECK_INT(clock_steady_ns(&fake.clock), 0);
    fake_clock_advance(&fake, 1500);
    CHECK_INT(clock_wall_ms(&fake.clock), 1790000001500);
    CHECK_INT(clock_steady_ns(&fake.clock), 1500000000);
    CHECK_INT(clock_steady_ms(&fake.clock), 1500);
}

TEST(the_real_steady_clock_never_goes_back) {
    int64_t last = clock_steady_ns(clock_real());
    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_steady_ns(clock_real());
        CHECK(now >= last);
        last = now;
    }
    CHECK(clock_wall_ms(clock_real()) > 1700000000000);
}

TEST(a_seed_repeats_its_numbers_and_another_does_not) {
    struct random a = random_seeded(7), b = random_seeded(7), c = random_seeded(8);
    int same = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t number = random_next(&a);
        CHECK(number == random_next(&b));
        same += number == random_next(&c);
    }
    CHECK_INT(same, 0);
}

TEST(splitmix64_gives_the_published_numbers) {
    struct random r = random_seeded(1234567);
    CHECK(random_next(&r) == 6457827717110365317u);
    CHECK(random_next(&r) == 3203168211198807973u);
}

TEST(numbers_below_a_limit_stay_below_it_and_reach_all_of_them) {
    struct random r = random_seeded(1);
    int seen[5] = { 0 };
    for (int i = 0; i < 1000; i++)
        seen[random_below(&r, 5)]++;
    for (int i = 0; i < 5; i++)
        CHECK(seen[i] > 100);
    CHECK_INT((int)random_below(&r, 1), 0);
}

TEST(the_system_fills_all_that_is_asked_for) {
    uint8_t a[256] = { 0 }, b[256] = { 0 };
    random_system(a, sizeof(a));
    random_system(b, sizeof(b));
    CHECK(memcmp(a, b, sizeof(a)) != 0);
    CHECK(memcmp(a + 240, (uint8_t[16]){ 0 }, 16) != 0);
}
