/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Spans of traced steps, for who exports them (connectors/span.h). A span says what was tried, not
 * what was committed: it is told when the handler has returned. An attempt at an effect has a span
 * of its own in the trace that its id begins, where the step on its outcome stands too. Private to
 * the service. */
#ifndef OCTAVO_RUNTIME_SPANS_H
#define OCTAVO_RUNTIME_SPANS_H

#include "runtime/effects.h"
#include "runtime/task.h"
#include "runtime/traceparent.h"

/* Which trace a step of the task on the input belongs to; false: none. */
bool task_trace_find(const struct task *t, const struct input *in, struct step_trace *out);

/* For task_options.on_step and effects_options.on_attempt; the context is the service. */
void span_step(void *service, struct task *task, const struct input *in, int64_t begun_ns);
void span_attempt(void *service, struct task *task, const struct effect_attempt *attempt);

#endif
