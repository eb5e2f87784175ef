/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Opening and closing, tasks that come and go, and draining. */
#include "runtime/effects.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "base/event.h"
#include "runtime/effects_inside.h"
#include "runtime/secret.h"
#include "runtime/source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH = 64, /* jobs a worker of keyed or natural effects may have: it never waits for us */
    TAKEN_A_TURN = 4096,
    LAST_WORDS_MS = 1000,
};

/* ---- opening */

static const struct connector_sink *sink_find(const struct connectors *all, const char *url) {
    size_t len = strcspn(url, ":");
    const struct connector_sink *const *sink = all->sinks;
    while (sink && *sink
           && (strlen((*sink)->scheme) != len || strncmp((*sink)->scheme, url, len) != 0))
        sink++;
    return sink ? *sink : NULL;
}

static const enum sink_can needed[] = {
    [CLASS_KEYED] = SINK_KEYED,
    [CLASS_NATURAL] = SINK_NATURAL,
    [CLASS_QUERYABLE] = SINK_ASKED,
    [CLASS_BLIND] = SINK_BLIND,
};

static enum error class_refused(const struct edge *edge) {
    struct buf can = { 0 };
    for (enum effect_class c = CLASS_KEYED; c <= CLASS_BLIND; c++)
        if (edge->sink->can & needed[c]) {
            buf_put_text(&can, can.len ? ", " : "");
            buf_put_text(&can, effect_class_name(c));
        }
    enum error e =
        fail(E_config, "edge %s: a %s sink cannot do effects of class %s", edge->declared->name,
             edge->sink->scheme, effect_class_name(edge->declared->effects.class));
    fail_try("declare one of the classes it can: %s", buf_text(&can));
    buf_finish(&can);
    return e;
}

static enum error sink_choose(struct effects *e, struct edge *edge) {
    const struct declared_edge *declared = edge->declared;
    edge->sink = sink_find(e->options.connectors, declared->url);
    if (!edge->sink && source_kind(e->options.connectors, declared))
        return fail(E_config, "edge %s is a source: it performs no effects", declared->name);
    if (!edge->sink) {
        enum error error = fail(E_config, "edge %s: no sink for %s", declared->name, declared->url);
        fail_try("an address of a sink, or no `class` where the edge takes requests");
        return error;
    }
    bool can = edge->sink->can & needed[declared->effects.class];
    if (!can || (declared->effects.class == CLASS_QUERYABLE && !edge->sink->ask))
        return class_refused(edge);
    if (declared->secret_file)
        TRY(secret_load(disk_real(), e->options.data_dir, declared->secret_file, &edge->secret));
    return E_ok;
}

static bool class_has_intent(const struct edge *edge) {
    enum effect_class class = edge->declared->effects.class;
    return class == CLASS_QUERYABLE || class == CLASS_BLIND;
}

static struct workers_options workers_options_of(struct effects *e, const struct edge *edge) {
    const struct declared_effects *declared = &edge->declared->effects;
    const struct declared_edge *sealed =
        edge->declared->seals.count || edge->declared->opens.count ? edge->declared : NULL;
    return (struct workers_options){
        .sealing = &e->options.sealing,
        .sealed = e->options.sealing.declaration ? sealed : NULL,
        .sink = edge->sink,
        .sink_options = { .url = edge->declared->url,
                          .secret = (const char *)edge->secret.data,
                          .secret_len = edge->secret.len,
                          .timeout_ms = (int)declared->timeout_ms,
                          .data_dir = e->options.data_dir },
        .count = declared->workers,
        .depth = class_has_intent(edge) || declared->share_by ? 1 : DEPTH,
        .results = e->results,
    };
}

static void on_time(void *context) {
    struct effects *e = context;
    e->options.on_work(e->options.context);
}

static enum error workers_open(struct effects *e) {
    size_t slots = 1;
    for (size_t i = 0; i < e->edge_count; i++) {
        TRY(sink_choose(e, &e->edges[i]));
        struct workers_options options = workers_options_of(e, &e->edges[i]);
        slots += workers_slots(&options);
    }
    e->results = mailbox_create(slots); /* so many that no worker ever waits to answer */
    for (size_t i = 0; i < e->edge_count; i++) {
        struct workers_options options = workers_options_of(e, &e->edges[i]);
        TRY_WHILE(workers_start(&e->edges[i].workers, &options), "opening edge %s",
                  e->edges[i].declared->name);
    }
    e->watch = loop_watch_create(e->options.loop, mailbox_fd(e->results), on_time, e);
    return E_ok;
}

static void edges_find(struct effects *e) {
    const struct declared_service *s = e->options.declared;
    e->edges = memory_get(s->edge_count * sizeof(*e->edges));
    for (size_t i = 0; i < s->edge_count; i++) {
        const struct declared_effects *d = &s->edges[i].effects;
        if (d->class == CLASS_NONE)
            continue;
        struct edge *edge = &e->edges[e->edge_count++];
        edge->declared = &s->edges[i];
        edge->index = i;
        edge->breaker.failures_most = d->breaker_failures;
        edge->breaker.wait_ms = d->breaker_wait_ms;
    }
}

enum error effects_open(struct effects **out, const struct effects_options *options) {
    struct effects *e = memory_get(sizeof(*e));
    *out = NULL;
    e->options = *options;
    e->clock = loop_clock(options->loop);
    e->timer = loop_timer_create(options->loop, on_time, e);
    edges_find(e);
    enum error error = e->edge_count ? workers_open(e) : E_ok;
    if (error || !e->edge_count) {
        effects_close(e);
        return error;
    }
    *out = e;
    return E_ok;
}

/* ---- closing */

static bool all_stopped(const struct effects *e) {
    for (size_t i = 0; i < e->edge_count; i++)
        if (e->edges[i].workers && !workers_are_stopped(e->edges[i].workers))
            return false;
    return true;
}

/* Answers that come now are not taken: their effects are as after a crash. */
static void workers_end(struct effects *e) {
    int64_t until_ms = clock_steady_ms(e->clock) + LAST_WORDS_MS, now_ms;
    for (size_t i = 0; i < e->edge_count; i++)
        if (e->edges[i].workers)
            workers_stop(e->edges[i].workers);
    while (!all_stopped(e) && (now_ms = clock_steady_ms(e->clock)) < until_ms) {
        struct job *job = mailbox_wait(e->results, (int)(until_ms - now_ms));
        if (job && workers_came_back(job, now_ms))
            job_destroy(job);
    }
}

static void job_give_up(struct effects *e, struct job *job) {
    (void)e;
    job_destroy(job);
}

static void jobs_each(struct effects *e, struct job *jobs,
                      void (*on_job)(struct effects *, struct job *)) {
    while (jobs) {
        struct job *next = jobs->next;
        on_job(e, jobs);
        jobs = next;
    }
}

static void edge_finish(struct edge *edge) {
    buf_finish(&edge->secret);
    free(edge->sharing);
}

void effects_close(struct effects *e) {
    bool whole = true;
    if (!e)
        return;
    loop_watch_destroy(e->watch);
    loop_timer_destroy(e->timer);
    for (size_t i = 0; i < e->edge_count; i++) {
        struct job *jobs = NULL;
        if (e->edges[i].workers)
            workers_recall(e->edges[i].workers, &jobs);
        jobs_each(e, jobs, job_give_up);
    }
    workers_end(e);
    for (size_t i = 0; i < e->edge_count; i++)
        whole = workers_destroy(e->edges[i].workers) && whole;
    while (e->holdings)
        effects_remove_task(e, e->holdings->task);
    free(e->planned);
    if (!whole) /* a stuck thread still has its address, its secret and where it will answer */
        return;
    for (size_t i = 0; i < e->edge_count; i++)
        edge_finish(&e->edges[i]);
    mailbox_destroy(e->results);
    free(e->edges);
    free(e);
}

/* ---- tasks */

void effects_add_task(struct effects *e, struct task *task) {
    if (!e)
        return;
    struct holding *h = memory_get(sizeof(*h));
    h->task = task;
    h->serial = ++e->last_serial;
    h->next = e->holdings;
    e->holdings = h;
}

struct holding *effects_holding(struct effects *e, uint64_t serial) {
    struct holding *h = e->holdings;
    while (h && h->serial != serial)
        h = h->next;
    return h;
}

struct edge *effects_edge(struct effects *e, size_t index) {
    struct edge *edge = e->edges;
    while (edge->index != index)
        edge++;
    return edge;
}

void effects_remove_task(struct effects *e, struct task *task) {
    if (!e)
        return;
    for (struct holding **at = &e->holdings; *at; at = &(*at)->next)
        if ((*at)->task == task) {
            struct holding *gone = *at;
            *at = gone->next;
            free(gone);
            return;
        }
}

/* ---- groups */

void effects_begin(struct effects *e, struct holding *h) {
    h->touched = true;
    e->options.begin(e->options.context, h->task);
}

enum error effects_commit(struct effects *e) {
    for (struct holding *h = e->holdings; h; h = h->next) {
        if (h->touched)
            TRY(e->options.commit(e->options.context, h->task));
        h->touched = false;
    }
    return E_ok;
}

/* ---- time that deadlines do not count */

void effects_account_away(struct effects *e) {
    for (size_t i = 0; i < e->edge_count; i++) {
        struct edge *edge = &e->edges[i];
        int64_t away_ms = breaker_away_ms(&edge->breaker, clock_steady_ms(e->clock));
        if (away_ms == edge->away_ms)
            continue;
        for (struct holding *h = e->holdings; h; h = h->next) {
            struct edge_account *account = task_account(h->task, edge->index);
            account->away_ms += away_ms - edge->away_ms;
            account->changed = true;
        }
        edge->away_ms = away_ms;
    }
}

void effects_breaker(struct effects *e, struct edge *edge, enum breaker_event event) {
    enum breaker_state before = edge->breaker.state;
    edge->breaker = breaker_move(edge->breaker, event, clock_steady_ms(e->clock));
    enum breaker_state after = edge->breaker.state;
    if (before == BREAKER_CLOSED && after == BREAKER_OPEN)
        event_log(EV_breaker_opened, "service=%s edge=%s failures=%d", e->options.declared->name,
                  edge->declared->name, edge->breaker.failures);
    if (before != BREAKER_CLOSED && after == BREAKER_CLOSED)
        event_log(EV_breaker_closed, "service=%s edge=%s away_ms=%" PRId64,
                  e->options.declared->name, edge->declared->name, edge->breaker.away_ms);
    effects_account_away(e);
}

/* ---- answers */

enum error effects_take(struct effects *e) {
    struct job *job;
    if (!e)
        return E_ok;
    effects_account_away(e);
    for (int i = 0; i < TAKEN_A_TURN && (job = mailbox_take(e->results)); i++)
        TRY(effects_answered(e, job));
    return E_ok;
}

/* ---- draining */

static bool any_out(const struct effects *e, const struct task *task) {
    for (const struct holding *h = e->holdings; h; h = h->next)
        if (h->jobs && (!task || h->task == task))
            return true;
    return false;
}

/* A stalled worker is not waited for again: it had its time. */
static bool only_stalled(const struct effects *e) {
    size_t busy = 0, stalled = 0;
    for (size_t i = 0; i < e->edge_count; i++) {
        busy += workers_busy(e->edges[i].workers);
        stalled += workers_stalled(e->edges[i].workers);
    }
    return busy == stalled;
}

/* What is left with workers may happen while another owner does it, too. */
static void left_account(struct effects *e, struct holding *h) {
    int64_t now_ms = clock_wall_ms(e->clock);
    struct schedule *schedule = task_schedule(h->task);
    struct pending *p;
    if (!h->jobs)
        return;
    for (size_t at = 0; (p = schedule_each(schedule, &at));) {
        const struct edge *edge = effects_edge(e, pending_edge(p));
        if (p->lease && edge->declared->effects.class != CLASS_KEYED)
            task_account_window(h->task, edge->index, p->tried_ms ? now_ms - p->tried_ms : 0);
    }
    event_log(EV_effects_left, "service=%s effects=%zu", e->options.declared->name, h->jobs);
}

enum error effects_drain(struct effects *e, struct task *task, int wait_ms) {
    if (!e)
        return E_ok;
    int64_t now_ms = clock_steady_ms(e->clock);
    int64_t until_ms = e->drained_in_vain ? now_ms : now_ms + wait_ms;
    for (size_t i = 0; i < e->edge_count; i++) {
        struct job *jobs = NULL;
        workers_recall(e->edges[i].workers, &jobs);
        jobs_each(e, jobs, effects_recalled);
    }
    while (any_out(e, task) && !only_stalled(e)
           && (now_ms = clock_steady_ms(e->clock)) < until_ms) {
        struct job *job = mailbox_wait(e->results, (int)(until_ms - now_ms));
        if (job)
            TRY(effects_answered(e, job));
    }
    e->drained_in_vain = any_out(e, task);
    for (struct holding *h = e->holdings; h; h = h->next)
        if (!task || h->task == task)
            left_account(e, h);
    return effects_commit(e);
}

/* ---- pressure, and what is told once a second */

bool effects_are_full(struct effects *e) {
    size_t most = 0;
    if (!e)
        return false;
    for (struct holding *h = e->holdings; h; h = h->next) {
        size_t count = schedule_count(task_schedule(h->task));
        most = count > most ? count : most;
    }
    e->full = e->full ? most >= EFFECTS_LOW : most > EFFECTS_MOST;
    return e->full;
}

bool effects_were_full(const struct effects *e) {
    return e && e->full;
}

void effects_tick(struct effects *e) {
    for (size_t i = 0; e && i < e->edge_count; i++) {
        struct edge *edge = &e->edges[i];
        if (edge->counts.parked == edge->parked_told)
            continue;
        event_log(EV_effect_parked, "service=%s edge=%s count=%" PRIu64, e->options.declared->name,
                  edge->declared->name, edge->counts.parked - edge->parked_told);
        edge->parked_told = edge->counts.parked;
    }
}

/* ---- being seen */

size_t effects_edges(const struct effects *e) {
    return e ? e->edge_count : 0;
}

static void account_add(struct edge_account *to, const struct edge_account *more) {
    to->windows += more->windows;
    to->sum_ms += more->sum_ms;
    to->longest_ms = more->longest_ms > to->longest_ms ? more->longest_ms : to->longest_ms;
}

struct effects_state effects_state(const struct effects *e, size_t nth) {
    const struct edge *edge = &e->edges[nth];
    struct effects_state s = {
        .edge = edge->declared,
        .breaker = &edge->breaker,
        .counts = edge->counts,
        .workers_busy = workers_busy(edge->workers),
        .workers_stalled = workers_stalled(edge->workers),
    };
    for (const struct holding *h = e->holdings; h; h = h->next) {
        struct schedule_counts c = schedule_counts(task_schedule(h->task), edge->index);
        account_add(&s.account, task_account(h->task, edge->index));
        s.waiting.effects += c.effects;
        s.waiting.lines += c.lines;
        s.waiting.out += c.out;
        s.waiting.parked += c.parked;
    }
    return s;
}
