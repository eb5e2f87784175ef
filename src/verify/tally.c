/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A power of two of places, at most three of four taken. */
#include "tally.h"

#include "base/bytes.h"
#include "base/check.h"

#include <stdlib.h>

uint64_t tally_mix(uint64_t a, uint64_t b) {
    uint64_t mixed = (a ^ (b + 0x9e3779b97f4a7c15U + (a << 6) + (a >> 2))) * 0xbf58476d1ce4e5b9U;
    mixed ^= mixed >> 31;
    return mixed ? mixed : 1;
}

static struct tally_place *slot_of(const struct tally *t, uint64_t id) {
    size_t mask = t->capacity - 1;
    size_t at = (size_t)((id * 0x9e3779b97f4a7c15U) >> 20) & mask;
    while (t->places[at].id && t->places[at].id != id)
        at = (at + 1) & mask;
    return &t->places[at];
}

static void grow(struct tally *t) {
    struct tally bigger = { .capacity = t->capacity ? t->capacity * 2 : 256, .count = t->count };
    bigger.places = memory_get(bigger.capacity * sizeof(*bigger.places));
    for (size_t i = 0; i < t->capacity; i++)
        if (t->places[i].id)
            *slot_of(&bigger, t->places[i].id) = t->places[i];
    free(t->places);
    *t = bigger;
}

struct tally_place *tally_at(struct tally *t, uint64_t id) {
    assert(id);
    if ((t->count + 1) * 4 > t->capacity * 3)
        grow(t);
    struct tally_place *place = slot_of(t, id);
    if (!place->id) {
        place->id = id;
        t->count++;
    }
    return place;
}

struct tally_place *tally_find(const struct tally *t, uint64_t id) {
    if (!t->capacity || !id)
        return NULL;
    struct tally_place *place = slot_of(t, id);
    return place->id ? place : NULL;
}

void tally_finish(struct tally *t) {
    free(t->places);
    *t = (struct tally){ 0 };
}
