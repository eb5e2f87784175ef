/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A zone's clock is its offset from UTC, and that changes a few times a year at most. So ICU is
 * asked once for the offset and the span in which it holds, and all else is arithmetic: a ledger
 * asks for the day of every transaction. Each thread remembers the spans of the last zones it met.
 */
#include "values/zone.h"

#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

enum { SPANS = 8, MINUTE_MS = 60 * 1000 };
static const int64_t day_ms = (int64_t)ZONE_DAY_MINUTES * MINUTE_MS;
static const int64_t year_1_ms = -62135596800000, year_10000_ms = 253402300800000;

struct span {
    char zone[ZONE_NAME_MAX + 1];
    int64_t from_ms, until_ms; /* the offset holds from the first, before the second */
    int64_t offset_ms;
};

static _Thread_local struct span spans[SPANS];
static _Thread_local unsigned newest;

const char *zone_version(void) {
    UErrorCode error = U_ZERO_ERROR;
    const char *version = ucal_getTZDataVersion(&error);
    return U_SUCCESS(error) ? version : "none";
}

/* ---- asking ICU */

static bool name_is_plain(struct bytes zone) {
    for (size_t i = 0; i < zone.len; i++)
        if (zone.data[i] <= ' ' || zone.data[i] >= 0x7f)
            return false;
    return zone.len > 0 && zone.len <= ZONE_NAME_MAX;
}

/* ICU takes "GMT+3" and the like for zones, too; the database is the one that people share. */
static bool name_find(struct bytes zone, UChar name[ZONE_NAME_MAX + 1]) {
    UErrorCode error = U_ZERO_ERROR;
    UBool is_system = false;
    UChar canonical[ZONE_NAME_MAX + 1];
    if (!name_is_plain(zone))
        return false;
    u_charsToUChars((const char *)zone.data, name, (int32_t)zone.len);
    name[zone.len] = 0;
    (void)ucal_getCanonicalTimeZoneID(name, (int32_t)zone.len, canonical, ZONE_NAME_MAX, &is_system,
                                      &error);
    return U_SUCCESS(error) && is_system;
}

static int64_t transition(UCalendar *calendar, UTimeZoneTransitionType type, int64_t otherwise) {
    UErrorCode error = U_ZERO_ERROR;
    UDate date;
    UBool there = ucal_getTimeZoneTransitionDate(calendar, type, &date, &error);
    return there && U_SUCCESS(error) ? (int64_t)date : otherwise;
}

static bool span_ask(UCalendar *calendar, int64_t ms, struct span *out) {
    UErrorCode error = U_ZERO_ERROR;
    ucal_setMillis(calendar, (UDate)ms, &error);
    out->offset_ms = ucal_get(calendar, UCAL_ZONE_OFFSET, &error);
    out->offset_ms += ucal_get(calendar, UCAL_DST_OFFSET, &error);
    out->from_ms = transition(calendar, UCAL_TZ_TRANSITION_PREVIOUS_INCLUSIVE, INT64_MIN);
    out->until_ms = transition(calendar, UCAL_TZ_TRANSITION_NEXT, INT64_MAX);
    return U_SUCCESS(error);
}

static bool span_read(struct bytes zone, int64_t ms, struct span *out) {
    UErrorCode error = U_ZERO_ERROR;
    UChar name[ZONE_NAME_MAX + 1];
    if (!name_find(zone, name))
        return false;
    UCalendar *calendar = ucal_open(name, (int32_t)zone.len, "", UCAL_GREGORIAN, &error);
    bool good = U_SUCCESS(error) && span_ask(calendar, ms, out);
    if (calendar)
        ucal_close(calendar);
    memcpy(out->zone, zone.data, zone.len);
    out->zone[zone.len] = 0;
    return good;
}

static const struct span *span_find(struct bytes zone, int64_t ms) {
    if (ms < year_1_ms + day_ms || ms >= year_10000_ms - day_ms)
        return NULL;
    for (unsigned i = 0; i < SPANS; i++) {
        const struct span *s = &spans[(newest + i) % SPANS];
        if (ms >= s->from_ms && ms < s->until_ms && bytes_is_text(zone, s->zone))
            return s;
    }
    struct span fresh = { 0 };
    if (!span_read(zone, ms, &fresh))
        return NULL;
    newest = (newest + SPANS - 1) % SPANS;
    spans[newest] = fresh;
    return &spans[newest];
}

/* ---- arithmetic */

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

/* Days since 1970 as a date: eras of 400 years, years that begin with March. */
int64_t zone_date_of_days(int64_t days) {
    days += 719468;
    int64_t era = floor_divide(days, 146097), of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153, day = of_year - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    year += era * 400 + (month <= 2);
    return year * 10000 + month * 100 + day;
}

bool zone_is_known(struct bytes zone) {
    return span_find(zone, 0) != NULL;
}

bool zone_day(struct bytes zone, int64_t ms, int64_t *yyyymmdd) {
    const struct span *s = span_find(zone, ms);
    if (s)
        *yyyymmdd = zone_date_of_days(floor_divide(ms + s->offset_ms, day_ms));
    return s != NULL;
}

bool zone_offset(struct bytes zone, int64_t ms, int64_t *offset_ms, int64_t *until_ms) {
    const struct span *s = span_find(zone, ms);
    if (s) {
        *offset_ms = s->offset_ms;
        *until_ms = s->until_ms;
    }
    return s != NULL;
}

bool zone_minute(struct bytes zone, int64_t ms, int *minute) {
    const struct span *s = span_find(zone, ms);
    if (s) {
        int64_t local = ms + s->offset_ms;
        *minute = (int)((local - floor_divide(local, day_ms) * day_ms) / MINUTE_MS);
    }
    return s != NULL;
}

/* The first local time at or after `local` that shows the minute. */
static int64_t local_next(int64_t local, int minute) {
    int64_t next = floor_divide(local, day_ms) * day_ms + (int64_t)minute * MINUTE_MS;
    return next < local ? next + day_ms : next;
}

/* From one span to the next: a minute that neither shows was passed over between them. */
bool zone_next(struct bytes zone, int64_t ms, int minute, int64_t *next_ms) {
    for (int spans_seen = 0; spans_seen < 16; spans_seen++) {
        const struct span *s = span_find(zone, ms);
        if (!s)
            return false;
        int64_t until_ms = s->until_ms, wanted = local_next(ms + s->offset_ms, minute);
        *next_ms = wanted - s->offset_ms;
        if (*next_ms < until_ms)
            return true;
        const struct span *later = span_find(zone, until_ms);
        if (!later)
            return false;
        if (wanted < until_ms + later->offset_ms) {
            *next_ms = until_ms;
            return true;
        }
        ms = until_ms;
    }
    return false;
}
