/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The effects of a task: asked for by its handlers, kept in its store, ended by their outcomes.
 *
 * An effect is a row of the store from the commit of the step that asked for it to the commit that
 * takes its outcome. An outcome is an input like any other (INPUT_OUTCOME): it goes into the
 * journal and to the handler "effect:EDGE", if there is one, as an event with the effect's key and
 * the fields effect, outcome (done, refused, late, unknown, dropped), reason, and what the receiver
 * told. Without a handler done and dropped just end, and any other outcome parks the effect: it and
 * the later ones of its edge and key wait for an operator.
 *
 * Here is what needs the store; effects.h has what needs threads and time. Owned by the service's
 * thread. */
#ifndef OCTAVO_RUNTIME_TASK_EFFECTS_H
#define OCTAVO_RUNTIME_TASK_EFFECTS_H

#include "runtime/schedule.h"
#include "runtime/task.h"

/* What is counted for one edge of the task and survives a restart, as a fact of the store. */
struct edge_account {
    int64_t away_ms;    /* how long its breaker was not closed: deadlines do not count it */
    int64_t windows;    /* effects that may have happened twice, or not at all */
    int64_t longest_ms; /* from a first attempt to the moment the doubt was acted on */
    int64_t sum_ms;
    bool changed;
};

struct asked { /* by a step of the open group */
    size_t edge;
    struct bytes id, key, type, json; /* in the group's arena */
    int64_t time_ms;
    int64_t number; /* once written */
    int64_t deadline_ms, requested_ms;
};

struct settled { /* in the open group */
    struct pending *pending;
    bool parks;
};

struct task_effects {
    struct schedule *schedule;     /* NULL: the service has no edge of effects */
    struct edge_account *accounts; /* by edge */
    struct asked *asked;
    size_t asked_count, asked_capacity;
    struct settled *settled;
    size_t settled_count, settled_capacity;
    int64_t *changed; /* numbers of effects that the store does not know as they are now */
    size_t changed_count, changed_capacity;
};

/* ---- for task.c, commit.c and step.c */
enum error task_effects_open(struct task *t) MUST_CHECK;
void task_effects_close(struct task *t);
void task_effect_ask(struct task *t, const struct asked *a); /* kept when the step is */
enum error task_outcome(struct task *t, const struct input *in, enum taken *taken) MUST_CHECK;
enum error task_effects_write(struct task *t, int64_t at_ms) MUST_CHECK;
void task_effects_stored(struct task *t);
void task_effects_drop(struct task *t);
bool task_effects_wait(const struct task *t);

/* ---- for who performs them */
struct schedule *task_schedule(struct task *t); /* NULL: no edge of effects */
struct edge_account *task_account(struct task *t, size_t edge);
void task_account_window(struct task *t, size_t edge, int64_t ms);
/* The deadline as the wall clock shows it now. */
int64_t task_effect_deadline(struct task *t, const struct pending *p);
/* attempts, due_ms, deadline_ms and reason of p go with the next commit. */
void task_effect_changed(struct task *t, struct pending *p);
/* Within a group: that p is about to be tried goes with its commit. */
enum error task_effect_intent(struct task *t, struct pending *p, int64_t now_ms) MUST_CHECK;
/* Within a group: the outcome of p as an input. `told` is a flat object, or empty. */
struct outcome {
    const char *outcome;
    const char *reason;
    struct bytes told;
    int64_t at_ms;
};
enum error task_effect_settle(struct task *t, struct pending *p,
                              const struct outcome *outcome) MUST_CHECK;
bool task_effect_parks(const struct task *t); /* did the last one? */
/* Type and content of p, from memory or the store; in `memory`, which is cleared. */
struct effect_content {
    struct bytes type, json;
};
enum error task_effect_content(struct task *t, const struct pending *p, struct buf *memory,
                               struct effect_content *out) MUST_CHECK;
/* Within a group: an operator wants p tried again at once, with a new deadline. */
enum error task_effect_retry(struct task *t, struct pending *p, int64_t now_ms) MUST_CHECK;

#endif
