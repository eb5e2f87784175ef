/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Telemetry Processor: a fold that gathers every point into its five windows, at whatever time it
 * comes, and tells rollup-store what came since it told last.
 *
 * It holds one window of each level for a series, the newest touched. A point of another window
 * moves the held one to `waiting`. All of it is told flush_seconds of the topic's time after the
 * first of it came, or when there is much; then nothing is held. What is told are parts (part.h),
 * so no window is ever closed: a late point is one more part of its window, and there is nothing to
 * be lost by it and nothing that another device's clock could close. A part may be folded and told
 * again after a crash: it is then the same event, which its reader knows.
 *
 * What is late is counted by the device's own watermark, the latest time it has told. What cannot
 * be read as a number is counted, and does no more harm. */
#include "iot.h"

#include "part.h"
#include "sketch.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEVICE_SEEN, /* to SEEN_COLUMNS - 1: the window of sequences */
    DEVICE_LATEST = SEEN_COLUMNS,
    DEVICE_HEARD,
    DEVICE_MESSAGES,
    DEVICE_REPEATS,
    DEVICE_CLOCK_WRONG,
    DEVICE_UNREAD,
    DEVICE_SKEW,
    DEVICE_DUE,
    DEVICE_HELD,
    DEVICE_WAITING,
    DEVICE_COLUMNS,
};
enum { SERIES_LAST, SERIES_LAST_TIME, SERIES_COUNT, SERIES_LATE, SERIES_WINDOWS, SERIES_COLUMNS };
enum { WAITING_MAX = 4096, HELD_MAX = 4096, METRIC_MOST = 128, STATISTICS_CHARS = 100 };
enum { SKEW_SHARE = 16 };

struct window {
    int64_t begin_ms;
    struct rollup rollup; /* count 0: none is held */
    struct sketch sketch;
};

struct series {
    struct octavo_text metric;
    int64_t last, last_ms, count, late;
    struct window windows[LEVELS];
    bool there, holds;
};

/* What a step works on. */
struct work {
    struct octavo_step *step;
    struct octavo_text device;
    struct octavo_value row[DEVICE_COLUMNS];
    struct series series; /* the one that is touched; no metric: none */
    struct line waiting;  /* parts */
    struct line held;     /* metrics that hold a window: NAME;NAME; */
    struct line told;     /* of the metrics: LAST TIME COUNT LATE METRIC; */
    bool strange;         /* a row's windows have another version's form */
    char waiting_text[WAITING_MAX], held_text[HELD_MAX], told_text[WAITING_MAX];
};

static const struct octavo_text one_row = { "", 0 };

/* ---- the device */

static void line_open(struct line *line, char *data, const struct octavo_value *from) {
    *line = (struct line){ data, 0 };
    if (from)
        line_put_text(line, from->text);
}

static void work_open(struct work *w, struct octavo_step *s) {
    w->step = s;
    w->strange = false;
    w->device = octavo_event_key(s);
    w->series = (struct series){ 0 };
    if (!octavo_row_get(s, "device", one_row, w->row, DEVICE_COLUMNS)) {
        seen_clear(w->row);
        for (int i = SEEN_COLUMNS; i < DEVICE_HELD; i++)
            w->row[i] = octavo_int_value(0);
        w->row[DEVICE_HELD] = w->row[DEVICE_WAITING] = octavo_text_value(one_row);
    }
    line_open(&w->held, w->held_text, &w->row[DEVICE_HELD]);
    line_open(&w->waiting, w->waiting_text, &w->row[DEVICE_WAITING]);
    line_open(&w->told, w->told_text, NULL);
}

static struct octavo_value line_value(const struct line *line) {
    return octavo_text_value((struct octavo_text){ line->data, line->len });
}

static void work_close(struct work *w) {
    w->row[DEVICE_HELD] = line_value(&w->held);
    w->row[DEVICE_WAITING] = line_value(&w->waiting);
    octavo_row_put(w->step, "device", one_row, w->row, DEVICE_COLUMNS);
}

/* ---- telling */

static void parts_tell(struct work *w) {
    static const struct {
        const char *name;
        int column;
    } numbers[] = {
        { "heard", DEVICE_HEARD },       { "latest", DEVICE_LATEST },
        { "messages", DEVICE_MESSAGES }, { "repeats", DEVICE_REPEATS },
        { "unread", DEVICE_UNREAD },     { "clock_wrong", DEVICE_CLOCK_WRONG },
        { "skew", DEVICE_SKEW },
    };
    struct octavo_step *s = w->step;
    octavo_event_begin(s, "telemetry-rollup", "rollup-changed", w->device);
    octavo_put_text(s, "device", w->device);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        octavo_put_int(s, numbers[i].name, w->row[numbers[i].column].integer);
    octavo_put_text(s, "series", line_value(&w->told).text);
    octavo_put_text(s, "parts", line_value(&w->waiting).text);
    octavo_end(s);
    w->waiting.len = w->told.len = 0;
}

static void part_add(struct work *w, const struct series *series, int level) {
    const struct window *held = &series->windows[level];
    char sketch[SKETCH_CHARS];
    struct part part = { level, held->begin_ms, held->rollup, series->metric,
                         sketch_write(sketch, &held->sketch) };
    if (w->waiting.len + PART_CHARS > WAITING_MAX)
        parts_tell(w);
    part_put(&w->waiting, &part);
}

/* ---- series */

static void series_get(struct work *w, struct octavo_text metric) {
    struct octavo_value row[SERIES_COLUMNS];
    struct series *series = &w->series;
    *series = (struct series){ .metric = metric };
    if (!octavo_row_get(w->step, "series", metric, row, SERIES_COLUMNS))
        return;
    series->there = true;
    series->last = row[SERIES_LAST].integer;
    series->last_ms = row[SERIES_LAST_TIME].integer;
    series->count = row[SERIES_COUNT].integer;
    series->late = row[SERIES_LATE].integer;
    series->holds = row[SERIES_WINDOWS].text.len == sizeof(series->windows);
    w->strange = w->strange || (!series->holds && row[SERIES_WINDOWS].text.len);
    if (series->holds)
        memcpy(series->windows, row[SERIES_WINDOWS].text.data, sizeof(series->windows));
}

/* Its windows lie in the row as they lie here: a row of a fold is read by this program alone. */
static void series_put(struct work *w) {
    const struct series *series = &w->series;
    struct octavo_text windows = { (const char *)series->windows, sizeof(series->windows) };
    if (!series->metric.len)
        return;
    octavo_row_put(w->step, "series", series->metric,
                   (struct octavo_value[SERIES_COLUMNS]){
                       octavo_int_value(series->last),
                       octavo_int_value(series->last_ms),
                       octavo_int_value(series->count),
                       octavo_int_value(series->late),
                       octavo_text_value(series->holds ? windows : one_row),
                   },
                   SERIES_COLUMNS);
}

static void series_tell(struct work *w) {
    struct series *series = &w->series;
    if (w->told.len + STATISTICS_CHARS + series->metric.len > WAITING_MAX)
        parts_tell(w);
    for (int level = 0; level < LEVELS; level++)
        if (series->windows[level].rollup.count)
            part_add(w, series, level);
    series->holds = false;
    line_put_number(&w->told, series->last, ' ');
    line_put_number(&w->told, series->last_ms, ' ');
    line_put_number(&w->told, series->count, ' ');
    line_put_number(&w->told, series->late, ' ');
    line_put_text(&w->told, series->metric);
    line_put_text(&w->told, octavo_text(";"));
}

/* All that is held, by everything of the device that holds any. */
static void held_tell(struct work *w) {
    struct octavo_text left = { w->held.data, w->held.len };
    series_put(w);
    while (left.len) {
        const char *end = memchr(left.data, ';', left.len);
        struct octavo_text metric = { left.data, end ? (size_t)(end - left.data) : left.len };
        left.data += metric.len + (end != NULL);
        left.len -= metric.len + (end != NULL);
        series_get(w, metric);
        series_tell(w);
        series_put(w);
    }
    parts_tell(w);
    w->series = (struct series){ 0 };
    w->held.len = 0;
}

static void series_touch(struct work *w, struct octavo_text metric) {
    if (w->series.metric.len && octavo_text_equal(w->series.metric, metric))
        return;
    series_put(w);
    if (w->held.len + METRIC_MOST + 1 > HELD_MAX)
        held_tell(w);
    series_get(w, metric);
    if (w->series.holds)
        return;
    w->series.holds = true;
    line_put_text(&w->held, metric);
    line_put_text(&w->held, octavo_text(";"));
}

/* ---- points */

static void point_gather(struct work *w, int64_t millionths, int64_t time_ms) {
    struct series *series = &w->series;
    bool late = series->there && time_ms < series->last_ms;
    int bucket = sketch_bucket(millionths);
    series->count++;
    series->late += late;
    series->there = true;
    if (!late) {
        series->last = millionths;
        series->last_ms = time_ms;
    }
    for (int level = 0; level < LEVELS; level++) {
        struct window *held = &series->windows[level];
        int64_t begin_ms = rollup_begin(level, time_ms);
        bool other = held->rollup.count && held->begin_ms != begin_ms;
        if (other || !sketch_add(&held->sketch, bucket)) {
            part_add(w, series, level);
            held->rollup = (struct rollup){ 0 };
            held->sketch = (struct sketch){ 0 };
            (void)sketch_add(&held->sketch, bucket);
        }
        held->begin_ms = begin_ms;
        rollup_add(&held->rollup, millionths, time_ms);
    }
}

static void point_take_in(struct work *w, struct point *p) {
    int64_t millionths;
    if (p->metric.len > METRIC_MOST || !decimal_read(p->value, &millionths)) {
        w->row[DEVICE_UNREAD].integer++;
        return;
    }
    w->row[DEVICE_CLOCK_WRONG].integer += !point_clock_judge(p, w->row[DEVICE_HEARD].integer);
    if (p->time_ms > w->row[DEVICE_LATEST].integer)
        w->row[DEVICE_LATEST].integer = p->time_ms;
    series_touch(w, p->metric);
    point_gather(w, millionths, p->time_ms);
}

/* How far the device's clock is behind ours: what the quickest of its messages says, as what is
 * slow has been on its way; and by and by what it says now, as clocks drift. */
static void skew_learn(struct work *w, int64_t newest_ms) {
    int64_t *skew = &w->row[DEVICE_SKEW].integer, behind = w->row[DEVICE_HEARD].integer - newest_ms;
    bool first = w->row[DEVICE_MESSAGES].integer == 1;
    *skew = first || behind < *skew ? behind : *skew + (behind - *skew) / SKEW_SHARE;
}

static void due_set(struct work *w) {
    struct octavo_step *s = w->step;
    if (w->row[DEVICE_DUE].integer)
        return;
    int64_t flush_ms = 1000 * strtoll(octavo_setting(s, "flush_seconds", "2"), NULL, 10);
    w->row[DEVICE_DUE].integer = octavo_event_time_ms(s) + (flush_ms > 0 ? flush_ms : 1);
    octavo_timer_set_event_time(s, "flush", w->device, w->row[DEVICE_DUE].integer);
}

static enum octavo_outcome points_take_in(struct work *w, struct octavo_text points) {
    int64_t newest_ms = INT64_MIN;
    struct point p;
    while (point_take(&points, &p)) {
        newest_ms = p.time_ms > newest_ms ? p.time_ms : newest_ms;
        point_take_in(w, &p);
    }
    if (points.len)
        return octavo_refuse(w->step, OCTAVO_PARK, "its points are not TIME VALUE METRIC;...");
    if (newest_ms != INT64_MIN)
        skew_learn(w, newest_ms);
    series_put(w);
    return OCTAVO_DONE;
}

/* Its points would be lost. */
static enum octavo_outcome strange_stop(struct octavo_step *s) {
    return octavo_refuse(s, OCTAVO_STOP,
                         "its windows are in another version's form; raise `generation`");
}

static enum octavo_outcome on_reading(struct octavo_step *s) {
    struct work w;
    struct octavo_text points;
    int64_t received_ms;
    if (!octavo_event_text(s, "points", &points) || !octavo_event_int(s, "received", &received_ms))
        return octavo_refuse(s, OCTAVO_PARK, "a reading without points or received");
    work_open(&w, s);
    w.row[DEVICE_MESSAGES].integer++;
    w.row[DEVICE_HEARD].integer = received_ms;
    due_set(&w);
    enum octavo_outcome outcome = OCTAVO_DONE;
    if (event_is_repeat(s, w.row))
        w.row[DEVICE_REPEATS].integer++;
    else
        outcome = points_take_in(&w, points);
    work_close(&w);
    return w.strange ? strange_stop(s) : outcome;
}

static enum octavo_outcome on_flush(struct octavo_step *s) {
    struct work w;
    work_open(&w, s);
    held_tell(&w);
    w.row[DEVICE_DUE].integer = 0;
    work_close(&w);
    return w.strange ? strange_stop(s) : OCTAVO_DONE;
}

const struct octavo_handler iot_processor_handlers[] = {
    { "reading-taken", on_reading },
    { "timer:flush", on_flush },
    { NULL, NULL },
};
