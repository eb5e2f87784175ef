/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rollup store: what telemetry-processor tells becomes rows that anybody can read with sqlite3. A
 * part joins the window it is of; numbers of devices and metrics are the newest. */
#include "iot.h"

#include "part.h"
#include "sketch.h"

#include <string.h>

enum { HEARD, LATEST, MESSAGES, REPEATS, UNREAD, CLOCK_WRONG, SKEW, DEVICE_COLUMNS };
enum { SERIES_LAST, SERIES_LAST_TIME, SERIES_COUNT, SERIES_LATE, SERIES_COLUMNS };

static const struct octavo_text one_row = { "", 0 };

/* Of one value it is known without a row. `before`: the window as it was. */
static bool sketch_keep(struct octavo_step *s, struct octavo_text sub, const struct rollup *before,
                        const struct part *part) {
    struct octavo_value row;
    char one[SKETCH_CHARS], more[SKETCH_CHARS], sum[SKETCH_TEXT_CHARS];
    struct octavo_text was = one_row, came = part->sketch;
    size_t len;
    if (before->count + part->rollup.count < 2)
        return true;
    if (before->count == 1)
        was = sketch_of_one(one, before->last);
    else if (octavo_row_get(s, "sketch", sub, &row, 1))
        was = row.text;
    if (part->rollup.count == 1)
        came = sketch_of_one(more, part->rollup.last);
    if (!sketch_merge(was, came, sum, &len))
        return false;
    row = octavo_text_value((struct octavo_text){ sum, len });
    octavo_row_put(s, "sketch", sub, &row, 1);
    return true;
}

static bool part_keep(struct octavo_step *s, const struct part *part) {
    struct octavo_value row[ROLLUP_COLUMNS];
    struct rollup r = { 0 };
    struct rollup_text text;
    char name[ROLLUP_SUB_CHARS];
    struct octavo_text sub = rollup_sub(name, part->metric, part->level, part->begin_ms);
    if (octavo_row_get(s, "rollup", sub, row, ROLLUP_COLUMNS) && !rollup_from_row(&r, row))
        return false;
    if (!sketch_keep(s, sub, &r, part))
        return false;
    rollup_merge(&r, &part->rollup);
    rollup_to_row(&r, &text, row);
    octavo_row_put(s, "rollup", sub, row, ROLLUP_COLUMNS);
    return true;
}

static void device_keep(struct octavo_step *s) {
    static const char *const names[DEVICE_COLUMNS] = { "heard",   "latest", "messages",
                                                       "repeats", "unread", "clock_wrong",
                                                       "skew" };
    struct octavo_value row[DEVICE_COLUMNS];
    for (int i = 0; i < DEVICE_COLUMNS; i++) {
        row[i] = octavo_int_value(0);
        (void)octavo_event_int(s, names[i], &row[i].integer);
    }
    octavo_row_put(s, "device", one_row, row, DEVICE_COLUMNS);
}

static bool series_keep(struct octavo_step *s, struct octavo_text told) {
    while (told.len) {
        const char *end = memchr(told.data, ';', told.len);
        struct octavo_text one = { told.data, end ? (size_t)(end - told.data) : 0 };
        struct octavo_value row[SERIES_COLUMNS];
        char last[DECIMAL_CHARS];
        int64_t n[SERIES_COLUMNS];
        for (int i = 0; i < SERIES_COLUMNS; i++)
            if (!number_take(&one, &n[i]))
                return false;
        if (!end || !one.len)
            return false;
        for (int i = 0; i < SERIES_COLUMNS; i++)
            row[i] = octavo_int_value(n[i]);
        row[SERIES_LAST] = octavo_text_value(decimal_write(last, n[SERIES_LAST]));
        octavo_row_put(s, "series", one, row, SERIES_COLUMNS);
        told.len -= (size_t)(end + 1 - told.data);
        told.data = end + 1;
    }
    return true;
}

enum octavo_outcome iot_keeper_on_changed(struct octavo_step *s) {
    struct octavo_text parts, told;
    struct part part;
    if (!octavo_event_text(s, "parts", &parts) || !octavo_event_text(s, "series", &told))
        return octavo_refuse(s, OCTAVO_PARK, "what was rolled up has no parts or series");
    while (part_take(&parts, &part))
        if (!part_keep(s, &part))
            return octavo_refuse(s, OCTAVO_STOP, "a rollup in the store is none");
    if (parts.len || !series_keep(s, told))
        return octavo_refuse(s, OCTAVO_PARK, "its parts or series cannot be read");
    device_keep(s);
    return OCTAVO_DONE;
}
