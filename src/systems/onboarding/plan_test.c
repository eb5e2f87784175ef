/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "plan.h"

#include "base/test.h"
#include "day.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static struct plan plan_of(const char *wait) {
    char text[100];
    struct plan p;
    const char *why;
    (void)snprintf(text, sizeof(text), "id=P wait=%s", wait);
    CHECK(plan_read(text, &p, &why));
    return p;
}

static void check_begins(const char *wait, const char *start, const char *wanted) {
    struct plan p = plan_of(wait);
    int64_t first;
    char out[DAY_CHARS];
    CHECK(day_read(octavo_text(start), &first));
    CHECK_TEXT(day_text(out, plan_begins(&p, first)), wanted);
}

TEST(coverage_begins_as_the_rule_says) {
    check_begins("none", "2026-12-01", "2026-12-01");
    check_begins("days:60", "2026-12-31", "2027-03-01");
    check_begins("month", "2026-12-01", "2027-01-01");
    check_begins("month", "2026-12-31", "2027-01-01");
    check_begins("month-after:30", "2028-01-30", "2028-03-01"); /* the 29th of February */
    check_begins("month-after:30", "2026-12-02", "2027-01-01");
}

TEST(and_never_after_the_91st_day) {
    check_begins("days:366", "2026-01-01", "2026-04-01");
    check_begins("month-after:60", "2026-07-02", "2026-09-01");
    check_begins("month-after:90", "2026-01-01", "2026-04-01");
    check_begins("month-after:90", "2026-01-02", "2026-04-02");
}

/* The C library's calendar knows nothing of ours. */
static int64_t oracle_begins(const char *wait, int64_t first) {
    time_t at = (time_t)(first * 86400);
    struct tm tm;
    int days = 0;
    CHECK(gmtime_r(&at, &tm));
    if (strcmp(wait, "none") == 0)
        return first;
    if (sscanf(wait, "days:%d", &days) == 1)
        return first + (days < 90 ? days : 90);
    if (strcmp(wait, "month") == 0) {
        tm.tm_mon++;
        tm.tm_mday = 1;
    } else {
        CHECK(sscanf(wait, "month-after:%d", &days) == 1);
        tm.tm_mday += days;
        at = timegm(&tm);
        CHECK(gmtime_r(&at, &tm));
        tm.tm_mon += tm.tm_mday > 1;
        tm.tm_mday = 1;
    }
    int64_t begins = timegm(&tm) / 86400;
    return begins < first + 90 ? begins : first + 90;
}

TEST(every_hire_date_of_four_years_by_every_rule_begins_when_another_calendar_says) {
    static const char *const waits[] = { "none",           "days:1",        "days:30",
                                         "days:60",        "days:90",       "days:91",
                                         "month",          "month-after:0", "month-after:30",
                                         "month-after:60", "month-after:90" };
    int64_t first, end;
    CHECK(day_read(octavo_text("2025-01-01"), &first) && day_read(octavo_text("2029-01-01"), &end));
    CHECK_INT(end - first, 1461);
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        struct plan p = plan_of(waits[i]);
        for (int64_t day = first; day < end; day++) {
            int64_t begins = plan_begins(&p, day);
            CHECK_INT(begins, oracle_begins(waits[i], day));
            CHECK(begins >= day && begins <= day + 90);
        }
    }
}

TEST(every_day_of_four_hundred_years_is_read_as_it_is_written) {
    for (int64_t day = -25567; day < -25567 + 146097; day++) {
        char text[DAY_CHARS];
        int64_t again;
        CHECK(day_read(octavo_text(day_text(text, day)), &again) && again == day);
    }
}

TEST(a_plan_that_is_misspelt_is_none) {
    static const char *const wrong[] = { "",          "wait=none",        "id=A wait=weeks:2",
                                         "id=A wait", "id=A hours=many",  "id=A wait=days:-1",
                                         "id=A*B",    "id=A window=30",   "id=A wait=days:367",
                                         "id=",       "id=A wait=days:9x" };
    struct plan p;
    const char *why;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK(!plan_read(wrong[i], &p, &why));
        CHECK(strstr(why, "a plan is id=NAME"));
    }
}

TEST(days_that_are_none_are_none) {
    static const char *const wrong[] = {
        "2026-02-29", "2026-04-31", "2026-00-01", "2026-13-01",  "2026-1-01", "1899-12-31",
        "3000-01-01", "2026-12-00", "2026/12/01", "2026-12-011", ""
    };
    int64_t day;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK(!day_read(octavo_text(wrong[i]), &day));
}

TEST(silence_is_the_first_plan_and_all_of_a_list_must_be_right) {
    static const char list[] = "id=A wait=none; id=B wait=days:9";
    struct plan p;
    const char *why;
    CHECK(plan_choose(list, octavo_text(""), &p, &why));
    CHECK_TEXT(p.id, "A");
    CHECK(plan_choose(list, octavo_text("B"), &p, &why));
    CHECK_INT(p.wait_days, 9);
    CHECK(!plan_choose(list, octavo_text("C"), &p, &why) && !why);
    CHECK(!plan_choose("id=A; id=B weight=3", octavo_text("A"), &p, &why) && why);
}
