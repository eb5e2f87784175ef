/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The clock of the machine jumps, far forwards or a little back, and stays there. Debian's
 * libfaketime stands over the clocks of all processes; what only goes forwards (CLOCK_MONOTONIC) is
 * left alone, as it is by who sets a machine's time. Not further back, and not back again:
 * librdkafka waits by the wall clock, and would wait that much longer. Not by days, or what a topic
 * keeps for so long would go; not by hours where every second is work to catch up with, or where
 * the brokers' clocks are their own: Apache Kafka takes no record an hour ahead of them. */
#include "faults.h"

#include <stdio.h>

static const char *no_clock(struct run *r) {
    (void)r;
    return preload_lacks_clock();
}

static int64_t jump_of(const struct run *r, const struct planned *p) {
    static const int64_t jumps[] = { 61, -2, 3600, 7200 };
    bool small = house_is_foreign(&r->house) || (r->load && r->load->by_clock);
    return jumps[p->dice % (small ? 2 : 4)];
}

static void clock_plan(struct run *r, struct planned *p, struct random *random) {
    (void)random;
    p->target = HOUSE_BROKER;
    (void)snprintf(p->what, sizeof(p->what), "and everybody, %+lld s", (long long)jump_of(r, p));
}

static void clock_begin(struct run *r, struct planned *p) {
    r->clock_ahead_s += jump_of(r, p);
    p->inflicted = !preload_clock(&r->house.preload, r->clock_ahead_s);
}

/* It waits for its own threads by that clock, too: who starts meanwhile may give up, and is started
 * again as by any supervisor. */
static bool clock_turn(struct run *r, struct planned *p, int64_t now_ms) {
    for (size_t i = 0; i < r->house.count; i++)
        r->house.processes[i].ordered |= !r->house.processes[i].ready;
    return now_ms >= p->begun_ms + p->for_ms;
}

const struct fault fault_clock_jump = {
    .name = "clock-jump",
    .sentence = "the clock jumps, by a minute or hours forwards, by seconds back",
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
