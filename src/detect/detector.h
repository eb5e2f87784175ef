/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A detector of anomalies in one series: causal, O(1) in time and memory, no allocation.
 *
 * It sees a value once and knows nothing of those to come: what it says of a series up to a point
 * is the same bits whatever follows. Units do not matter: a series multiplied by a power of two, or
 * moved by what a double can add exactly, gets the same bits, any other scale and shift the same
 * alarms but for a value within rounding of the threshold. Its six constants and their reasons are
 * in docs/decisions/0011. Time plays no part; the caller decides what is too old to be judged. */
#ifndef OCTAVO_DETECT_DETECTOR_H
#define OCTAVO_DETECT_DETECTOR_H

#include <stdbool.h>
#include <stdint.h>

enum detector_feature {
    DETECTOR_LEVEL, /* the short mean is where it has not been */
    DETECTOR_DRIFT, /* so is the long mean */
    DETECTOR_NOISE, /* steps from value to value are larger or smaller than they were: also a sensor
                       that is stuck */
};

/* Mean and variance of everything seen. */
struct detector_spread {
    double mean, variance;
};

/* All zero is a series without values. */
struct detector {
    double first; /* values are judged by their distance from the first */
    double previous;
    double step_unit; /* the first mean square step that was not zero; so units cancel */
    double step;      /* mean square step, short */
    double level, drift;
    struct detector_spread of_level, of_drift, of_step;
    int64_t count;
    int64_t step_count; /* values in of_step */
    int64_t quiet;      /* values that pass in silence yet: at the begin, and after an alarm */
};

/* A detector as integers, for a store that has no others: the bits of its doubles. */
enum { DETECTOR_WORDS = 15 };

struct detector_verdict {
    bool alarm;   /* raised by this value; none follows within DETECTOR_QUIET values */
    double score; /* how many standard deviations off, at most DETECTOR_SCORE_MAX */
    enum detector_feature feature; /* whose score that is */
    bool calm; /* the score is below the threshold, and no alarm is recent: what was raised is over
                */
};

#define DETECTOR_SCORE_MAX 20.0
#ifndef DETECTOR_THRESHOLD /* bench/detector_grid.c tries others */
#define DETECTOR_THRESHOLD 3.6
#define DETECTOR_QUIET 140
#endif

/* What is no number, or above 1e100, changes nothing and is no alarm. */
struct detector_verdict detector_take(struct detector *d, double value);
const char *detector_feature_name(enum detector_feature f); /* "level", "drift", "noise" */

void detector_to_words(const struct detector *d, int64_t words[DETECTOR_WORDS]);
void detector_from_words(struct detector *d, const int64_t words[DETECTOR_WORDS]);

#endif
