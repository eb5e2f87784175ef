/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Anomaly Detection: a fold that reads the topic by itself and has a detector for each metric of
 * each device. It knows nothing of the processor, which may be stopped, slow or ahead.
 *
 * A detector sees values in the order of the device's own time; one that is older than what it has
 * seen is not judged. An alert is raised once and stays open while the detector is not calm, so
 * there is at most one open alert for a metric; its id is the device, the metric and the time of
 * what raised it, so that a fold that is done again tells the same. */
#include "iot.h"

#include "decimal.h"
#include "points.h"

#include "detect/detector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES_OPEN, SERIES_LATEST, SERIES_WORDS, SERIES_COLUMNS = SERIES_WORDS + DETECTOR_WORDS };
enum { VALUE_CHARS = 40, ALERT_CHARS = 384, SCORE_CHARS = 16 };

static const struct octavo_text one_row = { "", 0 };

static void series_get(struct octavo_step *s, struct octavo_text metric, struct octavo_value *row) {
    if (octavo_row_get(s, "series", metric, row, SERIES_COLUMNS))
        return;
    for (int i = 0; i < SERIES_COLUMNS; i++)
        row[i] = octavo_int_value(0);
    row[SERIES_LATEST] = octavo_int_value(INT64_MIN);
}

static struct detector_verdict value_judge(struct octavo_value *row, double value) {
    struct detector d;
    int64_t words[DETECTOR_WORDS];
    for (int i = 0; i < DETECTOR_WORDS; i++)
        words[i] = row[SERIES_WORDS + i].integer;
    detector_from_words(&d, words);
    struct detector_verdict v = detector_take(&d, value);
    detector_to_words(&d, words);
    for (int i = 0; i < DETECTOR_WORDS; i++)
        row[SERIES_WORDS + i] = octavo_int_value(words[i]);
    return v;
}

static double value_of(struct octavo_text t) {
    char text[VALUE_CHARS] = "";
    memcpy(text, t.data, t.len < sizeof(text) ? t.len : sizeof(text) - 1);
    return strtod(text, NULL);
}

/* ---- telling */

/* "pump-7/temperature/anomaly/1700000040000"; `since_ms`: when it was raised. */
static void alert_begin(struct octavo_step *s, const char *type, const struct point *p,
                        int64_t since_ms) {
    char alert[ALERT_CHARS];
    struct octavo_text device = octavo_event_key(s);
    (void)snprintf(alert, sizeof(alert), "%.*s/%.*s/anomaly/%lld", (int)device.len, device.data,
                   (int)p->metric.len, p->metric.data, (long long)since_ms);
    octavo_event_begin(s, "anomaly-alert", type, device);
    octavo_put_text(s, "alert", octavo_text(alert));
    octavo_put_text(s, "device", device);
    octavo_put_text(s, "metric", p->metric);
    octavo_put_text(s, "rule", octavo_text("anomaly"));
    octavo_put_int(s, "time", p->time_ms);
}

static void alert_raise(struct octavo_step *s, const struct point *p,
                        const struct detector_verdict *v) {
    char score[SCORE_CHARS];
    (void)snprintf(score, sizeof(score), "%.2f", v->score);
    alert_begin(s, "anomaly-raised", p, p->time_ms);
    octavo_put_text(s, "value", p->value);
    octavo_put_text(s, "feature", octavo_text(detector_feature_name(v->feature)));
    octavo_put_text(s, "score", octavo_text(score));
    octavo_end(s);
}

static void alert_clear(struct octavo_step *s, const struct point *p, int64_t since_ms) {
    alert_begin(s, "anomaly-cleared", p, since_ms);
    octavo_end(s);
}

/* ---- judging */

static void point_judge(struct octavo_step *s, const struct point *p) {
    struct octavo_value row[SERIES_COLUMNS];
    int64_t millionths;
    series_get(s, p->metric, row);
    if (p->time_ms < row[SERIES_LATEST].integer || !decimal_read(p->value, &millionths))
        return;
    row[SERIES_LATEST] = octavo_int_value(p->time_ms);
    struct detector_verdict v = value_judge(row, value_of(p->value));
    int64_t open_ms = row[SERIES_OPEN].integer;
    if (v.alarm && !open_ms) {
        alert_raise(s, p, &v);
        row[SERIES_OPEN] = octavo_int_value(p->time_ms);
    } else if (v.calm && open_ms) {
        alert_clear(s, p, open_ms);
        row[SERIES_OPEN] = octavo_int_value(0);
    }
    octavo_row_put(s, "series", p->metric, row, SERIES_COLUMNS);
}

static enum octavo_outcome on_reading(struct octavo_step *s) {
    struct octavo_value seen[SEEN_COLUMNS];
    struct octavo_text points;
    struct point p;
    int64_t received_ms;
    if (!octavo_event_text(s, "points", &points) || !octavo_event_int(s, "received", &received_ms))
        return octavo_refuse(s, OCTAVO_PARK, "a reading without points or received");
    if (!octavo_row_get(s, "seen", one_row, seen, SEEN_COLUMNS))
        seen_clear(seen);
    bool repeat = event_is_repeat(s, seen);
    octavo_row_put(s, "seen", one_row, seen, SEEN_COLUMNS);
    while (!repeat && point_take(&points, &p)) {
        (void)point_clock_judge(&p, received_ms);
        point_judge(s, &p);
    }
    return OCTAVO_DONE;
}

const struct octavo_handler iot_detection_handlers[] = {
    { "reading-taken", on_reading },
    { NULL, NULL },
};
