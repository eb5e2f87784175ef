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

#include "alert.h"
#include "decimal.h"
#include "rules.h"

#include "detect/detector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES_OPEN, SERIES_LATEST, SERIES_WORDS, SERIES_COLUMNS = SERIES_WORDS + DETECTOR_WORDS };
enum { VALUE_CHARS = 40, SCORE_CHARS = 16 };

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

static void anomaly_tell(struct octavo_step *s, const struct point *p, int64_t since_ms,
                         const struct detector_verdict *v) {
    char score[SCORE_CHARS];
    (void)snprintf(score, sizeof(score), "%.2f", v->score);
    struct alert a = {
        .metric = p->metric,
        .rule = octavo_text("anomaly"),
        .since_ms = since_ms,
        .time_ms = p->time_ms,
        .value = p->value,
        .feature = detector_feature_name(v->feature),
        .score = score,
    };
    if (v->alarm)
        alert_raise(s, &a);
    else
        alert_clear(s, &a);
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
        anomaly_tell(s, p, p->time_ms, &v);
        row[SERIES_OPEN] = octavo_int_value(p->time_ms);
    } else if (v.calm && open_ms) {
        anomaly_tell(s, p, open_ms, &v);
        row[SERIES_OPEN] = octavo_int_value(0);
    }
    octavo_row_put(s, "series", p->metric, row, SERIES_COLUMNS);
    rules_judge_point(s, p, millionths);
}

static enum octavo_outcome on_reading(struct octavo_step *s) {
    struct octavo_value seen[SEEN_COLUMNS];
    struct octavo_text points;
    struct point p;
    int64_t received_ms;
    if (!octavo_event_text(s, "points", &points) || !octavo_event_int(s, "received", &received_ms))
        return octavo_refuse(s, OCTAVO_PARK, "a reading without points or received");
    const char *wrong = rules_check(s);
    if (wrong)
        return octavo_refuse(s, OCTAVO_STOP, "%s", wrong);
    rules_judge_presence(s, received_ms);
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
    { "timer:silence", on_silence },
    { NULL, NULL },
};
