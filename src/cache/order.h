/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Numbers of 64 bits in order: a B+ tree of nodes of 64, for what is looked up by its first half
 * and listed by its second (cache.h). One that is there is not added again. */
#ifndef OCTAVO_CACHE_ORDER_H
#define OCTAVO_CACHE_ORDER_H

#include "base/bytes.h"

struct order_node;

struct order {
    struct order_node *root; /* NULL: there are none */
    uint64_t count;
    uint64_t bytes;
};

void order_add(struct order *o, uint64_t number);
void order_remove(struct order *o, uint64_t number); /* one that is not there is passed by */
/* The least that is not below `from`; false: there is none. */
bool order_next(const struct order *o, uint64_t from, uint64_t *number);
void order_finish(struct order *o);

#endif
