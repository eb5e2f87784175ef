/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "values/locale.h"

#include "base/test.h"

static struct buf out;

static const char *money_in(const char *locale, int64_t minor, int decimals, const char *currency) {
    struct money m = { minor, decimals, bytes_text(currency) };
    buf_clear(&out);
    return locale_put_money(bytes_text(locale), &m, &out) ? buf_text(&out) : "none";
}

static const char *time_in(const char *locale, const char *zone, int64_t ms) {
    buf_clear(&out);
    return locale_put_time(bytes_text(locale), bytes_text(zone), ms, &out) ? buf_text(&out)
                                                                           : "none";
}

#define NBSP "\xc2\xa0"
#define NARROW "\xe2\x80\xaf"

TEST(money_is_written_as_the_language_writes_it) {
    CHECK_TEXT(money_in("cs", 123450, 2, "203"), "1" NBSP "234,50" NBSP "Kč");
    CHECK_TEXT(money_in("de-DE", 123450, 2, "978"), "1.234,50" NBSP "€");
    CHECK_TEXT(money_in("en-GB", 123450, 2, "826"), "£1,234.50");
    CHECK_TEXT(money_in("en", -5, 2, "840"), "-$0.05");
    buf_finish(&out);
}

TEST(money_has_the_decimals_of_the_books_and_every_digit) {
    CHECK_TEXT(money_in("en", 123450, 0, "392"), "¥123,450");
    CHECK_TEXT(money_in("en", 1234, 3, "414"), "KWD" NBSP "1.234");
    CHECK_TEXT(money_in("en", INT64_MAX, 2, "840"), "$92,233,720,368,547,758.07");
    CHECK_TEXT(money_in("en", INT64_MIN, 2, "840"), "-$92,233,720,368,547,758.08");
    CHECK_TEXT(money_in("en", 1234, 2, "999"), "12.34 999");
    CHECK_TEXT(money_in("en", 1234, 2, "ABC"), "12.34 ABC");
    CHECK_TEXT(money_in("en", 1234, 7, "840"), "none");
    buf_finish(&out);
}

TEST(a_moment_is_written_in_its_zone) {
    int64_t ms = 1795348800000; /* 2026-11-22 12:00 UTC */
    CHECK_TEXT(time_in("cs", "Europe/Prague", ms), "22. 11. 2026 13:00");
    CHECK_TEXT(time_in("de", "Asia/Tokyo", ms), "22.11.2026, 21:00");
    CHECK_TEXT(time_in("en-US", "America/New_York", ms), "Nov 22, 2026, 7:00" NARROW "AM");
    CHECK_TEXT(time_in("en", "Europe/Brno", ms), "none");
    buf_finish(&out);
}

TEST(a_language_that_nobody_knows_is_none) {
    static const char *const wrong[] = { "",      "x",
                                         "xx-yy", "klingon",
                                         "en us", "cs_CZ.UTF-8",
                                         "--",    "a-very-long-tag-that-goes-on-and-on-and-on" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK(!locale_is_known(bytes_text(wrong[i])));
    CHECK(locale_is_known(bytes_text("cs")));
    CHECK(locale_is_known(bytes_text("de-AT")));
    CHECK(locale_is_known(bytes_text("zh-Hant-TW")));
}
