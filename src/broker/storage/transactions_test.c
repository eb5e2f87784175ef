/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Transactions in storage: what readers see when, and what a restart finds. */
#include "transactions.h"

#include "base/test.h"
#include "given.h"
#include "wire/control.h"

#include <stdio.h>
#include <string.h>

static struct given g;

static const struct txn_session first = { 7, 0, -1, -1, 60000 };

static struct txn *given_session(const char *id, const struct txn_session *session) {
    struct txn *t;
    lsn_t lsn;
    CHECK_OK(txn_begin_session(g.storage, bytes_text(id), session, &t, &lsn));
    return t;
}

static struct txn *txn_of(const char *id) {
    struct txn *t = txn_find(g.storage, bytes_text(id));
    CHECK(t != NULL);
    return t;
}

static void given_orders(void) {
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 3);
}

static void add(struct txn *t, int32_t partition) {
    struct partition *p = given_partition(&g, "orders", partition);
    lsn_t lsn;
    CHECK_OK(txn_add_partitions(g.storage, t, &p, 1, &lsn));
}

static int32_t sequence; /* of every producer here */

static enum error try_produce(const struct txn_session *s, int32_t partition, const char *value,
                              int16_t attributes) {
    struct batch_writer w;
    struct appended done;
    batch_begin(&w, 1000);
    w.batch.attributes = attributes;
    w.batch.producer_id = s->producer_id;
    w.batch.producer_epoch = s->epoch;
    w.batch.base_sequence = sequence;
    batch_add(&w, 1000, bytes_text("k"), bytes_text(value));
    (void)batch_end(&w);
    enum error e = partition_append(given_partition(&g, "orders", partition), &w.batch, &done);
    buf_finish(&w.out);
    return e;
}

/* Sequences are of one partition only where a test sends to one; else each session starts one. */
static void produce(const struct txn *t, int32_t partition, const char *value) {
    CHECK_OK(try_produce(&t->session, partition, value, BATCH_TRANSACTIONAL));
}

static void end(struct txn *t, bool commits) {
    lsn_t lsn;
    CHECK_OK(txn_end(g.storage, t, &(struct txn_ending){ commits, t->session.epoch, NULL }, &lsn));
    CHECK_INT((long long)lsn, (long long)storage_appended_lsn(g.storage));
}

static int64_t stable(int32_t partition) {
    return partition_last_stable(given_partition(&g, "orders", partition));
}

/* "7:0-2 8:5-9", of the whole partition or a part. */
static const char *aborted(int32_t partition, int64_t from, int64_t to) {
    static char text[256];
    struct buf found = { 0 };
    size_t count = partition_aborted(given_partition(&g, "orders", partition), from, to, &found);
    const struct aborted_txn *t = (const struct aborted_txn *)(const void *)found.data;
    text[0] = 0;
    for (size_t i = 0; i < count; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%lld:%lld-%lld",
                       i ? " " : "", (long long)t[i].producer_id, (long long)t[i].first_offset,
                       (long long)t[i].last_offset);
    buf_finish(&found);
    return text;
}

static void restart(bool cleanly) {
    if (cleanly)
        given_close(&g);
    else
        given_kill(&g);
    CHECK_OK(given_open(&g));
}

TEST(an_open_transaction_holds_back_the_last_stable_offset_until_its_end_is_synced) {
    given_orders();
    struct txn *t = given_session("a", &first);
    given_record(&g, "orders", 0, "plain");
    add(t, 0);
    add(t, 1);
    sequence = 0;
    produce(t, 0, "x");
    produce(t, 1, "y");
    CHECK_INT(stable(0), 0);
    given_sync(&g);
    given_record(&g, "orders", 0, "behind");
    given_sync(&g);
    CHECK_INT(stable(0), 1);
    CHECK_INT(stable(1), 0);
    CHECK_INT(stable(2), 0);
    end(t, true);
    CHECK_INT(stable(0), 1); /* not before the sync */
    CHECK_INT(stable(1), 0);
    given_sync(&g);
    CHECK_INT(stable(0), 4); /* plain, x, behind, the marker */
    CHECK_INT(stable(1), 2);
    CHECK_INT(partition_high_watermark(given_partition(&g, "orders", 1)), 2);
    CHECK_TEXT(aborted(0, 0, 100), "");
    given_finish(&g);
}

TEST(records_that_land_do_not_show_before_the_end_that_is_still_on_its_way) {
    given_orders();
    struct txn *t = given_session("a", &first);
    add(t, 0);
    sequence = 0;
    produce(t, 0, "x");
    storage_flush(g.storage); /* flies */
    end(t, true);             /* waits */
    storage_poll(g.storage);
    CHECK_INT(partition_high_watermark(given_partition(&g, "orders", 0)), 1);
    CHECK_INT(stable(0), 0);
    given_sync(&g);
    CHECK_INT(stable(0), 2);
    given_finish(&g);
}

TEST(an_end_is_one_frame_whatever_it_holds) {
    given_orders();
    struct txn *t = given_session("a", &first);
    struct committed_offset value = { 3, 0, "m", 0 };
    struct offset_key key = { bytes_text("g"), bytes_text("orders"), 0 };
    lsn_t lsn;
    for (int32_t i = 0; i < 3; i++) {
        add(t, i);
        sequence = 0;
        produce(t, i, "v");
    }
    CHECK_OK(txn_add_group(g.storage, t, key.group, &lsn));
    CHECK_OK(txn_add_offset(g.storage, t, &key, &value, &lsn));
    lsn_t before = storage_appended_lsn(g.storage);
    end(t, true);
    CHECK_INT((long long)storage_appended_lsn(g.storage), (long long)before + 1);
    given_finish(&g);
}

TEST(markers_are_control_batches_of_the_producer_where_it_has_records_and_nowhere_else) {
    given_orders();
    struct txn *t = given_session("a", &first);
    add(t, 0);
    add(t, 1);
    sequence = 0;
    produce(t, 0, "x");
    end(t, false);
    given_sync(&g);
    struct buf out = { 0 };
    struct batch b;
    enum control_type type;
    CHECK_OK(partition_read(given_partition(&g, "orders", 0), 1, 1, &out));
    struct cursor in = cursor_on(buf_bytes(&out));
    CHECK_OK(batch_read(&b, &in));
    CHECK_OK(control_read(&b, &type));
    CHECK_INT(type, CONTROL_ABORT);
    CHECK_INT(b.base_offset, 1);
    CHECK_INT(b.producer_id, 7);
    CHECK_INT(partition_end(given_partition(&g, "orders", 1)), 0);
    buf_finish(&out);
    given_finish(&g);
}

TEST(aborted_transactions_are_told_to_whom_their_records_are_shown) {
    given_orders();
    static const struct txn_session second = { 8, 0, -1, -1, 60000 };
    struct txn *a = given_session("a", &first), *b = given_session("b", &second);
    add(a, 0);
    add(b, 0);
    sequence = 0;
    produce(a, 0, "a0"); /* 0 */
    produce(b, 0, "b1");
    sequence = 1;
    produce(a, 0, "a2");
    end(b, false); /* 3 */
    end(a, false); /* 4 */
    given_record(&g, "orders", 0, "plain");
    add(a, 0);
    sequence = 2;
    produce(a, 0, "a6");
    end(a, true); /* 7 */
    for (int i = 0; i < 3; i++) {
        given_sync(&g);
        CHECK_INT(stable(0), 8);
        CHECK_TEXT(aborted(0, 0, 8), "7:0-4 8:1-3"); /* by first offset, not by marker */
        CHECK_TEXT(aborted(0, 0, 1), "7:0-4");
        CHECK_TEXT(aborted(0, 4, 8), "7:0-4");
        CHECK_TEXT(aborted(0, 5, 8), "");
        restart(i);
    }
    given_finish(&g);
}

TEST(an_open_transaction_is_open_again_after_a_restart_and_can_be_ended) {
    for (int way = 0; way < 8; way++) {
        bool cleanly = way & 1, commits = way & 2, twice = way & 4;
        struct committed_offset value = { 3, 0, "meta", 5 }, found;
        struct offset_key key = { bytes_text("g"), bytes_text("orders"), 1 };
        lsn_t lsn;
        given_orders();
        struct txn *t = given_session("a", &first);
        CHECK_OK(txn_add_group(g.storage, t, key.group, &lsn));
        add(t, 0);
        add(t, 2);
        sequence = 0;
        produce(t, 0, "x");
        CHECK_OK(txn_add_offset(g.storage, t, &key, &value, &lsn));
        given_sync(&g);
        fake_clock_advance(&g.clock, 500);
        restart(cleanly);
        if (twice)
            restart(!cleanly);
        t = txn_of("a");
        CHECK_INT(t->status, TXN_OPEN);
        CHECK_INT(t->session.producer_id, 7);
        CHECK_INT(t->session.timeout_ms, 60000);
        CHECK_INT(t->started_ms, 1000000);
        CHECK(txn_has_group(t, key.group) && !txn_has_group(t, bytes_text("h")));
        CHECK(txn_has_partition(t, given_partition(&g, "orders", 0)));
        CHECK(!txn_has_partition(t, given_partition(&g, "orders", 1)));
        CHECK(txn_has_partition(t, given_partition(&g, "orders", 2)));
        CHECK_INT(stable(0), 0);
        CHECK(!offset_is_stable(g.storage, &key));
        CHECK(!offset_find(g.storage, key.group, key.topic, 1, &found));
        sequence = 1;
        produce(t, 0, "y");
        end(t, commits);
        CHECK(!offset_is_stable(g.storage, &key) || !commits);
        given_sync(&g);
        for (int i = 0; i < 2; i++) {
            CHECK(offset_is_stable(g.storage, &key));
            CHECK(offset_find(g.storage, key.group, key.topic, 1, &found) == commits);
            CHECK_INT(stable(0), 3);
            CHECK_TEXT(aborted(0, 0, 3), commits ? "" : "7:0-2");
            CHECK_INT(txn_of("a")->status, commits ? TXN_COMMITTED : TXN_ABORTED);
            CHECK_INT((long long)txn_of("a")->partition_count, 0);
            restart(i);
        }
        given_finish(&g);
    }
}

TEST(an_end_can_begin_the_next_session_and_its_markers_fence_the_old_one) {
    static const struct txn_session next = { 7, 1, 7, 0, 30000 };
    given_orders();
    struct txn *t = given_session("a", &first);
    lsn_t lsn;
    add(t, 0);
    sequence = 0;
    produce(t, 0, "x");
    CHECK_OK(txn_end(g.storage, t, &(struct txn_ending){ false, 1, &next }, &lsn));
    given_sync(&g);
    for (int i = 0; i < 3; i++) {
        t = txn_of("a");
        CHECK_INT(t->status, TXN_NEW);
        CHECK_INT(t->session.epoch, 1);
        CHECK_INT(t->session.last_epoch, 0);
        CHECK_INT(t->session.timeout_ms, 30000);
        sequence = 1;
        CHECK_ERROR(try_produce(&first, 0, "late", BATCH_TRANSACTIONAL), E_fenced);
        CHECK_ERROR(try_produce(&next, 0, "v", BATCH_TRANSACTIONAL), E_diverged); /* begins at 0 */
        restart(i);
    }
    add(txn_of("a"), 0);
    sequence = 0;
    produce(txn_of("a"), 0, "y");
    given_finish(&g);
}

TEST(a_plain_batch_does_not_enter_a_transaction) {
    given_orders();
    struct txn *t = given_session("a", &first);
    add(t, 0);
    sequence = 0;
    produce(t, 0, "x");
    sequence = 1;
    CHECK_ERROR(try_produce(&first, 0, "plain", 0), E_refused);
    CHECK_STORY("data/orders-0: a plain batch in the transaction of producer 7");
    end(t, true);
    CHECK_OK(try_produce(&first, 0, "plain", 0));
    given_finish(&g);
}

TEST(a_full_disk_refuses_every_change_and_forgets_nothing) {
    struct committed_offset value = { 3, 0, "", 0 };
    struct offset_key key = { bytes_text("g"), bytes_text("orders"), 0 };
    struct txn *other;
    lsn_t lsn;
    given_orders();
    struct txn *t = given_session("a", &first);
    add(t, 0);
    sequence = 0;
    produce(t, 0, "x");
    given_sync(&g);
    memory_disk_fail(
        g.disk, &(struct memory_disk_fault){ MEMORY_DISK_WRITE, "wal-next", 1, E_disk_full, true });
    for (int i = 0; i < 200 && !txn_add_group(g.storage, t, bytes_text("x"), &lsn); i++)
        given_sync(&g); /* fills the log to the last frame */
    struct partition *p = given_partition(&g, "orders", 1);
    size_t partitions = t->partition_count;
    CHECK_ERROR(txn_add_partitions(g.storage, t, &p, 1, &lsn), E_disk_full);
    CHECK_ERROR(txn_add_offset(g.storage, t, &key, &value, &lsn), E_disk_full);
    CHECK_ERROR(txn_begin_session(g.storage, bytes_text("b"), &first, &other, &lsn), E_disk_full);
    CHECK_ERROR(txn_end(g.storage, t, &(struct txn_ending){ true, 0, NULL }, &lsn), E_disk_full);
    CHECK_INT((long long)t->partition_count, (long long)partitions);
    CHECK_INT(t->status, TXN_OPEN);
    CHECK(!txn_find(g.storage, bytes_text("b")));
    CHECK(offset_is_stable(g.storage, &key));
    CHECK_INT(partition_end(given_partition(&g, "orders", 0)), 1);
    given_finish(&g);
}

TEST(an_id_that_nobody_uses_for_seven_days_is_forgotten_unless_its_transaction_is_open) {
    struct txn_session session = { 7, 0, -1, -1, 60000 };
    struct txn *t;
    lsn_t lsn;
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "t", 1);
    struct partition *p = given_partition(&g, "t", 0);
    CHECK_OK(txn_begin_session(g.storage, bytes_text("old"), &session, &t, &lsn));
    session.producer_id = 8;
    CHECK_OK(txn_begin_session(g.storage, bytes_text("open"), &session, &t, &lsn));
    CHECK_OK(txn_add_partitions(g.storage, t, &p, 1, &lsn));
    fake_clock_advance(&g.clock, (int64_t)4 * 24 * 3600 * 1000);
    given_sync(&g);
    session.producer_id = 9;
    CHECK_OK(txn_begin_session(g.storage, bytes_text("used"), &session, &t, &lsn));
    given_close(&g); /* its age survives */
    CHECK_OK(given_open(&g));
    fake_clock_advance(&g.clock, (int64_t)4 * 24 * 3600 * 1000);
    given_sync(&g);
    for (int life = 0; life < 3; life++) {
        CHECK(!txn_find(g.storage, bytes_text("old")));
        CHECK(txn_find(g.storage, bytes_text("open")) != NULL);
        CHECK(txn_find(g.storage, bytes_text("used")) != NULL);
        given_close(&g);
        CHECK_OK(given_open(&g));
    }
    session.producer_id = 10;
    CHECK_OK(txn_begin_session(g.storage, bytes_text("old"), &session, &t, &lsn));
    given_finish(&g);
}

TEST(ids_offsets_and_groups_are_bounded) {
    given_orders();
    struct txn *t = given_session("a", &first);
    struct committed_offset value = { 3, 0, "", 0 };
    struct offset_key key = { bytes_text("g"), bytes_text("orders"), 0 };
    char name[16];
    lsn_t lsn;
    for (int i = 0; i < TXN_GROUPS_MAX; i++) {
        (void)snprintf(name, sizeof(name), "g%d", i);
        CHECK_OK(txn_add_group(g.storage, t, bytes_text(name), &lsn));
    }
    CHECK_ERROR(txn_add_group(g.storage, t, bytes_text("one more"), &lsn), E_too_large);
    for (int i = 0; i < TXN_OFFSETS_MAX; i++)
        CHECK_OK(txn_add_offset(g.storage, t, &key, &value, &lsn));
    CHECK_ERROR(txn_add_offset(g.storage, t, &key, &value, &lsn), E_too_large);
    given_finish(&g);
}
