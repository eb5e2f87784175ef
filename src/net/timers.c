/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The heap of armed timers; each timer knows its place, so that cancelling needs no search.
 *
 * Our own and not libevent's, because time comes from base/clock: under a fake clock a test moves
 * ten minutes in no time, and a simulation repeats exactly. */
#include "net/timers.h"

#include "base/check.h"

#include <stdlib.h>

static bool is_before(const struct loop_timer *a, const struct loop_timer *b) {
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void put_at(struct timers *t, struct loop_timer *timer, int at) {
    t->heap[at] = timer;
    timer->at = at;
}

static void move_up(struct timers *t, struct loop_timer *timer, int at) {
    while (at > 0 && is_before(timer, t->heap[(at - 1) / 2])) {
        put_at(t, t->heap[(at - 1) / 2], at);
        at = (at - 1) / 2;
    }
    put_at(t, timer, at);
}

static void move_down(struct timers *t, struct loop_timer *timer, int at) {
    for (;;) {
        int child = 2 * at + 1;
        if (child + 1 < t->count && is_before(t->heap[child + 1], t->heap[child]))
            child++;
        if (child >= t->count || is_before(timer, t->heap[child]))
            break;
        put_at(t, t->heap[child], at);
        at = child;
    }
    put_at(t, timer, at);
}

void timers_add(struct timers *t, struct loop_timer *timer, int64_t due_ns) {
    timers_remove(t, timer);
    if (t->count == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 16;
        t->heap = memory_resize(t->heap, (size_t)t->capacity * sizeof(struct loop_timer *));
    }
    timer->due_ns = due_ns;
    timer->order = t->armed++;
    move_up(t, timer, t->count++);
}

void timers_remove(struct timers *t, struct loop_timer *timer) {
    int at = timer->at;
    if (at == TIMER_IDLE)
        return;
    assert(t->heap[at] == timer);
    timer->at = TIMER_IDLE;
    struct loop_timer *last = t->heap[--t->count];
    if (last == timer)
        return;
    move_up(t, last, at);
    move_down(t, last, last->at);
}

struct loop_timer *timers_first(const struct timers *t) {
    return t->count ? t->heap[0] : NULL;
}

void timers_finish(struct timers *t) {
    free(t->heap);
    *t = (struct timers){ 0 };
}
