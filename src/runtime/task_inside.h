/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The inside of a task, for task.c, attempt.c, commit.c and step.c. */
#ifndef OCTAVO_RUNTIME_TASK_INSIDE_H
#define OCTAVO_RUNTIME_TASK_INSIDE_H

#include "base/arena.h"
#include "runtime/attempt.h"
#include "runtime/event_time.h"
#include "runtime/ids.h"
#include "runtime/journal.h"
#include "runtime/lanes.h"
#include "runtime/marks.h"
#include "runtime/outputs.h"
#include "runtime/park.h"
#include "runtime/places.h"
#include "runtime/rows.h"
#include "runtime/task.h"
#include "runtime/task_effects.h"

/* The last entry of a log table: counted in memory, as nobody else adds to it. */
struct log_end {
    int64_t now;
    int64_t kept;
};

enum { TABLES_KNOWN = 16 };

struct task {
    struct task_options options;
    struct store *store;
    struct store_table *tables; /* as the store knows them, in declared order */
    size_t table_count;
    size_t table_known[TABLES_KNOWN]; /* which table a literal named last (step.c) */
    char *source;                     /* ce_source of every lane out */
    char *partition_key;              /* key of rows whose table has scope: partition */
    char *cluster_id;                 /* "" until told */
    struct row_cache rows;
    struct log_end *logs; /* by table; unused for others */
    struct lanes lanes_in;
    struct lanes lanes_out;
    struct places places;
    struct marks marks;
    struct journal journal;
    struct outputs outputs; /* of the line that the journal grows */
    struct attempt attempt; /* of the step that runs */
    struct task_effects effects;
    struct park park;
    bool park_stale;               /* a dropped group had changed it: the store knows */
    bool has_parked, has_unparked; /* in the open group */
    int64_t now_ms;
    bool undeclared_told;

    bool in_group;
    bool failed;         /* a take has failed: only a drop may follow */
    bool in_transaction; /* begun at the first look into the store */
    bool changed;        /* the group must be committed */
    struct arena arena;  /* the group's */
    struct buf outbox;   /* the group's events, packed */
    struct buf value;    /* scratch: the JSON being built */
    struct buf scratch;
    struct buf reason;
    struct reply *replies;
    size_t reply_count, reply_capacity;
    int64_t outbox_acked;   /* through this id, */
    int64_t outbox_deleted; /* and this is what the store knows of it */
    uint64_t saved_commits; /* of a fold: what its newest snapshot holds */
    int64_t outbox_last;    /* the newest id given by this process; 0: none */

    struct due *due;  /* timers being fired; NULL: none */
    bool timer_known; /* first_timer is what the store has */
    bool timer_found;
    int64_t first_timer;
    struct event_clock clock;

    char unready[200];               /* octavo_unready */
    struct task_counts counts;       /* of committed groups */
    struct task_counts group_counts; /* of the open one */
};

/* Opens the group's transaction unless it is open: before any call on the store within a group. */
enum error task_enter(struct task *t) MUST_CHECK;
/* For the journal's outputs: a row of the group, or a log entry that it has added. */
void task_row_changed(struct task *t, const struct changed_row *row);
/* A handler has set or cancelled it: a firing that waits in this group is void. */
void task_timer_moved(struct task *t, const struct timer_row *timer);
/* An input meets its handler (handle.c): done, or parked; or behind a parked key at once. */
enum error task_handle(struct task *t, const struct input *in, enum taken *taken) MUST_CHECK;
/* One attempt of a handler on its input. Undone unless it is TRIED_DONE; then t->reason says why.
 */
enum tried { TRIED_DONE, TRIED_PASSED, TRIED_RETRY, TRIED_PARK };
enum error task_try(struct task *t, const struct input *in, enum tried *tried) MUST_CHECK;
/* A dedupe window looks at this record (dedupe.c); *seen: it came before. */
bool task_dedupes(const struct task *t, const struct input *in);
enum error task_seen(struct task *t, const struct input *in, bool *seen) MUST_CHECK;
/* False: an answer for another task of this service (ask.c). */
bool task_is_answered(const struct task *t, const struct input *in);
struct bytes task_park_key(struct task *t, const struct input *in); /* in the group's arena */
enum error task_park_fresh(struct task *t) MUST_CHECK;
/* A fold's poison is counted and told (task_fold.c). */
char *task_runs_with(const struct task *t); /* of a fold that sends, the caller's; else NULL */
void task_pass_by(struct task *t, const struct input *in);
/* A parked input is taken again, or dropped (unpark.c). */
enum error task_unpark(struct task *t, const struct input *in, enum taken *taken) MUST_CHECK;

#endif
