/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A rollup: what a metric of a device was in one window. Windows begin at whole multiples of their
 * length since 1970, so a day is one of UTC.
 *
 * Count, sum, squares' sum, min and max are exact and depend on no order; first and last go by the
 * device's time, of equal times the first and the last that came. So a window may be told in parts,
 * each of the points that came since the part before: merged in their order they are what all the
 * points at once would have been. Mean and variance follow from the sums. */
#ifndef OCTAVO_SYSTEMS_IOT_ROLLUP_H
#define OCTAVO_SYSTEMS_IOT_ROLLUP_H

#include "decimal.h"
#include "points.h"
#include "squares.h"

enum { LEVELS = 5, ROLLUP_SUB_CHARS = 192 };

struct rollup_level {
    const char *name;
    int64_t length_ms;
};
extern const struct rollup_level rollup_levels[LEVELS]; /* 1s, 1m, 15m, 1h, 1d */

enum {
    ROLLUP_COUNT,
    ROLLUP_SUM,
    ROLLUP_MIN,
    ROLLUP_MAX,
    ROLLUP_FIRST,
    ROLLUP_FIRST_TIME,
    ROLLUP_LAST,
    ROLLUP_LAST_TIME,
    ROLLUP_SQUARES,
    ROLLUP_COLUMNS,
};

struct rollup {
    int64_t count;
    wide sum;
    int64_t min, max, first, last; /* millionths */
    int64_t first_ms, last_ms;
    struct squares squares;
};

void rollup_add(struct rollup *r, int64_t millionths, int64_t time_ms);
/* What came later joins what was there. */
void rollup_merge(struct rollup *r, const struct rollup *later);
int64_t rollup_begin(int level, int64_t time_ms); /* of the window a time is in */
double rollup_mean(const struct rollup *r);
double rollup_variance(const struct rollup *r); /* 0 of less than two */

/* "temperature/1m/1700000040000" */
struct octavo_text rollup_sub(char out[ROLLUP_SUB_CHARS], struct octavo_text metric, int level,
                              int64_t time_ms);
/* False: it is none. */
bool rollup_sub_read(struct octavo_text sub, struct octavo_text *metric, int *level,
                     int64_t *begin_ms);

struct rollup_text { /* what the texts of a row lie in while it is put */
    char sum[DECIMAL_CHARS], min[DECIMAL_CHARS], max[DECIMAL_CHARS];
    char first[DECIMAL_CHARS], last[DECIMAL_CHARS], squares[SQUARES_CHARS];
};
void rollup_to_row(const struct rollup *r, struct rollup_text *text, struct octavo_value *row);
bool rollup_from_row(struct rollup *r, const struct octavo_value *row);

#endif
