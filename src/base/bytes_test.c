/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Bytes, buffers, cursors, arenas and tables. */
#include "base/arena.h"
#include "base/cursor.h"
#include "base/table.h"
#include "base/test.h"

#include <stdlib.h>

TEST(a_buffer_reads_back_what_was_put_in_big_endian_order) {
    struct buf b = { 0 };
    buf_put_be16(&b, 0x0102);
    buf_put_be32(&b, 0x03040506);
    buf_put_be64(&b, 0x0708090a0b0c0d0e);
    struct cursor in = cursor_on(buf_bytes(&b));
    CHECK_INT(read_int16(&in), 0x0102);
    CHECK_INT(read_int32(&in), 0x03040506);
    CHECK_INT(read_int64(&in), 0x0708090a0b0c0d0e);
    CHECK_INT((int)cursor_left(&in), 0);
    CHECK(!in.bad);
    buf_finish(&b);
}

TEST(a_decimal_is_written_as_printf_would) {
    static const int64_t values[] = { 0, 7, -7, 10, 99, -100, INT64_MAX, INT64_MIN };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct buf ours = { 0 }, printed = { 0 };
        buf_put_decimal(&ours, values[i]);
        buf_print(&printed, "%lld", (long long)values[i]);
        CHECK_TEXT(buf_text(&ours), buf_text(&printed));
        buf_finish(&ours);
        buf_finish(&printed);
    }
}

TEST(a_long_print_after_a_short_one_is_whole) {
    struct buf b = { 0 };
    buf_print(&b, "%s", "short ");
    buf_print(&b, "%0300d", 7);
    CHECK_INT((int)b.len, 306);
    CHECK_TEXT(buf_text(&b) + 305, "7");
    buf_finish(&b);
}

TEST(a_cursor_stays_bad_after_the_first_read_past_the_end) {
    struct cursor in = cursor_on(bytes_of("\1\2\3", 3));
    CHECK_INT(read_int32(&in), 0);
    CHECK(in.bad);
    CHECK_INT(read_int8(&in), 0);
    CHECK(in.bad);
}

TEST(a_varint_of_more_than_ten_bytes_is_bad) {
    struct cursor in = cursor_on(bytes_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11));
    CHECK_INT((long long)read_uvarint(&in), 0);
    CHECK(in.bad);
    in = cursor_on(bytes_of("\x03", 1));
    CHECK_INT(read_varint(&in), -2);
}

TEST(an_arena_hands_out_zeroed_memory_after_a_reset) {
    struct arena a = { 0 };
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++) {
            uint8_t *p = arena_get(&a, 100);
            CHECK_INT(p[0] + p[99], 0);
            p[0] = p[99] = 1;
        }
        arena_reset(&a);
    }
    arena_finish(&a);
}

TEST(an_array_that_grows_keeps_its_items_and_moves_seldom) {
    int64_t *items = NULL;
    size_t capacity = 0, moves = 0;
    for (size_t i = 0; i < 1000; i++) {
        size_t before = capacity;
        items = memory_grow(items, i, &capacity, sizeof(*items));
        CHECK(capacity > i);
        moves += capacity != before;
        items[i] = (int64_t)i;
    }
    for (size_t i = 0; i < 1000; i++)
        CHECK_INT(items[i], (int64_t)i);
    CHECK_INT((int)moves, 7); /* 16 to 1024 */
    free(items);
}

TEST(a_table_keeps_every_entry_over_growth_and_removal) {
    struct table t = { 0 };
    static int values[5000];
    for (int i = 0; i < 5000; i++)
        CHECK(!table_put(&t, bytes_of(&i, sizeof(i)), &values[i]));
    for (int i = 0; i < 5000; i += 2)
        CHECK(table_remove(&t, bytes_of(&i, sizeof(i))) == &values[i]);
    for (int i = 0; i < 5000; i++)
        CHECK(table_find(&t, bytes_of(&i, sizeof(i))) == (i % 2 ? &values[i] : NULL));
    CHECK_INT((int)t.count, 2500);
    table_finish(&t);
}
