/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "points.h"

#include "base/test.h"

static int64_t gone(const struct points *p, int64_t from) {
    const struct point *point = points_find(p, from);
    return point ? point->to : -100;
}

/* Records at 3, 4, 7 and 9 of the source: the beginning is cut off, 5, 6, 8 are markers. */
static void given_pass(struct points *p) {
    static const int64_t at[] = { 3, 4, 7, 9 };
    points_begin(p);
    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
        points_pass(p, at[i], (int64_t)i);
    points_end(p, 4);
}

TEST(an_offset_goes_with_its_record) {
    struct points p = { 0 };
    points_want(&p, 9);
    points_want(&p, 3);
    points_want(&p, 7);
    given_pass(&p);
    CHECK_INT(gone(&p, 3), 0);
    CHECK_INT(gone(&p, 7), 2);
    CHECK_INT(gone(&p, 9), 3);
    CHECK(points_find(&p, 7)->exact);
    points_finish(&p);
}

TEST(an_offset_in_a_hole_goes_to_the_next_record_and_is_not_exact) {
    struct points p = { 0 };
    for (int64_t i = 0; i < 12; i++)
        points_want(&p, i);
    given_pass(&p);
    static const int64_t wanted[] = { 0, 0, 0, 0, 1, 2, 2, 2, 3, 3, 4, 4 };
    for (int64_t i = 0; i < 12; i++)
        CHECK_INT(gone(&p, i), wanted[i]);
    CHECK(!points_find(&p, 5)->exact);
    CHECK(!points_find(&p, 10)->exact);
    points_finish(&p);
}

TEST(one_that_was_never_asked_for_is_not_guessed) {
    struct points p = { 0 };
    points_want(&p, 4);
    points_want(&p, 4);
    given_pass(&p);
    CHECK_INT(gone(&p, 4), 1);
    CHECK(!points_find(&p, 3));
    points_finish(&p);
}

TEST(of_an_empty_partition_every_offset_goes_to_its_end) {
    struct points p = { 0 };
    points_want(&p, 0);
    points_want(&p, 17);
    points_begin(&p);
    points_end(&p, 0);
    CHECK_INT(gone(&p, 0), 0);
    CHECK_INT(gone(&p, 17), 0);
    points_finish(&p);
}

TEST(a_pass_can_be_begun_again) {
    struct points p = { 0 };
    points_want(&p, 7);
    points_begin(&p);
    points_pass(&p, 7, 99);
    given_pass(&p);
    CHECK_INT(gone(&p, 7), 2);
    points_finish(&p);
}
