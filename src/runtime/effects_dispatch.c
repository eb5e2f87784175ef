/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Which effects are handed over, with what before it: an intent, a question, or the end, when it is
 * too late or must not happen twice. */
#include "base/check.h"
#include "base/crash_point.h"
#include "base/event.h"
#include "runtime/effects_inside.h"

#include <string.h>

/* ---- handing over */

static struct bytes text_keep(uint8_t **to, struct bytes text) {
    uint8_t *at = *to;
    if (text.len)
        memcpy(at, text.data, text.len);
    *to += text.len;
    return bytes_of(at, text.len);
}

static enum error job_create(struct effects *e, struct holding *h, struct pending *p,
                             struct job **out) {
    struct buf memory = { 0 };
    struct effect_content content;
    struct bytes key = pending_key(p);
    enum error error = task_effect_content(h->task, p, &memory, &content);
    if (!error) {
        struct job *job = memory_get(sizeof(*job));
        job->memory = memory_get(p->id.len + key.len + content.type.len + content.json.len + 1);
        uint8_t *to = job->memory;
        job->owner = h->serial;
        job->was_doubtful = p->state == EFFECT_TRIED && !p->absent;
        job->number = p->number;
        job->edge = pending_edge(p);
        job->lease = p->lease = ++e->last_lease;
        job->share = p->share;
        effects_share_take(effects_edge(e, job->edge), job->share);
        job->request.id = text_keep(&to, p->id);
        job->request.key = text_keep(&to, key);
        job->request.type = text_keep(&to, content.type);
        job->request.json = text_keep(&to, content.json);
        job->request.time_ms = p->time_ms;
        *out = job;
    }
    buf_finish(&memory);
    return error;
}

static void job_give(struct effects *e, struct job *job) {
    struct edge *edge = effects_edge(e, job->edge);
    struct holding *h = effects_holding(e, job->owner);
    const struct pending *p = schedule_find(task_schedule(h->task), job->number);
    job->request.attempt = p->attempts;
    job->begun_ns = clock_steady_ns(e->clock);
    h->jobs++;
    edge->counts.tried++;
    workers_give(edge->workers, job, clock_steady_ms(e->clock));
}

static void job_plan(struct effects *e, struct job *job) {
    if (e->planned_count == e->planned_capacity) {
        e->planned_capacity = e->planned_capacity ? e->planned_capacity * 2 : 64;
        e->planned = memory_resize(e->planned, e->planned_capacity * sizeof(struct job *));
    }
    e->planned[e->planned_count++] = job;
}

/* ---- what is next for one effect */

/* Without an intent, or under one that stands. */
static enum error perform(struct effects *e, struct holding *h, struct pending *p) {
    struct job *job;
    TRY(job_create(e, h, p, &job));
    p->attempts++;
    p->absent = false;
    job->kind = JOB_PERFORM;
    job_give(e, job);
    return E_ok;
}

static enum error ask(struct effects *e, struct holding *h, struct pending *p) {
    struct job *job;
    TRY(job_create(e, h, p, &job));
    job->kind = JOB_ASK;
    job_give(e, job);
    return E_ok;
}

static enum error perform_with_intent(struct effects *e, struct holding *h, struct pending *p) {
    struct job *job;
    TRY(job_create(e, h, p, &job));
    job->kind = JOB_PERFORM;
    effects_begin(e, h);
    TRY(task_effect_intent(h->task, p, clock_wall_ms(e->clock)));
    job_plan(e, job);
    return E_ok;
}

static enum error end_late(struct effects *e, struct holding *h, struct pending *p) {
    struct effects_counts *counts = &effects_edge(e, pending_edge(p))->counts;
    bool doubtful = p->doubtful || (p->state == EFFECT_TRIED && !p->absent);
    struct ending late = {
        .outcome = doubtful ? "unknown" : "late",
        .reason = p->reason ? p->reason : "its deadline has passed",
    };
    *(doubtful ? &counts->unknown : &counts->late) += 1;
    return effects_settle(e, h, p, &late);
}

/* Blind, and it may have happened. */
static enum error blind_again(struct effects *e, struct holding *h, struct pending *p) {
    static const struct ending once = { .outcome = "unknown",
                                        .reason = "it may have happened before a restart" };
    struct edge *edge = effects_edge(e, pending_edge(p));
    task_account_window(h->task, edge->index, clock_wall_ms(e->clock) - p->tried_ms);
    p->doubtful = true;
    if (!edge->declared->effects.at_most_once)
        return perform_with_intent(e, h, p);
    edge->counts.unknown++;
    return effects_settle(e, h, p, &once);
}

static enum error try_one(struct effects *e, struct holding *h, struct pending *p) {
    const struct edge *edge = effects_edge(e, pending_edge(p));
    bool maybe = p->state == EFFECT_TRIED && !p->absent;
    bool late = clock_wall_ms(e->clock) > task_effect_deadline(h->task, p);
    schedule_out(task_schedule(h->task), p);
    switch (edge->declared->effects.class) {
    case CLASS_NONE:
        break;
    case CLASS_KEYED:
    case CLASS_NATURAL:
        return late ? end_late(e, h, p) : perform(e, h, p);
    case CLASS_QUERYABLE:
        if (maybe && !(late && p->asked_late)) {
            p->asked_late = late;
            return ask(e, h, p);
        }
        if (late)
            return end_late(e, h, p);
        return p->absent ? perform(e, h, p) : perform_with_intent(e, h, p);
    case CLASS_BLIND:
        if (maybe && edge->declared->effects.at_most_once)
            return blind_again(e, h, p);
        if (late)
            return end_late(e, h, p);
        return maybe ? blind_again(e, h, p) : perform_with_intent(e, h, p);
    }
    assert(false && "an edge of effects");
}

/* ---- the turn */

/* The oldest of the task whose turn it is, so that one with many does not starve the others. */
static struct holding *holding_next(struct effects *e, const struct edge *edge,
                                    struct pending **out) {
    int64_t now_ms = clock_wall_ms(e->clock);
    for (struct holding **at = &e->holdings; *at; at = &(*at)->next) {
        struct holding *h = *at;
        *out = schedule_next(task_schedule(h->task), edge->index, now_ms);
        if (!*out)
            continue;
        struct holding **last = at; /* it goes to the end */
        *at = h->next;
        while (*last)
            last = &(*last)->next;
        *last = h;
        h->next = NULL;
        return h;
    }
    return NULL;
}

static enum error edge_dispatch(struct effects *e, struct edge *edge) {
    size_t planned_before = e->planned_count;
    struct holding *h;
    struct pending *p;
    bool admitted;
    effects_share_wake(e, edge);
    for (;;) {
        int64_t now_ms = clock_steady_ms(e->clock);
        size_t planned = e->planned_count - planned_before;
        if (workers_room(edge->workers) <= planned || !breaker_admits(&edge->breaker, now_ms)
            || !(h = holding_next(e, edge, &p)))
            return E_ok;
        TRY(effects_share_admits(e, h, p, &admitted));
        if (!admitted)
            continue;
        uint64_t tried = edge->counts.tried;
        TRY(try_one(e, h, p));
        if (edge->counts.tried > tried || e->planned_count - planned_before > planned)
            edge->breaker = breaker_move(edge->breaker, BREAKER_TRIED, now_ms);
    }
}

static void stalled_find(struct effects *e, struct edge *edge) {
    struct job *job;
    size_t found = workers_check(edge->workers, clock_steady_ms(e->clock), &job);
    while (job) {
        struct job *next = job->next;
        effects_recalled(e, job);
        job = next;
    }
    for (size_t i = 0; i < found; i++)
        effects_breaker(e, edge, BREAKER_AWAY);
    edge->counts.stalled += found;
    if (found)
        event_log(EV_effect_stalled, "service=%s edge=%s count=%zu", e->options.declared->name,
                  edge->declared->name, found);
}

static int64_t edge_next_ms(struct effects *e, const struct edge *edge) {
    int64_t steady_ms = clock_steady_ms(e->clock), wall_ms = clock_wall_ms(e->clock);
    int64_t admits_ms = breaker_admits_at(&edge->breaker, steady_ms);
    int64_t after_ms = INT64_MAX, check_ms = workers_check_at(edge->workers);
    for (struct holding *h = e->holdings; h && workers_room(edge->workers); h = h->next) {
        int64_t due_ms = schedule_next_ms(task_schedule(h->task), edge->index);
        if (due_ms != INT64_MAX && due_ms - wall_ms < after_ms)
            after_ms = due_ms - wall_ms;
    }
    if (after_ms != INT64_MAX && admits_ms > steady_ms + after_ms)
        after_ms = admits_ms == INT64_MAX ? INT64_MAX : admits_ms - steady_ms;
    if (check_ms != INT64_MAX && check_ms - steady_ms < after_ms)
        after_ms = check_ms - steady_ms;
    return after_ms;
}

static void timer_arm(struct effects *e) {
    int64_t after_ms = INT64_MAX;
    for (size_t i = 0; i < e->edge_count; i++) {
        int64_t edge_ms = edge_next_ms(e, &e->edges[i]);
        after_ms = edge_ms < after_ms ? edge_ms : after_ms;
    }
    if (after_ms == INT64_MAX)
        loop_timer_cancel(e->timer);
    else
        loop_timer_start(e->timer, after_ms > 0 ? after_ms : 0);
}

static enum error planned_give(struct effects *e) {
    bool any = e->planned_count > 0;
    if (any)
        CRASH_POINT(effect_before_intent);
    TRY(effects_commit(e));
    if (any)
        CRASH_POINT(effect_after_intent);
    for (size_t i = 0; i < e->planned_count; i++)
        job_give(e, e->planned[i]);
    e->planned_count = 0;
    return E_ok;
}

enum error effects_dispatch(struct effects *e) {
    if (!e)
        return E_ok;
    for (struct holding *h = e->holdings; h; h = h->next)
        h->touched = false; /* those groups are committed by now */
    e->more = e->drained_in_vain = false;
    for (size_t i = 0; i < e->edge_count; i++) {
        stalled_find(e, &e->edges[i]);
        TRY(edge_dispatch(e, &e->edges[i]));
    }
    TRY(planned_give(e));
    if (e->more)
        e->options.on_work(e->options.context);
    timer_arm(e);
    return E_ok;
}

/* ---- an operator's */

/* One that a stalled worker has may still happen: that is a window, and its answer is dropped. */
static enum error free_from_worker(struct effects *e, struct task *task, struct pending *p) {
    struct edge *edge = effects_edge(e, pending_edge(p));
    if (p->settling || (p->lease && !workers_is_stalled(edge->workers, p->lease)))
        return fail(E_busy, "effect %.*s is being tried", (int)p->id.len, (const char *)p->id.data);
    if (p->lease)
        task_account_window(task, edge->index, clock_wall_ms(e->clock) - p->tried_ms);
    return E_ok;
}

enum error effects_retry(struct effects *e, struct task *task, struct pending *p) {
    bool stands = pending_is_head(p);
    TRY(free_from_worker(e, task, p));
    TRY(task_effect_retry(task, p, clock_wall_ms(e->clock)));
    if (stands)
        schedule_again(task_schedule(task), p, 0);
    e->more = true;
    return E_ok;
}

enum error effects_drop(struct effects *e, struct task *task, struct pending *p) {
    static const struct ending dropped = { .outcome = "dropped", .reason = "by an operator" };
    TRY(free_from_worker(e, task, p));
    effects_edge(e, pending_edge(p))->counts.dropped++;
    struct holding *h = e->holdings;
    while (h->task != task)
        h = h->next;
    return effects_settle(e, h, p, &dropped);
}
