/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A count beside each of very many identities: what the checks remember while they pass over a
 * history. Open addressing on hashes that are spread already; a place is valid until the next one
 * is taken. */
#ifndef OCTAVO_VERIFY_TALLY_H
#define OCTAVO_VERIFY_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tally_place {
    uint64_t id; /* 0: free */
    int64_t sum;
    uint64_t note; /* the check's own */
};

struct tally {
    struct tally_place *places;
    size_t capacity, count;
};

uint64_t tally_mix(uint64_t a, uint64_t b);                 /* one identity of two; never 0 */
struct tally_place *tally_at(struct tally *t, uint64_t id); /* made when it is new */
struct tally_place *tally_find(const struct tally *t, uint64_t id); /* NULL: not there */
void tally_finish(struct tally *t);

#endif
