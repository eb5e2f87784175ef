/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Times that were measured, and their percentiles: all are kept, so a percentile is exact. */
#ifndef OCTAVO_APP_DEMO_LATENCY_H
#define OCTAVO_APP_DEMO_LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct latencies {
    int64_t *ns;
    size_t count;
    size_t capacity;
    bool sorted;
};

void latencies_add(struct latencies *l, int64_t ns);
/* The smallest time that at least `per_mille` thousandths of all do not exceed; 0 when empty. */
int64_t latencies_at(struct latencies *l, int per_mille);
void latencies_finish(struct latencies *l);

#endif
