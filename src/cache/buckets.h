/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Refs found by a hash of 32 bits: extendible hashing.
 *
 * A directory names buckets by the first bits of the hash; a bucket is a small table of its own,
 * open addressing, by the bits behind those. A full one is split in two by its next bit, so no
 * change ever moves more than a bucket of 512, however many there are. Since a bucket and a slot
 * follow from the leading bits, a walk goes up the hashes, and what is split on the way stays in
 * order: it needs not begin again.
 *
 * Hashes that are equal (a hostile writer's) make one bucket longer, and only its own lookups. */
#ifndef OCTAVO_CACHE_BUCKETS_H
#define OCTAVO_CACHE_BUCKETS_H

#include "base/bytes.h"

struct bucket;

struct buckets {
    struct bucket **directory; /* 1 << depth; one bucket may stand in it many times */
    unsigned depth;
    uint64_t count;
    uint64_t bytes;
};

struct probe {
    const struct bucket *bucket;
    size_t slot;
    uint32_t hash;
};

/* probe_next: the refs with this hash, one after the other; false: no more. Nothing changes
 * between. */
struct probe buckets_probe(const struct buckets *b, uint32_t hash);
bool probe_next(struct probe *p, uint32_t *ref);
void buckets_add(struct buckets *b, uint32_t hash, uint32_t ref); /* it is not there yet */
void buckets_remove(struct buckets *b, uint32_t hash, uint32_t ref);
void buckets_replace(struct buckets *b, uint32_t hash, uint32_t old, uint32_t now);
/* A hash that is looked for soon, and one that is sooner: memory is fetched meanwhile. */
void buckets_fetch(const struct buckets *b, uint32_t soon, uint32_t sooner);
/* Of empty ones: room for so many at once. */
void buckets_reserve(struct buckets *b, uint64_t count);
void buckets_finish(struct buckets *b);

/* The next ref from *at on, 0 at the beginning and after the end; false: the end. *at is below
 * 2^41. A walk that rests only where it may rest meets all that is there all the while. */
bool buckets_next(const struct buckets *b, uint64_t *at, uint32_t *ref);
bool buckets_may_rest(const struct buckets *b, uint64_t at);

#endif
