/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Armed timers by due time: a binary heap. Equal times fire in the order they were armed. */
#ifndef OCTAVO_NET_TIMERS_H
#define OCTAVO_NET_TIMERS_H

#include "net/loop.h"

enum { TIMER_IDLE = -1 };

struct loop_timer {
    struct loop *loop;
    void (*on_time)(void *context);
    void *context;
    int64_t due_ns;
    uint64_t order; /* of arming */
    int at;         /* in the heap, or TIMER_IDLE */
};

struct timers {
    struct loop_timer **heap;
    int count;
    int capacity;
    uint64_t armed; /* how many were ever armed */
};

void timers_add(struct timers *t, struct loop_timer *timer, int64_t due_ns);
void timers_remove(struct timers *t, struct loop_timer *timer); /* an idle one is fine */
struct loop_timer *timers_first(const struct timers *t);        /* NULL when none is armed */
void timers_finish(struct timers *t);

#endif
