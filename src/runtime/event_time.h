/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A task's event time: the latest timestamp of the records it has read, kept with its positions.
 *
 * It moves with records alone and never back, so it is the same whenever they are read again: what
 * depends on it is derived, and has no entry in the journal. A timer that it has passed fires right
 * after the record that moved it, in the same group, in the order of (due_ms, name, key).
 *
 * One producer with a wrong clock must not end everybody's timers and dedupe windows. A time that
 * lies more than an hour ahead of the wall's clock is no time: the record is taken with the moment
 * at which it was taken, for its handler too and for what that sends, and as the wall is asked
 * here, the journal says so (decision 0008). A fold has no journal and asks no clock. */
#ifndef OCTAVO_RUNTIME_EVENT_TIME_H
#define OCTAVO_RUNTIME_EVENT_TIME_H

#include "runtime/places.h"

struct input;
struct task;

enum { EVENT_AHEAD_MS = 3600000 };

/* What the journal said of a record that is about to be replayed. */
struct event_ahead {
    const struct place *place;
    int64_t offset, at_ms;
};

struct event_clock {
    int64_t now_ms;  /* 0: no record had a time */
    int64_t kept_ms; /* after the last group */
    bool timer_known;
    bool timer_found;
    int64_t first_timer;
    struct event_ahead ahead; /* of a replay */
    bool ahead_told;
};

enum error event_clock_load(struct task *t) MUST_CHECK; /* from the positions in the store */
/* True: its time was too far ahead, and is another now. */
bool event_time_bound(struct task *t, const struct place *place, struct input *in);
/* For replays: the record at this offset is the next of its partition that is taken. */
enum error event_time_ahead(struct task *t, struct bytes topic, int32_t partition,
                            const struct event_ahead *ahead) MUST_CHECK;
void event_clock_move(struct task *t, struct place *place, int64_t time_ms);
void event_clock_keep(struct task *t);
void event_clock_drop(struct task *t);
/* Fires what is due, into the open group. */
enum error event_timers_fire(struct task *t) MUST_CHECK;

#endif
