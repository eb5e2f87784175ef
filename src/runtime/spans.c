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

static void span_tell(const struct service *s, struct span *span, const struct step_trace *t,
                      int64_t begun_ns) {
    char trace[2 * TRACE_BYTES + 1], id[2 * SPAN_BYTES + 1], parent[2 * SPAN_BYTES + 1];
    uint8_t any = 0;
    hex_write(t->trace, TRACE_BYTES, trace);
    hex_write(t->span, SPAN_BYTES, id);
    hex_write(t->parent, SPAN_BYTES, parent);
    for (size_t i = 0; i < SPAN_BYTES; i++)
        any |= t->parent[i];
    span->trace = trace;
    span->span = id;
    span->parent = any ? parent : "";
    span->took_ns = clock_steady_ns(s->clock) - begun_ns;
    span->begun_ms = clock_wall_ms(s->clock) - span->took_ns / 1000000;
    s->options.on_span(s->options.span_context, span);
}

void span_step(void *service, struct task *task, const struct input *in, int64_t begun_ns) {
    const struct service *s = service;
    struct step_trace t;
    struct span span = {
        .name = in->type, .id = in->id, .topic = in->topic, .task = task->options.task
    };
    if (task_trace_find(task, in, &t))
        span_tell(s, &span, &t, begun_ns);
}

/* As the outcome's step finds it; each attempt is a span of its own. */
void span_attempt(void *service, struct task *task, const struct effect_attempt *attempt) {
    const struct service *s = service;
    const struct effect_request *request = attempt->request;
    struct step_trace t;
    char *name = text_format("%s %s", attempt->asks ? "ask" : "perform", attempt->edge);
    char *who = text_format("%s.%s %s %d", task->options.system, task->options.service->name, name,
                            (int)request->attempt);
    struct trace_source source = { .ppm = task->options.trace_ppm,
                                   .service = who,
                                   .input_id = request->id };
    struct span span = { .name = bytes_text(name), .id = request->id, .task = task->options.task };
    if (step_trace_find(&t, &source))
        span_tell(s, &span, &t, attempt->begun_ns);
    free(name);
    free(who);
}
