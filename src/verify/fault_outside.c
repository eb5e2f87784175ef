/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The receivers of effects: away for a while, or doing what they are asked and not saying so. */
#include "faults.h"

static const char *no_server(struct run *r) {
    return r->has_servers ? NULL : "no edge with effects leads to a server (smtp, http)";
}

static void outside_plan(struct run *r, struct planned *p, struct random *random) {
    p->target = target_draw(r, random, false);
}

static void away_begin(struct run *r, struct planned *p) {
    r->mood = DOUBLE_away;
    p->inflicted = true;
}

static void lossy_begin(struct run *r, struct planned *p) {
    r->mood = DOUBLE_lossy;
    p->inflicted = true;
}

static void failing_begin(struct run *r, struct planned *p) {
    r->mood = DOUBLE_failing;
    p->inflicted = true;
}

static void lying_begin(struct run *r, struct planned *p) {
    r->mood = DOUBLE_lying;
    p->inflicted = true;
}

static void slow_begin(struct run *r, struct planned *p) {
    r->mood = DOUBLE_slow;
    p->inflicted = true;
}

static bool mood_turn(struct run *r, struct planned *p, int64_t now_ms) {
    if (now_ms < p->begun_ms + p->for_ms)
        return false;
    r->mood = DOUBLE_well;
    return true;
}

const struct fault fault_outside_away = {
    .name = "outside-away",
    .sentence = "who receives effects closes every connection",
    .weight = 2,
    .for_least_ms = 200,
    .for_most_ms = 3000,
    .lacks = no_server,
    .plan = outside_plan,
    .begin = away_begin,
    .turn = mood_turn,
};

const struct fault fault_outside_lossy = {
    .name = "outside-lossy",
    .sentence = "who receives effects does them, and closes before it says so",
    .weight = 2,
    .for_least_ms = 50,
    .for_most_ms = 800,
    .lacks = no_server,
    .plan = outside_plan,
    .begin = lossy_begin,
    .turn = mood_turn,
};

const struct fault fault_outside_failing = {
    .name = "outside-failing",
    .sentence = "who receives effects refuses them for now (503, 451)",
    .weight = 1,
    .for_least_ms = 200,
    .for_most_ms = 2000,
    .lacks = no_server,
    .plan = outside_plan,
    .begin = failing_begin,
    .turn = mood_turn,
};

const struct fault fault_outside_lying = {
    .name = "outside-lying",
    .sentence = "who receives effects does them, and says that it did not",
    .weight = 1,
    .for_least_ms = 50,
    .for_most_ms = 800,
    .lacks = no_server,
    .plan = outside_plan,
    .begin = lying_begin,
    .turn = mood_turn,
};

const struct fault fault_outside_slow = {
    .name = "outside-slow",
    .sentence = "who receives effects takes its time to say so",
    .weight = 1,
    .for_least_ms = 300,
    .for_most_ms = 3000,
    .lacks = no_server,
    .plan = outside_plan,
    .begin = slow_begin,
    .turn = mood_turn,
};
