/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Time as a value that can be replaced: nobody but base asks the operating system what time it is.
 *
 * Two clocks: wall_ms (milliseconds since 1970, may jump) and steady_ns (nanoseconds since an
 * arbitrary start, never goes back). A fake clock moves only when told. */
#ifndef OCTAVO_BASE_CLOCK_H
#define OCTAVO_BASE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*wall_ms)(struct clock *);
    int64_t (*steady_ns)(struct clock *);
};

struct fake_clock {
    struct clock clock; /* pass &fake.clock */
    int64_t wall_ms;
    int64_t steady_ns;
};

struct clock *clock_real(void);
int64_t clock_process_start_ms(void); /* wall time when this process was loaded */
int64_t clock_wall_ms(struct clock *c);
int64_t clock_steady_ns(struct clock *c);
int64_t clock_steady_ms(struct clock *c);
void fake_clock_init(struct fake_clock *f, int64_t wall_ms);
void fake_clock_advance(struct fake_clock *f, int64_t ms); /* both clocks */

#endif
