/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The real clock and the fake one. */
#include "base/clock.h"

#include <time.h>

static int64_t real_wall_ms(struct clock *c) {
    struct timespec t;
    (void)c;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t real_steady_ns(struct clock *c) {
    struct timespec t;
    (void)c;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct clock *clock_real(void) {
    static struct clock real = { real_wall_ms, real_steady_ns };
    return &real;
}

int64_t clock_wall_ms(struct clock *c) {
    return c->wall_ms(c);
}

int64_t clock_steady_ns(struct clock *c) {
    return c->steady_ns(c);
}

int64_t clock_steady_ms(struct clock *c) {
    return c->steady_ns(c) / 1000000;
}

static int64_t fake_wall(struct clock *c) {
    return ((struct fake_clock *)c)->wall_ms;
}

static int64_t fake_steady(struct clock *c) {
    return ((struct fake_clock *)c)->steady_ns;
}

void fake_clock_init(struct fake_clock *f, int64_t wall_ms) {
    *f = (struct fake_clock){ { fake_wall, fake_steady }, wall_ms, 0 };
}

void fake_clock_advance(struct fake_clock *f, int64_t ms) {
    f->wall_ms += ms;
    f->steady_ns += ms * 1000000;
}

static int64_t process_start_ms;

__attribute__((constructor)) static void note_process_start(void) {
    process_start_ms = clock_wall_ms(clock_real());
}

int64_t clock_process_start_ms(void) {
    return process_start_ms;
}
