/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The calendar counted in eras of 400 years that begin on a first of March, so that a leap day is
 * the last of its year. */
#include "day.h"

#include <inttypes.h>
#include <stdio.h>

enum { ERA_DAYS = 146097, ERA_YEARS = 400, TO_1970 = 719468 };

int64_t day_of(struct day_parts p) {
    int64_t year = p.year - (p.month <= 2);
    int64_t era = year / ERA_YEARS, of_era = year % ERA_YEARS;
    int64_t of_year = (153 * (p.month + (p.month > 2 ? -3 : 9)) + 2) / 5 + p.day - 1;
    return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - TO_1970;
}

struct day_parts day_parts(int64_t day) {
    int64_t since = day + TO_1970, era = since / ERA_DAYS, of_era = since % ERA_DAYS;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * of_year + 2) / 153);
    return (struct day_parts){
        .year = year + era * ERA_YEARS + (month >= 10),
        .month = month + (month < 10 ? 3 : -9),
        .day = (int)(of_year - (153 * month + 2) / 5 + 1),
    };
}

static bool number_read(const char *at, size_t len, int *out) {
    *out = 0;
    for (size_t i = 0; i < len; i++) {
        if (at[i] < '0' || at[i] > '9')
            return false;
        *out = *out * 10 + (at[i] - '0');
    }
    return true;
}

bool day_read(struct octavo_text text, int64_t *day) {
    int year, month, of_month;
    const char *t = text.data;
    if (text.len != 10 || t[4] != '-' || t[7] != '-' || !number_read(t, 4, &year)
        || !number_read(t + 5, 2, &month) || !number_read(t + 8, 2, &of_month))
        return false;
    if (year < 1900 || year > 2999 || month < 1 || month > 12 || of_month < 1)
        return false;
    *day = day_of((struct day_parts){ year, month, of_month });
    struct day_parts again = day_parts(*day);
    return again.month == month && again.day == of_month; /* no 30th of February */
}

static const char *day_print(char out[DAY_CHARS], const char *format, int64_t day) {
    struct day_parts p = day_parts(day);
    char text[48];
    (void)snprintf(text, sizeof(text),
                   format[0] ? "%04" PRId64 "-%02d-%02d" : "%04" PRId64 "%02d%02d", p.year, p.month,
                   p.day);
    (void)snprintf(out, DAY_CHARS, "%.10s", text);
    return out;
}

const char *day_text(char out[DAY_CHARS], int64_t day) {
    return day_print(out, "-", day);
}

const char *day_digits(char out[DAY_CHARS], int64_t day) {
    return day_print(out, "", day);
}

int64_t day_month_begin(int64_t day) {
    return day - day_parts(day).day + 1;
}

int64_t day_next_month(int64_t day) {
    return day_month_begin(day_month_begin(day) + 31);
}
