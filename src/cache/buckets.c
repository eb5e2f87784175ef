/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Extendible hashing of refs. */
#include "buckets.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BITS = 4, SPLIT_BITS = 9, DEPTH_MAX = 22, HASH_BITS = 32, NTH_BITS = 8 };
enum { RESERVE_A_BUCKET = 360 }; /* of 512: few are split when they are filled */

/* A slot is hash << 32 | ref; 0: free, as no ref is 0. Filled to seven eighths at most. */
struct bucket {
    uint32_t count;
    uint8_t depth; /* so many leading bits are the same in all of it */
    uint8_t bits;  /* 1 << bits slots */
    uint64_t slots[];
};

static uint32_t hash_of(uint64_t slot) {
    return (uint32_t)(slot >> 32);
}

static size_t slots_of(const struct bucket *b) {
    return (size_t)1 << b->bits;
}

/* Where its slot is in the best case: by the bits behind those that the bucket has in common. */
static size_t home_of(const struct bucket *b, uint32_t hash) {
    uint64_t rest = (uint64_t)(uint32_t)(hash << b->depth) << 32;
    return (size_t)(rest >> (64 - b->bits));
}

static size_t bucket_bytes(unsigned bits) {
    return sizeof(struct bucket) + (sizeof(uint64_t) << bits);
}

static struct bucket *bucket_make(struct buckets *all, unsigned depth, unsigned bits) {
    struct bucket *b = memory_get(bucket_bytes(bits));
    b->depth = (uint8_t)depth;
    b->bits = (uint8_t)bits;
    all->bytes += bucket_bytes(bits);
    return b;
}

static void bucket_free(struct buckets *all, struct bucket *b) {
    all->bytes -= bucket_bytes(b->bits);
    free(b);
}

static void bucket_put(struct bucket *b, uint64_t slot) {
    size_t mask = slots_of(b) - 1, i = home_of(b, hash_of(slot));
    while (b->slots[i])
        i = (i + 1) & mask;
    b->slots[i] = slot;
    b->count++;
}

/* ---- the directory */

static size_t place_of(const struct buckets *all, uint32_t hash) {
    return all->depth ? hash >> (HASH_BITS - all->depth) : 0;
}

static struct bucket *bucket_of(const struct buckets *all, uint32_t hash) {
    return all->directory ? all->directory[place_of(all, hash)] : NULL;
}

static void directory_double(struct buckets *all) {
    size_t count = (size_t)1 << all->depth;
    struct bucket **twice = memory_get(2 * count * sizeof(struct bucket *));
    for (size_t i = 0; i < 2 * count; i++)
        twice[i] = all->directory[i / 2];
    free(all->directory);
    all->directory = twice;
    all->depth++;
    all->bytes += count * sizeof(struct bucket *);
}

/* `b` stands in the directory wherever its leading bits do: `now` takes the places whose next bit
 * is `next`; or all of them, when it is no deeper. */
static void directory_put(struct buckets *all, const struct bucket *b, struct bucket *now,
                          uint32_t hash) {
    size_t places = (size_t)1 << (all->depth - now->depth);
    size_t first = place_of(all, hash) & ~(places - 1);
    for (size_t i = first; i < first + places; i++) {
        assert(all->directory[i] == b);
        all->directory[i] = now;
    }
}

static void bucket_grow(struct buckets *all, struct bucket *b, uint32_t hash) {
    struct bucket *now = bucket_make(all, b->depth, b->bits + 1U);
    for (size_t i = 0; i < slots_of(b); i++)
        if (b->slots[i])
            bucket_put(now, b->slots[i]);
    directory_put(all, b, now, hash);
    bucket_free(all, b);
}

static void bucket_split(struct buckets *all, struct bucket *b, uint32_t hash) {
    if (b->depth == all->depth)
        directory_double(all);
    uint32_t next = 1U << (HASH_BITS - 1 - b->depth);
    struct bucket *low = bucket_make(all, b->depth + 1U, b->bits);
    struct bucket *high = bucket_make(all, b->depth + 1U, b->bits);
    for (size_t i = 0; i < slots_of(b); i++)
        if (b->slots[i])
            bucket_put(hash_of(b->slots[i]) & next ? high : low, b->slots[i]);
    directory_put(all, b, low, hash & ~next);
    directory_put(all, b, high, hash | next);
    bucket_free(all, b);
}

/* A bucket for this hash with room for one more. */
static struct bucket *bucket_with_room(struct buckets *all, uint32_t hash) {
    for (;;) {
        struct bucket *b = bucket_of(all, hash);
        if ((b->count + 1) * 8 <= slots_of(b) * 7)
            return b;
        if (b->bits >= SPLIT_BITS && b->depth < DEPTH_MAX)
            bucket_split(all, b, hash);
        else
            bucket_grow(all, b, hash);
    }
}

/* ---- refs */

struct probe buckets_probe(const struct buckets *b, uint32_t hash) {
    const struct bucket *bucket = bucket_of(b, hash);
    return (struct probe){ bucket, bucket ? home_of(bucket, hash) : 0, hash };
}

bool probe_next(struct probe *p, uint32_t *ref) {
    if (!p->bucket)
        return false;
    size_t mask = slots_of(p->bucket) - 1;
    for (uint64_t slot; (slot = p->bucket->slots[p->slot]) != 0;) {
        p->slot = (p->slot + 1) & mask;
        if (hash_of(slot) == p->hash) {
            *ref = (uint32_t)slot;
            return true;
        }
    }
    return false;
}

void buckets_add(struct buckets *b, uint32_t hash, uint32_t ref) {
    assert(ref != 0);
    if (!b->directory) {
        b->directory = memory_get(sizeof(struct bucket *));
        b->directory[0] = bucket_make(b, 0, FIRST_BITS);
        b->bytes += sizeof(struct bucket *);
    }
    bucket_put(bucket_with_room(b, hash), (uint64_t)hash << 32 | ref);
    b->count++;
}

void buckets_fetch(const struct buckets *b, uint32_t soon, uint32_t sooner) {
    const struct bucket *bucket = bucket_of(b, sooner);
    __builtin_prefetch(bucket_of(b, soon));
    if (bucket)
        __builtin_prefetch(&bucket->slots[home_of(bucket, sooner)]);
}

void buckets_reserve(struct buckets *b, uint64_t count) {
    unsigned depth = 0;
    while (depth < DEPTH_MAX && count >> depth > RESERVE_A_BUCKET)
        depth++;
    if (b->directory || !depth)
        return;
    b->depth = depth;
    b->directory = memory_get(sizeof(struct bucket *) << depth);
    b->bytes += sizeof(struct bucket *) << depth;
    for (size_t i = 0; i < (size_t)1 << depth; i++)
        b->directory[i] = bucket_make(b, depth, SPLIT_BITS);
}

static size_t slot_find(const struct bucket *b, uint64_t slot) {
    size_t i = home_of(b, hash_of(slot));
    while (b->slots[i] != slot) {
        assert(b->slots[i]);
        i = (i + 1) & (slots_of(b) - 1);
    }
    return i;
}

/* What stands behind the gap and was pushed over it by probing moves into it. */
static void slot_close(struct bucket *b, size_t gap) {
    size_t mask = slots_of(b) - 1;
    for (size_t i = (gap + 1) & mask; b->slots[i]; i = (i + 1) & mask) {
        size_t home = home_of(b, hash_of(b->slots[i]));
        if (((i - home) & mask) < ((i - gap) & mask))
            continue;
        b->slots[gap] = b->slots[i];
        gap = i;
    }
    b->slots[gap] = 0;
}

void buckets_remove(struct buckets *b, uint32_t hash, uint32_t ref) {
    struct bucket *bucket = bucket_of(b, hash);
    assert(bucket);
    slot_close(bucket, slot_find(bucket, (uint64_t)hash << 32 | ref));
    bucket->count--;
    b->count--;
}

void buckets_replace(struct buckets *b, uint32_t hash, uint32_t old, uint32_t now) {
    struct bucket *bucket = bucket_of(b, hash);
    assert(bucket && now);
    bucket->slots[slot_find(bucket, (uint64_t)hash << 32 | old)] = (uint64_t)hash << 32 | now;
}

void buckets_finish(struct buckets *b) {
    for (size_t i = 0; b->directory && i < (size_t)1 << b->depth;) {
        struct bucket *bucket = b->directory[i];
        i += (size_t)1 << (b->depth - bucket->depth);
        free(bucket);
    }
    free(b->directory);
    *b = (struct buckets){ 0 };
}

/* ---- walking: *at is the hash (32 bits) and which of its home (8) is next, plus one */

/* The n-th of those whose home is that of the hash; they stand in the run that begins there. */
static uint32_t home_nth(const struct bucket *b, uint32_t hash, size_t n) {
    size_t mask = slots_of(b) - 1, home = home_of(b, hash);
    for (size_t i = home; b->slots[i]; i = (i + 1) & mask)
        if (home_of(b, hash_of(b->slots[i])) == home && n-- == 0)
            return (uint32_t)b->slots[i];
    return 0;
}

/* So many hashes have one home. */
static uint64_t home_width(const struct bucket *b) {
    unsigned said = b->depth + b->bits;
    return said < HASH_BITS ? 1ULL << (HASH_BITS - said) : 1;
}

bool buckets_next(const struct buckets *b, uint64_t *at, uint32_t *ref) {
    uint64_t place = *at ? *at - 1 : 0;
    size_t n = place & ((1 << NTH_BITS) - 1);
    for (uint64_t hash = place >> NTH_BITS; b->directory && hash >> HASH_BITS == 0; n = 0) {
        const struct bucket *bucket = bucket_of(b, (uint32_t)hash);
        *ref = n < (1 << NTH_BITS) - 1 ? home_nth(bucket, (uint32_t)hash, n) : 0;
        uint64_t width = home_width(bucket), behind = (hash & ~(width - 1)) + width;
        if (*ref && home_nth(bucket, (uint32_t)hash, n + 1))
            *at = (hash << NTH_BITS | (n + 1)) + 1;
        else
            *at = (behind << NTH_BITS) + 1; /* right also when the home is split meanwhile */
        if (*ref)
            return true;
        hash = behind;
    }
    *at = 0;
    return false;
}

bool buckets_may_rest(const struct buckets *b, uint64_t at) {
    return at == 0 || !b->directory || ((at - 1) & ((1 << NTH_BITS) - 1)) == 0;
}
