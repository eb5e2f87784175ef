/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Every kind of fault by name, and what their files share. */
#ifndef OCTAVO_VERIFY_FAULTS_H
#define OCTAVO_VERIFY_FAULTS_H

#include "run.h"

extern const struct fault fault_kill, fault_crash_point, fault_recovery_kill, fault_broker_kill,
    fault_all_killed, fault_stall, fault_zombie, fault_duplicate, fault_reorder, fault_poison,
    fault_line_slow, fault_line_cut, fault_line_reset, fault_line_mute, fault_end_held,
    fault_outside_away, fault_outside_lossy, fault_power_cut, fault_sync_error, fault_write_error,
    fault_torn_write, fault_disk_full, fault_outside_failing, fault_outside_lying,
    fault_outside_slow, fault_clock_jump, fault_scale, fault_rebalance_storm, fault_bit_flip,
    fault_reload, fault_network_cut, fault_store_flip;

/* A service, chosen by the seed; a broker where `broker` says so, too. */
size_t target_draw(const struct run *r, struct random *random, bool broker);
/* A broker; a seed draws nothing where there is one only. */
size_t broker_draw(const struct run *r, struct random *random);
/* Why nothing can be done to brokers that are elsewhere; NULL: they are ours. */
const char *brokers_elsewhere(struct run *r);
/* Starts it when it is down; true: it is ready. A start that comes to nothing is a problem. */
bool revived(struct run *r, size_t target);

#endif
