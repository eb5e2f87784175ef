/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A worker whose connector does many at once: what waits goes together, and comes back in order. */
#include "base/test.h"
#include "runtime/workers.h"

#include <stdlib.h>

enum { JOBS = 50, ASKED = 10 };

static struct mailbox *begun, *gate;
static struct buf calls; /* of the worker's thread, until the last job is back */
static int letter;

static enum error sink_open(struct connector **out, const struct sink_options *options) {
    (void)options;
    *out = (struct connector *)&letter;
    return E_ok;
}

/* The first one stays until the others wait. */
static void sink_perform(struct connector *c, const struct effect_request *r,
                         struct effect_answer *a) {
    (void)c;
    (void)r;
    buf_put_text(&calls, "one ");
    mailbox_post_wait(begun, &letter);
    (void)mailbox_wait(gate, -1);
    a->verdict = EFFECT_DONE;
}

static void sink_perform_many(struct connector *c, const struct effect_request *const *r,
                              struct effect_answer *const *a, size_t count) {
    (void)c;
    buf_print(&calls, "%zu ", count);
    while (count--)
        a[count]->verdict = r[count]->attempt % 2 ? EFFECT_DONE : EFFECT_REFUSED;
}

static void sink_ask(struct connector *c, const struct effect_request *r, struct effect_answer *a) {
    (void)c;
    (void)r;
    buf_put_text(&calls, "ask ");
    a->verdict = EFFECT_DONE;
}

static void sink_close(struct connector *c) {
    (void)c;
}

static const struct connector_sink sink = { .scheme = "many",
                                            .open = sink_open,
                                            .perform = sink_perform,
                                            .perform_many = sink_perform_many,
                                            .ask = sink_ask,
                                            .close = sink_close };

static struct job *job_given(struct workers *w, int i) {
    struct job *job = memory_get(sizeof(*job));
    job->kind = i == ASKED ? JOB_ASK : JOB_PERFORM;
    job->request.attempt = i;
    workers_give(w, job, 0);
    return job;
}

TEST(what_waits_for_a_worker_goes_together_and_comes_back_in_order_each_with_its_own_answer) {
    struct workers_options options = { .sink = &sink, .count = 1, .depth = JOBS };
    struct workers *w;
    struct job *jobs[JOBS];
    begun = mailbox_create(1);
    gate = mailbox_create(1);
    options.results = mailbox_create(workers_slots(&options));
    CHECK_OK(workers_start(&w, &options));
    jobs[0] = job_given(w, 0);
    (void)mailbox_wait(begun, -1);
    for (int i = 1; i < JOBS; i++)
        jobs[i] = job_given(w, i);
    mailbox_post_wait(gate, &letter);
    for (int i = 0; i < JOBS; i++) {
        CHECK(mailbox_wait(options.results, -1) == jobs[i]);
        CHECK(workers_came_back(jobs[i], 0));
        CHECK_INT((int)jobs[i]->answer.verdict,
                  i % 2 || i == 0 || i == ASKED ? EFFECT_DONE : EFFECT_REFUSED);
        job_destroy(jobs[i]);
    }
    CHECK_TEXT(buf_text(&calls), "one 9 ask 32 7 ");
    workers_stop(w);
    CHECK(!workers_came_back(mailbox_wait(options.results, -1), 0));
    CHECK(workers_destroy(w));
    mailbox_destroy(options.results);
    mailbox_destroy(begun);
    mailbox_destroy(gate);
    buf_finish(&calls);
}
