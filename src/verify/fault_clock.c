/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The clock of the machine jumps, forwards or back, and later to where it should be. Debian's
 * libfaketime stands over the clocks of all processes; what only goes forwards (CLOCK_MONOTONIC) is
 * left alone, as it is by who sets a machine's time. */
#include "faults.h"

#include <stdio.h>

static const char *no_clock(struct run *r) {
    (void)r;
    return preload_lacks_clock();
}

static int64_t jump_of(const struct planned *p) {
    static const int64_t jumps[] = { 61, -61, 3600, -3600, 86400, -86400 };
    return jumps[p->dice % (sizeof(jumps) / sizeof(jumps[0]))];
}

static void clock_plan(struct run *r, struct planned *p, struct random *random) {
    (void)r;
    (void)random;
    p->target = HOUSE_BROKER;
    (void)snprintf(p->what, sizeof(p->what), "and everybody, %+lld s", (long long)jump_of(p));
}

static void clock_begin(struct run *r, struct planned *p) {
    p->inflicted = !preload_clock(&r->house.preload, jump_of(p));
}

/* librdkafka waits by the wall clock for its own threads: who starts meanwhile may give up, and is
 * started again as by any supervisor. */
static bool clock_turn(struct run *r, struct planned *p, int64_t now_ms) {
    for (size_t i = 0; i < r->house.count; i++)
        r->house.processes[i].ordered |= !r->house.processes[i].ready;
    if (now_ms < p->begun_ms + p->for_ms)
        return false;
    if (preload_clock(&r->house.preload, 0))
        run_problem(r, "the clock could not be set back: %s", error_story());
    return true;
}

const struct fault fault_clock_jump = {
    .name = "clock-jump",
    .sentence = "the clock jumps by a minute, an hour or a day, either way, and back",
    .weight = 1,
    .for_least_ms = 1500,
    .for_most_ms = 5000,
    .wants.clock = true,
    .beside = true,
    .lacks = no_clock,
    .plan = clock_plan,
    .begin = clock_begin,
    .turn = clock_turn,
};
