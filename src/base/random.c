/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* getrandom and splitmix64 (Steele, Lea, Flood 2014). */
#include "base/random.h"

#include "base/check.h"

#include <sys/random.h>

void random_system(void *out, size_t len) {
    assert(len <= 256); /* getrandom never returns less for so few */
    ssize_t got = getrandom(out, len, 0);
    assert(got == (ssize_t)len);
}

struct random random_seeded(uint64_t seed) {
    return (struct random){ seed };
}

uint64_t random_next(struct random *r) {
    uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t random_below(struct random *r, uint64_t limit) {
    assert(limit > 0);
    return random_next(r) % limit;
}
