/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How a service shows itself: on its control socket, and read-only on TCP where that was asked for.
 *
 *   GET /livez        200 as long as the loop turns
 *   GET /readyz       200, or 503 with the reasons
 *   GET /metrics      numbers for Prometheus (base/metrics.def)
 *   GET /api/system   what is declared and what this process does
 *   GET /api/openapi.json   all of this, described
 *   POST /control/V   a verb (control.h); on the socket only */
#ifndef OCTAVO_RUNTIME_SEEING_H
#define OCTAVO_RUNTIME_SEEING_H

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>

struct seeing;
struct service;

/* E_exists: an instance of this name runs. */
enum error seeing_open(struct seeing **out, struct service *s) MUST_CHECK;
int seeing_port(const struct seeing *g); /* of TCP; 0: none */
void seeing_close(struct seeing *g);     /* NULL is fine */

/* True when the service does what it is there for; else `reasons`, if given, gets a JSON list. */
bool service_is_ready(const struct service *s, struct buf *reasons);
/* One JSON object: the process, its tasks, positions and counts. */
void service_report(const struct service *s, struct buf *out);
void service_metrics(const struct service *s, struct buf *out);
/* Over all partitions read here: unread records, and the longest that one may have waited. */
void service_lag(const struct service *s, int64_t *records, int64_t *most_ms);
void service_note_level(
    struct service *s); /* once a second: which partitions are read to the end */
/* What of it is about effects (effects_seen.c). */
struct metric_page;
void effects_report(const struct service *s, struct buf *out);
void effects_metrics(const struct service *s, struct metric_page *page, struct bytes service);
/* The same with the declaration around it. */
void system_report(const struct service *s, struct buf *out);

#endif
