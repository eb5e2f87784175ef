/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Spans of traced steps, for who exports them (connectors/span.h). A span says what was tried, not
 * what was committed: it is told when the handler has returned. Private to the service. */
#ifndef OCTAVO_RUNTIME_SPANS_H
#define OCTAVO_RUNTIME_SPANS_H

#include "runtime/task.h"
#include "runtime/traceparent.h"

struct service;

/* Which trace a step of the task on the input belongs to; false: none. */
bool task_trace_find(const struct task *t, const struct input *in, struct step_trace *out);

/* 0 when nobody wants spans: then nothing is told later either. */
int64_t span_begin(const struct service *s);
void span_end(const struct service *s, struct task *task, const struct input *in, int64_t begun_ns);

#endif
