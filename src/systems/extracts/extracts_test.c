/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "extracts.h"

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
