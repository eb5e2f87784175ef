/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Topics that are deleted: what is gone with them, when their files go, and names that come back.
 */
#include "storage_state.h"

#include "base/test.h"
#include "given.h"
#include "storage/transactions.h"

#include <stdio.h>
#include <string.h>

static lsn_t delete_now(struct given *g, const char *name) {
    struct topic *t = topic_find(g->storage, bytes_text(name));
    lsn_t lsn = 0;
    CHECK(t != NULL);
    CHECK_OK(topic_delete(g->storage, t, &lsn));
    CHECK(!topic_find(g->storage, bytes_text(name)));
    return lsn;
}

static void commit(struct given *g, const char *group, const char *topic, int64_t offset) {
    struct committed_offset value = { offset, -1, "", 5 };
    lsn_t lsn;
    CHECK_OK(offset_commit(g->storage, bytes_text(group), bytes_text(topic), 0, &value, &lsn));
}

static int64_t committed(struct given *g, const char *group, const char *topic) {
    struct committed_offset found = { .offset = -1 };
    (void)offset_find(g->storage, bytes_text(group), bytes_text(topic), 0, &found);
    return found.offset;
}

static void count_directory(void *context, const char *name) {
    *(int *)context += strncmp(name, "orders-", 7) == 0;
}

static int directories(struct given *g) {
    int count = 0;
    CHECK_OK(disk_list(g->disk, "data", count_directory, &count));
    return count;
}

TEST(a_deleted_topic_is_gone_with_what_groups_committed_and_no_other_is) {
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 3);
    given_topic(&g, "other", 2);
    given_filled(&g, 30);
    (void)given_record(&g, "other", 1, "kept");
    commit(&g, "g", "orders", 7);
    commit(&g, "g", "other", 1);
    given_sync(&g);
    (void)delete_now(&g, "orders");
    CHECK_INT(committed(&g, "g", "orders"), 7); /* what is not durable yet is not told */
    given_sync(&g);
    for (int life = 0; life < 4; life++) { /* from the log, from a checkpoint, from both */
        CHECK(!topic_find(g.storage, bytes_text("orders")));
        CHECK_INT(committed(&g, "g", "orders"), -1);
        CHECK_INT(committed(&g, "g", "other"), 1);
        CHECK_TEXT(given_values(&g, "other", 1), "kept");
        if (life % 2)
            given_close(&g);
        else
            given_kill(&g);
        CHECK_OK(given_open(&g));
        given_sync(&g);
    }
    CHECK_INT(directories(&g), 0);
    given_finish(&g);
}

TEST(a_name_that_comes_back_is_another_topic) {
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "first", 1);
    given_topic(&g, "orders", 2);
    given_topic(&g, "last", 1);
    given_filled(&g, 20);
    (void)given_record(&g, "last", 0, "kept");
    (void)delete_now(&g, "orders");
    given_topic(&g, "orders", 4); /* nothing is synced yet */
    (void)given_record(&g, "orders", 0, "new");
    (void)given_record(&g, "orders", 3, "more");
    given_sync(&g);
    for (int life = 0; life < 4; life++) {
        CHECK_INT(topic_find(g.storage, bytes_text("orders"))->partition_count, 4);
        CHECK_TEXT(given_values(&g, "orders", 0), "new");
        CHECK_TEXT(given_values(&g, "orders", 3), "more");
        CHECK_TEXT(given_values(&g, "last", 0), "kept");
        CHECK_INT(partition_log_start(given_partition(&g, "orders", 0)), 0);
        if (life % 2)
            given_close(&g);
        else
            given_kill(&g);
        CHECK_OK(given_open(&g));
        given_sync(&g);
    }
    CHECK_INT(directories(&g), 2); /* a partition without records has none */
    given_finish(&g);
}

TEST(what_is_still_on_its_way_to_a_deleted_topic_harms_nobody) {
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_filled(&g, 10);
    for (int i = 0; i < 20; i++)
        (void)given_record(&g, "orders", 0, "on its way");
    struct partition *p = given_partition(&g, "orders", 0);
    lsn_t lsn = delete_now(&g, "orders");
    CHECK(partition_is_deleted(p));
    CHECK(partition_high_watermark(p) < partition_end(p));
    given_sync(&g);
    CHECK(g.told >= lsn);
    given_sync(&g);
    CHECK_INT(directories(&g), 0);
    given_kill(&g);
    CHECK_OK(given_open(&g));
    given_sync(&g);
    CHECK_INT(directories(&g), 0);
    given_finish(&g);
}

TEST(a_transaction_goes_on_without_the_topic_that_was_deleted) {
    struct given g;
    struct txn_session session = { 7, 0, -1, -1, 60000 };
    struct committed_offset value = { 5, -1, "", 5 };
    struct offset_key gone = { bytes_text("g"), bytes_text("orders"), 0 };
    struct offset_key kept = { bytes_text("g"), bytes_text("other"), 0 };
    struct txn *t;
    lsn_t lsn;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 1);
    given_topic(&g, "other", 1);
    struct partition *both[] = { given_partition(&g, "orders", 0),
                                 given_partition(&g, "other", 0) };
    CHECK_OK(txn_begin_session(g.storage, bytes_text("me"), &session, &t, &lsn));
    CHECK_OK(txn_add_partitions(g.storage, t, both, 2, &lsn));
    CHECK_OK(txn_add_group(g.storage, t, bytes_text("g"), &lsn));
    CHECK_OK(txn_add_offset(g.storage, t, &gone, &value, &lsn));
    CHECK_OK(txn_add_offset(g.storage, t, &kept, &value, &lsn));
    given_sync(&g);
    (void)delete_now(&g, "orders");
    given_sync(&g);
    CHECK(offset_is_stable(g.storage, &gone));
    CHECK(!offset_is_stable(g.storage, &kept));
    given_topic(&g, "orders", 1); /* another one, of which the transaction knows nothing */
    given_kill(&g);
    CHECK_OK(given_open(&g));
    t = txn_find(g.storage, bytes_text("me"));
    CHECK_INT((long long)t->partition_count, 1);
    CHECK_OK(txn_end(g.storage, t, &(struct txn_ending){ .commits = true }, &lsn));
    given_sync(&g);
    CHECK_INT(committed(&g, "g", "orders"), -1);
    CHECK_INT(committed(&g, "g", "other"), 5);
    given_finish(&g);
}

TEST(numbers_and_directories_of_deleted_topics_do_not_pile_up) {
    struct given g;
    char name[32];
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "stays", 1);
    for (int i = 0; i < 300; i++) {
        (void)snprintf(name, sizeof(name), "orders-%d", i % 7);
        given_topic(&g, name, 1);
        (void)given_record(&g, name, 0, "x");
        commit(&g, "g", name, 1);
        given_sync(&g);
        if (i % 50 == 49) {
            given_kill(&g);
            CHECK_OK(given_open(&g));
        }
        (void)delete_now(&g, name);
        given_sync(&g);
    }
    CHECK_INT((long long)g.storage->topic_count, 2);
    CHECK_INT((long long)g.storage->grave_count, 0);
    CHECK_INT(directories(&g), 0);
    given_finish(&g);
}

/* Killed before the files go, the next start removes them; what is no partition's stays. */
TEST(directories_that_a_kill_left_behind_are_removed_by_the_next_start) {
    struct given g;
    struct file *f;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 2);
    (void)given_record(&g, "orders", 0, "a");
    (void)given_record(&g, "orders", 1, "b");
    given_sync(&g);
    CHECK_OK(disk_open(g.disk, "data/orders-1/notes.txt", DISK_CREATE, &f));
    disk_close(f);
    (void)delete_now(&g, "orders");
    memory_disk_fail(g.disk, &(struct memory_disk_fault){
                                 .op = MEMORY_DISK_UNLINK, .nth = 1, .error = E_disk_full });
    given_sync(&g);
    CHECK_INT(directories(&g), 2);
    given_kill(&g);
    CHECK_OK(given_open(&g));
    given_sync(&g);
    CHECK_INT(directories(&g), 1); /* somebody has put something there */
    given_finish(&g);
}

TEST(damage_in_the_place_of_a_deletion_is_told) {
    static const uint8_t bad[][5] = { { 0, 0, 0, 1 },
                                      { 0xff, 0xff, 0xff, 0xff },
                                      { 0, 0, 0, 0, 0 } };
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 2);
    CHECK_ERROR(topic_deletion_replay(g.storage, 1, bytes_of(bad[0], 4)), E_corrupt);
    CHECK_STORY("the deletion of topic number 1");
    CHECK_ERROR(topic_deletion_replay(g.storage, 1, bytes_of(bad[1], 4)), E_corrupt);
    CHECK_ERROR(topic_deletion_replay(g.storage, 1, bytes_of(bad[2], 5)), E_corrupt);
    CHECK_ERROR(topic_deletion_replay(g.storage, 1, bytes_of(bad[2], 3)), E_corrupt);
    CHECK(topic_find(g.storage, bytes_text("orders")) != NULL);
    given_finish(&g);
}

/* ---- power cuts */

struct told {
    lsn_t deleted, created, appended;
    bool is_recreated;
};

static struct told delete_and_create_again(struct given *g) {
    struct told t = { .deleted = delete_now(g, "orders") };
    given_sync(g);
    if (topic_create(g->storage, "orders", 1, &t.created))
        return t;
    t.is_recreated = true;
    struct appended out = { 0 };
    if (!given_append(g, "orders", 0, &(struct produced){ .value = "new" }, &out))
        t.appended = out.lsn;
    given_sync(g);
    given_sync(g);
    return t;
}

static void check_after(struct given *g, const struct told *t, lsn_t synced) {
    struct topic *topic = topic_find(g->storage, bytes_text("orders"));
    bool is_gone = synced >= t->deleted, is_new = t->is_recreated && synced >= t->created;
    if (is_new)
        CHECK(topic != NULL);
    if (topic && topic->partition_count == 1)
        CHECK(t->is_recreated);
    if (topic && topic->partition_count == 2) {
        CHECK(!is_gone);
        CHECK_TEXT(given_values(g, "orders", 0), "value-0 value-1 value-2 value-3 value-4 value-5");
        CHECK_INT(committed(g, "g", "orders"), 3);
    }
    if (!topic || topic->partition_count == 1)
        CHECK_INT(committed(g, "g", "orders"), -1);
    if (is_new && synced >= t->appended)
        CHECK_TEXT(given_values(g, "orders", 0), "new");
    CHECK_TEXT(given_values(g, "other", 0), "kept");
}

static bool cut_at(int64_t after, uint64_t seed) {
    struct given g;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "other", 1);
    given_topic(&g, "orders", 2);
    given_filled(&g, 6);
    (void)given_record(&g, "other", 0, "kept");
    commit(&g, "g", "orders", 3);
    given_sync(&g);
    if (seed % 2) { /* the deleted topic's segments are in a checkpoint */
        given_close(&g);
        CHECK_OK(given_open(&g));
    }
    int64_t began = memory_disk_operations(g.disk);
    memory_disk_power_off_after(g.disk, began + after);
    struct told t = delete_and_create_again(&g);
    lsn_t synced = storage_synced_lsn(g.storage);
    bool was_cut = memory_disk_operations(g.disk) - began > after;
    given_kill(&g);
    memory_disk_crash(g.disk, seed);
    if (seed > 3) { /* once more, while it recovers */
        memory_disk_power_off_after(g.disk, memory_disk_operations(g.disk) + (int64_t)seed % 3);
        if (!given_open(&g)) {
            given_sync(&g);
            given_kill(&g);
        } else {
            struct disk *copy = memory_disk_copy(g.disk);
            memory_disk_destroy(g.disk);
            g.disk = copy;
        }
        memory_disk_crash(g.disk, seed);
    }
    CHECK_OK(given_open(&g));
    check_after(&g, &t, synced);
    given_sync(&g);
    given_sync(&g);
    int wanted = 0;
    struct topic *topic = topic_find(g.storage, bytes_text("orders"));
    for (int32_t i = 0; topic && i < topic->partition_count; i++)
        wanted += partition_end(topic->partitions[i]) > 0;
    CHECK_INT(directories(&g), wanted);
    given_kill(&g);
    CHECK_OK(given_open(&g));
    check_after(&g, &t, synced);
    given_finish(&g);
    return was_cut;
}

TEST(a_power_cut_at_any_moment_of_a_deletion_leaves_one_topic_or_the_other_whole) {
    for (uint64_t seed = 0; seed < 24; seed++)
        for (int64_t after = 0; cut_at(after, seed); after++)
            CHECK(after < 200);
}
