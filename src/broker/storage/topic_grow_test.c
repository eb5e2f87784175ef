/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "storage_state.h"

#include "base/test.h"
#include "given.h"

static int32_t grow(struct given *g, const char *name, int32_t count) {
    struct topic *t = topic_find(g->storage, bytes_text(name));
    lsn_t lsn = 0;
    CHECK_OK(topic_grow(g->storage, t, count, &lsn));
    CHECK(lsn > 0);
    return t->partition_count;
}

static int32_t count_of(struct given *g, const char *name) {
    return topic_find(g->storage, bytes_text(name))->partition_count;
}

TEST(a_topic_that_grew_keeps_its_records_and_takes_new_ones_everywhere) {
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "other", 1);
    given_topic(&g, "orders", 2);
    (void)given_record(&g, "orders", 1, "before");
    CHECK_INT(grow(&g, "orders", 5), 5);
    (void)given_record(&g, "orders", 1, "after");
    (void)given_record(&g, "orders", 4, "new");
    given_sync(&g);
    for (int life = 0; life < 3; life++) { /* from the log, from a checkpoint, from both */
        CHECK_INT(count_of(&g, "orders"), 5);
        CHECK_INT(count_of(&g, "other"), 1);
        CHECK_TEXT(given_values(&g, "orders", 1), "before after");
        CHECK_TEXT(given_values(&g, "orders", 4), "new");
        CHECK_TEXT(given_values(&g, "orders", 3), "");
        if (life == 1)
            given_close(&g);
        else
            given_kill(&g);
        CHECK_OK(given_open(&g));
    }
    CHECK_INT(grow(&g, "orders", 6), 6);
    given_finish(&g);
}

TEST(a_growth_is_bounded_and_never_shrinks) {
    struct given g;
    lsn_t lsn = 0;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 3);
    struct topic *t = topic_find(g.storage, bytes_text("orders"));
    CHECK_ERROR(topic_grow(g.storage, t, 3, &lsn), E_exists);
    CHECK_STORY("has 3 partitions already");
    CHECK_ERROR(topic_grow(g.storage, t, 0, &lsn), E_exists);
    CHECK_ERROR(topic_grow(g.storage, t, INT32_MAX, &lsn), E_too_large);
    CHECK_INT(t->partition_count, 3);
    CHECK_INT(grow(&g, "orders", 10000), 10000);
    given_finish(&g);
}

TEST(a_power_cut_around_a_growth_leaves_the_old_count_or_the_new_one) {
    for (int64_t after = 0; after < 12; after++) {
        struct given g;
        given_disk(&g);
        CHECK_OK(given_open(&g));
        given_topic(&g, "orders", 2);
        (void)given_record(&g, "orders", 1, "kept");
        given_sync(&g);
        memory_disk_power_off_after(g.disk, memory_disk_operations(g.disk) + after);
        (void)grow(&g, "orders", 4);
        given_sync(&g);
        bool is_told = g.told == storage_appended_lsn(g.storage);
        given_kill(&g);
        memory_disk_crash(g.disk, (uint64_t)after);
        CHECK_OK(given_open(&g));
        int32_t count = count_of(&g, "orders");
        CHECK(count == 4 || (count == 2 && !is_told));
        CHECK_TEXT(given_values(&g, "orders", 1), "kept");
        (void)given_record(&g, "orders", count - 1, "goes on");
        given_finish(&g);
    }
}

TEST(damage_in_the_place_of_a_growth_is_told) {
    static const uint8_t bad[][8] = { { 0, 0, 0, 9, 0, 0, 0, 4 },
                                      { 0, 0, 0, 0, 0, 0, 0, 2 },
                                      { 0, 0, 0, 0, 0xff, 0, 0, 0 },
                                      { 0, 0, 0, 0, 0x7f, 0, 0, 0 } };
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 2);
    for (size_t i = 0; i < 4; i++)
        CHECK_ERROR(topic_growth_replay(g.storage, bytes_of(bad[i], 8)), E_corrupt);
    CHECK_ERROR(topic_growth_replay(g.storage, bytes_of(bad[0], 7)), E_corrupt);
    given_finish(&g);
}
