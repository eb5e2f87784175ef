/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Effects are performed: who of those that wait is tried, when, by which worker, and what an answer
 * means. One for a service instance, over all its tasks; all of it in the service's thread.
 *
 *   commit of a step  ->  head of its (edge, key)  ->  [intent: a commit]  ->  worker
 *   worker's answer   ->  outcome, an input        ->  commit              ->  the next of the key
 *
 * Nothing is handed to a worker before the commit that asked for it, and nothing of a key before
 * the outcome of the one before is committed. So after a crash an effect may be performed again,
 * but never one that is behind it first. What that means is the edge's class:
 *
 *   keyed, natural   performed again with the same id: the receiver sees to it. No intent.
 *   queryable        the intent is committed first; after a crash the receiver is asked
 *   blind            the intent is committed first; after a crash it is performed again and counted
 *                    as a window (at_least_once), or ends as unknown and is counted (at_most_once)
 *
 * A lease is a number under which a worker has an effect; an answer under another is dropped. */
#ifndef OCTAVO_RUNTIME_EFFECTS_H
#define OCTAVO_RUNTIME_EFFECTS_H

#include "connectors/connector.h"
#include "net/loop.h"
#include "runtime/breaker.h"
#include "runtime/sealing.h"
#include "runtime/task_effects.h"

enum {
    EFFECTS_MOST = 100000, /* of a task: beyond, nothing more is consumed */
    EFFECTS_LOW = 50000,
};

struct effects;

/* One try of a worker at an effect. */
struct effect_attempt {
    const char *edge;
    const struct effect_request *request;
    bool asks; /* whether it has happened, by a queryable edge */
    int64_t begun_ns;
};

struct effects_options {
    struct sealing_options sealing; /* declaration NULL: nothing is sealed */
    struct loop *loop;
    const struct declared_service *declared;
    const struct connectors *connectors;
    const char *data_dir;
    void (*on_work)(void *context); /* take, commit and dispatch soon */
    /* Opens the task's group, unless it is open; commits it, if it is. */
    void (*begin)(void *context, struct task *task);
    enum error (*commit)(void *context, struct task *task);
    /* An attempt, or a question, has come back; begun_ns by the steady clock. NULL: nobody asks. */
    void (*on_attempt)(void *context, struct task *task, const struct effect_attempt *attempt);
    void *context;
};

/* *out is NULL when the service has no edge of effects; everything below takes NULL.
 * E_config: no such sink, a class it cannot keep, an address it cannot read. */
enum error effects_open(struct effects **out, const struct effects_options *options) MUST_CHECK;
void effects_close(struct effects *e); /* after effects_drain */

void effects_add_task(struct effects *e, struct task *task);
/* What workers still have of it is theirs; whatever they answer is dropped. */
void effects_remove_task(struct effects *e, struct task *task);

/* Answers that have come: their outcomes go into the groups of their tasks. */
enum error effects_take(struct effects *e) MUST_CHECK;
/* Every group is committed: hands over what may be tried. May commit intents. */
enum error effects_dispatch(struct effects *e) MUST_CHECK;
/* Before the task (NULL: every one) is given up: waits for what workers are at, at most wait_ms,
 * and commits it. What is left then is counted. Nothing is handed over before the next dispatch. */
enum error effects_drain(struct effects *e, struct task *task, int wait_ms) MUST_CHECK;
bool effects_are_full(struct effects *e); /* with a memory: from EFFECTS_MOST to EFFECTS_LOW */
bool effects_were_full(const struct effects *e); /* when it was last asked */
void effects_tick(struct effects *e);            /* once a second: tells what happened */

/* An operator's: within a group. E_busy: a worker has it. */
enum error effects_retry(struct effects *e, struct task *task, struct pending *p) MUST_CHECK;
enum error effects_drop(struct effects *e, struct task *task, struct pending *p) MUST_CHECK;

struct effects_counts { /* of one edge, since the start */
    uint64_t tried, done, again, refused, late, unknown, dropped;
    uint64_t parked, stalled, fenced;
};

struct effects_state { /* of one edge */
    const struct declared_edge *edge;
    const struct breaker *breaker;
    struct effects_counts counts;
    struct schedule_counts waiting; /* over all tasks */
    struct edge_account account;    /* over all tasks: windows */
    size_t workers_busy, workers_stalled;
};
size_t effects_edges(const struct effects *e);
struct effects_state effects_state(const struct effects *e, size_t nth);

#endif
