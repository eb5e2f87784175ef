/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a disk may do: lose power, fail a sync or a write, be full, tear a write. The layer under
 * the processes' files does it (layer.h), to the broker's and to SQLite's alike. */
#include "faults.h"

#include <stdio.h>
#include <string.h>

enum { HIT_LIMIT_MS = 4000, END_LIMIT_MS = 1500, VISITS_MOST = 12, SETTLE_MS = 400 };

/* Files of a broker of another make are its own affair: it has no layer, and power fails where the
 * services are. */
static size_t first_with_layer(const struct run *r) {
    return house_is_foreign(&r->house) ? r->house.brokers : HOUSE_BROKER;
}

/* ---- power cut */

static void power_plan(struct run *r, struct planned *p, struct random *random) {
    (void)r;
    (void)random;
    p->target = HOUSE_BROKER;
}

static void power_begin(struct run *r, struct planned *p) {
    struct power_result result;
    for (size_t i = first_with_layer(r); i < r->house.count; i++)
        process_kill(&r->house.processes[i]);
    for (size_t i = 0; i < HOUSE_SPARES; i++)
        process_kill(&r->house.spares[i]);
    if (preload_power_cut(&r->house.preload, false, p->dice, &result)) {
        run_problem(r, "the power cut could not be made: %s", error_story());
        return;
    }
    (void)snprintf(p->what, sizeof(p->what), "%llu of %llu unsynced writes lost in %llu files",
                   (unsigned long long)result.lost, (unsigned long long)result.unsynced,
                   (unsigned long long)result.files);
    r->unsynced += result.unsynced;
    p->inflicted = true;
}

static bool power_turn(struct run *r, struct planned *p, int64_t now_ms) {
    bool up = true;
    if (now_ms < p->begun_ms + p->for_ms)
        return false;
    for (size_t i = 0; i < r->house.count; i++)
        if ((i + p->dice) % r->house.count >= first_with_layer(r))
            up &= revived(r, (size_t)((i + p->dice) % r->house.count));
    return up;
}

const struct fault fault_power_cut = {
    .name = "power-cut",
    .sentence = "everybody dies, and what was not synced is lost, kept or torn",
    .weight = 3,
    .for_most_ms = 200,
    .wants.layer = true,
    .plan = power_plan,
    .begin = power_begin,
    .turn = power_turn,
};

/* ---- what strikes one process at the n-th occasion */

static void strike_plan(struct run *r, struct planned *p, struct random *random) {
    p->target = target_draw(r, random, !house_is_foreign(&r->house));
    (void)snprintf(p->what, sizeof(p->what), "the %d. time",
                   1 + (int)random_below(random, VISITS_MOST));
}

static void strike_begin(struct run *r, struct planned *p, enum layer_fault fault) {
    struct process *process = &r->house.processes[p->target];
    int visits = 0;
    (void)sscanf(p->what, "the %d.", &visits);
    process->ordered = true; /* this life may end, and not always at once */
    preload_arm(&r->house.preload,
                &(struct preload_fault){ fault, process->pid, visits, p->dice >> 20 });
    p->step_ms = p->begun_ms;
}

/* True: it has struck, or will not any more. */
static bool strike_is_over(struct run *r, struct planned *p, int64_t now_ms) {
    if (p->step)
        return true;
    if (!preload_hits(&r->house.preload) && now_ms < p->begun_ms + HIT_LIMIT_MS
        && process_look(&r->house.processes[p->target]))
        return false;
    p->inflicted = preload_disarm(&r->house.preload) > 0;
    if (p->inflicted)
        (void)snprintf(p->what, sizeof(p->what), "of %.80s", preload_where(&r->house.preload));
    p->step_ms = now_ms;
    p->step = 1;
    return true;
}

static void sync_begin(struct run *r, struct planned *p) {
    strike_begin(r, p, LAYER_sync_error);
}

/* The kernel may forget what it could not write, and a later sync says nothing of it. So who goes
 * on may acknowledge what is not there: it gets a moment to do that, then it is killed, and what it
 * could not sync is taken away. The books show whether that was missed. */
static bool sync_turn(struct run *r, struct planned *p, int64_t now_ms) {
    struct process *process = &r->house.processes[p->target];
    struct power_result lost;
    if (!strike_is_over(r, p, now_ms))
        return false;
    if (p->step == 1 && p->inflicted && process_look(process) && now_ms < p->step_ms + END_LIMIT_MS)
        return false;
    if (p->step == 1 && p->inflicted) {
        process_kill(process);
        if (preload_power_cut(&r->house.preload, true, p->dice, &lost))
            run_problem(r, "what was not synced could not be taken away: %s", error_story());
    }
    p->step = 2;
    return revived(r, p->target);
}

const struct fault fault_sync_error = {
    .name = "sync-error",
    .sentence = "a sync fails, and what it was about is gone",
    .weight = 2,
    .wants.layer = true,
    .plan = strike_plan,
    .begin = sync_begin,
    .turn = sync_turn,
};

static void write_begin(struct run *r, struct planned *p) {
    strike_begin(r, p, LAYER_write_error);
}

/* It may stop, or refuse what it was asked and go on. */
static bool strike_turn(struct run *r, struct planned *p, int64_t now_ms) {
    struct process *process = &r->house.processes[p->target];
    if (!strike_is_over(r, p, now_ms))
        return false;
    if (now_ms < p->step_ms + SETTLE_MS && process_look(process))
        return false;
    return revived(r, p->target);
}

const struct fault fault_write_error = {
    .name = "write-error",
    .sentence = "a write fails with EIO",
    .weight = 1,
    .wants.layer = true,
    .plan = strike_plan,
    .begin = write_begin,
    .turn = strike_turn,
};

static void torn_begin(struct run *r, struct planned *p) {
    strike_begin(r, p, LAYER_torn_write);
}

const struct fault fault_torn_write = {
    .name = "torn-write",
    .sentence = "a process dies in the middle of a write: some of its sectors are there",
    .weight = 2,
    .wants.layer = true,
    .plan = strike_plan,
    .begin = torn_begin,
    .turn = strike_turn,
};

/* ---- full */

static void full_plan(struct run *r, struct planned *p, struct random *random) {
    p->target = target_draw(r, random, !house_is_foreign(&r->house));
}

static void full_begin(struct run *r, struct planned *p) {
    strike_begin(r, p, LAYER_disk_full);
}

static bool full_turn(struct run *r, struct planned *p, int64_t now_ms) {
    struct process *process = &r->house.processes[p->target];
    if (p->step == 0 && now_ms < p->begun_ms + p->for_ms)
        return false;
    if (p->step == 0)
        p->inflicted = preload_disarm(&r->house.preload) > 0;
    if (p->step++ == 0)
        p->step_ms = now_ms;
    if (now_ms < p->step_ms + SETTLE_MS && process_look(process))
        return false;
    return revived(r, p->target);
}

const struct fault fault_disk_full = {
    .name = "disk-full",
    .sentence = "no file of a process can grow for a while",
    .weight = 2,
    .for_least_ms = 200,
    .for_most_ms = 2500,
    .wants.layer = true,
    .plan = full_plan,
    .begin = full_begin,
    .turn = full_turn,
};
