/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "utf8.h"

#include "base/test.h"

static int length_of(const char *text) {
    struct bytes b = bytes_text(text);
    return (int)utf8_sequence_len(b.data, b.len);
}

TEST(a_sequence_of_utf8_is_as_long_as_it_says) {
    CHECK_INT(length_of("a"), 1);
    CHECK_INT(length_of("\xc4\x8d"), 2);
    CHECK_INT(length_of("\xe2\x82\xac"
                        "a"),
              3);
    CHECK_INT(length_of("\xf0\x9f\x99\x82"), 4);
    CHECK_INT((int)utf8_sequence_len((const uint8_t *)"", 1), 1);
}

TEST(what_is_cut_short_overlong_or_a_surrogate_is_no_sequence) {
    CHECK_INT(length_of("\xc4"), 0);
    CHECK_INT(length_of("\x80"), 0);
    CHECK_INT(length_of("\xc0\x80"), 0);
    CHECK_INT(length_of("\xe0\x80\x80"), 0);
    CHECK_INT(length_of("\xed\xa0\x80"), 0);
    CHECK_INT(length_of("\xf4\x90\x80\x80"), 0);
    CHECK_INT(length_of("\xe2\x82"), 0);
}

TEST(a_code_point_is_written_in_its_shortest_form) {
    struct buf out = { 0 };
    utf8_put(&out, 'a');
    utf8_put(&out, 0x10d);
    utf8_put(&out, 0x20ac);
    utf8_put(&out, 0x1f642);
    CHECK_BYTES(buf_bytes(&out), bytes_text("a\xc4\x8d\xe2\x82\xac\xf0\x9f\x99\x82"));
    buf_finish(&out);
}
