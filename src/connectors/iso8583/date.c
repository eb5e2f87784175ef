/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Days and dates after Howard Hinnant's "chrono-compatible low-level date algorithms": years begin
 * in March, so that the leap day is the last of its year. */
#include "date.h"

#include <stdlib.h>

static const int64_t day_ms = 86400000;

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

int64_t date_to_days(struct date d) {
    int64_t year = d.year - (d.month <= 2);
    int64_t era = floor_divide(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct date date_of_ms(int64_t wall_ms) {
    int64_t days = floor_divide(wall_ms, day_ms) + 719468;
    int64_t era = floor_divide(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    struct date d = { .day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
                      .month = (int)(month < 10 ? month + 3 : month - 9) };
    d.year = (int)(year_of_era + era * 400 + (d.month <= 2));
    return d;
}

static bool date_exists(struct date d) {
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (d.year % 4 == 0 && d.year % 100 != 0) || d.year % 400 == 0;
    if (d.month < 1 || d.month > 12 || d.day < 1)
        return false;
    return d.day <= lengths[d.month - 1] + (d.month == 2 && leap);
}

bool date_infer(struct bytes mmdd, int64_t now_ms, struct date *out) {
    int64_t today = floor_divide(now_ms, day_ms);
    int64_t nearest = INT64_MAX;
    if (mmdd.len != 4)
        return false;
    for (size_t i = 0; i < 4; i++) {
        if (mmdd.data[i] < '0' || mmdd.data[i] > '9')
            return false;
    }
    int month = (mmdd.data[0] - '0') * 10 + mmdd.data[1] - '0';
    int day = (mmdd.data[2] - '0') * 10 + mmdd.data[3] - '0';
    int this_year = date_of_ms(now_ms).year;
    for (int year = this_year - 1; year <= this_year + 1; year++) {
        struct date candidate = { year, month, day };
        if (!date_exists(candidate))
            continue;
        int64_t distance = llabs(date_to_days(candidate) - today);
        if (distance < nearest) {
            nearest = distance;
            *out = candidate;
        }
    }
    return nearest != INT64_MAX;
}
