/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Death at a named place: the process is started with a crash point armed, and kills itself when it
 * comes by for the n-th time. Not every point lies on the way of every system: what is not hit is
 * not counted. */
#include "faults.h"

#include "base/crash_point.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { HIT_LIMIT_MS = 3000, STOP_AFTER_MS = 700, VISITS_MOST = 20 };

/* Who comes by a point of this kind, as crash_points.def calls them. */
static bool comes_by(const struct run *r, size_t process, const char *truth) {
    const struct verify_service *s = r->house.services[process];
    bool edge = s && s->edge_count && !s->edges[0].class;
    bool effects = s && s->edge_count && s->edges[s->edge_count - 1].class;
    if (!s)
        return strncmp(truth, "broker:", 7) == 0 && !house_is_foreign(&r->house);
    if (strncmp(truth, "gateway:", 8) == 0)
        return edge;
    if (strncmp(truth, "effects:", 8) == 0)
        return effects;
    if (strncmp(truth, "fold:", 5) == 0)
        return s->is_fold;
    return strncmp(truth, "service:", 8) == 0 && !s->is_fold;
}

static bool is_reached(const struct run *r, const char *truth) {
    for (size_t i = 0; i < r->house.count; i++)
        if (comes_by(r, i, truth))
            return true;
    return false;
}

static bool is_rare(const char *name) {
    return strstr(name, "checkpoint") || strstr(name, "settle") || strstr(name, "timer");
}

static void crash_plan(struct run *r, struct planned *p, struct random *random) {
    enum crash_point points[CRASH_POINT_COUNT] = { 0 };
    size_t count = 0;
    for (int i = CRASH_POINT_NONE + 1; i < CRASH_POINT_COUNT; i++)
        if (is_reached(r, crash_point_truth((enum crash_point)i)))
            points[count++] = (enum crash_point)i;
    enum crash_point point = points[random_below(random, count)];
    do {
        p->target = target_draw(r, random, true);
    } while (!comes_by(r, p->target, crash_point_truth(point)));
    (void)snprintf(p->what, sizeof(p->what), "%s:%d", crash_point_name(point),
                   is_rare(crash_point_name(point)) ? 1
                                                    : 1 + (int)random_below(random, VISITS_MOST));
}

static void crash_begin(struct run *r, struct planned *p) {
    struct process *process = &r->house.processes[p->target];
    process_kill(process);
    if (process_start(process, p->what))
        run_problem(r, "%s: %s", process->name, error_story());
}

/* Some points lie on the way out, so a rare one is also asked to stop. */
static bool crash_turn(struct run *r, struct planned *p, int64_t now_ms) {
    struct process *process = &r->house.processes[p->target];
    if (p->step == 2)
        return revived(r, p->target);
    if (!process_look(process)) {
        p->inflicted = process->code == -SIGKILL;
        p->step = 2;
        return false;
    }
    if (p->step == 0 && is_rare(p->what) && now_ms > p->begun_ms + STOP_AFTER_MS) {
        process_ask_to_stop(process);
        p->step = 1;
    }
    if (now_ms > p->begun_ms + HIT_LIMIT_MS) {
        process_kill(process);
        p->step = 2;
    }
    return false;
}

const struct fault fault_crash_point = {
    .name = "crash-point",
    .sentence = "death at a named place of the code, the n-th time it is reached",
    .weight = 5,
    .plan = crash_plan,
    .begin = crash_begin,
    .turn = crash_turn,
};
