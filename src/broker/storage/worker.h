/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Jobs for storage's two threads: the owner posts one, the worker runs it, it comes back done.
 *
 * A job belongs to the worker from worker_post until it is taken from the `done` mailbox. Without
 * a thread the job goes to `done` at once and runs when it is taken (job_finish): same code, same
 * order, one thread. */
#ifndef OCTAVO_STORAGE_WORKER_H
#define OCTAVO_STORAGE_WORKER_H

#include "base/error.h"
#include "base/mailbox.h"

struct job {
    enum error (*run)(struct job *job);            /* the worker's part */
    void (*on_done)(void *owner, struct job *job); /* the owner's part; may free the job */
    bool has_run;
    enum error error; /* of run */
    char *story;      /* what error_story() said on the other thread, without its first word */
};

struct worker;

struct worker *worker_create(const char *name, bool threaded, struct mailbox *done);
void worker_destroy(struct worker *w); /* runs what was posted, then joins; NULL is fine */
void worker_post(struct worker *w, struct job *job);
void job_run(struct job *job);                 /* runs it here and now, once */
void job_finish(struct job *job, void *owner); /* run if nobody has, then on_done */
/* Repeats the job's failure as this thread's own story. */
enum error job_fail(const struct job *job) MUST_CHECK;
void job_clear(struct job *job); /* forgets the result, so that it can be posted again */

#endif
