/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Days that count are looked for day by day: a schedule of every second passes a weekend in two
 * steps. */
#include "calendar.h"

#include "extracts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DATE_CHARS = 11, DAYS_LOOKED_AT = 4018, SATURDAY = 6 };
static const int64_t day_ms = 86400000;

/* ---- days, as numbers since 1970 */

/* 1970-01-01 was a Thursday. */
static bool is_weekend(int64_t days) {
    int64_t weekday = ((days + 4) % 7 + 7) % 7;
    return weekday == 0 || weekday == SATURDAY;
}

static bool is_holiday(const struct calendar *c, int64_t days) {
    char date[MOMENT_CHARS], text[DATE_CHARS];
    moment_write(days * day_ms, date);
    (void)snprintf(text, sizeof(text), "%.4s-%.2s-%.2s", date, date + 4, date + 6);
    for (size_t i = 0; i + DATE_CHARS - 1 <= c->holidays.len; i++)
        if (memcmp(c->holidays.data + i, text, DATE_CHARS - 1) == 0)
            return true;
    return false;
}

static bool is_business(const struct calendar *c, int64_t days) {
    return !is_weekend(days) && !is_holiday(c, days);
}

static int64_t month_of(int64_t days) {
    char date[MOMENT_CHARS];
    moment_write(days * day_ms, date);
    return (date[4] - '0') * 10 + date[5] - '0';
}

static bool counts(const struct calendar *c, int64_t days) {
    if (!c->days.len)
        return true;
    if (!is_business(c, days))
        return false;
    if (octavo_text_is(c->days, "business"))
        return true;
    for (int64_t later = days + 1; month_of(later) == month_of(days); later++)
        if (is_business(c, later))
            return false;
    return true;
}

/* The zone's day of a moment; a zone that nobody knows is found by the schedule itself. */
static int64_t day_of(const struct calendar *c, int64_t ms) {
    int64_t yyyymmdd = 19700101, midnight_ms = 0;
    char text[MOMENT_CHARS];
    (void)octavo_local_day(NULL, c->schedule.zone, ms, &yyyymmdd);
    (void)snprintf(text, sizeof(text), "%04" PRId64 "-%02" PRId64 "-%02" PRId64,
                   yyyymmdd / 10000 % 10000, yyyymmdd / 100 % 100, yyyymmdd % 100);
    (void)moment_read(text, &midnight_ms);
    return midnight_ms / day_ms;
}

/* The last moment before the zone's day of ms: at most 50 hours are looked through, as days of 25
 * are the longest. */
static int64_t day_before(const struct calendar *c, int64_t ms) {
    int64_t day = day_of(c, ms), begin_ms = ms - day_ms - day_ms / 12, next_ms;
    while (octavo_local_next(NULL, c->schedule.zone, begin_ms, 0, &next_ms) && next_ms <= ms
           && day_of(c, begin_ms) != day)
        begin_ms = next_ms == begin_ms ? begin_ms + 1 : next_ms;
    return begin_ms < ms ? begin_ms - 1 : ms - 1;
}

/* ---- */

static bool dates_are_good(struct octavo_text text) {
    for (size_t i = 0; i < text.len;) {
        char date[DATE_CHARS] = "";
        int64_t ms;
        if (strchr(", \t\n", text.data[i])) {
            i++;
            continue;
        }
        if (i + DATE_CHARS - 1 > text.len)
            return false;
        memcpy(date, text.data + i, DATE_CHARS - 1);
        i += DATE_CHARS - 1;
        if (!moment_read(date, &ms) || (i < text.len && !strchr(", \t\n", text.data[i])))
            return false;
    }
    return true;
}

const char *calendar_fault(const struct calendar *c) {
    if (c->days.len && !octavo_text_is(c->days, "business")
        && !octavo_text_is(c->days, "last_business"))
        return "its days are business or last_business";
    if (!dates_are_good(c->holidays))
        return "its holidays are dates, such as 2026-12-24, 2026-12-25";
    return octavo_schedule_fault(&c->schedule);
}

bool calendar_next(const struct calendar *c, int64_t after_ms, int64_t *next_ms) {
    for (int i = 0; i < DAYS_LOOKED_AT; i++) {
        if (!octavo_schedule_next(&c->schedule, after_ms, next_ms))
            return false;
        if (counts(c, day_of(c, *next_ms)))
            return true;
        if (!octavo_local_next(NULL, c->schedule.zone, *next_ms + 1, 0, &after_ms))
            return false;
        after_ms--; /* midnight itself may be due */
    }
    return false;
}

bool calendar_previous(const struct calendar *c, int64_t before_ms, int64_t *previous_ms) {
    for (int i = 0; i < DAYS_LOOKED_AT; i++) {
        if (!octavo_schedule_previous(&c->schedule, before_ms, previous_ms))
            return false;
        if (counts(c, day_of(c, *previous_ms)))
            return true;
        before_ms = day_before(c, *previous_ms) + 1;
    }
    return false;
}
