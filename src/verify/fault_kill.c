/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* kill -9: of a service, of the broker, of everything at once; and the start that follows. */
#include "faults.h"

#include <stdio.h>

size_t target_draw(const struct run *r, struct random *random, bool broker) {
    size_t first = broker && !r->house.broker_list ? HOUSE_BROKER : r->house.brokers;
    return first + (size_t)random_below(random, r->house.count - first);
}

size_t broker_draw(const struct run *r, struct random *random) {
    return r->house.brokers > 1 ? (size_t)random_below(random, r->house.brokers) : HOUSE_BROKER;
}

const char *brokers_elsewhere(struct run *r) {
    return r->house.broker_list ? "the brokers are not ours to do anything to (--node has ours)"
                                : NULL;
}

bool revived(struct run *r, size_t target) {
    struct process *p = &r->house.processes[target];
    if (process_look(p))
        return p->ready;
    if (p->surprises > 5) {
        run_problem(r, "%s does not come up again", p->name);
        return true;
    }
    if (process_start(p, NULL))
        run_problem(r, "%s: %s", p->name, error_story());
    return false;
}

/* Dead for as long as the schedule says, then alive and ready. */
static bool kill_turn(struct run *r, struct planned *p, int64_t now_ms) {
    if (now_ms < p->begun_ms + p->for_ms)
        return false;
    return revived(r, p->target);
}

static void kill_plan(struct run *r, struct planned *p, struct random *random) {
    p->target = target_draw(r, random, false);
}

static void kill_begin(struct run *r, struct planned *p) {
    process_kill(&r->house.processes[p->target]);
    p->inflicted = true;
}

const struct fault fault_kill = {
    .name = "kill",
    .sentence = "kill -9 of a service, and its start a moment later",
    .weight = 4,
    .for_most_ms = 600,
    .plan = kill_plan,
    .begin = kill_begin,
    .turn = kill_turn,
};

static void broker_plan(struct run *r, struct planned *p, struct random *random) {
    p->target = broker_draw(r, random);
}

const struct fault fault_broker_kill = {
    .name = "broker-kill",
    .sentence = "kill -9 of a broker, and its start a moment later",
    .weight = 3,
    .for_most_ms = 600,
    .lacks = brokers_elsewhere,
    .plan = broker_plan,
    .begin = kill_begin,
    .turn = kill_turn,
};

/* Of a cluster the one: it promises to survive no more than that. */
static bool is_spared(const struct run *r, const struct planned *p, size_t process) {
    return r->house.processes[process].paused
           || (process < r->house.brokers && process != p->target);
}

static void all_begin(struct run *r, struct planned *p) {
    for (size_t i = 0; i < r->house.count; i++)
        if (!is_spared(r, p, i))
            process_kill(&r->house.processes[i]);
    p->inflicted = true;
}

/* In an order that the dice choose: a service may be there before its broker. */
static bool all_turn(struct run *r, struct planned *p, int64_t now_ms) {
    bool up = true;
    if (now_ms < p->begun_ms + p->for_ms)
        return false;
    for (size_t i = 0; i < r->house.count; i++)
        if (!is_spared(r, p, (size_t)((i + p->dice) % r->house.count)))
            up &= revived(r, (size_t)((i + p->dice) % r->house.count));
    return up;
}

const struct fault fault_all_killed = {
    .name = "all-killed",
    .sentence = "kill -9 of broker and services at once",
    .weight = 1,
    .for_most_ms = 300,
    .plan = broker_plan,
    .begin = all_begin,
    .turn = all_turn,
};

/* ---- killed again on the way up */

static void recovery_plan(struct run *r, struct planned *p, struct random *random) {
    p->target = target_draw(r, random, true);
    (void)snprintf(p->what, sizeof(p->what), "%u times", 2 + (unsigned)(p->dice % 2));
}

/* for_ms: how far into the start it is allowed to come. */
static bool recovery_turn(struct run *r, struct planned *p, int64_t now_ms) {
    struct process *process = &r->house.processes[p->target];
    if (p->step > (int)(p->dice % 2) + 1)
        return revived(r, p->target);
    if (!process_look(process)) {
        (void)revived(r, p->target);
        p->step_ms = now_ms;
        return false;
    }
    if (now_ms < p->step_ms + p->for_ms)
        return false;
    p->inflicted |= !process->ready;
    process_kill(process);
    p->step++;
    return false;
}

const struct fault fault_recovery_kill = {
    .name = "recovery-kill",
    .sentence = "kill -9, and again while it recovers",
    .weight = 2,
    .for_least_ms = 5,
    .for_most_ms = 250,
    .plan = recovery_plan,
    .begin = kill_begin,
    .turn = recovery_turn,
};
