/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The breaker's moves. */
#include "runtime/breaker.h"

#include "base/check.h"

static struct breaker opened(struct breaker b, int64_t now_ms) {
    if (b.state == BREAKER_CLOSED) {
        b.away_since_ms = now_ms;
        b.opens++;
    }
    b.state = BREAKER_OPEN;
    b.opened_ms = now_ms;
    return b;
}

static struct breaker closed(struct breaker b, int64_t now_ms) {
    if (b.state != BREAKER_CLOSED)
        b.away_ms += now_ms - b.away_since_ms;
    b.state = BREAKER_CLOSED;
    b.failures = 0;
    return b;
}

static struct breaker away(struct breaker b, int64_t now_ms) {
    switch (b.state) {
    case BREAKER_CLOSED:
        b.failures++;
        return b.failures >= b.failures_most ? opened(b, now_ms) : b;
    case BREAKER_OPEN:
        return b;
    case BREAKER_PROBING:
        return opened(b, now_ms);
    }
    assert(false && "a state of a breaker");
}

struct breaker breaker_move(struct breaker b, enum breaker_event event, int64_t now_ms) {
    switch (event) {
    case BREAKER_TRIED:
        assert(breaker_admits(&b, now_ms));
        if (b.state == BREAKER_OPEN)
            b.state = BREAKER_PROBING;
        return b;
    case BREAKER_WELL:
        return b.state == BREAKER_OPEN ? b : closed(b, now_ms);
    case BREAKER_AWAY:
        return away(b, now_ms);
    }
    assert(false && "an event of a breaker");
}

int64_t breaker_admits_at(const struct breaker *b, int64_t now_ms) {
    switch (b->state) {
    case BREAKER_CLOSED:
        return 0;
    case BREAKER_OPEN:
        return now_ms - b->opened_ms >= b->wait_ms ? 0 : b->opened_ms + b->wait_ms;
    case BREAKER_PROBING:
        return INT64_MAX;
    }
    assert(false && "a state of a breaker");
}

bool breaker_admits(const struct breaker *b, int64_t now_ms) {
    return breaker_admits_at(b, now_ms) == 0;
}

int64_t breaker_away_ms(const struct breaker *b, int64_t now_ms) {
    return b->away_ms + (b->state == BREAKER_CLOSED ? 0 : now_ms - b->away_since_ms);
}

const char *breaker_state_name(enum breaker_state state) {
    switch (state) {
    case BREAKER_CLOSED:
        return "closed";
    case BREAKER_OPEN:
        return "open";
    case BREAKER_PROBING:
        return "probing";
    }
    assert(false && "a state of a breaker");
}
