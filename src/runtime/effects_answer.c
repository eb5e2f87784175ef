/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What an answer means for its effect, by the class of its edge. */
#include "base/event.h"
#include "runtime/effects_inside.h"

#include <string.h>

enum error effects_settle(struct effects *e, struct holding *h, struct pending *p,
                          const struct ending *ending) {
    struct edge *edge = effects_edge(e, pending_edge(p));
    struct outcome outcome = {
        .outcome = ending->outcome,
        .reason = ending->reason,
        .told = ending->told,
        .at_ms = clock_wall_ms(e->clock),
    };
    effects_begin(e, h);
    TRY_WHILE(task_effect_settle(h->task, p, &outcome), "taking the outcome of an effect of %s",
              edge->declared->name);
    if (task_effect_parks(h->task))
        edge->counts.parked++;
    e->more = true;
    return E_ok;
}

/* first, doubled by every attempt, at most `most`; half of it is jitter made of the id, so that a
 * thousand effects that failed together do not come back together, and a test can tell when. */
static int64_t back_off_ms(const struct edge *edge, const struct pending *p) {
    const struct declared_effects *d = &edge->declared->effects;
    int64_t wait_ms = d->retry_first_ms;
    for (int32_t i = 1; i < p->attempts && wait_ms < d->retry_most_ms; i++)
        wait_ms *= 2;
    wait_ms = wait_ms < d->retry_most_ms ? wait_ms : d->retry_most_ms;
    uint64_t salt = bytes_hash(p->id) ^ (uint64_t)p->attempts * 0x9e3779b97f4a7c15u;
    salt ^= salt >> 31;
    return wait_ms - wait_ms / 2 + (int64_t)(salt % (uint64_t)(wait_ms / 2 + 1));
}

static void effect_again(struct effects *e, struct holding *h, struct pending *p,
                         const struct job *job) {
    const struct edge *edge = effects_edge(e, job->edge);
    pending_set_reason(p, job->answer.reason);
    task_effect_changed(h->task, p);
    int64_t wait_ms = job->answer.again_ms > 0 ? job->answer.again_ms : back_off_ms(edge, p);
    schedule_again(task_schedule(h->task), p, clock_wall_ms(e->clock) + wait_ms);
}

static const char *unknown_reason(const struct job *job) {
    return job->answer.reason[0] ? job->answer.reason : "nobody knows whether it happened";
}

/* It may have happened: as after a crash. */
static enum error effect_unknown(struct effects *e, struct holding *h, struct pending *p,
                                 const struct job *job) {
    struct edge *edge = effects_edge(e, job->edge);
    struct ending unknown = { .outcome = "unknown", .reason = unknown_reason(job) };
    bool once = edge->declared->effects.at_most_once;
    edge->counts.unknown++;
    if (once) /* blind, and not to happen twice */
        task_account_window(h->task, edge->index, clock_wall_ms(e->clock) - p->tried_ms);
    if (once || p->asked_late)
        return effects_settle(e, h, p, &unknown);
    p->doubtful = true;
    effect_again(e, h, p, job);
    return E_ok;
}

/* This attempt did nothing. The intent in the store says more than is known; that goes with the
 * next commit, and until then a crash only makes us ask, or count a window too many. */
static void effect_absent(struct effects *e, struct holding *h, struct pending *p,
                          const struct job *job) {
    effects_edge(e, job->edge)->counts.again++;
    p->state = EFFECT_WAITING;
    p->attempts -= job->answer.again_ms > 0; /* it was not tried: the receiver is not to be yet */
    effect_again(e, h, p, job);
}

/* The receiver was asked: it did not happen, so it is done now, under the intent that stands. */
static void effect_perform_now(struct effects *e, struct holding *h, struct pending *p) {
    p->absent = true;
    p->doubtful = false;
    schedule_again(task_schedule(h->task), p, 0);
    e->more = true;
}

static enum error answer_take(struct effects *e, struct holding *h, struct pending *p,
                              const struct job *job) {
    struct edge *edge = effects_edge(e, job->edge);
    struct ending ending = { .reason = job->answer.reason, .told = buf_bytes(&job->told) };
    switch (job->answer.verdict) {
    case EFFECT_DONE:
        edge->counts.done++;
        ending.outcome = "done";
        return effects_settle(e, h, p, &ending);
    case EFFECT_REFUSED:
        edge->counts.refused++;
        ending.outcome = "refused";
        return effects_settle(e, h, p, &ending);
    case EFFECT_UNKNOWN:
        return effect_unknown(e, h, p, job);
    case EFFECT_AGAIN:
        if (job->kind == JOB_ASK)
            effect_perform_now(e, h, p);
        else
            effect_absent(e, h, p, job);
        return E_ok;
    }
    return effect_unknown(e, h, p, job); /* no verdict of ours: a connector's mistake */
}

static struct pending *leased(struct holding *h, const struct job *job) {
    struct pending *p = h ? schedule_find(task_schedule(h->task), job->number) : NULL;
    return p && p->lease == job->lease && !p->settling ? p : NULL;
}

static void tell_fenced(struct effects *e, struct edge *edge) {
    edge->counts.fenced++;
    event_log(EV_effect_fenced, "service=%s edge=%s", e->options.declared->name,
              edge->declared->name);
}

static void attempt_tell(const struct effects *e, const struct edge *edge, struct holding *h,
                         const struct job *job) {
    struct effect_attempt attempt = {
        .edge = edge->declared->name,
        .request = &job->request,
        .asks = job->kind == JOB_ASK,
        .begun_ns = job->begun_ns,
    };
    e->options.on_attempt(e->options.context, h->task, &attempt);
}

enum error effects_answered(struct effects *e, struct job *job) {
    struct edge *edge = effects_edge(e, job->edge);
    enum effect_verdict verdict = job->answer.verdict;
    enum error error = E_ok;
    (void)workers_came_back(job, clock_steady_ms(e->clock));
    bool away = job->answer.edge_down && (verdict == EFFECT_AGAIN || verdict == EFFECT_UNKNOWN);
    effects_breaker(e, edge, away ? BREAKER_AWAY : BREAKER_WELL);
    struct holding *h = effects_holding(e, job->owner);
    struct pending *p = leased(h, job);
    if (h && h->jobs)
        h->jobs--;
    if (p && e->options.on_attempt)
        attempt_tell(e, edge, h, job);
    if (p)
        error = answer_take(e, h, p, job);
    else
        tell_fenced(e, edge);
    effects_share_give(edge, job->share);
    job_destroy(job);
    return error;
}

void effects_recalled(struct effects *e, struct job *job) {
    struct holding *h = effects_holding(e, job->owner);
    struct pending *p = leased(h, job);
    if (h && h->jobs)
        h->jobs--;
    if (p) {
        p->attempts -= job->kind == JOB_PERFORM;
        if (!job->was_doubtful)
            p->state = EFFECT_WAITING;
        task_effect_changed(h->task, p);
        schedule_again(task_schedule(h->task), p, 0);
    }
    effects_share_give(effects_edge(e, job->edge), job->share);
    job_destroy(job);
}
