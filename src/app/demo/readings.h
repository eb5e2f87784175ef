/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Series for devices to tell: real ones where the data is (NAB, ../shared/data or OCTAVO_DATA),
 * else made up. */
#ifndef OCTAVO_APP_DEMO_READINGS_H
#define OCTAVO_APP_DEMO_READINGS_H

#include "base/error.h"

#include <stddef.h>

struct readings {
    const char *source; /* for people */
    struct readings_series {
        const char *metric;
        double *values;
        size_t count;
    } * series;
    size_t count; /* at least one */
};

enum error readings_open(struct readings *out) MUST_CHECK;
void readings_finish(struct readings *r);

#endif
