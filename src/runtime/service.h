/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A service instance: one thread, one net loop, a consumer, a relay, its tasks and its edges.
 *
 * A turn takes what has arrived - records, requests, timers - into the groups of its tasks, commits
 * each once, then sends events, replies and reports. While a commit waits for the disk more
 * arrives: that is the natural group commit. docs/tour.md follows one event through it. */
#ifndef OCTAVO_RUNTIME_SERVICE_H
#define OCTAVO_RUNTIME_SERVICE_H

#include "connectors/connector.h"
#include "net/loop.h"
#include "octavo.h"
#include "declaration/declaration.h"
#include "runtime/task.h"

struct service;
struct span;

struct service_options {
    struct loop *loop;
    const struct declaration *declaration;
    const struct declared_service *declared;
    const struct octavo_service *code;
    const struct store_kind *store_kind; /* of its declared state: `store`, or a fold's */
    const struct connectors *connectors;
    const char *data_dir; /* DIR/SYSTEM holds stores and secrets */
    const char *bootstrap;
    const struct schemas *schemas; /* of events; NULL: none are checked */
    const char *version;           /* of the program, for the journal; NULL: not told */
    const char *instance; /* names this process in its group: SERVICE.INSTANCE is a static member */
    /* Told every traced step (connectors/span.h); NULL: nobody wants them. */
    void (*on_span)(void *context, const struct span *span);
    void *span_context;
    const char *http;   /* HOST:PORT to show itself on, read-only; NULL: the socket only */
    int broker_wait_ms; /* how long a start waits for the broker; default 30 s */
    void (*on_ready)(void *context, struct service *s); /* every task open, or assigned none yet */
    void *context;
};

/* The service runs on the loop; on a failure it prints its story and stops the loop. */
enum error service_open(struct service **out, const struct service_options *options) MUST_CHECK;
/* Graceful: takes nothing more, commits, relays for up to 5 s, leaves the group. NULL is fine. */
void service_close(struct service *s);
bool service_has_failed(const struct service *s);
int service_http_port(const struct service *s);             /* 0: none was asked for */
int service_edge_port(const struct service *s);             /* of its first edge; 0: none */
struct task_counts service_counts(const struct service *s); /* over all its tasks */

#endif
