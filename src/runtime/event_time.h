/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A task's event time: the latest timestamp of the records it has read, kept with its positions.
 *
 * It moves with records alone and never back, so it is the same whenever they are read again: what
 * depends on it is derived, and has no entry in the journal. A timer that it has passed fires right
 * after the record that moved it, in the same group, in the order of (due_ms, name, key). */
#ifndef OCTAVO_RUNTIME_EVENT_TIME_H
#define OCTAVO_RUNTIME_EVENT_TIME_H

#include "runtime/places.h"

struct task;

struct event_clock {
    int64_t now_ms;  /* 0: no record had a time */
    int64_t kept_ms; /* after the last group */
    bool timer_known;
    bool timer_found;
    int64_t first_timer;
};

enum error event_clock_load(struct task *t) MUST_CHECK; /* from the positions in the store */
void event_clock_move(struct task *t, struct place *place, int64_t time_ms);
void event_clock_keep(struct task *t);
void event_clock_drop(struct task *t);
/* Fires what is due, into the open group. */
enum error event_timers_fire(struct task *t) MUST_CHECK;

#endif
