/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One process is cut off by the kernel: nothing of what it says or is told arrives, and nobody gets
 * a word of it. A service loses the brokers; a node of a cluster loses everybody, the other nodes
 * as well, so that it leads what others lead by then. Shorter and longer than a session lasts. */
#include "faults.h"

#include "network.h"

#include <stdio.h>
#include <stdlib.h>

static const char *no_network(struct run *r) {
    return r->house.own_network ? NULL : r->no_network;
}

static void cut_plan(struct run *r, struct planned *p, struct random *random) {
    p->target = target_draw(r, random, true);
    (void)snprintf(p->what, sizeof(p->what), "%s",
                   network_way_name((enum network_way)(p->dice % 3)));
}

static void cut_begin(struct run *r, struct planned *p) {
    bool broker = p->target < r->house.brokers;
    struct network_cut cut = { &r->house.processes[p->target], (enum network_way)(p->dice % 3),
                               broker ? NULL : r->house.ports_of_brokers };
    if (network_cut(&cut))
        run_problem(r, "the network could not be cut: %s", error_story());
}

static bool cut_turn(struct run *r, struct planned *p, int64_t now_ms) {
    unsigned long long dropped = 0;
    if (now_ms < p->begun_ms + p->for_ms)
        return false;
    if (network_heal(&dropped))
        run_problem(r, "the network could not be healed: %s", error_story());
    p->inflicted = dropped > 0;
    (void)snprintf(p->what, sizeof(p->what), "%s, %llu packets",
                   network_way_name((enum network_way)(p->dice % 3)), dropped);
    return true;
}

const struct fault fault_network_cut = {
    .name = "network-cut",
    .sentence = "the kernel drops what one process says to brokers, or is told by them, or both",
    .weight = 2,
    .for_least_ms = 400,
    .for_most_ms = 8000,
    .beside = true,
    .own_coin = true,
    .lacks = no_network,
    .plan = cut_plan,
    .begin = cut_begin,
    .turn = cut_turn,
};
