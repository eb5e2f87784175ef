/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The B+ tree. A node that becomes empty goes; others are not filled up again, as what is removed
 * is mostly added elsewhere at once. */
#include "order.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { NODE_MAX = 64 };

/* Of a leaf: numbers. Above: children, and `numbers[i]` is not above the least of children[i]. */
struct order_node {
    uint16_t count;
    uint16_t level; /* 0: a leaf */
    uint64_t numbers[NODE_MAX];
    struct order_node *children[];
};

static size_t node_bytes(unsigned level) {
    return sizeof(struct order_node) + (level ? NODE_MAX * sizeof(struct order_node *) : 0);
}

static struct order_node *node_make(struct order *o, unsigned level) {
    struct order_node *node = memory_get(node_bytes(level));
    node->level = (uint16_t)level;
    o->bytes += node_bytes(level);
    return node;
}

static void node_free(struct order *o, struct order_node *node) {
    o->bytes -= node_bytes(node->level);
    free(node);
}

/* The first place whose number is not below `number`. */
static size_t place_of(const struct order_node *node, uint64_t number) {
    size_t low = 0, high = node->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (node->numbers[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t child_of(const struct order_node *node, uint64_t number) {
    size_t at = place_of(node, number);
    if (at < node->count && node->numbers[at] == number)
        return at;
    return at ? at - 1 : 0;
}

static void node_insert(struct order_node *node, size_t at, uint64_t number,
                        struct order_node *child) {
    size_t behind = node->count - at;
    assert(node->count < NODE_MAX);
    memmove(&node->numbers[at + 1], &node->numbers[at], behind * sizeof(node->numbers[0]));
    node->numbers[at] = number;
    if (node->level) {
        memmove(&node->children[at + 1], &node->children[at], behind * sizeof(child));
        node->children[at] = child;
    }
    node->count++;
}

static void node_cut(struct order_node *node, size_t at) {
    size_t behind = node->count - at - 1;
    memmove(&node->numbers[at], &node->numbers[at + 1], behind * sizeof(node->numbers[0]));
    if (node->level)
        memmove(&node->children[at], &node->children[at + 1], behind * sizeof(node->children[0]));
    node->count--;
}

/* The upper half, in a node of its own. */
static struct order_node *node_split(struct order *o, struct order_node *node) {
    struct order_node *upper = node_make(o, node->level);
    size_t half = node->count / 2, rest = node->count - half;
    memcpy(upper->numbers, &node->numbers[half], rest * sizeof(node->numbers[0]));
    if (node->level)
        memcpy(upper->children, &node->children[half], rest * sizeof(node->children[0]));
    upper->count = (uint16_t)rest;
    node->count = (uint16_t)half;
    return upper;
}

/* A parent with room for one more child; full children are split on the way down. */
static void child_split(struct order *o, struct order_node *parent, size_t at) {
    struct order_node *upper = node_split(o, parent->children[at]);
    node_insert(parent, at + 1, upper->numbers[0], upper);
}

static void root_split(struct order *o) {
    struct order_node *root = node_make(o, o->root->level + 1U);
    node_insert(root, 0, o->root->numbers[0], o->root);
    o->root = root;
    child_split(o, root, 0);
}

void order_add(struct order *o, uint64_t number) {
    if (!o->root)
        o->root = node_make(o, 0);
    if (o->root->count == NODE_MAX)
        root_split(o);
    struct order_node *node = o->root;
    while (node->level) {
        size_t at = child_of(node, number);
        if (number < node->numbers[0])
            node->numbers[0] = number;
        if (node->children[at]->count == NODE_MAX) {
            child_split(o, node, at);
            at = child_of(node, number);
        }
        node = node->children[at];
    }
    size_t at = place_of(node, number);
    if (at < node->count && node->numbers[at] == number)
        return;
    node_insert(node, at, number, NULL);
    o->count++;
}

/* True: it was there. An empty child is taken out by its parent. */
static bool node_remove(struct order *o, struct order_node *node, uint64_t number) {
    if (!node->level) {
        size_t at = place_of(node, number);
        bool found = at < node->count && node->numbers[at] == number;
        if (found)
            node_cut(node, at);
        return found;
    }
    size_t at = child_of(node, number);
    struct order_node *child = node->children[at];
    bool found = node_remove(o, child, number);
    if (!child->count) {
        node_free(o, child);
        node_cut(node, at);
    }
    return found;
}

void order_remove(struct order *o, uint64_t number) {
    if (!o->root)
        return;
    o->count -= node_remove(o, o->root, number);
    while (o->root && (o->root->count == 0 || (o->root->level && o->root->count == 1))) {
        struct order_node *root = o->root;
        o->root = root->count ? root->children[0] : NULL;
        node_free(o, root);
    }
}

static bool node_next(const struct order_node *node, uint64_t from, uint64_t *number) {
    if (!node->level) {
        size_t at = place_of(node, from);
        if (at < node->count)
            *number = node->numbers[at];
        return at < node->count;
    }
    for (size_t at = child_of(node, from); at < node->count; at++)
        if (node_next(node->children[at], from, number))
            return true;
    return false;
}

bool order_next(const struct order *o, uint64_t from, uint64_t *number) {
    return o->root && node_next(o->root, from, number);
}

static void node_finish(struct order_node *node) {
    for (size_t i = 0; node->level && i < node->count; i++)
        node_finish(node->children[i]);
    free(node);
}

void order_finish(struct order *o) {
    if (o->root)
        node_finish(o->root);
    *o = (struct order){ 0 };
}
