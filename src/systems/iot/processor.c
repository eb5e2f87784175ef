/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Telemetry Processor: every point into its five windows, at whatever time it comes.
 *
 * No window is ever closed: a point that is late changes the row of the window it belongs to, in
 * the step that takes it, so there is nothing to be lost by a late point, and nothing that another
 * device's clock could close. What is late is counted by the device's own watermark, the latest
 * time it has told. What cannot be read as a number is counted, and does no more harm. */
#include "iot.h"

#include "rollup.h"

#include <string.h>

enum {
    DEVICE_SEEN, /* to SEEN_COLUMNS - 1: the window of sequences */
    DEVICE_LATEST = SEEN_COLUMNS,
    DEVICE_HEARD,
    DEVICE_MESSAGES,
    DEVICE_REPEATS,
    DEVICE_CLOCK_WRONG,
    DEVICE_UNREAD,
    DEVICE_COLUMNS,
};

enum { SERIES_LAST, SERIES_LAST_TIME, SERIES_COUNT, SERIES_LATE, SERIES_COLUMNS };

static void device_get(struct octavo_step *s, struct octavo_value *row) {
    if (octavo_row_get(s, "device", octavo_text(""), row, DEVICE_COLUMNS))
        return;
    seen_clear(row);
    for (int i = SEEN_COLUMNS; i < DEVICE_COLUMNS; i++)
        row[i] = octavo_int_value(0);
}

static void series_take(struct octavo_step *s, const struct point *p, int64_t millionths) {
    struct octavo_value row[SERIES_COLUMNS];
    char text[DECIMAL_CHARS];
    bool there = octavo_row_get(s, "series", p->metric, row, SERIES_COLUMNS);
    if (!there)
        row[SERIES_COUNT] = row[SERIES_LATE] = octavo_int_value(0);
    bool late = there && p->time_ms < row[SERIES_LAST_TIME].integer;
    row[SERIES_COUNT].integer++;
    row[SERIES_LATE].integer += late;
    if (!late) {
        row[SERIES_LAST] = octavo_text_value(decimal_write(text, millionths));
        row[SERIES_LAST_TIME] = octavo_int_value(p->time_ms);
    }
    octavo_row_put(s, "series", p->metric, row, SERIES_COLUMNS);
}

static bool windows_take(struct octavo_step *s, const struct point *p, int64_t millionths) {
    for (int level = 0; level < LEVELS; level++) {
        struct octavo_value row[ROLLUP_COLUMNS];
        struct rollup r = { 0 };
        struct rollup_text text;
        char name[ROLLUP_SUB_CHARS];
        struct octavo_text sub = rollup_sub(name, p->metric, level, p->time_ms);
        if (octavo_row_get(s, "rollup", sub, row, ROLLUP_COLUMNS) && !rollup_from_row(&r, row))
            return false;
        rollup_add(&r, millionths, p->time_ms);
        rollup_to_row(&r, &text, row);
        octavo_row_put(s, "rollup", sub, row, ROLLUP_COLUMNS);
    }
    return true;
}

/* False: the store has what was never put there. */
static bool point_handle(struct octavo_step *s, struct point *p, struct octavo_value *device) {
    int64_t millionths;
    int64_t received_ms = device[DEVICE_HEARD].integer;
    if (!decimal_read(p->value, &millionths)) {
        device[DEVICE_UNREAD].integer++;
        return true;
    }
    device[DEVICE_CLOCK_WRONG].integer += !point_clock_judge(p, received_ms);
    if (p->time_ms > device[DEVICE_LATEST].integer)
        device[DEVICE_LATEST] = octavo_int_value(p->time_ms);
    series_take(s, p, millionths);
    return windows_take(s, p, millionths);
}

static enum octavo_outcome on_reading(struct octavo_step *s) {
    struct octavo_value device[DEVICE_COLUMNS];
    struct octavo_text points;
    struct point p;
    int64_t received_ms;
    if (!octavo_event_text(s, "points", &points) || !octavo_event_int(s, "received", &received_ms))
        return octavo_refuse(s, OCTAVO_PARK, "a reading without points or received");
    device_get(s, device);
    device[DEVICE_MESSAGES].integer++;
    device[DEVICE_HEARD] = octavo_int_value(received_ms);
    if (event_is_repeat(s, device)) {
        device[DEVICE_REPEATS].integer++;
        octavo_row_put(s, "device", octavo_text(""), device, DEVICE_COLUMNS);
        return OCTAVO_DONE;
    }
    while (point_take(&points, &p))
        if (!point_handle(s, &p, device))
            return octavo_refuse(s, OCTAVO_STOP, "a rollup in the store is none");
    if (points.len)
        return octavo_refuse(s, OCTAVO_PARK, "its points are not TIME VALUE METRIC;...");
    octavo_row_put(s, "device", octavo_text(""), device, DEVICE_COLUMNS);
    return OCTAVO_DONE;
}

const struct octavo_handler iot_processor_handlers[] = {
    { "reading-taken", on_reading },
    { NULL, NULL },
};
