/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The index of parked keys: a table, and a binary heap of those that are due by themselves. */
#include "runtime/park.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

struct parked_key *park_find(const struct park *p, struct bytes key) {
    return p->by_key.count ? table_find(&p->by_key, key) : NULL;
}

/* ---- the heap */

static bool is_before(const struct parked_key *a, const struct parked_key *b) {
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : bytes_compare(a->key, b->key) < 0;
}

static void heap_put(struct park *p, size_t at, struct parked_key *k) {
    p->heap[at] = k;
    k->at = at;
}

static void heap_rise(struct park *p, struct parked_key *k) {
    size_t at = k->at;
    for (; at && is_before(k, p->heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap_put(p, at, p->heap[(at - 1) / 2]);
    heap_put(p, at, k);
}

static void heap_sink(struct park *p, struct parked_key *k) {
    size_t at = k->at;
    for (size_t child = 2 * at + 1; child < p->heap_count; child = 2 * at + 1) {
        if (child + 1 < p->heap_count && is_before(p->heap[child + 1], p->heap[child]))
            child++;
        if (!is_before(p->heap[child], k))
            break;
        heap_put(p, at, p->heap[child]);
        at = child;
    }
    heap_put(p, at, k);
}

static void heap_add(struct park *p, struct parked_key *k) {
    if (p->heap_count == p->heap_capacity) {
        p->heap_capacity = p->heap_capacity ? p->heap_capacity * 2 : 64;
        p->heap = memory_resize(p->heap, p->heap_capacity * sizeof(*p->heap));
    }
    heap_put(p, p->heap_count++, k);
    heap_rise(p, k);
}

static void heap_remove(struct park *p, struct parked_key *k) {
    struct parked_key *last = p->heap[--p->heap_count];
    assert(p->heap[k->at] == k || k == last);
    if (k == last)
        return;
    heap_put(p, k->at, last);
    heap_rise(p, last);
    heap_sink(p, last);
}

void park_head_due(struct park *p, struct parked_key *k, int64_t due_ms) {
    if (k->due_ms)
        heap_remove(p, k);
    k->due_ms = due_ms;
    if (due_ms)
        heap_add(p, k);
}

const struct parked_key *park_first_due(const struct park *p) {
    return p->heap_count ? p->heap[0] : NULL;
}

/* ---- keys */

static struct parked_key *key_create(struct park *p, struct bytes key) {
    struct parked_key *k = memory_get(sizeof(*k) + key.len);
    if (key.len)
        memcpy(k + 1, key.data, key.len);
    k->key = bytes_of(k + 1, key.len);
    (void)table_put(&p->by_key, key, k);
    return k;
}

static void sums_add(struct park *p, struct parked_key *k, int64_t count, int64_t bytes) {
    k->count += count;
    k->bytes += bytes;
    p->count += count;
    p->bytes += bytes;
}

void park_add(struct park *p, const struct park_input *in) {
    struct parked_key *k = park_find(p, in->key);
    if (!k) {
        k = key_create(p, in->key);
        park_head_due(p, k, in->due_ms);
    }
    sums_add(p, k, 1, (int64_t)in->bytes);
    p->changed = true;
}

bool park_head_gone(struct park *p, struct parked_key *k, size_t bytes) {
    assert(k->count > 0);
    sums_add(p, k, -1, -(int64_t)bytes);
    p->changed = true;
    if (k->count)
        return true;
    assert(k->bytes == 0);
    park_head_due(p, k, 0);
    void *removed = table_remove(&p->by_key, k->key);
    assert(removed == k);
    free(removed);
    return false;
}

bool park_has_room(const struct park *p, const struct declared_park *budget,
                   const struct park_input *in) {
    const struct parked_key *k = park_find(p, in->key);
    int64_t bytes = (int64_t)in->bytes;
    return p->bytes + bytes <= budget->bytes && (!k || k->bytes + bytes <= budget->key_bytes);
}

void park_loaded(void *park, struct bytes key, int64_t count, int64_t bytes, int64_t due_ms) {
    struct park *p = park;
    struct parked_key *k = key_create(p, key);
    sums_add(p, k, count, bytes);
    park_head_due(p, k, due_ms);
}

void park_clear(struct park *p) {
    size_t at = 0;
    struct bytes key;
    void *k;
    while (table_next(&p->by_key, &at, &key, &k))
        free(k);
    table_clear(&p->by_key);
    p->heap_count = 0;
    p->count = p->bytes = 0;
    p->changed = false;
}

void park_finish(struct park *p) {
    park_clear(p);
    table_finish(&p->by_key);
    free(p->heap);
    *p = (struct park){ 0 };
}

/* ---- back-off */

/* Between half and the whole of the doubled time: what failed together does not come together. */
int64_t park_due_ms(const struct declared_park *budget, int32_t attempts, int64_t now_ms,
                    uint64_t salt) {
    int64_t wait_ms = budget->backoff_ms;
    if (attempts > budget->retries)
        return 0;
    for (int32_t i = 1; i < attempts && wait_ms < budget->backoff_most_ms; i++)
        wait_ms *= 2;
    if (wait_ms > budget->backoff_most_ms)
        wait_ms = budget->backoff_most_ms;
    uint64_t mixed = (salt * 0x9e3779b97f4a7c15u ^ (uint64_t)attempts) * 0xbf58476d1ce4e5b9u;
    int64_t jitter_ms = (int64_t)((mixed >> 33) % (uint64_t)(wait_ms / 2 + 1));
    int64_t due_ms = now_ms + wait_ms - jitter_ms;
    return due_ms > 0 ? due_ms : 1;
}
