/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The year of a day without one. */
#include "date.h"

#include "base/test.h"

static int64_t noon_ms(int year, int month, int day) {
    return date_to_days((struct date){ year, month, day }) * 86400000 + 43200000;
}

static void check_year(const char *mmdd, int64_t now_ms, int wanted) {
    struct date d = { 0 };
    CHECK(date_infer(bytes_text(mmdd), now_ms, &d));
    CHECK_INT(d.year, wanted);
}

TEST(days_count_from_1970_and_back) {
    CHECK_INT(date_to_days((struct date){ 1970, 1, 1 }), 0);
    CHECK_INT(date_to_days((struct date){ 2000, 3, 1 }), 11017);
    CHECK_INT(date_to_days((struct date){ 2026, 11, 22 }), 20779);
    for (int64_t day = -800000; day < 800000; day += 37) {
        struct date d = date_of_ms(day * 86400000);
        CHECK_INT(date_to_days(d), day);
    }
}

TEST(the_year_is_the_nearest_one) {
    check_year("1122", noon_ms(2026, 11, 22), 2026);
    check_year("1231", noon_ms(2027, 1, 1), 2026);
    check_year("0101", noon_ms(2026, 12, 31), 2027);
    check_year("0523", noon_ms(2026, 11, 22), 2027);
    check_year("0524", noon_ms(2026, 11, 22), 2026);
    check_year("0520", noon_ms(2026, 11, 22), 2027);
    check_year("0229", noon_ms(2028, 3, 1), 2028);
    check_year("0229", noon_ms(2027, 12, 31), 2028);
}

TEST(a_day_that_is_none_has_no_year) {
    struct date d;
    CHECK(!date_infer(bytes_text("0229"), noon_ms(2026, 6, 1), &d));
    CHECK(!date_infer(bytes_text("0431"), noon_ms(2026, 6, 1), &d));
    CHECK(!date_infer(bytes_text("1301"), noon_ms(2026, 6, 1), &d));
    CHECK(!date_infer(bytes_text("11x2"), noon_ms(2026, 6, 1), &d));
    CHECK(!date_infer(bytes_text("112"), noon_ms(2026, 6, 1), &d));
}
