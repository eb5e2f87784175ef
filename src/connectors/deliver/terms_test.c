/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* When a partner takes files. */
#include "deliver/terms.h"

#include "base/disk.h"
#include "base/test.h"

#include <stdlib.h>
#include <unistd.h>

static const int64_t noon_ms = 1795435200000; /* 2026-11-23 12:00 in UTC, 13:00 in Prague */

static bool closed_at(const char *words, int64_t ms, int64_t *again_ms) {
    struct terms terms = { 0 };
    CHECK_OK(terms_of_words(words, ms, &terms));
    *again_ms = terms.again_ms;
    return terms.closed;
}

TEST(a_partner_takes_files_in_its_hours_by_its_own_clock_and_over_midnight) {
    int64_t again_ms;
    CHECK(!closed_at("", noon_ms, &again_ms));
    CHECK(!closed_at(" hours=13:00-13:01@Europe/Prague", noon_ms, &again_ms));
    CHECK(closed_at(" hours=12:59-13:00@Europe/Prague", noon_ms, &again_ms));
    CHECK(!closed_at("hours=22:00-04:00@UTC", noon_ms + 11 * 3600000, &again_ms));
    CHECK(!closed_at("hours=22:00-04:00@UTC # nights", noon_ms + 15 * 3600000, &again_ms));
    CHECK(closed_at("hours=22:00-04:00@UTC", noon_ms + 16 * 3600000, &again_ms));
    CHECK(!closed_at("hours=01:00-02:00,11:30-12:30@UTC", noon_ms, &again_ms));
}

TEST(it_is_looked_at_again_when_they_begin_or_in_ten_minutes) {
    int64_t again_ms;
    CHECK(closed_at("hours=12:03-12:04,01:00-02:00@UTC", noon_ms, &again_ms));
    CHECK_INT(again_ms, 3 * 60000);
    CHECK(closed_at("hours=20:00-21:00@UTC", noon_ms, &again_ms));
    CHECK_INT(again_ms, 600000);
}

TEST(words_that_nobody_knows_are_told_instead_of_passed_by) {
    static const char *const wrong[] = { "huors=1",
                                         "hours=",
                                         "hours=1:00-2:00@UTC",
                                         "hours=01:00-02:00",
                                         "hours=01:00-02:00@Nowhere/At_All",
                                         "hours=25:00-26:00@UTC",
                                         "hours=01:00-01:00@UTC",
                                         "hours=01:00-02:00;03:00-04:00@UTC",
                                         "held" };
    struct terms terms = { 0 };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        CHECK_ERROR(terms_of_words(wrong[i], noon_ms, &terms), E_config);
        CHECK_STORY("hours=22:00-04:00,12:00-12:30@Europe/Prague");
    }
    CHECK(!terms.closed);
}

TEST(a_partner_is_held_while_its_file_is_there_for_the_reason_it_says) {
    struct terms terms = { 0 };
    char *path = text_format("%s/held/acme", test_dir());
    CHECK_OK(terms_of_holds(test_dir(), bytes_text("acme"), &terms));
    CHECK(!terms.closed);
    CHECK_OK(disk_put_new(disk_real(), path, bytes_text("they asked us to\n")));
    CHECK_OK(terms_of_holds(test_dir(), bytes_text("beta"), &terms));
    CHECK_OK(terms_of_holds(test_dir(), bytes_text("../held/acme"), &terms));
    CHECK(!terms.closed);
    CHECK_OK(terms_of_holds(test_dir(), bytes_text("acme"), &terms));
    CHECK(terms.closed && terms.again_ms > 0);
    CHECK_TEXT(terms.reason, "acme is held: they asked us to");
    CHECK_INT(unlink(path), 0);
    free(path);
}
