/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Windows of a range, joined so that there are no more than asked for. A day of seconds is read as
 * minutes: of the levels the finest that has no more than RANGE_WINDOWS in the range. */
#ifndef OCTAVO_SYSTEMS_IOT_RANGE_H
#define OCTAVO_SYSTEMS_IOT_RANGE_H

#include "rollup.h"

enum { RANGE_WINDOWS = 5000, RANGE_POINTS_MAX = 1000 };

struct range {
    int level;
    int64_t from_ms, to_ms; /* from is the begin of a window; to is not in it */
    int64_t step_ms;        /* windows of the level that are joined, by their length */
};

/* `from_ms` < `to_ms`, 1 to RANGE_POINTS_MAX points. False: no level holds that much. */
bool range_choose(struct range *out, int64_t from_ms, int64_t to_ms, int64_t points);
/* The window of `step_ms` that begins then; count 0: nothing fell into it. False: the store has
 * what was never put there. */
bool range_get(struct octavo_step *s, const struct range *range, struct octavo_text metric,
               int64_t begin_ms, struct rollup *out);

/* The page with the chart, into `out` of CHART_CHARS; returns its length. */
enum { CHART_CHARS = 96 * 1024, CHART_WINDOWS_MAX = 300 };
struct chart_window {
    int64_t begin_ms;
    struct rollup rollup;
};
struct chart {
    struct octavo_text device, metric;
    struct range range;
    struct chart_window windows[CHART_WINDOWS_MAX];
    size_t count;
};
size_t chart_write(char out[CHART_CHARS], const struct chart *chart);

#endif
