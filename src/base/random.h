/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Randomness: from the operating system for identities, from a seed for everything a test repeats.
 */
#ifndef OCTAVO_BASE_RANDOM_H
#define OCTAVO_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

void random_system(void *out, size_t len); /* getrandom; ends the process if it cannot */
struct random random_seeded(uint64_t seed);
uint64_t random_next(struct random *r);                  /* splitmix64 */
uint64_t random_below(struct random *r, uint64_t limit); /* 0 .. limit-1; limit > 0 */

#endif
