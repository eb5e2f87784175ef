/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Storage on a disk that fails, fills up or has been damaged. */
#include "base/test.h"
#include "given.h"

#include <string.h>

TEST(the_first_failed_sync_is_the_end_and_is_never_repeated) {
    struct given g;
    struct appended a;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_record(&g, "orders", 0, "a");
    given_sync(&g);
    memory_disk_fail(g.disk,
                     &(struct memory_disk_fault){ MEMORY_DISK_SYNC, "wal-", 1, E_io, false });
    given_record(&g, "orders", 0, "b");
    int64_t before = memory_disk_operations(g.disk);
    given_sync(&g);
    CHECK_INT(g.failures, 1);
    CHECK_STORY("data/wal-00000000000000000001: an injected fault");
    CHECK_INT(memory_disk_operations(g.disk) - before, 2); /* a write, a sync, no more */
    CHECK_ERROR(given_append(&g, "orders", 0, &(struct produced){ .value = "c" }, &a), E_io);
    given_sync(&g);
    CHECK_INT(memory_disk_operations(g.disk) - before, 2);
    CHECK_INT(g.failures, 1);
    CHECK_TEXT(given_values(&g, "orders", 0), "a");
    given_close(&g);
    CHECK_INT(memory_disk_operations(g.disk) - before, 2);
    given_finish(&g);
}

TEST(damage_right_behind_a_clean_stop_is_refused_as_any_other) {
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_close(&g);
    CHECK_OK(given_open(&g));
    given_record(&g, "orders", 0, "a");
    given_sync(&g);
    given_kill(&g);
    /* file header 512, OPEN 48, the topic's frame 48 + 16, and here the second OPEN */
    memory_disk_flip(g.disk, "data/wal-00000000000000000001", 512 + 48 + 64 + 3, 1);
    CHECK_ERROR(given_open(&g), E_corrupt);
    CHECK_STORY("data/wal-00000000000000000001: frame 3 at 624");
    CHECK_STORY("while opening data");
    given_finish(&g);
}

TEST(a_damaged_checkpoint_is_refused) {
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_close(&g);
    for (int64_t at = 0; at < 80; at++) {
        memory_disk_flip(g.disk, "data/checkpoint", at, 4);
        enum error e = given_open(&g);
        CHECK(e == E_corrupt || e == E_unsupported);
        CHECK_STORY("while reading data/checkpoint");
        memory_disk_flip(g.disk, "data/checkpoint", at, 4);
    }
    CHECK_OK(given_open(&g));
    given_finish(&g);
}

static void cut_file(struct given *g, const char *path, int64_t size) {
    struct file *f;
    CHECK_OK(disk_open(g->disk, path, DISK_WRITE, &f));
    CHECK_OK(disk_truncate(f, size));
    disk_close(f);
}

TEST(a_segment_shorter_than_the_checkpoint_says_is_refused_when_it_is_needed) {
    struct given g;
    struct buf out = { 0 };
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_record(&g, "orders", 0, "a");
    given_close(&g);
    CHECK_OK(given_open(&g));
    given_record(&g, "orders", 0, "b");
    given_sync(&g);
    given_kill(&g);
    cut_file(&g, "data/orders-0/00000000000000000000.log", 20);
    CHECK_ERROR(given_open(&g), E_corrupt);
    CHECK_STORY("data/orders-0/00000000000000000000.log has 20 bytes");
    cut_file(&g, "data/orders-0/00000000000000000000.log", 0);
    CHECK_ERROR(given_open(&g), E_corrupt);
    given_finish(&g);

    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_record(&g, "orders", 0, "a");
    given_close(&g);
    cut_file(&g, "data/orders-0/00000000000000000000.log", 20);
    CHECK_OK(given_open(&g)); /* a clean start looks at no segment */
    CHECK_ERROR(partition_read(given_partition(&g, "orders", 0), 0, 100, &out), E_corrupt);
    buf_finish(&out);
    given_finish(&g);
}

static int64_t file_size(struct given *g, const char *path) {
    struct file *f;
    int64_t size = 0;
    CHECK_OK(disk_open(g->disk, path, DISK_READ, &f));
    CHECK_OK(disk_size(f, &size));
    disk_close(f);
    return size;
}

static void count_name(void *context, const char *name) {
    (void)name;
    ++*(int *)context;
}

TEST(replaying_with_another_segment_size_leaves_nothing_of_the_old_pieces) {
    struct given g;
    int files = 0;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_filled(&g, 5);
    given_close(&g); /* 5 batches are in the checkpoint */
    CHECK_OK(given_open(&g));
    given_filled(&g, 50);
    given_kill(&g);
    cut_file(&g, "data/orders-0/00000000000000000000.log", 30000); /* grown, that is */
    g.options.segment_bytes = 1 << 20;
    CHECK_OK(given_open(&g));
    CHECK_INT(partition_high_watermark(given_partition(&g, "orders", 0)), 55);
    CHECK_OK(disk_list(g.disk, "data/orders-0", count_name, &files));
    CHECK_INT(files, 3); /* .log, .index and .timeindex */
    CHECK_INT(file_size(&g, "data/orders-0/00000000000000000000.log"), 15 * 76 + 40 * 77);
    given_finish(&g);
}

TEST(a_full_disk_refuses_appends_keeps_reads_and_goes_on_when_there_is_room) {
    struct given g;
    struct appended a;
    enum error e = E_ok;
    int count = 0;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_record(&g, "orders", 0, "first");
    given_sync(&g);
    memory_disk_fail(
        g.disk, &(struct memory_disk_fault){ MEMORY_DISK_WRITE, "wal-next", 1, E_disk_full, true });
    while (!e && count < 1000) {
        e = given_append(&g, "orders", 0, &(struct produced){ .value = "x" }, &a);
        count += !e;
        given_sync(&g);
    }
    CHECK_ERROR(e, E_disk_full);
    CHECK(count > 20); /* the files that were there are used up first */
    CHECK_STORY("data has no room for more");
    CHECK_INT((long long)storage_synced_lsn(g.storage), (long long)storage_appended_lsn(g.storage));
    CHECK_INT(partition_high_watermark(given_partition(&g, "orders", 0)), 1 + count);
    CHECK(strncmp(given_values(&g, "orders", 0), "first x x x", 11) == 0);
    CHECK_ERROR(given_append(&g, "orders", 0, &(struct produced){ .value = "x" }, &a), E_disk_full);
    memory_disk_fail(g.disk, NULL);
    CHECK_ERROR(given_append(&g, "orders", 0, &(struct produced){ .value = "x" }, &a), E_disk_full);
    fake_clock_advance(&g.clock, 1000);
    given_sync(&g);
    CHECK_INT(given_record(&g, "orders", 0, "again"), 1 + count);
    given_sync(&g);
    CHECK_INT(partition_high_watermark(given_partition(&g, "orders", 0)), 2 + count);
    CHECK_INT(g.failures, 0);
    given_finish(&g);
}

TEST(a_disk_too_full_for_segments_stalls_and_loses_nothing) {
    struct given g;
    struct appended a;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_record(&g, "orders", 0, "a");
    given_sync(&g);
    memory_disk_fail(
        g.disk, &(struct memory_disk_fault){ MEMORY_DISK_WRITE, ".log", 2, E_disk_full, true });
    given_record(&g, "orders", 0, "b");
    given_record(&g, "orders", 0, "c");
    given_sync(&g);
    CHECK_TEXT(given_values(&g, "orders", 0), "a");
    CHECK_ERROR(given_append(&g, "orders", 0, &(struct produced){ .value = "d" }, &a), E_disk_full);
    given_sync(&g);
    memory_disk_fail(g.disk, NULL);
    fake_clock_advance(&g.clock, 1000);
    given_sync(&g);
    CHECK_TEXT(given_values(&g, "orders", 0), "a b c");
    given_record(&g, "orders", 0, "d");
    given_sync(&g);
    CHECK_TEXT(given_values(&g, "orders", 0), "a b c d");
    CHECK_INT(g.failures, 0);
    given_kill(&g);
    CHECK_OK(given_open(&g));
    CHECK_TEXT(given_values(&g, "orders", 0), "a b c d");
    given_finish(&g);
}

TEST(a_checkpoint_that_finds_the_disk_full_is_made_later) {
    struct given g;
    bool exists;
    given_disk(&g);
    g.options.checkpoint_bytes = 2000;
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    memory_disk_fail(g.disk, &(struct memory_disk_fault){ MEMORY_DISK_WRITE, "checkpoint", 1,
                                                          E_disk_full, true });
    given_filled(&g, 60);
    CHECK_OK(disk_exists(g.disk, "data/checkpoint", &exists));
    CHECK(!exists);
    memory_disk_fail(g.disk, NULL);
    fake_clock_advance(&g.clock, 1000);
    given_sync(&g);
    CHECK_OK(disk_exists(g.disk, "data/checkpoint", &exists));
    CHECK(exists);
    CHECK_INT(g.failures, 0);
    given_kill(&g);
    CHECK_OK(given_open(&g));
    given_check_filled(&g, 60);
    given_finish(&g);
}

TEST(what_a_failed_sync_left_in_the_page_cache_is_made_durable_by_the_next_start) {
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_sync(&g);
    memory_disk_fail(g.disk,
                     &(struct memory_disk_fault){ MEMORY_DISK_SYNC, "wal-", 1, E_io, false });
    given_record(&g, "orders", 0, "a");
    given_sync(&g);
    CHECK_INT(g.failures, 1);
    given_kill(&g);
    CHECK_OK(given_open(&g));
    CHECK_TEXT(given_values(&g, "orders", 0), "a"); /* still seen, so it must stay */
    given_kill(&g);
    memory_disk_crash(g.disk, 0);
    CHECK_OK(given_open(&g));
    CHECK_TEXT(given_values(&g, "orders", 0), "a");
    given_finish(&g);
}
