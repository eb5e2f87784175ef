/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* From a step to its span. */
#include "runtime/spans.h"

#include "connectors/span.h"
#include "runtime/service_state.h"
#include "runtime/task_inside.h"

#include <stdlib.h>

bool task_trace_find(const struct task *t, const struct input *in, struct step_trace *out) {
    struct trace_source source = { .ppm = t->options.trace_ppm,
                                   .input_id = in->id,
                                   .traceparent = in->traceparent };
    if (!source.traceparent.len && !source.ppm)
        return false;
    char *service = text_format("%s.%s", t->options.system, t->options.service->name);
    source.service = service;
    bool traced = step_trace_find(out, &source);
    free(service);
    return traced;
}

int64_t span_begin(const struct service *s) {
    return s->options.on_span ? clock_steady_ns(s->clock) : 0;
}

void span_end(const struct service *s, struct task *task, const struct input *in,
              int64_t begun_ns) {
    struct step_trace t;
    char trace[2 * TRACE_BYTES + 1], span[2 * SPAN_BYTES + 1], parent[2 * SPAN_BYTES + 1];
    if (!begun_ns || !s->options.on_span || !task_trace_find(task, in, &t))
        return;
    int64_t took_ns = clock_steady_ns(s->clock) - begun_ns;
    hex_write(t.trace, TRACE_BYTES, trace);
    hex_write(t.span, SPAN_BYTES, span);
    hex_write(t.parent, SPAN_BYTES, parent);
    uint8_t any = 0;
    for (size_t i = 0; i < SPAN_BYTES; i++)
        any |= t.parent[i];
    struct span told = {
        .trace = trace,
        .span = span,
        .parent = any ? parent : "",
        .name = in->type,
        .id = in->id,
        .topic = in->topic,
        .task = task->options.task,
        .begun_ms = clock_wall_ms(s->clock) - took_ns / 1000000,
        .took_ns = took_ns,
    };
    s->options.on_span(s->options.span_context, &told);
}
