/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Which keys are parked: the index in memory over the store's parked inputs.
 *
 * The inputs of a parked key wait in the store in the order they came; its first is the head, the
 * one that failed, and the others were never tried. Here stands for each key how many wait, their
 * packed bytes, and when its head is due, so that a later event of a parked key costs one look and
 * one row, whatever waits. Memory is proportional to parked keys. The index is what the store says:
 * after a dropped group it is read again. */
#ifndef OCTAVO_RUNTIME_PARK_H
#define OCTAVO_RUNTIME_PARK_H

#include "base/table.h"
#include "declaration/declaration.h"

struct parked_key {
    struct bytes key; /* owned, behind this struct */
    int64_t count;
    int64_t bytes;
    int64_t due_ms; /* of its head; 0: waits for an operator */
    size_t at;      /* in the heap, when due_ms is not 0 */
};

struct park {
    struct table by_key;
    struct parked_key **heap; /* those with a due time, the earliest first */
    size_t heap_count, heap_capacity;
    int64_t count; /* of all keys */
    int64_t bytes;
    bool changed; /* in the open group */
};

struct parked_key *park_find(const struct park *p, struct bytes key); /* NULL: not parked */
/* An input joins the end of its key's queue; due_ms counts only when it is the head. */
struct park_input {
    struct bytes key;
    size_t bytes;
    int64_t due_ms;
};
void park_add(struct park *p, const struct park_input *in);
void park_head_due(struct park *p, struct parked_key *k, int64_t due_ms);
/* The head is gone; *k is freed when it was the last. True: more wait. */
bool park_head_gone(struct park *p, struct parked_key *k, size_t bytes);
const struct parked_key *park_first_due(const struct park *p); /* NULL: none by itself */
/* The budget, and one input that is its key's first always fits the key's. */
bool park_has_room(const struct park *p, const struct declared_park *budget,
                   const struct park_input *in);
void park_loaded(void *park, struct bytes key, int64_t count, int64_t bytes, int64_t due_ms);
void park_clear(struct park *p);
void park_finish(struct park *p);

/* When a head is tried again by itself: the wait doubles, with a jitter made of `salt`; 0 when it
 * has been tried often enough. `attempts` counts those that failed. */
int64_t park_due_ms(const struct declared_park *budget, int32_t attempts, int64_t now_ms,
                    uint64_t salt);

#endif
