/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A circuit breaker: one an edge, so that an outage of the outside world costs one probe now and
 * then instead of every effect's attempts.
 *
 *   from     to       because
 *   CLOSED   OPEN     `failures` attempts in a row found the edge away
 *   OPEN     PROBING  `wait` has passed and one attempt, the probe, is handed over
 *   PROBING  CLOSED   an attempt found the edge there
 *   PROBING  OPEN     the edge is still away: another `wait`
 *
 * An answer that comes while it is open belongs to an attempt from before and changes nothing.
 * A pure machine: (state, event, now) -> state. `now` is the steady clock's, in milliseconds. */
#ifndef OCTAVO_RUNTIME_BREAKER_H
#define OCTAVO_RUNTIME_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_PROBING };

enum breaker_event {
    BREAKER_TRIED, /* an attempt is handed over; only after breaker_admits */
    BREAKER_WELL,  /* an attempt came back, and the edge was there (whatever it said) */
    BREAKER_AWAY,  /* the edge was not there, or the attempt does not come back */
};

struct breaker {
    int32_t failures_most;
    int64_t wait_ms;
    enum breaker_state state;
    int32_t failures; /* in a row */
    int64_t opened_ms;
    int64_t away_since_ms; /* when it left CLOSED */
    int64_t away_ms;       /* not CLOSED, summed, but for the time since away_since_ms */
    int64_t opens;         /* how often it left CLOSED */
};

/* The next state. */
struct breaker breaker_move(struct breaker b, enum breaker_event event, int64_t now_ms);
bool breaker_admits(const struct breaker *b, int64_t now_ms); /* may an attempt be handed over? */
/* When it will admit again: 0 = it does; INT64_MAX = not before the probe is back. */
int64_t breaker_admits_at(const struct breaker *b, int64_t now_ms);
/* How long it was not closed, in all: what deadlines do not count. */
int64_t breaker_away_ms(const struct breaker *b, int64_t now_ms);
const char *breaker_state_name(enum breaker_state state);

#endif
