/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A hash table from byte keys to pointers: open addressing, insertion keeps no order.
 *
 * The table copies keys and does not own values. Hostile keys are bounded by the caller's caps on
 * how many entries it makes. Removing while iterating is not allowed. */
#ifndef OCTAVO_BASE_TABLE_H
#define OCTAVO_BASE_TABLE_H

#include "base/bytes.h"

struct table_slot;

struct table {
    struct table_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
    size_t filled; /* with the graves of removed keys */
};

void *table_find(const struct table *t, struct bytes key);       /* NULL when absent */
void *table_put(struct table *t, struct bytes key, void *value); /* returns the old value or NULL */
void *table_remove(struct table *t, struct bytes key);           /* returns the value or NULL */
void table_clear(struct table *t);  /* forgets every entry, keeps the memory */
void table_finish(struct table *t); /* frees the keys and itself, not the values */
/* Visits entries: start with *at = 0, ends with false. */
bool table_next(const struct table *t, size_t *at, struct bytes *key, void **value);

#endif
