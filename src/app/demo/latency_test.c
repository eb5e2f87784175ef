/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Percentiles by hand. */
#include "latency.h"

#include "base/test.h"

TEST(percentiles_are_the_nearest_rank) {
    struct latencies l = { 0 };
    CHECK_INT(latencies_at(&l, 500), 0);
    for (int64_t i = 100; i >= 1; i--)
        latencies_add(&l, i * 10);
    CHECK_INT(latencies_at(&l, 500), 500);
    CHECK_INT(latencies_at(&l, 990), 990);
    CHECK_INT(latencies_at(&l, 1000), 1000);
    CHECK_INT(latencies_at(&l, 1), 10);
    latencies_add(&l, 5);
    CHECK_INT(latencies_at(&l, 1), 5);
    latencies_finish(&l);
}

TEST(one_time_is_every_percentile) {
    struct latencies l = { 0 };
    latencies_add(&l, 42);
    CHECK_INT(latencies_at(&l, 500), 42);
    CHECK_INT(latencies_at(&l, 999), 42);
    latencies_finish(&l);
}
