/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A task: one (service, task number) with its store, its handlers and its lanes. The step lives
 * here.
 *
 * A group is: task_begin, task_take for each input, task_commit. One commit, in one place, holds
 * rows, journal, positions, lane watermarks in, lane sequences out, outbox and timers. A group in
 * which no handler changed anything (only events that are passed by, or repeats) is not committed
 * by itself: its positions and watermarks are kept and go with the next commit, at the latest when
 * task_flush is called (once a second, at revoke, at stop): re-reading them is harmless.
 *
 * Owned by the service's thread. Knows no Kafka and no connector. */
#ifndef OCTAVO_RUNTIME_TASK_H
#define OCTAVO_RUNTIME_TASK_H

#include "octavo.h"
#include "declaration/declaration.h"
#include "runtime/outbox.h"

struct task;
struct schemas;
struct changed_row;

enum input_kind {
    INPUT_RECORD,
    INPUT_REQUEST, /* with a topic: a source's item, which waits like a record */
    INPUT_TIMER,
    INPUT_OUTCOME, /* of an effect */
    INPUT_UNPARK,  /* offset: a parked input's number; type: retry or drop; source: by whom */
};

struct input {
    enum input_kind kind;
    struct bytes type; /* ce_type, request type, "timer:NAME" */
    struct bytes id;   /* ce_id; for a request its key; for a timer "NAME KEY DUE TASK" */
    struct bytes key;
    struct bytes json;
    int64_t time_ms;
    enum timer_clock clock; /* of a timer */
    bool sends_nothing; /* the broker is away: a step that wants to send an event ends in E_busy */
    /* records only */
    struct bytes topic;
    int32_t partition;
    int64_t offset;
    uint64_t hash;            /* record_hash() of key, value, timestamp: for the position check */
    struct bytes source;      /* ce_source; len 0: no lane */
    int64_t sequence;         /* ce_sequence */
    struct bytes asker;       /* octavo-asker, "SERVICE/TASK": who waits for an answer */
    struct bytes answers;     /* octavo-answers, "SERVICE/TASK": whom this answers */
    struct bytes traceparent; /* as W3C has it; len 0: no trace */
    /* items only */
    struct bytes position; /* after it, in its source: committed with it */
};

enum taken {
    TAKEN_HANDLED, /* a handler ran */
    TAKEN_PASSED,  /* no handler for its type; position and watermark moved */
    TAKEN_REPEAT,  /* at or below the lane's watermark: dropped */
    TAKEN_GAP,     /* beyond the lane's next: refused, watermark unmoved, position moved */
    TAKEN_PARKED,  /* it waits in the store: its handler could not, or its key is parked */
    TAKEN_FULL,    /* it would wait, and the budget is used up: not taken, nothing has moved */
    TAKEN_REFUSED, /* a request that would wait: not taken, its asker is told at once */
};

/* What a committed group hands on. */
struct committed {
    int64_t outbox_id;    /* 0: the group had no events */
    struct bytes outbox;  /* the packed row just committed; valid until the next task_begin */
    struct bytes outputs; /* the journal's line of it (outputs.h); as long */
    struct reply {
        struct bytes request_key;
        struct bytes json;
    } * replies; /* valid until the next task_begin */
    size_t reply_count;
};

struct task_options {
    const char *system;
    const struct declared_service *service;
    const struct declaration *declaration; /* who produces what; NULL: every lane is waited for */
    const struct octavo_handler *handlers;
    const struct store_kind *store_kind;
    const char *store_url; /* sqlite:DIR */
    int32_t task;
    int32_t trace_ppm;             /* traceparent.h */
    bool sync;                     /* false only in benchmarks */
    bool journal_inputs;           /* default in services: true */
    const struct schemas *schemas; /* schemas.h; NULL: nothing is held against any */
    const char *version;           /* told to the journal at the first commit; NULL: nothing is */
    /* A replay (replay.h): every group is committed, and each row it changed is told. NULL: none */
    void *replay;
    void (*on_changed)(void *replay, const struct changed_row *row);
    /* Told when a handler has returned and its step stays, with when it began by the steady clock.
     * NULL: nobody is, and no clock is asked. */
    void (*on_step)(void *step_context, struct task *t, const struct input *in, int64_t begun_ns);
    void *step_context;
    struct clock *clock; /* for on_step */
    /* partitions of a declared topic, for partition_of_key */
    int32_t (*partitions_of)(void *context, const char *topic);
    void *context;
};

enum error task_open(struct task **out, const struct task_options *options) MUST_CHECK;
void task_close(struct task *t); /* flushes nothing; NULL is fine */

/* What the wall clock says: for what stands in the store about waiting, never for a handler. */
void task_set_now(struct task *t, int64_t now_ms);
void task_begin(struct task *t);
const char *task_unready(const struct task *t); /* what a handler says against it; "": nothing */
/* E_handler: the handler refused; error_story() names type, id and reason. E_busy: see
 * sends_nothing. The group must then be dropped with task_drop. */
enum error task_take(struct task *t, const struct input *in, enum taken *taken) MUST_CHECK;
/* `at_ms` goes into the journal. E_io and worse stop the process. */
enum error task_commit(struct task *t, int64_t at_ms, struct committed *out) MUST_CHECK;
void task_drop(struct task *t);
enum error task_flush(struct task *t, int64_t at_ms) MUST_CHECK; /* outside a group */

/* Ids of its commits; 0: none is left, or none was yet. */
enum error task_journal_range(struct task *t, int64_t *first_id, int64_t *last_id) MUST_CHECK;
/* Outside a group, in a commit of its own: what a snapshot holds is forgotten through this id. */
enum error task_journal_cut(struct task *t, int64_t through_id) MUST_CHECK;

/* Positions: what to seek to, and what the record before it must hash to. found = false: never
 * read. */
enum error task_position(struct task *t, const char *topic, int32_t partition, struct position *out,
                         bool *found) MUST_CHECK;
/* Of a source: where its next read begins; empty: never read. Valid until the next call. */
enum error task_source_position(struct task *t, const char *edge, struct bytes *out) MUST_CHECK;
void task_set_cluster(struct task *t, const char *cluster_id); /* written with every position */
uint64_t record_hash(struct bytes key, struct bytes value, int64_t timestamp_ms);

/* The outbox as it stands: for the relay's start. Then acked through `id`: deleted with the next
 * commit or flush. */
enum error task_outbox_each(struct task *t,
                            void (*on_row)(void *context, int64_t id, struct bytes packed),
                            void *context) MUST_CHECK;
void task_outbox_acked(struct task *t, int64_t id);

/* Timers due at now_ms are taken as inputs into the open group, at most `max`. */
enum error task_take_timers(struct task *t, int64_t now_ms, size_t max, size_t *taken) MUST_CHECK;
/* One timer, fired whatever the time is: by a replay. */
struct timer_row;
enum error task_take_timer(struct task *t, const struct timer_row *timer) MUST_CHECK;
bool task_next_timer(struct task *t, int64_t *due_ms);

/* ---- parked keys (docs/operate/parking.md). All of these but the counts and the next due time
 * are called within a group. A retry tries the head of a key again; when it is done, the next of
 * the key is due at once, and task_park_due goes on with it. */
enum error task_park_retry(struct task *t, struct bytes key, int64_t now_ms,
                           enum taken *taken) MUST_CHECK; /* E_not_found: nothing is parked */
enum error task_park_drop(struct task *t, struct bytes key, int64_t now_ms) MUST_CHECK;
enum error task_park_due(struct task *t, int64_t now_ms, size_t max, size_t *taken) MUST_CHECK;
bool task_park_next_due(struct task *t, int64_t *due_ms);
/* Parked inputs in the order of their numbers; parked_unpack reads `packed`. key.data NULL: all. */
enum error task_park_each(struct task *t, struct bytes key, store_on_parked *on_row,
                          void *context) MUST_CHECK;
bool task_is_parked(struct task *t, struct bytes key);
/* Why the input taken last was parked; empty: it only waits behind its key. */
struct bytes task_parked_reason(const struct task *t);

struct task_parked {
    int64_t keys, inputs, bytes;
};
struct task_parked task_parked(struct task *t);

/* The latest timestamp of the records that the task has read (event_time.h). */
int64_t task_event_time(const struct task *t);

/* A fold (task_fold.c): its rows are in memory, and what is durable is a snapshot, which may be
 * taken once everything that the task has sent is acknowledged. save begins to write one; saved
 * tells when it is written, or waits for that; an error stops the process. Outside a group. */
bool task_is_fold(const struct task *t);
bool task_rebuilds(const struct task *t); /* its snapshot is of no worth but time */
int64_t task_tombstones_ms(const struct task *t);
/* Of one that rebuilds: its snapshot does not belong to what it reads. It is to be closed, and
 * opened again begins anew. */
void task_refuse_snapshot(struct task *t, const char *why);
bool task_all_acked(const struct task *t);
bool task_has_unsaved(const struct task *t);
enum error task_save(struct task *t, int64_t at_ms) MUST_CHECK;
enum error task_saved(struct task *t, bool wait, bool *done) MUST_CHECK;
/* After the last task_saved, when nothing is unsaved: whoever starts it next may bring other
 * settings, if it has caught up with what its topics held at its start. */
enum error task_rest(struct task *t, bool caught_up) MUST_CHECK;
bool task_saving_goes_on(const struct task *t); /* task_saved does a piece of it each time */

struct task_counts {
    uint64_t handled, passed, repeats, gaps, events, replies, commits, timers;
    uint64_t effects, outcomes;        /* asked for, ended or parked */
    uint64_t parked, retried, dropped; /* inputs that joined a queue, attempts from it, drops */
    uint64_t poison;                   /* a fold has passed by */
};
struct task_counts task_counts(const struct task *t);
void task_counts_add(struct task_counts *to, const struct task_counts *more);

#endif
