/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The workers of one edge: threads that perform effects, each with a connector of its own.
 *
 * A worker never touches the store. Jobs go to it by its mailbox and come back, answered, by the
 * mailbox of all results; a job belongs to whoever has it. Everything below is for the service's
 * thread, which keeps in mind what each worker has: the first of its jobs is the one it is at.
 *
 * A job that is not back within the timeout of one attempt is stalled: nobody can tell whether its
 * effect will still happen, so it stays with its worker, whose other jobs are taken back; another
 * worker takes its place, once for each of the declared ones. Whatever it answers later is taken as
 * an answer. A thread cannot be ended from outside: one that is stuck for good goes with the
 * process. */
#ifndef OCTAVO_RUNTIME_WORKERS_H
#define OCTAVO_RUNTIME_WORKERS_H

#include "base/mailbox.h"
#include "connectors/connector.h"
#include "runtime/sealing.h"

struct workers;
struct worker;

struct job {
    enum { JOB_PERFORM, JOB_ASK, JOB_STOP } kind;
    /* of whoever handed it over */
    uint64_t owner;
    int64_t number;
    uint64_t lease;
    size_t edge;
    uint64_t share; /* of the workers that it takes; 0: nobody's */
    bool was_doubtful;
    int64_t begun_ns;              /* steady; handed over */
    struct effect_request request; /* its texts are in `memory` */
    uint8_t *memory;

    struct effect_answer answer; /* by the worker */
    struct buf told;             /* a flat JSON object, or empty */

    struct worker *worker; /* of workers.c */
    struct job *next;
};

struct workers_options {
    const struct connector_sink *sink;
    struct sink_options sink_options; /* its texts outlive the workers */
    int32_t count;
    size_t depth;                       /* jobs a worker may have, the one it is at with them */
    const struct declared_edge *sealed; /* what it opens and seals; NULL: nothing */
    const struct sealing_options *sealing;
    struct mailbox *results;
};

/* Slots of `results` that these workers may need at once. */
size_t workers_slots(const struct workers_options *options);
enum error workers_start(struct workers **out, const struct workers_options *options) MUST_CHECK;
size_t workers_room(const struct workers *w); /* jobs they would take now */
void workers_give(struct workers *w, struct job *job, int64_t now_ms); /* steady clock */
/* A job was taken out of results. False: it was the last word of a worker that stops. */
bool workers_came_back(const struct job *job, int64_t now_ms);
/* Takes back what no worker has begun, linked by `next`. */
void workers_recall(struct workers *w, struct job **taken_back);
/* Finds workers whose attempt has taken longer than the timeout. *taken_back: the jobs behind it,
 * not begun, linked by `next`. Returns how many have stalled since the last call. */
size_t workers_check(struct workers *w, int64_t now_ms, struct job **taken_back);
bool workers_is_stalled(const struct workers *w, uint64_t lease);
int64_t workers_check_at(const struct workers *w); /* when to call it; INT64_MAX: no need */
size_t workers_busy(const struct workers *w);      /* jobs with them, stalled ones too */
size_t workers_stalled(const struct workers *w);   /* now */

void workers_stop(struct workers *w);              /* after the jobs they have */
bool workers_are_stopped(const struct workers *w); /* every last word has come back */
/* Frees what has stopped. False: a stuck thread still has its memory, and `results` with it. */
bool workers_destroy(struct workers *w); /* NULL is fine */

void job_destroy(struct job *job);

#endif
