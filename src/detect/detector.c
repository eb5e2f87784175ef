/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Three numbers are followed: a short mean, a long mean, and the logarithm of the short mean square
 * step. Each is held against the mean and variance of all its own earlier values; the largest
 * distance, in standard deviations, is the score. So a series that is noisy by nature has a wide
 * spread and one that is not a narrow one, and no unit is ever named.
 *
 * After an alarm it is silent for a while: an incident is one alarm. docs/decisions/0011 has the
 * figures. */
#include "detector.h"

#include <math.h>
#include <string.h>

#ifndef LEVEL_RATE      /* bench/detector_grid.c tries others */
#define LEVEL_RATE 0.14 /* of the short mean: some seven values */
#define DRIFT_RATE 0.02 /* of the long mean: some fifty */
#define STEP_RATE 0.1   /* of the mean square step: some ten */
#endif
#define VALUE_MAX 1e100  /* its square is a double still */
#define STEP_LEAST 1e-12 /* a stuck sensor's logarithm ends somewhere */

static double larger(double a, double b) {
    return a > b ? a : b;
}

/* Distance of x from what was, in standard deviations; then x is part of what was. */
static double spread_take(struct detector_spread *s, int64_t count, double x) {
    double deviation = sqrt(s->variance), off = x - s->mean, score = 0;
    if (count > 0 && off != 0)
        score = deviation > 0 ? fabs(off) / deviation : DETECTOR_SCORE_MAX;
    double weight = 1.0 / (double)(count + 1);
    s->mean += weight * off;
    s->variance = (1 - weight) * (s->variance + weight * off * off);
    return score < DETECTOR_SCORE_MAX ? score : DETECTOR_SCORE_MAX;
}

/* Until one step was not zero there is nothing that a unit could be taken from. */
static double step_take(struct detector *d, double step, double weight) {
    d->step += weight * (step * step - d->step);
    if (d->step_unit == 0 && d->step > 0 && d->count >= 3)
        d->step_unit = d->step;
    if (d->step_unit == 0)
        return 0;
    return spread_take(&d->of_step, d->step_count++,
                       log(larger(d->step / d->step_unit, STEP_LEAST)));
}

static void score_raise(struct detector_verdict *v, double score, enum detector_feature feature) {
    if (score > v->score) {
        v->score = score;
        v->feature = feature;
    }
}

static struct detector_verdict value_take(struct detector *d, double value) {
    struct detector_verdict v = { .feature = DETECTOR_LEVEL };
    int64_t before = d->count++;
    double evenly = 1.0 / (double)d->count; /* the first values weigh alike */
    if (before == 0) {
        d->first = d->previous = value;
        d->quiet = DETECTOR_QUIET; /* nobody knows yet what is usual */
    }
    double x = value - d->first;
    d->level += larger(LEVEL_RATE, evenly) * (x - d->level);
    d->drift += larger(DRIFT_RATE, evenly) * (x - d->drift);
    score_raise(&v, spread_take(&d->of_level, before, d->level), DETECTOR_LEVEL);
    score_raise(&v, spread_take(&d->of_drift, before, d->drift), DETECTOR_DRIFT);
    score_raise(&v, step_take(d, value - d->previous, larger(STEP_RATE, evenly)), DETECTOR_NOISE);
    d->previous = value;
    return v;
}

struct detector_verdict detector_take(struct detector *d, double value) {
    if (!(fabs(value) <= VALUE_MAX))
        return (struct detector_verdict){ .calm = d->quiet == 0 };
    struct detector_verdict v = value_take(d, value);
    if (d->quiet > 0)
        d->quiet--;
    else if (v.score >= DETECTOR_THRESHOLD)
        v.alarm = true;
    else
        v.calm = true;
    if (v.alarm)
        d->quiet = DETECTOR_QUIET;
    return v;
}

const char *detector_feature_name(enum detector_feature f) {
    switch (f) {
    case DETECTOR_LEVEL:
        return "level";
    case DETECTOR_DRIFT:
        return "drift";
    case DETECTOR_NOISE:
        return "noise";
    }
    return "";
}

/* All its members are eight bytes wide, in the order of the struct. */
_Static_assert(sizeof(struct detector) == DETECTOR_WORDS * sizeof(int64_t), "words of a detector");

void detector_to_words(const struct detector *d, int64_t words[DETECTOR_WORDS]) {
    memcpy(words, d, sizeof(*d));
}

void detector_from_words(struct detector *d, const int64_t words[DETECTOR_WORDS]) {
    memcpy(d, words, sizeof(*d));
}
