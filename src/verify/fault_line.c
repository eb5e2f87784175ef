/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What can happen to the line between everybody and the broker. */
#include "faults.h"

static const char *no_line(struct run *r) {
    return r->house.line.rules    ? NULL
           : r->house.broker_list ? "clients are told by the brokers where to go: no line of ours"
                                  : "a second loopback address (" LINE_ADDRESS ") cannot be had";
}

static void line_plan(struct run *r, struct planned *p, struct random *random) {
    (void)r;
    (void)random;
    p->target = HOUSE_BROKER;
}

static struct line_rules *rules_of(struct run *r) {
    return r->house.line.rules;
}

/* ---- slow */

static void slow_begin(struct run *r, struct planned *p) {
    p->step = (int)atomic_load(&rules_of(r)->delayed);
    atomic_store(&rules_of(r)->delay_ms, 10 + (int)(p->dice % 190));
}

static bool slow_turn(struct run *r, struct planned *p, int64_t now_ms) {
    if (now_ms < p->begun_ms + p->for_ms)
        return false;
    atomic_store(&rules_of(r)->delay_ms, 0);
    p->inflicted = (int)atomic_load(&rules_of(r)->delayed) != p->step;
    return true;
}

const struct fault fault_line_slow = {
    .name = "line-slow",
    .sentence = "everything between services and broker comes 10 to 200 ms later",
    .weight = 2,
    .for_least_ms = 500,
    .for_most_ms = 3000,
    .beside = true,
    .lacks = no_line,
    .plan = line_plan,
    .begin = slow_begin,
    .turn = slow_turn,
};

/* ---- cut */

static void cut_begin(struct run *r, struct planned *p) {
    atomic_store(&rules_of(r)->cut, 1);
    p->inflicted = true;
}

static bool cut_turn(struct run *r, struct planned *p, int64_t now_ms) {
    if (now_ms < p->begun_ms + p->for_ms)
        return false;
    atomic_store(&rules_of(r)->cut, 0);
    return true;
}

const struct fault fault_line_cut = {
    .name = "line-cut",
    .sentence = "nothing passes between services and broker, as when a network is cut",
    .weight = 2,
    .for_least_ms = 300,
    .for_most_ms = 7500,
    .beside = true,
    .lacks = no_line,
    .plan = line_plan,
    .begin = cut_begin,
    .turn = cut_turn,
};

/* ---- reset */

static void reset_begin(struct run *r, struct planned *p) {
    p->step = (int)atomic_load(&rules_of(r)->reset);
    atomic_fetch_add(&rules_of(r)->resets, 1);
}

static bool reset_turn(struct run *r, struct planned *p, int64_t now_ms) {
    p->inflicted = (int)atomic_load(&rules_of(r)->reset) != p->step;
    return p->inflicted || now_ms > p->begun_ms + 100;
}

const struct fault fault_line_reset = {
    .name = "line-reset",
    .sentence = "every connection to the broker is reset",
    .weight = 2,
    .lacks = no_line,
    .plan = line_plan,
    .begin = reset_begin,
    .turn = reset_turn,
};

/* ---- answers lost */

static void mute_begin(struct run *r, struct planned *p) {
    p->step = (int)atomic_load(&rules_of(r)->lost);
    atomic_store(&rules_of(r)->mute, 1);
}

static bool mute_turn(struct run *r, struct planned *p, int64_t now_ms) {
    if (now_ms < p->begun_ms + p->for_ms)
        return false;
    atomic_store(&rules_of(r)->mute, 0);
    p->inflicted = (int)atomic_load(&rules_of(r)->lost) != p->step;
    return true;
}

const struct fault fault_line_mute = {
    .name = "answers-lost",
    .sentence = "the broker does what it is asked, and its answers are lost",
    .weight = 3,
    .for_least_ms = 20,
    .for_most_ms = 600,
    .lacks = no_line,
    .plan = line_plan,
    .begin = mute_begin,
    .turn = mute_turn,
};

/* ---- the end of a transaction, held back */

static const char *no_transaction(struct run *r) {
    if (no_line(r))
        return no_line(r);
    for (size_t i = 0; i < r->options->system->topic_count; i++)
        if (r->options->system->topics[i].compacted)
            return NULL;
    return "no topic is compacted: nothing is sent in transactions";
}

static void hold_begin(struct run *r, struct planned *p) {
    p->step = (int)atomic_load(&rules_of(r)->held);
    atomic_store(&rules_of(r)->hold_end, 1);
}

static bool hold_turn(struct run *r, struct planned *p, int64_t now_ms) {
    if (now_ms < p->begun_ms + p->for_ms)
        return false;
    atomic_store(&rules_of(r)->hold_end, 0);
    p->inflicted = (int)atomic_load(&rules_of(r)->held) != p->step;
    return true;
}

const struct fault fault_end_held = {
    .name = "end-held",
    .sentence = "the request that ends a transaction is held back, and let go later",
    .weight = 1,
    .for_least_ms = 500,
    .for_most_ms = 4000,
    .beside = true,
    .lacks = no_transaction,
    .plan = line_plan,
    .begin = hold_begin,
    .turn = hold_turn,
};
