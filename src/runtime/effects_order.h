/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What an operator wants of effects: one by its id, or all that are parked, tried again or dropped.
 * The same for a task of a running service and for one that a command has opened. */
#ifndef OCTAVO_RUNTIME_EFFECTS_ORDER_H
#define OCTAVO_RUNTIME_EFFECTS_ORDER_H

#include "runtime/schedule.h"
#include "runtime/task.h"

struct effects_order {
    struct bytes id; /* data NULL: every parked one */
    bool drop;
    int64_t found, done, busy; /* busy: a worker has it */
};

typedef enum error effects_apply(void *context, struct task *task, struct pending *p, bool drop);

/* `apply` runs in a group of the task that it begins itself. E_busy of it is only counted. */
enum error effects_order_run(struct effects_order *order, struct task *task, effects_apply *apply,
                             void *context) MUST_CHECK;
/* A task that no service has: in groups of its own. */
enum error effects_order_offline(struct effects_order *order, struct task *task,
                                 int64_t now_ms) MUST_CHECK;

#endif
