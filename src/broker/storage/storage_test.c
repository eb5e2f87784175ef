/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Storage as its caller sees it. */
#include "base/random.h"
#include "base/test.h"
#include "given.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

TEST(an_appended_batch_is_readable_once_it_is_synced_and_not_before) {
    struct given g;
    struct buf out = { 0 };
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 2);
    CHECK_INT(given_record(&g, "orders", 1, "a"), 0);
    CHECK_INT(given_record(&g, "orders", 1, "b"), 1);
    struct partition *p = given_partition(&g, "orders", 1);
    CHECK_INT(partition_end(p), 2);
    CHECK_INT(partition_high_watermark(p), 0);
    CHECK_OK(partition_read(p, 0, 1000, &out));
    CHECK_INT((long long)out.len, 0);
    CHECK_ERROR(partition_read(p, 1, 1000, &out), E_not_found);
    CHECK_STORY("offset 1 is outside 0 to 0");
    given_sync(&g);
    CHECK_INT((long long)g.told, (long long)storage_appended_lsn(g.storage));
    CHECK_TEXT(given_values(&g, "orders", 1), "a b");
    CHECK_TEXT(given_values(&g, "orders", 0), "");
    given_finish(&g);
}

TEST(frames_of_one_flush_are_one_write_and_one_sync) {
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_sync(&g);
    given_record(&g, "orders", 0, "the first makes the segment");
    given_sync(&g);
    int64_t before = memory_disk_operations(g.disk);
    for (int i = 0; i < 5; i++)
        given_record(&g, "orders", 0, "a");
    given_sync(&g);
    CHECK_INT(memory_disk_operations(g.disk) - before, 2 + 5 /* settled, not synced */);
    given_finish(&g);
}

TEST(everything_is_there_again_after_a_clean_stop) {
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_filled(&g, 100);
    given_close(&g);
    CHECK_OK(given_open(&g));
    given_check_filled(&g, 100);
    CHECK_INT(given_record(&g, "orders", 0, "next"), 100);
    given_finish(&g);
}

/* So a start takes as long with a gigabyte as with a terabyte. */
TEST(a_start_opens_no_segment_but_those_that_the_log_goes_on_in) {
    for (int was_killed = 0; was_killed < 2; was_killed++) {
        struct memory_disk_fault segments = { MEMORY_DISK_OPEN, "data/orders-", 1, E_io, true };
        struct given g;
        given_disk(&g);
        g.options.segment_bytes = 600;
        CHECK_OK(given_open(&g));
        given_topic(&g, "orders", 2);
        given_filled(&g, 100);
        given_close(&g); /* the checkpoint is at the end of the log */
        CHECK_OK(given_open(&g));
        CHECK(partition_size_bytes(given_partition(&g, "orders", 0)) > 10 * 600);
        if (was_killed) {
            given_topic(&g, "more", 2);
            CHECK_INT(given_record(&g, "more", 1, "x"), 0);
            given_sync(&g);
            given_kill(&g);
        } else {
            given_close(&g);
        }
        memory_disk_fail(g.disk, &segments);
        CHECK_OK(given_open(&g));
        memory_disk_fail(g.disk, NULL);
        given_check_filled(&g, 100);
        given_finish(&g);
    }
}

TEST(everything_synced_is_there_again_after_a_kill) {
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_filled(&g, 100);
    given_kill(&g);
    CHECK_OK(given_open(&g));
    given_check_filled(&g, 100);
    given_kill(&g);
    CHECK_OK(given_open(&g));
    given_check_filled(&g, 100);
    given_finish(&g);
}

TEST(checkpoints_keep_the_log_short_and_recycle_its_files) {
    struct given g;
    bool exists;
    given_disk(&g);
    g.options.checkpoint_bytes = 6000;
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_filled(&g, 300);
    CHECK_OK(disk_exists(g.disk, "data/wal-00000000000000000001", &exists));
    CHECK(!exists);
    given_kill(&g);
    g.options.checkpoint_bytes = 1 << 20;
    CHECK_OK(given_open(&g));
    given_check_filled(&g, 300);
    given_finish(&g);
}

TEST(a_producer_that_repeats_gets_the_first_offset_and_one_that_skips_is_refused) {
    struct given g;
    struct appended a;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    struct produced b = { .value = "x", .records = 2, .producer_id = 7, .epoch = 1 };
    for (int round = 0; round < 3; round++) {
        for (; b.sequence < 12; b.sequence += 2) {
            CHECK_OK(given_append(&g, "orders", 0, &b, &a));
            CHECK(!a.repeated);
            CHECK_INT(a.base_offset, b.sequence);
        }
        for (b.sequence = 2; b.sequence < 12; b.sequence += 2) {
            CHECK_OK(given_append(&g, "orders", 0, &b, &a));
            CHECK(a.repeated);
            CHECK_INT(a.base_offset, b.sequence);
        }
        b.sequence = 0; /* the sixth last is forgotten */
        CHECK_ERROR(given_append(&g, "orders", 0, &b, &a), E_diverged);
        b.sequence = 14;
        CHECK_ERROR(given_append(&g, "orders", 0, &b, &a), E_diverged);
        CHECK_STORY("producer 7 sent sequence 14, 12 is next");
        b.epoch = 0;
        b.sequence = 12;
        CHECK_ERROR(given_append(&g, "orders", 0, &b, &a), E_fenced);
        b.epoch = 2;
        CHECK_ERROR(given_append(&g, "orders", 0, &b, &a), E_diverged);
        b.epoch = 1;
        CHECK_INT(partition_end(given_partition(&g, "orders", 0)), 12);
        given_sync(&g);
        if (round == 0)
            given_close(&g);
        else
            given_kill(&g);
        CHECK_OK(given_open(&g));
    }
    b.epoch = 2;
    b.sequence = 0;
    CHECK_OK(given_append(&g, "orders", 0, &b, &a));
    CHECK(!a.repeated);
    given_finish(&g);
}

TEST(a_sequence_wraps_after_the_greatest) {
    struct given g;
    struct appended a;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    struct produced b = { .value = "x", .records = 3, .producer_id = 7, .sequence = INT32_MAX - 1 };
    CHECK_OK(given_append(&g, "orders", 0, &b, &a));
    b.sequence = 1;
    CHECK_OK(given_append(&g, "orders", 0, &b, &a));
    CHECK_INT(a.base_offset, 3);
    b.sequence = INT32_MAX - 1;
    CHECK_OK(given_append(&g, "orders", 0, &b, &a));
    CHECK(a.repeated);
    given_finish(&g);
}

TEST(a_repeat_of_a_batch_in_flight_waits_for_the_first_ones_sync) {
    struct given g;
    struct appended first, again;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    struct produced b = { .value = "x", .producer_id = 7 };
    CHECK_OK(given_append(&g, "orders", 0, &b, &first));
    given_record(&g, "orders", 0, "other");
    CHECK_OK(given_append(&g, "orders", 0, &b, &again));
    CHECK_INT((long long)again.lsn, (long long)first.lsn);
    CHECK(again.lsn > storage_synced_lsn(g.storage));
    given_finish(&g);
}

static struct committed_offset offset_of(int64_t offset) {
    return (struct committed_offset){ offset, -1, "meta", 5 };
}

static int64_t found_offset(struct given *g, const char *group, const char *topic) {
    struct committed_offset c;
    if (!offset_find(g->storage, bytes_text(group), bytes_text(topic), 3, &c))
        return -1;
    CHECK_TEXT(c.metadata, "meta");
    CHECK_INT(c.commit_ms, 5);
    return c.offset;
}

static void commit(struct given *g, const char *group, const char *topic, int64_t offset) {
    struct committed_offset c = offset_of(offset);
    lsn_t lsn;
    CHECK_OK(offset_commit(g->storage, bytes_text(group), bytes_text(topic), 3, &c, &lsn));
}

TEST(a_committed_offset_is_visible_once_synced_and_survives) {
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    commit(&g, "readers", "orders", 10);
    CHECK_INT(found_offset(&g, "readers", "orders"), -1);
    given_sync(&g);
    CHECK_INT(found_offset(&g, "readers", "orders"), 10);
    commit(&g, "readers", "orders", 11);
    storage_flush(g.storage); /* flies */
    commit(&g, "readers", "orders", 12);
    CHECK_INT(found_offset(&g, "readers", "orders"), 10);
    storage_poll(g.storage); /* 11 has landed; 12 is still pending */
    CHECK_INT(found_offset(&g, "readers", "orders"), 11);
    given_sync(&g);
    CHECK_INT(found_offset(&g, "readers", "orders"), 12);
    commit(&g, "readers", "returns", 1);
    commit(&g, "others", "orders", 2);
    given_sync(&g);
    for (int round = 0; round < 3; round++) {
        size_t at = 0, count = 0;
        struct bytes topic;
        int32_t partition;
        struct committed_offset c;
        if (round == 1)
            given_close(&g);
        else
            given_kill(&g);
        CHECK_OK(given_open(&g));
        CHECK_INT(found_offset(&g, "readers", "orders"), 12);
        CHECK_INT(found_offset(&g, "others", "orders"), 2);
        CHECK_INT(found_offset(&g, "others", "returns"), -1);
        while (offset_next(g.storage, bytes_text("readers"), &at, &topic, &partition, &c))
            count++;
        CHECK_INT((long long)count, 2);
    }
    given_finish(&g);
}

TEST(a_producer_id_is_never_given_twice_whatever_was_synced) {
    struct given g;
    int64_t id, last = -1;
    lsn_t lsn;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    for (int i = 0; i < 2500; i++) {
        CHECK_OK(producer_id_next(g.storage, &id, &lsn));
        CHECK_INT(id, last + 1);
        CHECK_INT(lsn == 0, i % 1000 != 0);
        last = id;
        given_sync(&g);
    }
    for (int round = 0; round < 4; round++) {
        if (round % 2)
            given_close(&g);
        else
            given_kill(&g);
        CHECK_OK(given_open(&g));
        CHECK_OK(producer_id_next(g.storage, &id, &lsn));
        CHECK(id > last);
        last = id;
        given_sync(&g);
    }
    given_finish(&g);
}

TEST(topics_are_unique_bounded_and_survive) {
    struct given g;
    lsn_t lsn;
    size_t at = 0;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 3);
    CHECK_ERROR(topic_create(g.storage, "orders", 1, &lsn), E_exists);
    CHECK_ERROR(topic_create(g.storage, "a/b", 1, &lsn), E_malformed);
    CHECK_ERROR(topic_create(g.storage, "many", 9998, &lsn), E_too_large);
    CHECK_STORY("3 partitions and 9998 more, at most 10000");
    given_topic(&g, "returns", 1);
    given_sync(&g);
    given_kill(&g);
    CHECK_OK(given_open(&g));
    CHECK_TEXT(topic_next(g.storage, &at)->name, "orders");
    CHECK_INT(topic_next(g.storage, &at)->partition_count, 1);
    CHECK(topic_next(g.storage, &at) == NULL);
    given_finish(&g);
}

TEST(a_second_broker_does_not_get_the_directory) {
    struct given g;
    struct storage *second;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    CHECK_ERROR(storage_open(&second, &g.options), E_locked);
    CHECK_STORY("data/lock");
    CHECK(second == NULL);
    given_finish(&g);
}

TEST(a_directory_keeps_its_identity_and_gets_no_new_one) {
    struct given g;
    char id[32];
    given_disk(&g);
    CHECK_OK(given_open(&g));
    (void)snprintf(id, sizeof(id), "%s", storage_cluster_id(g.storage));
    CHECK_INT((long long)strlen(id), 22);
    given_close(&g);
    CHECK_OK(given_open(&g));
    CHECK_TEXT(storage_cluster_id(g.storage), id);
    given_close(&g);
    CHECK_OK(disk_unlink(g.disk, "data/octavo.meta"));
    CHECK_ERROR(given_open(&g), E_corrupt);
    CHECK_STORY("data/octavo.meta is missing, but there is data/checkpoint");
    CHECK_OK(disk_replace(g.disk, "data/octavo.meta", bytes_text("version=2\n")));
    CHECK_ERROR(given_open(&g), E_unsupported);
    CHECK_OK(disk_replace(g.disk, "data/octavo.meta", bytes_text("version=1\nfoo\n")));
    CHECK_ERROR(given_open(&g), E_corrupt);
    given_finish(&g);
}

TEST(more_partitions_than_files_may_be_open_are_written_and_read) {
    struct given g;
    struct disk *memory;
    struct rlimit few = { 600, 600 };
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    given_disk(&g);
    memory = g.disk;
    g.disk = disk_real();
    g.options.dir = text_format("%s/data", test_dir());
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 700);
    for (int round = 0; round < 4; round++) {
        for (int32_t i = 0; i < 700; i++)
            CHECK_INT(given_record(&g, "orders", i, "x"), round);
        given_sync(&g);
        for (int32_t i = 0; i < 700; i++)
            CHECK_INT((long long)strlen(given_values(&g, "orders", i)), 2 * round + 1);
        if (round == 2) {
            given_close(&g);
            CHECK_OK(given_open(&g));
        }
    }
    given_close(&g);
    free((char *)g.options.dir);
    memory_disk_destroy(memory);
}

static int64_t wait_synced(struct given *g, lsn_t lsn) {
    int64_t begin = clock_steady_ns(clock_real());
    storage_flush(g->storage);
    while (storage_synced_lsn(g->storage) < lsn) {
        struct pollfd p = { .fd = storage_fd(g->storage), .events = POLLIN };
        CHECK(poll(&p, 1, 10000) == 1);
        storage_poll(g->storage);
    }
    return clock_steady_ns(clock_real()) - begin;
}

TEST(threads_and_a_real_disk_keep_everything_through_recycling) {
    struct given g;
    struct disk *memory;
    char value[64];
    given_disk(&g);
    memory = g.disk;
    g.disk = disk_real();
    g.options.dir = text_format("%s/data", test_dir());
    g.options.threads = true;
    g.options.clock = clock_real();
    g.options.wal_first_bytes = 64 << 10;
    g.options.wal_file_bytes = 128 << 10;
    g.options.segment_bytes = 100000;
    g.options.checkpoint_bytes = 200000;
    for (int round = 0; round < 3; round++) {
        CHECK_OK(given_open(&g));
        if (!round)
            given_topic(&g, "orders", 2);
        for (int i = 0; i < 5000; i++) {
            (void)snprintf(value, sizeof(value), "value-%d-%d", round, i);
            CHECK_INT(given_record(&g, "orders", i % 2, value), round * 2500 + i / 2);
            if (i % 50 == 0)
                storage_flush(g.storage);
            storage_poll(g.storage);
        }
        (void)wait_synced(&g, storage_appended_lsn(g.storage));
        (void)snprintf(value, sizeof(value), "value-%d-4999", round);
        const char *got = given_values(&g, "orders", 1);
        CHECK_TEXT(got + strlen(got) - strlen(value), value);
        given_close(&g);
    }
    free((char *)g.options.dir);
    memory_disk_destroy(memory);
}

TEST(a_piece_larger_than_a_log_file_is_refused) {
    struct given g;
    struct appended a;
    char *value = memory_get(5000);
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    memset(value, 'x', 4999);
    CHECK_ERROR(given_append(&g, "orders", 0, &(struct produced){ .value = value }, &a),
                E_too_large);
    value[3000] = 0; /* more than a segment, more than what is left of the first log file */
    given_record(&g, "orders", 0, value);
    given_record(&g, "orders", 0, value);
    given_sync(&g);
    CHECK_INT(partition_high_watermark(given_partition(&g, "orders", 0)), 2);
    free(value);
    given_finish(&g);
}
