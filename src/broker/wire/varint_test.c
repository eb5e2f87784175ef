/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Base-128 integers at their edges. */
#include "varint.h"

#include "base/test.h"

TEST(a_varint_reads_back_what_was_written) {
    const int64_t values[] = { 0,    -1,        1,         63,        -64,      64,
                               8191, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN };
    struct buf b = { 0 };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        buf_put_varint(&b, values[i]);
    struct cursor in = cursor_on(buf_bytes(&b));
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        CHECK(read_varint64(&in) == values[i]);
    CHECK(!in.bad && cursor_left(&in) == 0);
    buf_finish(&b);
}

TEST(a_32_bit_varint_ends_at_its_fifth_byte_and_its_32nd_bit) {
    struct cursor in = cursor_on(bytes_of("\xff\xff\xff\xff\x0f", 5));
    CHECK_INT(read_uvarint32(&in), UINT32_MAX);
    in = cursor_on(bytes_of("\xff\xff\xff\xff\x1f", 5));
    CHECK_INT(read_uvarint32(&in), 0);
    CHECK(in.bad);
    in = cursor_on(bytes_of("\x80\x80\x80\x80\x80\x00", 6));
    CHECK_INT(read_uvarint32(&in), 0);
    CHECK(in.bad);
    in = cursor_on(bytes_of("\x80", 1));
    CHECK_INT(read_uvarint32(&in), 0);
    CHECK(in.bad);
}
