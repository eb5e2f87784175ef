/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Hash table: linear probing, graves for removed keys, grown at half. */
#include "base/table.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

struct table_slot {
    uint8_t *key; /* NULL: free, or a grave when `grave` */
    size_t key_len;
    uint64_t hash;
    void *value;
    bool grave;
};

static struct table_slot *slot_find(const struct table *t, struct bytes key, uint64_t hash) {
    if (!t->capacity)
        return NULL;
    for (size_t i = hash & (t->capacity - 1);; i = (i + 1) & (t->capacity - 1)) {
        struct table_slot *slot = &t->slots[i];
        if (!slot->key && !slot->grave)
            return NULL;
        if (slot->key && slot->hash == hash && bytes_equal(bytes_of(slot->key, slot->key_len), key))
            return slot;
    }
}

static struct table_slot *slot_free(struct table *t, uint64_t hash) {
    size_t i = hash & (t->capacity - 1);
    while (t->slots[i].key || t->slots[i].grave)
        i = (i + 1) & (t->capacity - 1);
    return &t->slots[i];
}

static void table_grow(struct table *t) {
    struct table old = *t;
    size_t capacity = old.capacity ? old.capacity : 16;
    while (capacity < (old.count + 1) * 4)
        capacity *= 2;
    t->slots = memory_get(capacity * sizeof(*t->slots));
    t->capacity = capacity;
    t->filled = old.count;
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i].key)
            *slot_free(t, old.slots[i].hash) = old.slots[i];
    free(old.slots);
}

void *table_find(const struct table *t, struct bytes key) {
    struct table_slot *slot = slot_find(t, key, bytes_hash(key));
    return slot ? slot->value : NULL;
}

void *table_put(struct table *t, struct bytes key, void *value) {
    uint64_t hash = bytes_hash(key);
    struct table_slot *slot = slot_find(t, key, hash);
    assert(value);
    if (slot) {
        void *old = slot->value;
        slot->value = value;
        return old;
    }
    if ((t->filled + 1) * 2 > t->capacity)
        table_grow(t);
    slot = slot_free(t, hash);
    *slot = (struct table_slot){ memory_get(key.len + 1), key.len, hash, value, false };
    if (key.len)
        memcpy(slot->key, key.data, key.len);
    t->count++;
    t->filled++;
    return NULL;
}

void *table_remove(struct table *t, struct bytes key) {
    struct table_slot *slot = slot_find(t, key, bytes_hash(key));
    if (!slot)
        return NULL;
    void *value = slot->value;
    free(slot->key);
    *slot = (struct table_slot){ .grave = true };
    t->count--;
    return value;
}

void table_clear(struct table *t) {
    for (size_t i = 0; i < t->capacity; i++) {
        free(t->slots[i].key);
        t->slots[i] = (struct table_slot){ 0 };
    }
    t->count = 0;
    t->filled = 0;
}

void table_finish(struct table *t) {
    table_clear(t);
    free(t->slots);
    *t = (struct table){ 0 };
}

bool table_next(const struct table *t, size_t *at, struct bytes *key, void **value) {
    while (*at < t->capacity) {
        struct table_slot *slot = &t->slots[(*at)++];
        if (!slot->key)
            continue;
        *key = bytes_of(slot->key, slot->key_len);
        *value = slot->value;
        return true;
    }
    return false;
}
