/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Finding a record by its offset or its time, over segments, with and without their indexes. */
#include "base/random.h"
#include "base/test.h"
#include "given.h"

#include <stdio.h>
#include <string.h>

TEST(a_read_returns_the_whole_batch_that_holds_the_offset_and_at_least_one) {
    struct given g;
    struct appended a;
    struct buf out = { 0 };
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    struct produced three = { .value = "x", .records = 3 };
    CHECK_OK(given_append(&g, "orders", 0, &three, &a));
    CHECK_OK(given_append(&g, "orders", 0, &three, &a));
    CHECK_INT(a.base_offset, 3);
    given_sync(&g);
    struct partition *p = given_partition(&g, "orders", 0);
    for (int64_t offset = 3; offset < 6; offset++) {
        struct batch b;
        buf_clear(&out);
        CHECK_OK(partition_read(p, offset, 1, &out));
        struct cursor in = cursor_on(buf_bytes(&out));
        CHECK_OK(batch_read(&b, &in));
        CHECK_INT(b.base_offset, 3);
        CHECK_INT((long long)cursor_left(&in), 0);
    }
    buf_clear(&out);
    CHECK_OK(partition_read(p, 1, 1 << 20, &out));
    CHECK_INT((long long)out.len, 2 * 88);
    CHECK_ERROR(partition_read(p, 7, 1, &out), E_not_found);
    CHECK_ERROR(partition_read(p, -1, 1, &out), E_not_found);
    buf_finish(&out);
    given_finish(&g);
}

TEST(a_random_offset_is_found_in_any_segment_with_and_without_the_index_files) {
    struct given g;
    struct random r = random_seeded(test_seed());
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_filled(&g, 200);
    for (int round = 0; round < 3; round++) {
        struct partition *p = given_partition(&g, "orders", 0);
        for (int i = 0; i < 200; i++) {
            struct buf out = { 0 };
            struct batch b;
            int64_t offset = (int64_t)random_below(&r, 200);
            CHECK_OK(partition_read(p, offset, 1 + random_below(&r, 300), &out));
            struct cursor in = cursor_on(buf_bytes(&out));
            CHECK_OK(batch_read(&b, &in));
            CHECK_INT(b.base_offset, offset);
            buf_finish(&out);
        }
        if (round == 1)
            memory_disk_flip(g.disk, "data/orders-0/00000000000000000000.index", 2, 0x7f);
        if (round == 0)
            given_close(&g);
        else
            given_kill(&g);
        CHECK_OK(given_open(&g));
    }
    given_finish(&g);
}

TEST(a_timestamp_finds_the_first_record_that_reaches_it) {
    struct given g;
    struct appended a;
    int64_t offset, found;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    for (int i = 0; i < 60; i++) {
        int64_t at = i == 30 ? 5000 : 100 * i; /* one is far ahead of its time */
        struct produced two = { .value = "x", .records = 2, .timestamp_ms = at };
        CHECK_OK(given_append(&g, "orders", 0, &two, &a));
    }
    struct partition *p = given_partition(&g, "orders", 0);
    CHECK_OK(partition_find_time(p, 0, &offset, &found));
    CHECK_INT(offset, -1);
    CHECK_OK(partition_find_max_time(p, &offset, &found));
    CHECK_INT(offset, -1);
    given_sync(&g);
    for (int round = 0; round < 2; round++) {
        p = given_partition(&g, "orders", 0);
        CHECK_OK(partition_find_time(p, 201, &offset, &found));
        CHECK_INT(offset, 5);
        CHECK_INT(found, 201);
        CHECK_OK(partition_find_time(p, 2950, &offset, &found));
        CHECK_INT(offset, 60);
        CHECK_INT(found, 5000);
        CHECK_OK(partition_find_time(p, 5900, &offset, &found));
        CHECK_INT(offset, 118);
        CHECK_OK(partition_find_time(p, 5902, &offset, &found));
        CHECK_INT(offset, -1);
        CHECK_OK(partition_find_max_time(p, &offset, &found));
        CHECK_INT(offset, 119);
        CHECK_INT(found, 5901);
        given_close(&g);
        CHECK_OK(given_open(&g));
    }
    given_finish(&g);
}

static int64_t first_reaching(struct given *g, const int64_t *times, int count, int64_t wanted) {
    int64_t offset, found;
    CHECK_OK(partition_find_time(given_partition(g, "orders", 0), wanted, &offset, &found));
    for (int i = 0; i < count; i++)
        if (times[i] >= wanted) {
            CHECK_INT(offset, i);
            CHECK_INT(found, times[i]);
            return offset;
        }
    CHECK_INT(offset, -1);
    return -1;
}

/* Times go up and down; with the time index, without it, and with nonsense in it. */
TEST(any_timestamp_is_found_in_any_segment_with_and_without_the_index_of_times) {
    enum { COUNT = 200 };
    int64_t times[COUNT];
    struct given g;
    struct appended a;
    uint64_t seed = 5;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    for (int i = 0; i < COUNT; i++) {
        seed = seed * 6364136223846793005u + 1;
        times[i] = 100 * i + (int64_t)(seed >> 33) % 2000;
        struct produced one = { .value = "x", .timestamp_ms = times[i] };
        CHECK_OK(given_append(&g, "orders", 0, &one, &a));
    }
    given_sync(&g);
    for (int life = 0; life < 4; life++) {
        for (int64_t wanted = 0; wanted < 100 * COUNT + 2100; wanted += 37)
            (void)first_reaching(&g, times, COUNT, wanted);
        given_close(&g);
        const char *path = "data/orders-0/00000000000000000000.timeindex";
        struct buf entries = { 0 };
        if (life < 2)
            CHECK_OK(disk_read_whole(g.disk, path, 1 << 20, &entries));
        if (life == 0) /* torn: the last time is too low */
            memory_disk_flip(g.disk, path, (int64_t)entries.len - 12 + 7,
                             entries.data[entries.len - 12 + 7]);
        if (life == 1)
            memory_disk_flip(g.disk, path, 9, 0x7f);
        buf_finish(&entries);
        if (life == 2)
            CHECK_OK(disk_unlink(g.disk, path));
        CHECK_OK(given_open(&g));
    }
    given_finish(&g);
}

/* What lies before the place that the index names is not looked at: here it is damaged. */
TEST(a_timestamp_is_found_without_reading_the_segment_from_its_start) {
    struct given g;
    struct appended a;
    int64_t offset, found;
    given_disk(&g);
    g.options.segment_bytes = 1 << 20;
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    for (int i = 0; i < 100; i++) {
        struct produced one = { .value = "x", .timestamp_ms = 100 * i };
        CHECK_OK(given_append(&g, "orders", 0, &one, &a));
        given_sync(&g);
    }
    CHECK_OK(partition_find_time(given_partition(&g, "orders", 0), 9000, &offset, &found));
    CHECK_INT(offset, 90);
    given_close(&g); /* the index is saved */
    memory_disk_flip(g.disk, "data/orders-0/00000000000000000000.log", 16, 0x7f); /* magic */
    CHECK_OK(given_open(&g));
    CHECK_OK(partition_find_time(given_partition(&g, "orders", 0), 9000, &offset, &found));
    CHECK_INT(offset, 90);
    CHECK_ERROR(partition_find_time(given_partition(&g, "orders", 0), 100, &offset, &found),
                E_corrupt);
    given_finish(&g);
}
