/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A source edge: a thread of its own reads items of the outside world, the service takes them.
 *
 * The service asks for items behind a position, the thread reads at most a batch and hands it over,
 * and only when that is taken does the service ask again: so no more than one batch is in memory,
 * and when the broker is away, the outbox full or a budget used up, nothing more is read. An item
 * is an input like a request; its position is committed with what became of it, and a start asks
 * from there. So an item is taken once, whatever dies. Private to the service. */
#ifndef OCTAVO_RUNTIME_SOURCE_H
#define OCTAVO_RUNTIME_SOURCE_H

#include "connectors/connector.h"
#include "declaration/declaration.h"

#include <stdbool.h>

struct service;
struct source;

/* The source for the edge's url; NULL: none, it is another kind of edge. */
const struct connector_source *source_kind(const struct connectors *c,
                                           const struct declared_edge *edge);
/* Begins to read; the service's only task is open. */
enum error source_open(struct service *s, const struct declared_edge *edge,
                       const struct connector_source *kind) MUST_CHECK;
/* Once a second: what had to wait is tried again. */
void sources_turn(struct service *s);
bool sources_are_full(const struct service *s); /* an item waits for room among the parked */
bool sources_are_away(const struct service *s); /* the newest read of one of them failed */
/* Ends the threads, each after the read it is in. What was read and not taken is read again. */
void sources_close(struct service *s);

#endif
