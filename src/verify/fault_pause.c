/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* SIGSTOP and SIGCONT: for a moment, as on a machine that swaps; and for longer than a session
 * lasts, so that who wakes up acts on what is no longer his. */
#include "faults.h"

static void stall_plan(struct run *r, struct planned *p, struct random *random) {
    p->target = target_draw(r, random, true);
}

static void zombie_plan(struct run *r, struct planned *p, struct random *random) {
    p->target = target_draw(r, random, false);
}

static void pause_begin(struct run *r, struct planned *p) {
    process_pause(&r->house.processes[p->target], true);
    p->inflicted = true;
}

static bool pause_turn(struct run *r, struct planned *p, int64_t now_ms) {
    if (now_ms < p->begun_ms + p->for_ms)
        return false;
    process_pause(&r->house.processes[p->target], false);
    return true;
}

const struct fault fault_stall = {
    .name = "stall",
    .sentence = "a process stands still for a moment (SIGSTOP)",
    .weight = 2,
    .for_least_ms = 100,
    .for_most_ms = 1500,
    .plan = stall_plan,
    .begin = pause_begin,
    .turn = pause_turn,
};

const struct fault fault_zombie = {
    .name = "zombie",
    .sentence = "a service stands still for longer than its session, and wakes up",
    .weight = 2,
    .for_least_ms = 6500,
    .for_most_ms = 9000,
    .beside = true,
    .plan = zombie_plan,
    .begin = pause_begin,
    .turn = pause_turn,
};
