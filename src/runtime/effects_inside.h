/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The inside of effects.h, for effects.c, effects_dispatch.c and effects_answer.c. */
#ifndef OCTAVO_RUNTIME_EFFECTS_INSIDE_H
#define OCTAVO_RUNTIME_EFFECTS_INSIDE_H

#include "runtime/effects.h"
#include "runtime/workers.h"

/* A task whose effects are performed here. */
struct holding {
    struct holding *next;
    struct task *task;
    uint64_t serial; /* a job's owner: never used again, as an address may be */
    size_t jobs;     /* with workers */
    bool touched;    /* its group has something of ours */
};

/* How many of one share workers have. */
struct sharing {
    uint64_t share;
    int32_t out;
};

struct edge {
    const struct declared_edge *declared;
    size_t index; /* in the declaration */
    const struct connector_sink *sink;
    struct buf secret;
    struct workers *workers;
    struct breaker breaker;
    int64_t away_ms; /* of the breaker, as the accounts have it */
    struct effects_counts counts;
    uint64_t parked_told;
    struct sharing *sharing;
    size_t sharing_count, sharing_capacity;
};

struct effects {
    struct effects_options options;
    struct clock *clock;
    struct edge *edges;
    size_t edge_count;
    struct holding *holdings;
    struct mailbox *results;
    struct loop_watch *watch;
    struct loop_timer *timer;
    uint64_t last_lease, last_serial;
    bool full;
    bool drained_in_vain; /* since the last dispatch: waiting again would be as long */
    bool more;            /* something was settled: another turn may have more to do */
    struct job **planned; /* their intents are in groups */
    size_t planned_count, planned_capacity;
};

struct edge *effects_edge(struct effects *e, size_t index);
struct holding *effects_holding(struct effects *e, uint64_t serial); /* NULL: no longer ours */
void effects_begin(struct effects *e, struct holding *h);
enum error effects_commit(struct effects *e) MUST_CHECK; /* every group we have touched */
void effects_account_away(struct effects *e); /* deadlines stand still while a breaker is open */
void effects_breaker(struct effects *e, struct edge *edge, enum breaker_event event);

/* What has come back (effects_answer.c). The job is destroyed. */
enum error effects_answered(struct effects *e, struct job *job) MUST_CHECK;
/* A job that no worker has begun: its effect is as it was before. */
void effects_recalled(struct effects *e, struct job *job);
/* Shares (effects_share.c). False: its share is used up, and it stands aside. */
enum error effects_share_admits(struct effects *e, struct holding *h, struct pending *p,
                                bool *admitted) MUST_CHECK;
void effects_share_take(struct edge *edge, uint64_t share);
void effects_share_give(struct edge *edge, uint64_t share);
void effects_share_wake(struct effects *e, struct edge *edge);
/* The effect ends; or is parked, when nobody handles that. */
struct ending {
    const char *outcome;
    const char *reason;
    struct bytes told;
};
enum error effects_settle(struct effects *e, struct holding *h, struct pending *p,
                          const struct ending *ending) MUST_CHECK;

#endif
