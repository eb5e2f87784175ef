/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What one step did, until it is known to stay: a small transaction inside the group's.
 *
 * A step that ends in anything but DONE is undone exactly, and the group goes on without it: rows
 * in the cache get their old values back, the outbox and the replies their old length, lanes out
 * their old number. What would go into the store at once - log entries, timers, effects - is kept
 * aside as a `later` and done, in the order asked for, when the step stays. So undoing needs no
 * savepoint of the store. A handler cannot read what is kept aside: nothing in octavo.h reads it.
 *
 * Owned by the task. One attempt at a time. */
#ifndef OCTAVO_RUNTIME_ATTEMPT_H
#define OCTAVO_RUNTIME_ATTEMPT_H

#include "runtime/lanes.h"
#include "runtime/task.h"

/* What is done when the step stays; `what` is in the group's arena. */
typedef enum error later_do(struct task *t, const void *what);

struct later {
    later_do *run;
    const void *what;
};

struct lane_before {
    struct lane *lane;
    int64_t now;
    bool touched;
};

struct attempt {
    struct later *laters;
    size_t later_count, later_capacity;
    struct lane_before *lanes;
    size_t lane_count, lane_capacity;
    size_t outbox_len;
    size_t reply_count;
    uint64_t events; /* of group_counts */
};

void attempt_begin(struct task *t);
void attempt_later(struct task *t, later_do *run, const void *what);
/* Gives an event of the step its place: the next sequence of its lane. */
int64_t attempt_next_sequence(struct task *t, struct lane *lane);
/* The number of a log entry, which attempt_keep adds; key and values are copied. */
struct value;
int64_t attempt_log_add(struct task *t, size_t table, struct bytes key, const struct value *values);
void attempt_timer_put(struct task *t,
                       const struct timer_row *timer); /* copied; so are its texts */
void attempt_timer_delete(struct task *t, const struct timer_row *timer);

enum error attempt_keep(struct task *t) MUST_CHECK; /* an error is the store's: drop the group */
void attempt_undo(struct task *t);
void attempt_finish(struct task *t);

#endif
