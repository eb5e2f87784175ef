/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The kinds of fault, each a file of its own; the first one is on when a seed leaves none. */
#include "faults.h"

const struct fault *const faults[] = {
    &fault_kill,          &fault_crash_point, &fault_recovery_kill,   &fault_broker_kill,
    &fault_all_killed,    &fault_stall,       &fault_zombie,          &fault_duplicate,
    &fault_reorder,       &fault_poison,      &fault_line_slow,       &fault_line_cut,
    &fault_line_reset,    &fault_line_mute,   &fault_end_held,        &fault_outside_away,
    &fault_outside_lossy, &fault_power_cut,   &fault_sync_error,      &fault_write_error,
    &fault_torn_write,    &fault_disk_full,   &fault_outside_failing, &fault_outside_lying,
    &fault_outside_slow,  &fault_clock_jump,  &fault_scale,           &fault_rebalance_storm,
    &fault_bit_flip,      &fault_reload,      &fault_network_cut,     NULL,
};
