/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A detector for each metric of each device. */
#include "unusual.h"

#include "base/bytes.h"
#include "base/check.h"
#include "history.h"
#include "tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { QUIET = 140, METRIC_MAX = 64 };
#define THRESHOLD 3.6
#define SCORE_MOST 20.0

struct spread {
    double mean, variance;
    int64_t count;
};

struct series {
    int64_t latest_ms, values, quiet;
    size_t open; /* alert, 1-based; 0: none */
    double first, before, level, drift, step, unit;
    struct spread of_level, of_drift, of_noise;
};

struct unusual {
    struct series *series;
    size_t series_count, series_capacity;
    struct unusual_alert *alerts;
    size_t alert_count, alert_capacity;
    struct tally index, names; /* of series and alerts; sum: place */
    const char *device;        /* whose points are taken */
};

struct unusual *unusual_create(void) {
    return memory_get(sizeof(struct unusual));
}

void unusual_destroy(struct unusual *w) {
    free(w->series);
    free(w->alerts);
    tally_finish(&w->index);
    tally_finish(&w->names);
    free(w);
}

size_t unusual_alert_count(const struct unusual *w) {
    return w->alert_count;
}

struct unusual_alert *unusual_alert_at(struct unusual *w, size_t i) {
    return &w->alerts[i];
}

struct unusual_alert *unusual_alert_find(struct unusual *w, uint64_t id) {
    const struct tally_place *place = tally_find(&w->names, id);
    return place ? &w->alerts[place->sum] : NULL;
}

/* ---- points */

int64_t unusual_millionths(const char *text) {
    bool less = *text == '-';
    int64_t value = 0;
    int digits = -1; /* behind the point */
    for (text += less; (*text >= '0' && *text <= '9') || (*text == '.' && digits < 0); text++) {
        if (*text == '.')
            digits = 0;
        else if (digits < 6) {
            value = value * 10 + (*text - '0');
            digits += digits >= 0;
        }
    }
    for (digits = digits < 0 ? 0 : digits; digits < 6; digits++)
        value *= 10;
    return less ? -value : value;
}

void unusual_points(const char *points, void (*on_point)(void *, const struct unusual_point *),
                    void *context) {
    char metric[METRIC_MAX];
    while (*points) {
        char *value;
        struct unusual_point p = { .metric = metric };
        p.time_ms = strtoll(points, &value, 10);
        p.value = strtod(value, NULL);
        p.millionths = unusual_millionths(value + strspn(value, " "));
        const char *name = strchr(value + strspn(value, " "), ' ');
        size_t len = name ? strcspn(++name, ";") : 0;
        if (!len || len >= sizeof(metric))
            return;
        memcpy(metric, name, len);
        metric[len] = 0;
        on_point(context, &p);
        points = name + len + (name[len] == ';');
    }
}

/* ---- judging */

/* How far x is from all before it; then it is one of them. */
static double spread_take(struct spread *s, double x) {
    double deviation = sqrt(s->variance), off = x - s->mean, score = 0;
    if (s->count && off != 0)
        score = deviation > 0 ? fabs(off) / deviation : SCORE_MOST;
    double weight = 1.0 / (double)++s->count;
    s->mean += weight * off;
    s->variance = (1 - weight) * (s->variance + weight * off * off);
    return fmin(score, SCORE_MOST);
}

static double series_score(struct series *s, double value) {
    if (!s->values++) {
        s->first = s->before = value;
        s->quiet = QUIET;
    }
    double evenly = 1.0 / (double)s->values, x = value - s->first, step = value - s->before;
    s->level += fmax(0.14, evenly) * (x - s->level);
    s->drift += fmax(0.02, evenly) * (x - s->drift);
    s->step += fmax(0.1, evenly) * (step * step - s->step);
    s->before = value;
    if (s->unit == 0 && s->step > 0 && s->values >= 3)
        s->unit = s->step;
    double score = fmax(spread_take(&s->of_level, s->level), spread_take(&s->of_drift, s->drift));
    return s->unit > 0 ? fmax(score, spread_take(&s->of_noise, log(fmax(s->step / s->unit, 1e-12))))
                       : score;
}

static struct series *series_at(struct unusual *w, const char *metric) {
    char *name = text_format("%s %s", w->device, metric);
    struct tally_place *place = tally_at(&w->index, history_hash(bytes_text(name)));
    free(name);
    if (place->note)
        return &w->series[place->sum];
    if (w->series_count == w->series_capacity) {
        w->series_capacity = w->series_capacity ? 2 * w->series_capacity : 64;
        w->series = memory_resize(w->series, w->series_capacity * sizeof(*w->series));
    }
    place->note = 1;
    place->sum = (int64_t)w->series_count;
    w->series[w->series_count] = (struct series){ .latest_ms = INT64_MIN };
    return &w->series[w->series_count++];
}

static void alert_raise(struct unusual *w, struct series *s, const struct unusual_point *p) {
    char *name = text_format("%s/%s/anomaly/%lld", w->device, p->metric, (long long)p->time_ms);
    struct tally_place *place = tally_at(&w->names, history_hash(bytes_text(name)));
    free(name);
    if (w->alert_count == w->alert_capacity) {
        w->alert_capacity = w->alert_capacity ? 2 * w->alert_capacity : 64;
        w->alerts = memory_resize(w->alerts, w->alert_capacity * sizeof(*w->alerts));
    }
    place->sum = (int64_t)w->alert_count;
    w->alerts[w->alert_count++] = (struct unusual_alert){ place->id, p->time_ms, 0, false };
    s->open = w->alert_count;
}

static void on_point(void *context, const struct unusual_point *p) {
    struct unusual *w = context;
    struct series *s = series_at(w, p->metric);
    if (p->time_ms < s->latest_ms)
        return;
    s->latest_ms = p->time_ms;
    double score = series_score(s, p->value);
    if (s->quiet) {
        s->quiet--;
        return;
    }
    if (score >= THRESHOLD) {
        s->quiet = QUIET;
        if (!s->open)
            alert_raise(w, s, p);
    } else if (s->open) {
        w->alerts[s->open - 1].cleared_ms = p->time_ms;
        s->open = 0;
    }
}

void unusual_reading(struct unusual *w, const char *device, const char *points) {
    w->device = device;
    unusual_points(points, on_point, w);
}
