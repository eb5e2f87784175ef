/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* W3C trace context on events: which trace a step belongs to, and what it hands on.
 *
 * Everything is derived, as ids are, so that a replay makes the same: the span of a step from its
 * service and its input's id, the trace of an input that no trace brought from its id. Such an
 * input begins a trace when the declaration's `trace: 0.01` says so, by its trace id. One that a
 * sampled traceparent brought goes on in it, whatever the share; one that is not sampled has no
 * trace. An input that was parked has lost what brought it. */
#ifndef OCTAVO_RUNTIME_TRACEPARENT_H
#define OCTAVO_RUNTIME_TRACEPARENT_H

#include "base/bytes.h"

enum { TRACEPARENT_CHARS = 55, TRACE_BYTES = 16, SPAN_BYTES = 8 };

/* The step on one input. */
struct step_trace {
    uint8_t trace[TRACE_BYTES];
    uint8_t span[SPAN_BYTES];
    uint8_t parent[SPAN_BYTES]; /* all zero: it began here */
};

struct trace_source {
    int32_t ppm;         /* of inputs that bring no trace, so many of a million begin one */
    const char *service; /* SYSTEM.SERVICE would do as well: it tells steps on one input apart */
    struct bytes input_id;
    struct bytes traceparent; /* that came with the input; len 0: none */
};

/* False: the step is not traced. */
bool step_trace_find(struct step_trace *out, const struct trace_source *source);
/* "00-TRACE-SPAN-01" for the events of the step, closed by a zero. */
void step_trace_write(const struct step_trace *t, char out[TRACEPARENT_CHARS + 1]);
void hex_write(const uint8_t *bytes, size_t len, char *out); /* 2 len characters, and a zero */

#endif
