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
void loop_destroy(struct loop *l);
/* Runs until loop_stop. SIGINT and SIGTERM are turned into on_signal calls when asked for. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);
/* One bounded turn: waits at most timeout_ms for something to do, does it, returns. */
void loop_turn(struct loop *l, int timeout_ms);
struct clock *loop_clock(struct loop *l);
void loop_on_signal(struct loop *l, int signal, void (*on_signal)(void *context), void *context);

/* A timer is created idle; start arms it once, in milliseconds from now. */
struct loop_timer *loop_timer_create(struct loop *l, void (*on_time)(void *context), void *context);
void loop_timer_start(struct loop_timer *t, int64_t after_ms);
void loop_timer_cancel(struct loop_timer *t);
void loop_timer_destroy(struct loop_timer *t); /* NULL is fine */

/* Calls on_readable whenever fd can be read (a mailbox, librdkafka's pipe). */
struct loop_watch *loop_watch_create(struct loop *l, int fd, void (*on_readable)(void *context),
                                     void *context);
void loop_watch_destroy(struct loop_watch *w); /* NULL is fine; does not close fd */

#endif
