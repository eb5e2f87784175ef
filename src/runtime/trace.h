/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A trace: what led to something, and what came of it, as a tree over topics, commits, effects and
 * what is parked.
 *
 * Nothing is stored for it. The id of an output is derived from the id of the input it came from
 * (ids.h), so children are computed and looked up, and a parent is that input, of the same time,
 * from which the id derives. What is looked into: every record of the declared topics, the journals
 * that are left, and the effects and parked inputs of all tasks, read-only, while services run.
 *
 * A node is an id. It may be a record of a topic, an input of a gateway (request, item, timer), an
 * effect with its outcome, and each of them once taken in by every service that reads it. */
#ifndef OCTAVO_RUNTIME_TRACE_H
#define OCTAVO_RUNTIME_TRACE_H

#include "declaration/declaration.h"

struct trace;

struct trace_options {
    const struct declaration *declaration;
    const struct store_kind *store_kind;
    const char *store_url;
    const char *bootstrap;
};

struct trace_node {
    struct bytes id;
    struct bytes type; /* "" when only an effect is known of it */
    struct bytes what; /* record, request, item, timer, effect */
    struct bytes key;
    struct bytes topic; /* of a record */
    int32_t partition;
    int64_t offset;
    int64_t time_ms;
    struct trace_taken *taken; /* by whom, in which commit */
    struct bytes waits;        /* "parked in ledger/2", "effect waits in notifier/0"; or no bytes */
    struct trace_node *next;
};

struct trace_taken {
    struct trace_taken *next;
    const char *service;
    int32_t task;
    int64_t commit;
    int64_t at_ms;
};

/* Reads it all in. */
enum error trace_open(struct trace **out, const struct trace_options *options) MUST_CHECK;
void trace_close(struct trace *t);                               /* NULL is fine */
struct trace_node *trace_find(struct trace *t, struct bytes id); /* NULL: nothing has this id */
struct trace_node *trace_parent(struct trace *t, const struct trace_node *node);
/* Visits a node and all that came of it, a parent before its children. */
void trace_each(struct trace *t, const struct trace_node *root,
                void (*on_node)(void *context, const struct trace_node *node, int depth),
                void *context);

#endif
