/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The scorer of the Numenta Anomaly Benchmark, version 1.1, by its rules and not by its code:
 *
 * Labelled windows are what should be found. Of the points over the threshold inside a window the
 * earliest counts, the more the earlier; every one outside costs, the less the closer it follows a
 * window; a window without any costs too. The first rows of a file are not looked at. One threshold
 * serves all files of a set, the best one for a profile; what the score becomes is put on a scale
 * where no detection is 0 and perfection 100. */
#ifndef OCTAVO_DETECT_NAB_H
#define OCTAVO_DETECT_NAB_H

#include <stdbool.h>
#include <stddef.h>

enum { NAB_WINDOWS_MAX = 64, NAB_NAME_CHARS = 127, NAB_TIME_CHARS = 31 };

struct nab_window {
    size_t first, last; /* rows, both in it */
};

struct nab_series {
    const float *scores; /* one a row; 0: not an anomaly at any threshold */
    size_t count;
    const struct nab_window *windows; /* in order, apart */
    size_t window_count;
};

struct nab_profile {
    const char *name;
    double hit, false_alarm, missed; /* the last two are what they cost */
};

enum { NAB_PROFILES = 3 };
extern const struct nab_profile nab_profiles[NAB_PROFILES]; /* standard, low FP, low FN */

struct nab_result {
    double score;     /* by the best threshold; above 100 never, below 0 never */
    double threshold; /* that one */
    double at;        /* by the threshold asked for */
};

size_t nab_probation(size_t rows); /* so many are not looked at */
/* False: out of memory, or there is no window to be found. */
bool nab_score(const struct nab_series *series, size_t count, const struct nab_profile *profile,
               double threshold, struct nab_result *out);

/* ---- the file of labels: {"GROUP/FILE.csv": [["2014-04-10 07:15:00.000000", "..."], ...], ...} */

struct nab_label {
    char file[NAB_NAME_CHARS + 1];
    char times[NAB_WINDOWS_MAX][2][NAB_TIME_CHARS + 1];
    size_t count;
};

/* Tells each file in turn; false from on_label: enough. Returns whether all of it could be read. */
bool nab_labels_read(const char *text, size_t len,
                     bool (*on_label)(void *context, const struct nab_label *label), void *context);

#endif
