/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One loop, many connections: listeners, connections, timers and watched descriptors on libevent.
 *
 * Everything here belongs to the thread that runs the loop; other threads reach it through a
 * mailbox whose fd the loop watches. Knows bytes, not Kafka, not HTTP. */
#ifndef OCTAVO_NET_LOOP_H
#define OCTAVO_NET_LOOP_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

struct loop;
struct loop_timer;
struct loop_watch;

enum error loop_create(struct loop **out, struct clock *clock) MUST_CHECK;
void loop_destroy(struct loop *l); /* everything made on it is closed before; NULL is fine */
/* Runs until loop_stop; stopped before it runs, it returns at once. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
bool loop_is_stopped(const struct loop *l); /* for who turns it by hand: loop_stop was called */
/* One bounded turn: waits at most timeout_ms for something to do, does it, returns. */
void loop_turn(struct loop *l, int timeout_ms);
struct clock *loop_clock(struct loop *l);
/* A signal becomes a call on the loop's thread. At most one callback a signal. */
void loop_on_signal(struct loop *l, int signal, void (*on_signal)(void *context), void *context);
void loop_off_signal(struct loop *l, int signal); /* before what on_signal calls goes; if any */

/* A job runs at the end of the turn it was asked for in, once however often it was asked for, after
 * everything that was ready: the place to do something once for all requests of a turn. The owner
 * embeds it, sets run and context, and forgets it before its memory goes. Jobs run in the order
 * asked; one asked for by a job runs in the same turn. */
struct loop_job {
    void (*run)(void *context);
    void *context;
    struct loop_job *next; /* the loop's */
    bool waiting;          /* the loop's */
};
void loop_after_turn(struct loop *l, struct loop_job *job);
void loop_forget(struct loop *l, struct loop_job *job);

/* A timer is created idle; start arms it once, in milliseconds from now by the loop's clock (a fake
 * clock's timers come due in the first turn after it was advanced). Start again to move it. */
struct loop_timer *loop_timer_create(struct loop *l, void (*on_time)(void *context), void *context);
void loop_timer_start(struct loop_timer *t, int64_t after_ms);
void loop_timer_cancel(struct loop_timer *t);
void loop_timer_destroy(struct loop_timer *t); /* NULL is fine */

/* Calls on_readable whenever fd can be read (a mailbox, librdkafka's pipe). */
struct loop_watch *loop_watch_create(struct loop *l, int fd, void (*on_readable)(void *context),
                                     void *context);
void loop_watch_destroy(struct loop_watch *w); /* NULL is fine; does not close fd */

#endif
