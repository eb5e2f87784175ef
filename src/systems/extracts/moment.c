/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Moments as texts, in UTC; arithmetic alone, as a handler has no clock and no zone. */
#include "extracts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t day_ms = 86400000;

struct date {
    int64_t year, month, day;
};

/* Days since 1970 as a date: eras of 400 years, years that begin with March. */
static struct date date_of_days(int64_t days) {
    days += 719468;
    int64_t era = days / 146097, of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153, day = of_year - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    return (struct date){ year + era * 400 + (month <= 2), month, day };
}

static int64_t days_of_date(struct date d) {
    int64_t year = d.year - (d.month <= 2), era = year / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void moment_write(int64_t ms, char out[MOMENT_CHARS]) {
    int64_t days = ms / day_ms, seconds = ms % day_ms / 1000;
    if (ms < 0 || ms > 253402300799999) { /* no such run: four digits of year */
        (void)snprintf(out, MOMENT_CHARS, "0");
        return;
    }
    struct date d = date_of_days(days);
    (void)snprintf(out, MOMENT_CHARS,
                   "%04" PRId64 "%02" PRId64 "%02" PRId64 "T%02" PRId64 "%02" PRId64 "%02" PRId64
                   "Z",
                   d.year % 10000, d.month % 100, d.day % 100, seconds / 3600 % 100,
                   seconds / 60 % 60, seconds % 60);
}

/* So many digits, and what must stand behind them. */
static bool digits_read(const char **at, int count, const char *behind, int64_t *out) {
    *out = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *out = *out * 10 + **at - '0';
    }
    size_t len = strlen(behind);
    bool good = strncmp(*at, behind, len) == 0;
    *at += good ? len : 0;
    return good;
}

bool moment_read(const char *text, int64_t *ms) {
    const char *at = text;
    struct date d;
    int64_t hour = 0, minute = 0, second = 0;
    if (text[0] && strspn(text, "0123456789") == strlen(text) && strlen(text) > 8
        && strlen(text) < 16) {
        *ms = strtoll(text, NULL, 10);
        return true;
    }
    if (!digits_read(&at, 4, "-", &d.year) || !digits_read(&at, 2, "-", &d.month)
        || !digits_read(&at, 2, "", &d.day))
        return false;
    if (*at == 'T'
        && (at++, !digits_read(&at, 2, ":", &hour) || !digits_read(&at, 2, ":", &minute)
                      || !digits_read(&at, 2, "Z", &second)))
        return false;
    if (*at || d.year < 1970 || d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31 || hour > 23
        || minute > 59 || second > 59)
        return false;
    *ms = days_of_date(d) * day_ms + ((hour * 60 + minute) * 60 + second) * 1000;
    struct date again = date_of_days(*ms / day_ms);
    return again.day == d.day; /* no 30th of February */
}

bool duration_read(struct octavo_text text, int64_t *ms) {
    static const struct {
        char unit;
        int64_t ms;
    } units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
    int64_t count = 0;
    size_t at = 0;
    for (; at < text.len && at < 5 && text.data[at] >= '0' && text.data[at] <= '9'; at++)
        count = count * 10 + (text.data[at] - '0');
    if (!at || at + 1 != text.len)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        if (units[i].unit == text.data[at]) {
            *ms = count * units[i].ms;
            return true;
        }
    return false;
}
