/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The worker's thread, and who has what. */
#include "runtime/workers.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "values/digest.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOLD_BYTES_MAX = 64 * 1024,
    TOLD_MEMBERS_MAX = JSON_MEMBERS_MAX - 4, /* the outcome's own come beside */
};

struct worker {
    struct workers *workers;
    struct thread *thread;
    struct mailbox *inbox;
    struct connector *connector;
    struct sealing *sealing; /* of its own; NULL: nothing is sealed */
    struct job stop;
    /* of the service's thread */
    struct job *first, *last; /* what it has, in order */
    size_t count;
    int64_t since_ms; /* at the first of them */
    bool stalled;
    bool stopped;
};

struct workers {
    struct workers_options options;
    struct worker **all;
    size_t count;
    bool stopping;
};

void job_destroy(struct job *job) {
    buf_finish(&job->told);
    free(job->memory);
    free(job);
}

/* ---- in the worker's thread */

/* A connector answers for a world that may say anything: what is no flat object is left out. */
static void answer_clean(struct job *job) {
    struct effect_answer *a = &job->answer;
    struct json json;
    a->reason[sizeof(a->reason) - 1] = 0;
    for (char *c = a->reason; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    if (job->told.len == 0)
        return;
    bool good = job->told.len <= TOLD_BYTES_MAX && json_read(&json, buf_bytes(&job->told)) == E_ok;
    if (good) {
        good = json.count <= TOLD_MEMBERS_MAX;
        json_finish(&json);
    }
    if (!good)
        buf_clear(&job->told);
}

/* What was told is sealed as what it is about; what cannot be is left out. */
static void told_seal(struct worker *w, struct job *job) {
    struct buf sealed = { 0 };
    const struct seals how = { .fields = &w->workers->options.sealed->seals,
                               .like = job->request.json };
    if (!job->told.len || !how.fields->count)
        return;
    enum error e = sealing_seal(w->sealing, &how, buf_bytes(&job->told), &sealed);
    secret_forget(job->told.data, job->told.len);
    buf_clear(&job->told);
    if (!e)
        buf_put_bytes(&job->told, buf_bytes(&sealed));
    buf_finish(&sealed);
}

/* Nothing was sent. What is lost is lost for this effect alone; without the file of keys there is
 * none that could be sent. Whether it was sent before (JOB_ASK) nobody can ask. */
static void answer_unopened(struct job *job, enum error e) {
    bool lost = sealing_is_lost(e);
    job->answer.verdict = !lost                  ? EFFECT_AGAIN
                          : job->kind == JOB_ASK ? EFFECT_UNKNOWN
                                                 : EFFECT_REFUSED;
    job->answer.edge_down = !lost;
    (void)snprintf(job->answer.reason, sizeof(job->answer.reason), "%s",
                   e == E_refused ? "personal data in it is not sealed for this service"
                   : e == E_corrupt
                       ? "personal data in it cannot be opened: it or its key is damaged"
                       : "the keys of persons cannot be read");
}

/* One job on its way through a connector, which gets a copy with personal data in the clear, for as
 * long as it takes. */
struct attempt {
    struct job *job;
    struct effect_request request;
    struct buf opened;
};

/* False: it is answered. */
static bool attempt_begin(struct worker *w, struct attempt *a, struct job *job) {
    *a = (struct attempt){ .job = job, .request = job->request };
    job->answer = (struct effect_answer){ .verdict = EFFECT_UNKNOWN, .told = &job->told };
    buf_clear(&job->told);
    if (!w->sealing)
        return true;
    const struct declared_edge *edge = w->workers->options.sealed;
    enum error e = sealing_unseal(w->sealing, &edge->opens, a->request.json, &a->opened);
    a->request.json = buf_bytes(&a->opened);
    if (!e)
        return true;
    answer_unopened(job, e);
    secret_forget(a->opened.data, a->opened.len);
    buf_finish(&a->opened);
    return false;
}

static void attempt_end(struct worker *w, struct attempt *a) {
    answer_clean(a->job);
    if (w->sealing)
        told_seal(w, a->job);
    secret_forget(a->opened.data, a->opened.len);
    buf_finish(&a->opened);
}

static void attempts_make(struct worker *w, struct attempt *attempts, size_t count) {
    const struct connector_sink *sink = w->workers->options.sink;
    const struct effect_request *requests[SINK_MANY];
    struct effect_answer *answers[SINK_MANY];
    for (size_t i = 0; i < count; i++) {
        requests[i] = &attempts[i].request;
        answers[i] = &attempts[i].job->answer;
    }
    if (count && attempts[0].job->kind == JOB_ASK)
        sink->ask(w->connector, requests[0], answers[0]);
    else if (count > 1)
        sink->perform_many(w->connector, requests, answers, count);
    else if (count)
        sink->perform(w->connector, requests[0], answers[0]);
}

static void jobs_run(struct worker *w, struct job *const *jobs, size_t count) {
    struct attempt attempts[SINK_MANY];
    size_t begun = 0;
    for (size_t i = 0; i < count; i++)
        begun += attempt_begin(w, &attempts[begun], jobs[i]);
    attempts_make(w, attempts, begun);
    for (size_t i = 0; i < begun; i++)
        attempt_end(w, &attempts[i]);
    for (size_t i = 0; i < count; i++) {
        CRASH_POINT(effect_after_perform);
        mailbox_post_wait(w->workers->options.results, jobs[i]);
    }
}

/* What waits behind the first may go with it; *after is one that may not. */
static size_t jobs_gather(struct worker *w, struct job *jobs[SINK_MANY], struct job **after) {
    size_t count = 1;
    *after = NULL;
    bool many = w->workers->options.sink->perform_many && jobs[0]->kind == JOB_PERFORM;
    while (many && !*after && count < SINK_MANY) {
        struct job *job = mailbox_take(w->inbox);
        if (!job)
            break;
        if (job->kind == JOB_PERFORM)
            jobs[count++] = job;
        else
            *after = job;
    }
    return count;
}

static void worker_main(void *context) {
    struct worker *w = context;
    struct mailbox *results = w->workers->options.results;
    struct job *jobs[SINK_MANY], *after = NULL;
    while ((jobs[0] = after ? after : mailbox_wait(w->inbox, -1))->kind != JOB_STOP)
        jobs_run(w, jobs, jobs_gather(w, jobs, &after));
    w->workers->options.sink->close(w->connector);
    mailbox_post_wait(results, jobs[0]);
}

/* ---- starting */

size_t workers_slots(const struct workers_options *options) {
    return 2 * (size_t)options->count * (options->depth + 1);
}

static enum error worker_add(struct workers *ws) {
    struct connector *connector;
    struct sealing *sealing = NULL;
    if (ws->options.sealed)
        TRY(sealing_open(&sealing, ws->options.sealing));
    enum error e = ws->options.sink->open(&connector, &ws->options.sink_options);
    if (e) {
        sealing_close(sealing);
        return e;
    }
    struct worker *w = memory_get(sizeof(*w));
    w->workers = ws;
    w->sealing = sealing;
    w->connector = connector;
    w->stop = (struct job){ .kind = JOB_STOP, .worker = w };
    w->inbox = mailbox_create(ws->options.depth + 1);
    ws->all[ws->count++] = w;
    w->thread = thread_start("effect", worker_main, w);
    return E_ok;
}

enum error workers_start(struct workers **out, const struct workers_options *options) {
    struct workers *ws = memory_get(sizeof(*ws));
    enum error e = E_ok;
    ws->options = *options;
    ws->all = memory_get(2 * (size_t)options->count * sizeof(struct worker *));
    for (int32_t i = 0; i < options->count && !e; i++)
        e = worker_add(ws);
    *out = ws; /* with those that have started: the caller stops them */
    return e;
}

/* ---- handing over and getting back */

static struct worker *worker_freest(const struct workers *ws) {
    struct worker *best = NULL;
    for (size_t i = 0; i < ws->count; i++) {
        struct worker *w = ws->all[i];
        if (!w->stalled && w->count < ws->options.depth && (!best || w->count < best->count))
            best = w;
    }
    return best;
}

size_t workers_room(const struct workers *ws) {
    size_t room = 0;
    for (size_t i = 0; i < ws->count && !ws->stopping; i++)
        room += ws->all[i]->stalled ? 0 : ws->options.depth - ws->all[i]->count;
    return room;
}

void workers_give(struct workers *ws, struct job *job, int64_t now_ms) {
    struct worker *w = worker_freest(ws);
    assert(w);
    if (!w->first)
        w->since_ms = now_ms;
    *(w->last ? &w->last->next : &w->first) = job;
    w->last = job;
    job->next = NULL;
    job->worker = w;
    w->count++;
    bool posted = mailbox_post(w->inbox, job);
    assert(posted);
}

bool workers_came_back(const struct job *job, int64_t now_ms) {
    struct worker *w = job->worker;
    if (job->kind == JOB_STOP) {
        w->stopped = true;
        return false;
    }
    assert(w->first == job);
    w->first = job->next;
    if (!w->first)
        w->last = NULL;
    w->count--;
    w->since_ms = now_ms;
    w->stalled = false;
    return true;
}

/* ---- stalled ones */

static void worker_forget(struct worker *w, const struct job *job) {
    struct job *before = NULL;
    if (w->first == job) {
        w->first = job->next;
    } else {
        for (before = w->first; before->next != job;)
            before = before->next;
        before->next = job->next;
    }
    if (w->last == job)
        w->last = before;
    w->count--;
}

/* What it has not begun: it may begin one meanwhile, which is then no longer in the mailbox. */
static void worker_take_back(struct worker *w, struct job **taken_back) {
    struct job *job;
    while ((job = mailbox_take(w->inbox))) {
        worker_forget(w, job);
        job->next = *taken_back;
        *taken_back = job;
    }
}

void workers_recall(struct workers *ws, struct job **taken_back) {
    *taken_back = NULL;
    for (size_t i = 0; i < ws->count; i++)
        worker_take_back(ws->all[i], taken_back);
}

size_t workers_check(struct workers *ws, int64_t now_ms, struct job **taken_back) {
    size_t found = 0, count = ws->count;
    *taken_back = NULL;
    for (size_t i = 0; i < count && !ws->stopping; i++) {
        struct worker *w = ws->all[i];
        if (w->stalled || !w->first || now_ms - w->since_ms <= ws->options.sink_options.timeout_ms)
            continue;
        worker_take_back(w, taken_back);
        w->stalled = w->first != NULL; /* else it had no turn yet: this machine is slow */
        if (!w->stalled)
            continue;
        found++;
        if (ws->count < 2 * (size_t)ws->options.count)
            (void)!worker_add(ws); /* it opened before; if not now, the others go on */
    }
    return found;
}

bool workers_is_stalled(const struct workers *ws, uint64_t lease) {
    for (size_t i = 0; i < ws->count; i++)
        if (ws->all[i]->stalled && ws->all[i]->first->lease == lease)
            return true;
    return false;
}

int64_t workers_check_at(const struct workers *ws) {
    int64_t at_ms = INT64_MAX;
    for (size_t i = 0; i < ws->count; i++) {
        const struct worker *w = ws->all[i];
        int64_t end_ms = w->since_ms + ws->options.sink_options.timeout_ms + 1;
        if (w->first && !w->stalled && end_ms < at_ms)
            at_ms = end_ms;
    }
    return at_ms;
}

size_t workers_busy(const struct workers *ws) {
    size_t count = 0;
    for (size_t i = 0; i < ws->count; i++)
        count += ws->all[i]->count;
    return count;
}

size_t workers_stalled(const struct workers *ws) {
    size_t count = 0;
    for (size_t i = 0; i < ws->count; i++)
        count += ws->all[i]->stalled;
    return count;
}

/* ---- the way out */

void workers_stop(struct workers *ws) {
    ws->stopping = true;
    for (size_t i = 0; i < ws->count; i++)
        mailbox_post_wait(ws->all[i]->inbox, &ws->all[i]->stop);
}

bool workers_are_stopped(const struct workers *ws) {
    for (size_t i = 0; i < ws->count; i++)
        if (!ws->all[i]->stopped)
            return false;
    return true;
}

bool workers_destroy(struct workers *ws) {
    if (!ws)
        return true;
    bool all = workers_are_stopped(ws);
    for (size_t i = 0; all && i < ws->count; i++) {
        thread_join(ws->all[i]->thread);
        sealing_close(ws->all[i]->sealing);
        mailbox_destroy(ws->all[i]->inbox);
        free(ws->all[i]);
    }
    if (all) {
        free(ws->all);
        free(ws);
    }
    return all;
}
