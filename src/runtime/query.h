/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reads of a service's state from outside: a query edge asks, a handler "query:NAME" answers, on
 * the thread that owns the state, between two groups: it sees what is committed and nothing else.
 *
 * A query is a step that changes nothing. One that tries to is undone and answered with an error;
 * it is no input: not journaled, not counted as handled. A key of a task that this process does not
 * own is E_fenced, as only the owner knows. Private to the service. */
#ifndef OCTAVO_RUNTIME_QUERY_H
#define OCTAVO_RUNTIME_QUERY_H

#include "connectors/connector.h"
#include "runtime/task.h"

struct service;
struct queries;

/* The edge's routes as connectors are told them; the caller's to free. */
struct connector_route *query_routes(const struct declared_edge *edge);
/* The edge declares routes of queries; all its state is in s->queries. */
enum error query_open(struct service *s, const struct declared_edge *edge) MUST_CHECK;
int queries_port(const struct service *s);       /* of the first such edge; 0: none */
uint64_t queries_count(const struct service *s); /* answered */
void queries_close(struct service *s);

/* Outside a group. E_not_found: no handler. E_refused: it said no, or wrote. */
enum error task_query(struct task *t, const struct input *in, struct buf *reply) MUST_CHECK;

#endif
