/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Schedules: what is due when, above all where the clock on the wall is moved. */
#include "values/cron.h"

#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct cron read_as(const char *text, const char *zone, const char *policies) {
    struct cron c;
    const char *overlap = strchr(policies, ' ');
    const char *wrong = cron_read(&c, bytes_text(text), bytes_text(zone));
    if (!wrong)
        wrong = cron_policies_read(&c, bytes_of(policies, (size_t)(overlap - policies)),
                                   bytes_text(overlap + 1));
    if (wrong)
        test_failed(__FILE__, __LINE__, "%s: %s", text, wrong);
    return c;
}

static int64_t utc(const char *text) {
    struct tm t = { 0 };
    CHECK(strptime(text, "%Y-%m-%dT%H:%M:%S", &t) != NULL);
    return (int64_t)timegm(&t) * 1000;
}

/* The next `count` due moments, in UTC, a blank behind each. */
static const char *next_of(const struct cron *c, const char *after, int count) {
    static char out[1024];
    int64_t ms = utc(after);
    size_t len = 0;
    out[0] = 0;
    for (int i = 0; i < count; i++) {
        int64_t before = ms;
        CHECK(cron_next(c, before, &ms));
        CHECK(ms > before);
        time_t seconds = (time_t)(ms / 1000);
        struct tm t;
        gmtime_r(&seconds, &t);
        len += strftime(out + len, sizeof(out) - len, "%Y-%m-%dT%H:%M:%S ", &t);
    }
    return out;
}

TEST(five_fields_six_fields_names_steps_and_lists_are_read) {
    struct cron c = read_as("30 2 * * 1-5", "UTC", " ");
    CHECK_TEXT(next_of(&c, "2026-11-20T02:30:00", 2), "2026-11-23T02:30:00 2026-11-24T02:30:00 ");
    c = read_as("15 0/20 9-10 * * *", "UTC", " ");
    CHECK_TEXT(next_of(&c, "2026-11-23T09:20:15", 3),
               "2026-11-23T09:40:15 2026-11-23T10:00:15 2026-11-23T10:20:15 ");
    c = read_as("0 6 1,15 jan-MAR/2 *", "UTC", " ");
    CHECK_TEXT(next_of(&c, "2026-01-02T00:00:00", 3),
               "2026-01-15T06:00:00 2026-03-01T06:00:00 2026-03-15T06:00:00 ");
    c = read_as("0 0 13 * fri", "UTC", " ");
    CHECK_TEXT(next_of(&c, "2026-11-01T00:00:00", 3),
               "2026-11-06T00:00:00 2026-11-13T00:00:00 2026-11-20T00:00:00 ");
    c = read_as("0 0 * * 7", "UTC", " ");
    CHECK_TEXT(next_of(&c, "2026-11-23T00:00:00", 1), "2026-11-29T00:00:00 ");
    c = read_as("0 6 L 2 *", "UTC", " ");
    CHECK_TEXT(next_of(&c, "2027-01-01T00:00:00", 2), "2027-02-28T06:00:00 2028-02-29T06:00:00 ");
    c = read_as("0 0 29 2 *", "UTC", " ");
    CHECK_TEXT(next_of(&c, "2096-03-01T00:00:00", 1), "2104-02-29T00:00:00 ");
    c = read_as("@daily", "Asia/Tokyo", " ");
    CHECK_TEXT(next_of(&c, "2026-11-23T00:00:00", 1), "2026-11-23T15:00:00 ");
}

TEST(every_is_counted_from_1970_whatever_the_zone) {
    struct cron c = read_as("@every 15m", "America/New_York", " ");
    CHECK_TEXT(next_of(&c, "2026-11-01T05:50:00", 3),
               "2026-11-01T06:00:00 2026-11-01T06:15:00 2026-11-01T06:30:00 ");
}

static void check_wrong(const char *text, const char *zone, const char *what) {
    struct cron c;
    const char *wrong = cron_read(&c, bytes_text(text), bytes_text(zone));
    if (!wrong || !strstr(wrong, what))
        test_failed(__FILE__, __LINE__, "%s: %s", text, wrong ? wrong : "taken");
}

TEST(what_is_no_schedule_is_told_by_the_field) {
    check_wrong("", "UTC", "5 fields");
    check_wrong("* * * *", "UTC", "5 fields");
    check_wrong("* * * * * * *", "UTC", "5 fields");
    check_wrong("60 * * * *", "UTC", "minutes");
    check_wrong("60 * * * * *", "UTC", "seconds");
    check_wrong("* 24 * * *", "UTC", "hours");
    check_wrong("* * 0 * *", "UTC", "days of the month");
    check_wrong("* * * 13 *", "UTC", "months");
    check_wrong("* * * * 8", "UTC", "days of the week");
    check_wrong("5-1 * * * *", "UTC", "minutes");
    check_wrong("*/0 * * * *", "UTC", "minutes");
    check_wrong("1,,2 * * * *", "UTC", "minutes");
    check_wrong("1x * * * *", "UTC", "minutes");
    check_wrong("@every 0s", "UTC", "@every");
    check_wrong("@every 5", "UTC", "@every");
    check_wrong("@every 5m 6m", "UTC", "one length");
    check_wrong("@every 400d", "UTC", "@every");
    check_wrong("@often", "UTC", "5 fields");
    check_wrong("0 0 * * *", "Mars/Olympus", "zone");
    struct cron c = read_as("0 0 30 2 *", "UTC", " ");
    int64_t ms;
    CHECK(!cron_next(&c, utc("2026-01-01T00:00:00"), &ms));
    CHECK_TEXT(cron_policies_read(&c, bytes_text("never"), bytes_text("")),
               "gap is run_after or skip");
    CHECK_TEXT(cron_policies_read(&c, bytes_text(""), bytes_text("third")),
               "overlap is first, second or both");
}

TEST(half_past_two_in_new_york_over_both_changes_is_what_the_policy_says) {
    struct cron c = read_as("30 2 * * *", "America/New_York", "run_after first");
    CHECK_TEXT(next_of(&c, "2026-03-07T08:00:00", 2), "2026-03-08T07:00:00 2026-03-09T06:30:00 ");
    c = read_as("30 2 * * *", "America/New_York", "skip first");
    CHECK_TEXT(next_of(&c, "2026-03-07T08:00:00", 1), "2026-03-09T06:30:00 ");
    c = read_as("30 1 * * *", "America/New_York", "run_after first");
    CHECK_TEXT(next_of(&c, "2026-10-31T12:00:00", 2), "2026-11-01T05:30:00 2026-11-02T06:30:00 ");
    c = read_as("30 1 * * *", "America/New_York", "run_after second");
    CHECK_TEXT(next_of(&c, "2026-10-31T12:00:00", 2), "2026-11-01T06:30:00 2026-11-02T06:30:00 ");
    c = read_as("30 1 * * *", "America/New_York", "run_after both");
    CHECK_TEXT(next_of(&c, "2026-10-31T12:00:00", 3),
               "2026-11-01T05:30:00 2026-11-01T06:30:00 2026-11-02T06:30:00 ");
}

TEST(lord_howes_half_hour_and_chathams_quarter_are_kept) {
    struct cron c = read_as("15 2 * * *", "Australia/Lord_Howe", "run_after first");
    CHECK_TEXT(next_of(&c, "2026-10-02T20:00:00", 2), "2026-10-03T15:30:00 2026-10-04T15:15:00 ");
    c = read_as("45 1 * * *", "Australia/Lord_Howe", "run_after both");
    CHECK_TEXT(next_of(&c, "2026-04-04T00:00:00", 2), "2026-04-04T14:45:00 2026-04-04T15:15:00 ");
    c = read_as("0 3 * * *", "Pacific/Chatham", "run_after first");
    CHECK_TEXT(next_of(&c, "2026-04-04T00:00:00", 2), "2026-04-04T13:15:00 2026-04-05T14:15:00 ");
}

TEST(a_day_that_samoa_left_out_is_due_when_the_next_one_begins) {
    struct cron c = read_as("0 12 * * *", "Pacific/Apia", "run_after first");
    CHECK_TEXT(next_of(&c, "2011-12-29T23:00:00", 2), "2011-12-30T10:00:00 2011-12-30T22:00:00 ");
    c = read_as("0 12 * * *", "Pacific/Apia", "skip first");
    CHECK_TEXT(next_of(&c, "2011-12-29T23:00:00", 1), "2011-12-30T22:00:00 ");
}

TEST(where_the_hour_is_any_both_passes_run_and_a_gap_is_one_run) {
    struct cron c = read_as("*/30 * * * *", "Europe/Prague", " ");
    CHECK_TEXT(next_of(&c, "2026-10-25T00:00:00", 4),
               "2026-10-25T00:30:00 2026-10-25T01:00:00 2026-10-25T01:30:00 2026-10-25T02:00:00 ");
    CHECK_TEXT(next_of(&c, "2026-03-29T00:29:00", 3),
               "2026-03-29T00:30:00 2026-03-29T01:00:00 2026-03-29T01:30:00 ");
}

/* Contiguous, none of length zero, and the same forward and back. */
static void check_chain(const char *text, const char *zone, const char *policies) {
    struct cron c = read_as(text, zone, policies);
    int64_t ms = utc("2026-01-01T00:00:00"), next, back;
    for (int i = 0; i < 800; i++) {
        CHECK(cron_next(&c, ms, &next));
        CHECK(next > ms);
        if (i) {
            CHECK(cron_previous(&c, next, &back));
            CHECK_INT(back, ms);
        }
        CHECK(cron_next(&c, next - 1, &back));
        CHECK_INT(back, next);
        ms = next;
    }
}

TEST(forward_and_back_meet_the_same_moments_in_every_zone_and_policy) {
    static const char *const zones[] = { "America/New_York",    "Europe/Prague",
                                         "Australia/Lord_Howe", "Pacific/Chatham",
                                         "Africa/Casablanca",   "America/Havana" };
    static const char *const policies[] = { "run_after first", "run_after second", "run_after both",
                                            "skip first", "skip both" };
    for (size_t z = 0; z < sizeof(zones) / sizeof(*zones); z++)
        for (size_t p = 0; p < sizeof(policies) / sizeof(*policies); p++) {
            check_chain("30 2 * * *", zones[z], policies[p]);
            check_chain("17 0-3 * * *", zones[z], policies[p]);
        }
}
