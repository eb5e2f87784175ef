/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "values/zone.h"

#include "base/test.h"

#include <time.h>

static int64_t utc(int year, int month, int day, int minute) {
    struct tm t = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_min = minute };
    return (int64_t)timegm(&t) * 1000;
}

static int64_t day_of(const char *zone, int64_t ms) {
    int64_t day = -1;
    return zone_day(bytes_text(zone), ms, &day) ? day : -1;
}

static int64_t hours_of_day(const char *zone, int64_t noon_ms) {
    int64_t from = noon_ms, until = noon_ms, day = day_of(zone, noon_ms);
    while (day_of(zone, from - 60000) == day)
        from -= 60000;
    while (day_of(zone, until) == day)
        until += 60000;
    return (until - from) / 60000;
}

static int64_t next_of(const char *zone, int64_t ms, int minute) {
    int64_t next = -1;
    CHECK(zone_next(bytes_text(zone), ms, minute, &next));
    return next;
}

TEST(a_day_begins_at_midnight_of_its_zone) {
    int64_t ms = utc(2026, 11, 22, 23 * 60);
    CHECK_INT(day_of("UTC", ms), 20261122);
    CHECK_INT(day_of("Europe/Prague", ms), 20261123);
    CHECK_INT(day_of("Europe/Prague", ms - 1), 20261122);
    CHECK_INT(day_of("Pacific/Kiritimati", ms), 20261123);
    CHECK_INT(day_of("Pacific/Pago_Pago", ms), 20261122);
    CHECK_INT(day_of("America/New_York", ms), 20261122);
}

TEST(a_year_ends_when_its_zone_says_so_and_february_has_its_29th) {
    CHECK_INT(day_of("Asia/Tokyo", utc(2026, 12, 31, 15 * 60)), 20270101);
    CHECK_INT(day_of("Asia/Tokyo", utc(2026, 12, 31, 15 * 60) - 1), 20261231);
    CHECK_INT(day_of("UTC", utc(2028, 2, 29, 5)), 20280229);
    CHECK_INT(day_of("UTC", utc(2027, 2, 29, 5)), 20270301);
    CHECK_INT(day_of("UTC", -1), 19691231);
    CHECK_INT(day_of("UTC", utc(1, 3, 1, 0)), 10301);
}

TEST(days_on_which_the_clock_is_put_have_23_and_25_hours) {
    CHECK_INT(hours_of_day("Europe/Prague", utc(2026, 3, 29, 10 * 60)), 23 * 60);
    CHECK_INT(hours_of_day("Europe/Prague", utc(2026, 10, 25, 11 * 60)), 25 * 60);
    CHECK_INT(hours_of_day("Europe/Prague", utc(2026, 10, 26, 11 * 60)), 24 * 60);
    CHECK_INT(hours_of_day("Australia/Lord_Howe", utc(2026, 10, 4, 60)), 23 * 60 + 30);
    CHECK_INT(hours_of_day("America/Havana", utc(2026, 3, 8, 17 * 60)), 23 * 60);
    CHECK_INT(hours_of_day("America/Havana", utc(2026, 11, 1, 17 * 60)), 25 * 60);
    CHECK_INT(day_of("Pacific/Apia", utc(2011, 12, 30, 9 * 60)),
              20111229); /* the 30th was left out */
    CHECK_INT(day_of("Pacific/Apia", utc(2011, 12, 30, 10 * 60)), 20111231);
}

TEST(every_day_is_the_calendar_of_the_c_library) {
    for (int64_t days = -200000; days < 400000; days += 37) {
        time_t seconds = (time_t)(days * 86400 + 4711);
        struct tm t;
        CHECK(gmtime_r(&seconds, &t));
        CHECK_INT(day_of("UTC", (int64_t)seconds * 1000),
                  (t.tm_year + 1900) * 10000LL + (t.tm_mon + 1) * 100 + t.tm_mday);
    }
}

TEST(the_next_time_a_clock_shows_a_minute_is_found_over_midnight_and_where_clocks_are_put) {
    int minute = -1;
    int64_t night = utc(2026, 11, 22, 22 * 60 + 30); /* 23:30 in Prague */
    CHECK(zone_minute(bytes_text("Europe/Prague"), night, &minute));
    CHECK_INT(minute, 23 * 60 + 30);
    CHECK_INT(next_of("Europe/Prague", night, 7 * 60), utc(2026, 11, 23, 6 * 60));
    CHECK_INT(next_of("Europe/Prague", night, 23 * 60 + 30), night);
    CHECK_INT(next_of("Europe/Prague", night + 1, 23 * 60 + 30), night + 86400000);
    /* over the night of spring and of autumn */
    CHECK_INT(next_of("Europe/Prague", utc(2026, 3, 28, 22 * 60), 7 * 60),
              utc(2026, 3, 29, 5 * 60));
    CHECK_INT(next_of("Europe/Prague", utc(2026, 10, 24, 21 * 60), 7 * 60),
              utc(2026, 10, 25, 6 * 60));
    /* 02:30 is not on that clock: it is put from 02:00 to 03:00 */
    CHECK_INT(next_of("Europe/Prague", utc(2026, 3, 28, 22 * 60), 150), utc(2026, 3, 29, 60));
    /* 02:30 comes twice: the first counts, from behind it the second */
    CHECK_INT(next_of("Europe/Prague", utc(2026, 10, 24, 22 * 60), 150), utc(2026, 10, 25, 30));
    CHECK_INT(next_of("Europe/Prague", utc(2026, 10, 25, 31), 150), utc(2026, 10, 25, 90));
}

TEST(a_zone_that_nobody_knows_has_no_day) {
    static const char *const wrong[] = {
        "",
        "Europe/Brno",
        "GMT+3",
        "../../etc/passwd",
        "Etc/Unkn",
        "europe",
        "UTC\n",
        "UTC UTC",
        "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z/a/b/c"
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK_INT(day_of(wrong[i], 0), -1);
        CHECK(!zone_is_known(bytes_text(wrong[i])));
    }
    CHECK(zone_is_known(bytes_text("Asia/Kathmandu")));
    CHECK_INT(day_of("UTC", INT64_MAX), -1);
    CHECK_INT(day_of("UTC", INT64_MIN), -1);
}

TEST(many_zones_in_turn_are_each_answered_right) {
    static const char *const zones[] = { "UTC",          "Europe/Prague",    "Asia/Tokyo",
                                         "Asia/Kolkata", "America/New_York", "Africa/Cairo",
                                         "Asia/Tehran",  "America/Lima",     "Pacific/Auckland",
                                         "Asia/Dubai",   "Europe/London",    "America/Denver" };
    int64_t ms = utc(2026, 6, 15, 12 * 60);
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
            CHECK_INT(day_of(zones[i], ms), i == 8 ? 20260616 : 20260615);
    CHECK(zone_version()[0] == '2' && zone_version()[4] >= 'a');
}
