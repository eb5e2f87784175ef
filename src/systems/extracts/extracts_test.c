/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "extracts.h"

#include "calendar.h"

#include "base/disk.h"
#include "base/test.h"
#include "declaration/declaration.h"

#include <string.h>

TEST(the_binary_holds_the_shipped_declaration_and_it_is_read) {
    struct buf file = { 0 };
    struct declaration *d;
    CHECK_OK(disk_read_whole(disk_real(), "src/systems/extracts/octavo.yaml", 1 << 20, &file));
    CHECK_TEXT(extracts_system.declaration, buf_text(&file));
    CHECK_OK(declaration_read(&d, "octavo.yaml", buf_bytes(&file)));
    for (const struct octavo_service *s = extracts_system.services; s->name; s++)
        CHECK(declaration_service(d, s->name));
    CHECK_INT((long long)declaration_service(d, "extract-scheduler")->tables[0].table.column_count,
              EXTRACT_COLUMNS);
    CHECK_INT((long long)declaration_service(d, "extract-processor")->tables[0].table.column_count,
              RUN_COLUMNS);
    declaration_destroy(d);
    buf_finish(&file);
}

static void check_moment(int64_t ms, const char *wanted) {
    char text[MOMENT_CHARS];
    moment_write(ms, text);
    CHECK_TEXT(text, wanted);
}

TEST(moments_stand_in_names_without_signs) {
    check_moment(0, "19700101T000000Z");
    check_moment(1795395600999, "20261123T010000Z");
    check_moment(1709164800000, "20240229T000000Z");
    check_moment(253402300799999, "99991231T235959Z");
    check_moment(-1, "0");
}

TEST(moments_are_read_as_people_write_them) {
    int64_t ms;
    CHECK(moment_read("2026-11-23T01:00:00Z", &ms));
    CHECK_INT(ms, 1795395600000);
    CHECK(moment_read("2024-02-29", &ms));
    CHECK_INT(ms, 1709164800000);
    CHECK(moment_read("1795395600000", &ms));
    CHECK_INT(ms, 1795395600000);
    static const char *const bad[] = { "",
                                       "yesterday",
                                       "2026-02-30",
                                       "2026-13-01",
                                       "2026-11-23T",
                                       "2026-11-23T25:00:00Z",
                                       "2026-11-23x",
                                       "12345678",
                                       "99999999999999999" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        if (moment_read(bad[i], &ms))
            test_failed(__FILE__, __LINE__, "%s was taken", bad[i]);
}

TEST(durations_are_read_as_people_write_them) {
    int64_t ms = 0;
    CHECK(duration_read(octavo_text("90s"), &ms) && ms == 90000);
    CHECK(duration_read(octavo_text("30m"), &ms) && ms == 1800000);
    CHECK(duration_read(octavo_text("2h"), &ms) && ms == 7200000);
    CHECK(duration_read(octavo_text("1d"), &ms) && ms == 86400000);
    CHECK(!duration_read(octavo_text(""), &ms));
    CHECK(!duration_read(octavo_text("30"), &ms));
    CHECK(!duration_read(octavo_text("m"), &ms));
    CHECK(!duration_read(octavo_text("30 m"), &ms));
    CHECK(!duration_read(octavo_text("999999s"), &ms));
}

static struct calendar calendar_of(const char *when, const char *zone, const char *days) {
    return (struct calendar){ { octavo_text(when), octavo_text(zone), octavo_text(""),
                                octavo_text("") },
                              octavo_text(days),
                              octavo_text("2026-12-24,2026-12-25") };
}

TEST(a_day_is_the_zones_day_and_the_way_back_is_the_way_there) {
    static const char *const zones[] = { "UTC", "Pacific/Chatham", "Australia/Lord_Howe",
                                         "America/New_York" };
    for (size_t z = 0; z < sizeof(zones) / sizeof(*zones); z++) {
        struct calendar c = calendar_of("30 2 * * *", zones[z], "business");
        int64_t begin_ms, at_ms, back_ms;
        CHECK(moment_read("2026-01-01", &begin_ms));
        CHECK(calendar_next(&c, begin_ms, &at_ms));
        for (int i = 0; i < 300; i++) {
            int64_t next_ms;
            CHECK(calendar_next(&c, at_ms, &next_ms));
            CHECK(calendar_previous(&c, next_ms, &back_ms));
            CHECK_INT(back_ms, at_ms);
            at_ms = next_ms;
        }
    }
}

TEST(a_schedule_of_every_second_passes_a_weekend_in_a_few_steps) {
    struct calendar c = calendar_of("* * * * * *", "Europe/Prague", "business");
    int64_t friday_ms, next_ms, monday_ms, back_ms;
    CHECK(moment_read("2026-11-20T22:59:59Z", &friday_ms));
    CHECK(moment_read("2026-11-22T23:00:00Z", &monday_ms));
    CHECK(calendar_next(&c, friday_ms, &next_ms));
    CHECK_INT(next_ms, monday_ms);
    CHECK(calendar_previous(&c, monday_ms, &back_ms));
    CHECK_INT(back_ms, friday_ms);
}

TEST(days_and_holidays_that_nobody_can_read_are_told) {
    struct calendar c = calendar_of("0 6 * * *", "UTC", "working");
    CHECK_TEXT(calendar_fault(&c), "its days are business or last_business");
    c = calendar_of("0 6 * * *", "UTC", "business");
    CHECK(!calendar_fault(&c));
    c.holidays = octavo_text("24.12.2026");
    CHECK_TEXT(calendar_fault(&c), "its holidays are dates, such as 2026-12-24, 2026-12-25");
    c.holidays = octavo_text("2026-12-24x");
    CHECK(calendar_fault(&c) != NULL);
}
