/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the other files of this room know of the loop. */
#ifndef OCTAVO_NET_LOOP_INSIDE_H
#define OCTAVO_NET_LOOP_INSIDE_H

#include "net/loop.h"

enum { SCRATCH_BYTES = 256 * 1024 };

/* Only loop.c includes libevent's event.h: its `struct event` and base's `enum event` cannot meet.
 */
enum watch_kind { WATCH_READABLE, WATCH_WRITABLE_ONCE };
struct loop_watch *watch_create(struct loop *l, int fd, enum watch_kind kind,
                                void (*on_ready)(void *context), void *context); /* stopped */
void watch_start(struct loop_watch *w);
void watch_stop(struct loop_watch *w);
/* SCRATCH_BYTES that whoever is called by the loop may use until it returns. */
uint8_t *loop_scratch(struct loop *l);

#endif
