/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The line between everybody and the brokers: a proxy that can be slow, cut, or lose what it
 * carries.
 *
 * It listens at another loopback address on each broker's own port, and brokers advertise that
 * address, so no message has to be rewritten. It is a process of its own, as the judge waits for
 * commands that need the line; rules and counts are shared memory. It knows as much of Kafka as it
 * takes to hold one kind of request back: length and number at the front of each. */
#ifndef OCTAVO_VERIFY_LINE_H
#define OCTAVO_VERIFY_LINE_H

#include "base/error.h"

#include <stdatomic.h>
#include <stddef.h>

#define LINE_ADDRESS "127.0.0.9"

struct line_rules {
    atomic_int cut;                         /* nothing passes, in either direction */
    atomic_int delay_ms;                    /* of everything */
    atomic_int mute;                        /* an answer is lost, and its connection with it */
    atomic_int hold_end;                    /* EndTxn requests wait, and all behind them */
    atomic_uint resets;                     /* raised: every connection is reset, once */
    atomic_uint delayed, lost, held, reset; /* what has happened */
};

struct line {
    struct line_rules *rules; /* NULL: there is no line, clients go straight to the broker */
    int pid;
};

enum { LINE_PORTS_MAX = 8 };

/* To 127.0.0.1, to each of these ports. */
enum error line_open(struct line *l, const int *ports, size_t count) MUST_CHECK;
void line_close(struct line *l);

#endif
