/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A power cut, made of a journal of the layer (layer.h): everybody who wrote is dead, and the files
 * are brought to a state that a disk may show. What was synced stays. Of what was written after it
 * nothing, a first part, or any of it survives, and the last of that may be torn between sectors.
 * What a failed sync was about is gone in any case, and of one process alone only that goes.
 *
 * Names are as safe as they seem: what was created, renamed or removed stays so, whether or not its
 * directory was synced. */
#ifndef OCTAVO_VERIFY_POWER_H
#define OCTAVO_VERIFY_POWER_H

#include "base/error.h"
#include "base/table.h"

#include <stdbool.h>
#include <stdint.h>

struct power_options {
    const char *dir; /* that the layer watched */
    const char *journal;
    uint64_t dice;         /* what survives */
    bool only_failed;      /* its process alone has ended; else all, and the journal is emptied */
    struct table *settled; /* what is decided; power_forget() at the end */
};

struct power_result {
    uint64_t files;          /* that had something unsynced */
    uint64_t unsynced, lost; /* writes */
};

void power_forget(struct table *settled);
enum error power_cut(const struct power_options *o, struct power_result *out) MUST_CHECK;

#endif
