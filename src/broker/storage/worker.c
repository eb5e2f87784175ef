/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Workers. The error story is per thread, so a job carries its text home. */
#include "worker.h"

#include "base/bytes.h"
#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { INBOX_SLOTS = 8 };

struct worker {
    struct mailbox *inbox;
    struct mailbox *done;
    struct thread *thread; /* NULL: jobs run in job_finish */
    struct job last;       /* tells the thread to end */
};

static void worker_main(void *context) {
    struct worker *w = context;
    for (;;) {
        struct job *job = mailbox_wait(w->inbox, -1);
        if (job == &w->last)
            return;
        job_run(job);
        mailbox_post_wait(w->done, job);
    }
}

struct worker *worker_create(const char *name, bool threaded, struct mailbox *done) {
    struct worker *w = memory_get(sizeof(*w));
    w->inbox = mailbox_create(INBOX_SLOTS);
    w->done = done;
    if (threaded)
        w->thread = thread_start(name, worker_main, w);
    return w;
}

void worker_destroy(struct worker *w) {
    if (!w)
        return;
    if (w->thread)
        mailbox_post_wait(w->inbox, &w->last);
    thread_join(w->thread);
    mailbox_destroy(w->inbox);
    free(w);
}

void worker_post(struct worker *w, struct job *job) {
    assert(!job->has_run);
    mailbox_post_wait(w->thread ? w->inbox : w->done, job);
}

void job_run(struct job *job) {
    assert(!job->has_run);
    job->error = job->run(job);
    job->has_run = true;
    if (!job->error)
        return;
    const char *colon = strstr(error_story(), ": "); /* job_fail puts the sentence in front again */
    job->story = text_copy(colon ? colon + 2 : error_story());
}

void job_finish(struct job *job, void *owner) {
    if (!job->has_run)
        job_run(job);
    job->on_done(owner, job);
}

enum error job_fail(const struct job *job) {
    assert(job->error);
    return fail(job->error, "%s", job->story);
}

void job_clear(struct job *job) {
    free(job->story);
    job->story = NULL;
    job->error = E_ok;
    job->has_run = false;
}
