/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Finding what an operator means, and doing it. */
#include "runtime/effects_order.h"

#include "runtime/task_effects.h"

#include <stdlib.h>

static bool is_meant(const struct effects_order *order, const struct pending *p) {
    if (p->settling)
        return false;
    return order->id.data ? bytes_equal(p->id, order->id) : p->state == EFFECT_PARKED;
}

/* Found first and changed then: what changes moves in the schedule. */
static struct pending **meant_find(const struct effects_order *order, struct task *task,
                                   size_t *count) {
    struct schedule *schedule = task_schedule(task);
    struct pending **meant = NULL, *p;
    size_t capacity = 0;
    *count = 0;
    for (size_t at = 0; schedule && (p = schedule_each(schedule, &at));) {
        if (!is_meant(order, p))
            continue;
        meant = memory_grow(meant, *count, &capacity, sizeof(struct pending *));
        meant[(*count)++] = p;
    }
    return meant;
}

enum error effects_order_run(struct effects_order *order, struct task *task, effects_apply *apply,
                             void *context) {
    size_t count;
    struct pending **meant = meant_find(order, task, &count);
    enum error e = E_ok;
    for (size_t i = 0; i < count && !e; i++) {
        order->found++;
        e = apply(context, task, meant[i], order->drop);
        order->done += e == E_ok;
        order->busy += e == E_busy;
        if (e == E_busy)
            e = E_ok;
    }
    free(meant);
    return e;
}

/* ---- without a service */

static enum error offline_apply(void *context, struct task *task, struct pending *p, bool drop) {
    int64_t now_ms = *(int64_t *)context;
    struct outcome dropped = { "dropped", "by an operator", { 0 }, now_ms };
    return drop ? task_effect_settle(task, p, &dropped) : task_effect_retry(task, p, now_ms);
}

enum error effects_order_offline(struct effects_order *order, struct task *task, int64_t now_ms) {
    struct committed committed;
    task_set_now(task, now_ms);
    task_begin(task);
    enum error e = effects_order_run(order, task, offline_apply, &now_ms);
    if (!e)
        return task_commit(task, now_ms, &committed);
    task_drop(task);
    return e;
}
