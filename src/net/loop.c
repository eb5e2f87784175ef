/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A turn of the loop: wait, then everything that is ready (libevent), then due timers, then the
 * jobs that were asked for on the way.
 *
 * The jobs are why many small requests cost one disk sync and one write: each request only asks
 * for them. A job that asks for itself again goes on in the next turn, so that a turn ends. */
#include "net/loop_inside.h"

#include "base/check.h"
#include "net/timers.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

enum { SIGNALS_MAX = 8, JOB_ROUNDS_MAX = 16, TURN_MAX_MS = 3600 * 1000 };

struct signal_call {
    int number;
    struct event *event;
    void (*on_signal)(void *context);
    void *context;
};

struct loop {
    struct event_base *base;
    struct event *tick; /* ends a wait; its callback does nothing */
    struct clock *clock;
    struct timers timers;
    struct loop_job *jobs; /* in the order asked */
    struct loop_job **jobs_end;
    struct signal_call signals[SIGNALS_MAX];
    bool stopped;
    uint8_t *scratch;
};

struct loop_watch {
    struct event *event;
    void (*on_ready)(void *context);
    void *context;
};

static void on_tick(evutil_socket_t fd, short what, void *context) {
    (void)fd;
    (void)what;
    (void)context;
}

enum error loop_create(struct loop **out, struct clock *clock) {
    *out = NULL;
    struct event_base *base = event_base_new();
    if (!base)
        return fail(E_io, "libevent cannot make an event loop");
    struct loop *l = memory_get(sizeof(*l));
    (void)signal(SIGPIPE, SIG_IGN); /* a peer that has gone is a failed write, not our end */
    l->base = base;
    l->clock = clock;
    l->tick = evtimer_new(base, on_tick, NULL);
    assert(l->tick);
    l->jobs_end = &l->jobs;
    *out = l;
    return E_ok;
}

void loop_destroy(struct loop *l) {
    if (!l)
        return;
    for (int i = 0; i < SIGNALS_MAX; i++) /* first: whom they would call may be gone by now */
        if (l->signals[i].event)
            event_free(l->signals[i].event);
    loop_turn(l, 0); /* what was closed but not yet told */
    timers_finish(&l->timers);
    event_free(l->tick);
    event_base_free(l->base);
    free(l->scratch);
    free(l);
}

struct clock *loop_clock(struct loop *l) {
    return l->clock;
}

uint8_t *loop_scratch(struct loop *l) {
    if (!l->scratch)
        l->scratch = memory_get(SCRATCH_BYTES);
    return l->scratch;
}

void loop_after_turn(struct loop *l, struct loop_job *job) {
    if (job->waiting)
        return;
    job->waiting = true;
    job->next = NULL;
    *l->jobs_end = job;
    l->jobs_end = &job->next;
}

void loop_forget(struct loop *l, struct loop_job *job) {
    struct loop_job **at = &l->jobs;
    while (*at && *at != job)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = job->next;
    if (l->jobs_end == &job->next)
        l->jobs_end = at;
    job->waiting = false;
}

static void run_jobs(struct loop *l) {
    struct loop_job mark = { .run = NULL };
    for (int round = 0; round < JOB_ROUNDS_MAX && l->jobs; round++) {
        loop_after_turn(l, &mark); /* the end of this round */
        while (l->jobs != &mark) {
            struct loop_job *job = l->jobs;
            loop_forget(l, job);
            job->run(job->context); /* may free the job */
        }
        loop_forget(l, &mark);
    }
}

static void run_timers(struct loop *l) {
    int64_t now_ns = clock_steady_ns(l->clock);
    uint64_t armed = l->timers.armed; /* those armed from here on wait for the next turn */
    struct loop_timer *timer;
    while ((timer = timers_first(&l->timers)) && timer->due_ns <= now_ns && timer->order < armed) {
        timers_remove(&l->timers, timer);
        timer->on_time(timer->context);
    }
}

static int64_t wait_ns(struct loop *l, int timeout_ms) {
    const struct loop_timer *first = timers_first(&l->timers);
    int64_t wait = (timeout_ms < 0 ? TURN_MAX_MS : timeout_ms) * (int64_t)1000000;
    if (l->jobs || l->stopped)
        return 0;
    if (first) {
        int64_t left = first->due_ns - clock_steady_ns(l->clock);
        wait = left < wait ? left : wait;
    }
    return wait < 0 ? 0 : wait;
}

void loop_turn(struct loop *l, int timeout_ms) {
    int64_t wait = wait_ns(l, timeout_ms);
    if (wait == 0) {
        (void)event_base_loop(l->base, EVLOOP_ONCE | EVLOOP_NONBLOCK); /* one pass only */
    } else {
        int64_t wait_us = (wait + 999) / 1000;
        struct timeval tv = { .tv_sec = wait_us / 1000000, .tv_usec = wait_us % 1000000 };
        (void)event_add(l->tick, &tv);
        (void)event_base_loop(l->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
        (void)event_del(l->tick);
    }
    run_timers(l);
    run_jobs(l);
}

void loop_run(struct loop *l) {
    while (!l->stopped)
        loop_turn(l, -1);
    l->stopped = false;
}

void loop_stop(struct loop *l) {
    l->stopped = true;
}

bool loop_is_stopped(const struct loop *l) {
    return l->stopped;
}

static void on_signal_event(evutil_socket_t number, short what, void *context) {
    struct signal_call *call = context;
    (void)number;
    (void)what;
    call->on_signal(call->context);
}

/* The signal's slot; else a free one, with number 0. libevent knows slots by address: none moves.
 */
static struct signal_call *signal_slot(struct loop *l, int number) {
    struct signal_call *unused = NULL;
    for (int i = 0; i < SIGNALS_MAX; i++) {
        if (l->signals[i].event && l->signals[i].number == number)
            return &l->signals[i];
        if (!l->signals[i].event && !unused)
            unused = &l->signals[i];
    }
    assert(unused);
    return unused;
}

void loop_on_signal(struct loop *l, int number, void (*on_signal)(void *context), void *context) {
    struct signal_call *call = signal_slot(l, number);
    assert(!call->event);
    *call = (struct signal_call){ number, NULL, on_signal, context };
    call->event = evsignal_new(l->base, number, on_signal_event, call);
    assert(call->event);
    int added = event_add(call->event, NULL);
    assert(added == 0);
}

void loop_off_signal(struct loop *l, int number) {
    struct signal_call *call = signal_slot(l, number);
    if (call->event)
        event_free(call->event);
    call->event = NULL;
}

struct loop_timer *loop_timer_create(struct loop *l, void (*on_time)(void *context),
                                     void *context) {
    struct loop_timer *t = memory_get(sizeof(*t));
    *t = (struct loop_timer){ .loop = l, .on_time = on_time, .context = context, .at = TIMER_IDLE };
    return t;
}

void loop_timer_start(struct loop_timer *t, int64_t after_ms) {
    int64_t after_ns = after_ms < 0 ? 0 : after_ms * 1000000;
    assert(after_ms < INT64_MAX / 2000000);
    timers_add(&t->loop->timers, t, clock_steady_ns(t->loop->clock) + after_ns);
}

void loop_timer_cancel(struct loop_timer *t) {
    timers_remove(&t->loop->timers, t);
}

void loop_timer_destroy(struct loop_timer *t) {
    if (!t)
        return;
    loop_timer_cancel(t);
    free(t);
}

static void on_watch_event(evutil_socket_t fd, short what, void *context) {
    struct loop_watch *w = context;
    (void)fd;
    (void)what;
    w->on_ready(w->context);
}

struct loop_watch *watch_create(struct loop *l, int fd, enum watch_kind kind,
                                void (*on_ready)(void *context), void *context) {
    struct loop_watch *w = memory_get(sizeof(*w));
    short what = kind == WATCH_READABLE ? EV_READ | EV_PERSIST : EV_WRITE;
    w->on_ready = on_ready;
    w->context = context;
    w->event = event_new(l->base, fd, what, on_watch_event, w);
    assert(w->event);
    return w;
}

void watch_start(struct loop_watch *w) {
    int added = event_add(w->event, NULL);
    assert(added == 0);
}

void watch_stop(struct loop_watch *w) {
    (void)event_del(w->event);
}

struct loop_watch *loop_watch_create(struct loop *l, int fd, void (*on_readable)(void *context),
                                     void *context) {
    struct loop_watch *w = watch_create(l, fd, WATCH_READABLE, on_readable, context);
    watch_start(w);
    return w;
}

void loop_watch_destroy(struct loop_watch *w) {
    if (!w)
        return;
    event_free(w->event);
    free(w);
}
