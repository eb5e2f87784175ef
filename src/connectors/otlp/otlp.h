/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Spans to an OpenTelemetry collector: OTLP/HTTP, JSON, a POST of a batch once a second.
 *
 * Tracing never holds up the work: spans wait in memory, bounded; a batch that a collector does not
 * take is told of once a minute and is gone. */
#ifndef OCTAVO_CONNECTORS_OTLP_OTLP_H
#define OCTAVO_CONNECTORS_OTLP_OTLP_H

#include "base/error.h"
#include "connectors/span.h"
#include "net/loop.h"

struct otlp;

/* url: of the collector's traces, http://127.0.0.1:4318/v1/traces. `service` is what it is called
 * there. E_config: no such address. */
enum error otlp_open(struct otlp **out, struct loop *l, const char *url,
                     const char *service) MUST_CHECK;
void otlp_add(void *otlp, const struct span *span); /* on the loop's thread */
/* Sends what waits, at most for 2 s. NULL is fine. */
void otlp_close(struct otlp *o);

#endif
