/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Every point over zero becomes a candidate: its anomaly score, and what it brings. Sorted by
 * score, the threshold sinks through them once: a candidate in a window counts when it brings more
 * than the window's best so far, one outside always. So all thresholds are tried in one pass. */
#include "nab.h"

#include <math.h>
#include <stdlib.h>

const struct nab_profile nab_profiles[NAB_PROFILES] = {
    { "standard", 1.0, 0.11, 1.0 },
    { "reward_low_FP_rate", 1.0, 0.22, 1.0 },
    { "reward_low_FN_rate", 1.0, 0.11, 2.0 },
};

struct candidate {
    float score;
    double brings;
    size_t window; /* from 1 over all series; 0: outside */
};

struct scoring {
    const struct nab_profile *profile;
    struct candidate *candidates;
    size_t count;
    double *best; /* of each window so far */
    size_t windows;
};

size_t nab_probation(size_t rows) {
    return rows < 5000 ? rows * 15 / 100 : 750;
}

/* 1 far left of 0, -1 far right. */
static double sigmoid(double x) {
    return x > 3 ? -1 : 2 / (1 + exp(5 * x)) - 1;
}

static double inside_value(const struct nab_window *w, size_t row) {
    double width = (double)(w->last - w->first + 1);
    return sigmoid(-(double)(w->last - row + 1) / width) / sigmoid(-1);
}

static double outside_value(const struct nab_window *before, size_t row) {
    if (!before)
        return -1;
    size_t width = before->last - before->first; /* its rows, less one */
    return width ? sigmoid((double)(row - before->last) / (double)width) : -1;
}

static struct candidate candidate_of(const struct scoring *s, const struct nab_series *of,
                                     size_t row, size_t window) {
    struct candidate c = { .score = of->scores[row] };
    const struct nab_window *w = window < of->window_count ? &of->windows[window] : NULL;
    if (w && row >= w->first) {
        c.window = s->windows + window + 1;
        c.brings = s->profile->hit * inside_value(w, row);
    } else {
        c.brings =
            s->profile->false_alarm * outside_value(window ? &of->windows[window - 1] : NULL, row);
    }
    return c;
}

static void series_add(struct scoring *s, const struct nab_series *of) {
    size_t window = 0, probation = nab_probation(of->count);
    for (size_t row = 0; row < of->count; row++) {
        while (window < of->window_count && row > of->windows[window].last)
            window++;
        if (row >= probation && of->scores[row] > 0)
            s->candidates[s->count++] = candidate_of(s, of, row, window);
    }
    s->windows += of->window_count;
}

static int by_score(const void *a, const void *b) {
    float x = ((const struct candidate *)a)->score, y = ((const struct candidate *)b)->score;
    return x < y ? 1 : x > y ? -1 : 0;
}

static double candidate_gain(struct scoring *s, const struct candidate *c) {
    if (!c->window)
        return c->brings;
    double gain = c->brings - s->best[c->window - 1];
    if (gain <= 0)
        return 0;
    s->best[c->window - 1] = c->brings;
    return gain;
}

static struct nab_result thresholds_try(struct scoring *s, double threshold) {
    double null = -s->profile->missed * (double)s->windows, raw = null;
    double perfect = s->profile->hit * (double)s->windows;
    double best = raw, at = raw;
    struct nab_result out = { .threshold = INFINITY };
    for (size_t i = 0; i < s->windows; i++)
        s->best[i] = -s->profile->missed;
    for (size_t i = 0; i < s->count; i++) {
        raw += candidate_gain(s, &s->candidates[i]);
        if (i + 1 < s->count && s->candidates[i + 1].score == s->candidates[i].score)
            continue; /* a threshold takes all of one score, or none */
        if ((double)s->candidates[i].score >= threshold)
            at = raw;
        if (raw > best) {
            best = raw;
            out.threshold = (double)s->candidates[i].score;
        }
    }
    out.score = 100 * (best - null) / (perfect - null);
    out.at = 100 * (at - null) / (perfect - null);
    return out;
}

bool nab_score(const struct nab_series *series, size_t count, const struct nab_profile *profile,
               double threshold, struct nab_result *out) {
    struct scoring s = { .profile = profile };
    size_t rows = 0, windows = 0;
    for (size_t i = 0; i < count; i++) {
        rows += series[i].count;
        windows += series[i].window_count;
    }
    s.candidates = calloc(rows ? rows : 1, sizeof(*s.candidates));
    s.best = calloc(windows ? windows : 1, sizeof(*s.best));
    bool good = s.candidates && s.best && windows;
    for (size_t i = 0; good && i < count; i++)
        series_add(&s, &series[i]);
    if (good) {
        qsort(s.candidates, s.count, sizeof(*s.candidates), by_score);
        *out = thresholds_try(&s, threshold);
    }
    free(s.candidates);
    free(s.best);
    return good;
}
