/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* More processes of a service whose tasks are partitions: one to four, to two, to one; and one that
 * comes and goes, so that tasks move again and again. Those that come are no targets of others. */
#include "faults.h"

#include <stdlib.h>

enum { STOP_LIMIT_MS = 30000, STORM_EVERY_MS = 350 };

/* Who listens has a port, and there is one of it. */
static bool can_share(const struct verify_service *s) {
    bool listens = false;
    for (size_t i = 0; s && i < s->edge_count; i++)
        listens |= s->edges[i].class == NULL;
    return s && s->has_group && !listens;
}

static const char *no_group(struct run *r) {
    for (size_t i = 0; i < r->house.count; i++)
        if (can_share(r->house.services[i]))
            return NULL;
    return "no service has tasks that move between processes";
}

static void scale_plan(struct run *r, struct planned *p, struct random *random) {
    do {
        p->target = target_draw(r, random, false);
    } while (!can_share(r->house.services[p->target]));
}

static void spare_start(struct run *r, size_t spare) {
    struct process *p = &r->house.spares[spare];
    if (!p->pid && process_start(p, NULL))
        run_problem(r, "%s: %s", p->name, error_story());
}

static void spare_end(struct run *r, size_t spare, bool kindly) {
    struct process *p = &r->house.spares[spare];
    if (kindly)
        process_ask_to_stop(p);
    else
        process_kill(p);
}

/* True: none is left. Who does not stop is killed, and that is told. */
static bool spares_are_gone(struct run *r, const struct planned *p, int64_t now_ms) {
    bool gone = true;
    for (size_t i = 0; i < HOUSE_SPARES; i++) {
        struct process *spare = &r->house.spares[i];
        if (!spare->pid || !process_look(spare))
            continue;
        if (!spare->ordered)
            process_ask_to_stop(spare);
        gone = false;
        if (now_ms > p->step_ms + STOP_LIMIT_MS) {
            run_problem(r, "%s does not stop on SIGTERM within %d s", spare->name,
                        STOP_LIMIT_MS / 1000);
            process_kill(spare);
        }
    }
    return gone;
}

static void spares_look(struct run *r, struct planned *p) {
    for (size_t i = 0; i < HOUSE_SPARES; i++) {
        struct process *spare = &r->house.spares[i];
        int before = spare->surprises;
        (void)process_look(spare);
        p->inflicted |= spare->ready;
        if (spare->surprises == before || house_fences(&r->house, spare))
            continue;
        char *words = process_last_words(spare);
        run_problem(r, "%s ended by itself with %d:\n%s", spare->name, spare->code, words);
        free(words);
    }
}

static void scale_begin(struct run *r, struct planned *p) {
    house_spares(&r->house, p->target);
    for (size_t i = 0; i < HOUSE_SPARES; i++)
        spare_start(r, i);
    p->step = 0;
}

static bool scale_turn(struct run *r, struct planned *p, int64_t now_ms) {
    spares_look(r, p);
    if (p->step == 0 && now_ms > p->begun_ms + p->for_ms / 2) {
        for (size_t i = 0; i < HOUSE_SPARES - 1; i++) /* four to two */
            spare_end(r, i, (p->dice >> i) % 3 > 0);
        p->step = 1;
    }
    if (now_ms < p->begun_ms + p->for_ms)
        return false;
    if (p->step++ == 1)
        p->step_ms = now_ms;
    p->step = 2;
    return spares_are_gone(r, p, now_ms);
}

const struct fault fault_scale = {
    .name = "scale",
    .sentence = "a service goes from one process to four, to two, and back to one",
    .weight = 2,
    .for_least_ms = 4000,
    .for_most_ms = 9000,
    .beside = true,
    .lacks = no_group,
    .plan = scale_plan,
    .begin = scale_begin,
    .turn = scale_turn,
};

/* ---- tasks that move again and again */

static void storm_begin(struct run *r, struct planned *p) {
    house_spares(&r->house, p->target);
    spare_start(r, 0);
    p->step = 1;
    p->step_ms = p->begun_ms;
}

static bool storm_turn(struct run *r, struct planned *p, int64_t now_ms) {
    spares_look(r, p);
    if (now_ms >= p->begun_ms + p->for_ms) {
        p->step_ms = p->step ? now_ms : p->step_ms;
        p->step = 0;
        return spares_are_gone(r, p, now_ms);
    }
    if (now_ms < p->step_ms + STORM_EVERY_MS)
        return false;
    p->step_ms = now_ms;
    size_t spare = (size_t)p->step++ % HOUSE_SPARES;
    if (r->house.spares[spare].pid)
        spare_end(r, spare, (p->dice >> p->step % 60) % 2);
    else
        spare_start(r, spare);
    return false;
}

const struct fault fault_rebalance_storm = {
    .name = "rebalance-storm",
    .sentence = "processes of a service come and go, so that its tasks move without rest",
    .weight = 1,
    .for_least_ms = 3000,
    .for_most_ms = 7000,
    .beside = true,
    .lacks = no_group,
    .plan = scale_plan,
    .begin = storm_begin,
    .turn = storm_turn,
};
