/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Audit and repair: damage of every kind is found by name, and a repair loses what it said. */
#include "audit.h"

#include "base/event.h"
#include "base/test.h"
#include "given.h"
#include "overlay.h"
#include "producer_state.h"
#include "storage/transactions.h"
#include "storage_state.h"

#include <stdlib.h>
#include <string.h>

static struct given g;
static struct buf found;

static void on_finding(void *context, const char *text) {
    (void)context;
    buf_print(&found, "%s|", text);
}

static struct audit_options options(void) {
    buf_clear(&found);
    return (struct audit_options){
        .disk = g.disk, .clock = &g.clock.clock, .dir = "data", .on_finding = on_finding
    };
}

static struct audit_counts audit(void) {
    struct audit_options o = options();
    struct audit_counts counts;
    CHECK_OK(storage_audit(&o, &counts));
    return counts;
}

static struct repair_counts repair(bool only_tries) {
    struct audit_options o = options();
    struct repair_counts counts;
    CHECK_OK(storage_repair(&o, only_tries, &counts));
    return counts;
}

static bool says(const char *text) {
    return strstr(buf_text(&found), text) != NULL;
}

/* Records, an idempotent producer, an open transaction, an aborted one, offsets, a deleted topic.
 */
static void given_everything(void) {
    struct txn_session session = { 7, 0, -1, -1, 60000 };
    struct committed_offset offset = { 3, -1, "", 5 };
    struct txn *t;
    struct appended a;
    lsn_t lsn;
    event_log_from(EVENT_error);
    given_disk(&g);
    g.options.segment_bytes = 600;
    CHECK_OK(given_open(&g));
    given_topic(&g, "gone", 2);
    given_topic(&g, "orders", 2);
    (void)given_record(&g, "gone", 0, "x");
    given_filled(&g, 12);
    for (int32_t i = 0; i < 7; i++) {
        struct produced one = {
            .value = "p", .producer_id = 5, .sequence = i, .timestamp_ms = 1000 + i
        };
        CHECK_OK(given_append(&g, "orders", 1, &one, &a));
    }
    CHECK_OK(topic_delete(g.storage, topic_find(g.storage, bytes_text("gone")), &lsn));
    CHECK_OK(offset_commit(g.storage, bytes_text("g"), bytes_text("orders"), 0, &offset, &lsn));
    CHECK_OK(txn_begin_session(g.storage, bytes_text("me"), &session, &t, &lsn));
    given_sync(&g);
}

TEST(a_whole_directory_is_audited_without_a_finding_and_without_a_change) {
    given_everything();
    for (int life = 0; life < 4; life++) {
        if (life % 2)
            given_close(&g);
        else
            given_kill(&g);
        int64_t operations = memory_disk_operations(g.disk);
        struct audit_counts n = audit();
        CHECK_TEXT(buf_text(&found), "");
        CHECK_INT(n.findings, 0);
        CHECK_INT(n.topics, 1);
        CHECK_INT(n.partitions, 2);
        CHECK(n.segments > 2);
        CHECK_INT(n.batches, 12 + 7);
        CHECK_INT(n.records, 12 + 7);
        CHECK_INT(repair(true).losses, 0);
        CHECK_INT(memory_disk_operations(g.disk), operations); /* nothing was written */
        CHECK_OK(given_open(&g));
        given_sync(&g);
    }
    given_check_filled(&g, 12);
    given_finish(&g);
}

TEST(a_directory_of_another_kind_or_in_use_is_not_audited) {
    struct audit_counts counts;
    given_everything();
    struct audit_options o = options();
    CHECK_ERROR(storage_audit(&o, &counts), E_locked);
    o.dir = "elsewhere";
    CHECK_ERROR(storage_audit(&o, &counts), E_not_found);
    CHECK_STORY("elsewhere has no octavo.meta: it is no broker's directory");
    given_finish(&g);
}

static const char first_segment[] = "data/orders-0/00000000000000000000.log";

static void given_stopped(void) {
    given_everything();
    given_close(&g);
    CHECK_INT(audit().findings, 0);
}

static int64_t batch_bytes(void) { /* all values have the same length */
    struct buf bytes = { 0 };
    CHECK_OK(disk_read_whole(g.disk, first_segment, 1 << 20, &bytes));
    struct cursor in = cursor_on(bytes_of(bytes.data + BATCH_LENGTH_AT, 4));
    int64_t len = (int64_t)read_int32(&in) + BATCH_PREFIX_BYTES;
    buf_finish(&bytes);
    return len;
}

static const char *values_by_offset(const char *topic, int32_t partition) {
    static struct buf text;
    struct partition *p = given_partition(&g, topic, partition);
    buf_clear(&text);
    for (int64_t offset = partition_log_start(p); offset < partition_high_watermark(p);) {
        struct buf batches = { 0 };
        struct batch b;
        CHECK_OK(partition_read(p, offset, 1, &batches));
        struct cursor in = cursor_on(buf_bytes(&batches));
        if (!batches.len) /* what was at the end is lost */
            break;
        CHECK_OK(batch_read(&b, &in));
        buf_print(&text, "%lld ", (long long)b.base_offset);
        offset = batch_last_offset(&b) + 1;
        buf_finish(&batches);
    }
    return buf_text(&text);
}

/* Any bit of a segment: found by name, and the repair loses one batch and keeps all the others;
 * where the bit is of the leader epoch, which is outside the checksum, it keeps that one, too. */
TEST(any_flipped_bit_in_a_segment_is_found_and_costs_one_batch_or_none) {
    for (int64_t at = 0; at < 200; at += 3) {
        given_stopped();
        int64_t in_batch = at % batch_bytes();
        memory_disk_flip(g.disk, first_segment, at, 0x10);
        bool is_epoch = in_batch >= 12 && in_batch < 16;
        struct audit_counts n = audit();
        CHECK_INT(n.findings, 1);
        CHECK(says(first_segment));
        CHECK(says(is_epoch ? " 0 to 0 can be; its records are whole" : "offsets "));
        for (int only_tries = 1; only_tries >= 0; only_tries--) {
            struct repair_counts r = repair(only_tries);
            CHECK_INT(r.losses, is_epoch ? 0 : 1);
            CHECK_INT(r.mended, is_epoch ? 1 : 0);
            CHECK(says(is_epoch ? "gets leader epoch 0 for" : "offsets "));
        }
        CHECK_INT(audit().findings, 0);
        CHECK_OK(given_open(&g));
        int kept = 0;
        const char *values = given_values(&g, "orders", 1);
        for (const char *v = values; *v; v++)
            kept += *v == 'p';
        CHECK_INT(kept, 7);
        kept = 0;
        for (const char *v = values_by_offset("orders", 0); *v; v++)
            kept += *v == ' ';
        CHECK_INT(kept, is_epoch ? 12 : 11);
        CHECK_INT(given_record(&g, "orders", 0, "goes on"), 12);
        given_finish(&g);
    }
}

/* Repaired again after a power cut, it is as if there had been none. */
static bool repair_is_cut(int64_t after) {
    struct repair_counts counts;
    given_stopped();
    memory_disk_flip(g.disk, first_segment, 150 + 65, 1);
    int64_t began = memory_disk_operations(g.disk);
    memory_disk_power_off_after(g.disk, began + after);
    struct audit_options o = options();
    enum error e = storage_repair(&o, false, &counts);
    bool was_cut = memory_disk_operations(g.disk) > began + after;
    CHECK(was_cut || !e);
    struct disk *copy = memory_disk_copy(g.disk);
    memory_disk_destroy(g.disk);
    g.disk = copy;
    memory_disk_crash(g.disk, (uint64_t)after);
    (void)repair(false);
    CHECK_INT(audit().findings, 0);
    CHECK_OK(given_open(&g));
    CHECK_TEXT(values_by_offset("orders", 0), "0 1 3 4 5 6 7 8 9 10 11 ");
    given_finish(&g);
    return was_cut;
}

TEST(a_repair_that_a_power_cut_ended_is_done_again) {
    for (int64_t after = 0; repair_is_cut(after); after++)
        CHECK(after < 200);
}

TEST(a_repair_says_what_is_lost_does_just_that_and_keeps_the_damaged_file) {
    bool exists;
    given_stopped();
    memory_disk_flip(g.disk, first_segment, 150 + 65, 1); /* inside the third batch */
    struct repair_counts planned = repair(true);
    char *plan = text_copy(buf_text(&found));
    CHECK_INT(planned.losses, 1);
    CHECK(says("offsets 2 to 2"));
    CHECK_INT(repair(true).losses, 1); /* and nothing was done yet */
    struct repair_counts done = repair(false);
    CHECK_TEXT(buf_text(&found), plan);
    free(plan);
    CHECK_INT(done.segments, 1);
    CHECK_OK(disk_exists(g.disk, "data/orders-0/00000000000000000000.log.damaged", &exists));
    CHECK(exists);
    for (int life = 0; life < 2; life++) {
        CHECK_OK(given_open(&g));
        CHECK_TEXT(values_by_offset("orders", 0), "0 1 3 4 5 6 7 8 9 10 11 ");
        given_close(&g);
        CHECK_INT(audit().findings, 0);
    }
    given_finish(&g);
}

TEST(a_missing_and_a_short_segment_are_found_and_repaired) {
    struct file *f;
    given_stopped();
    CHECK_OK(disk_unlink(g.disk, first_segment));
    CHECK_OK(disk_open(g.disk, "data/orders-1/00000000000000000000.log", DISK_WRITE, &f));
    CHECK_OK(disk_truncate(f, 100));
    disk_close(f);
    CHECK_INT(audit().findings, 2 + 1); /* and what is left of the batch that was cut */
    CHECK(says("the file is missing"));
    CHECK(says("ends early"));
    CHECK_INT(repair(false).segments, 2);
    CHECK_INT(audit().findings, 0);
    CHECK_OK(given_open(&g));
    CHECK(strncmp(values_by_offset("orders", 1), "0 ", 2) == 0);
    CHECK_INT(given_record(&g, "orders", 0, "goes on"), 12);
    given_finish(&g);
}

TEST(a_damaged_index_is_found_and_is_no_loss) {
    given_everything();
    for (int i = 0; i < 10; i++) /* so that there are entries */
        (void)given_record(&g, "orders", 1, "a longer value that takes a place of its own in it");
    given_sync(&g);
    given_close(&g);
    bool exists;
    CHECK_OK(disk_exists(g.disk, "data/orders-0/00000000000000000000.index", &exists));
    CHECK(exists);
    memory_disk_flip(g.disk, "data/orders-0/00000000000000000000.index", 3, 1);
    struct audit_counts n = audit();
    CHECK_INT(n.findings, 0);
    CHECK(n.derived > 0);
    CHECK(says("its index is wrong"));
    CHECK_INT(repair(true).losses, 0);
    given_finish(&g);
}

/* ---- the log */

static int64_t find_in_log(const char *value) {
    struct buf log = { 0 };
    CHECK_OK(disk_read_whole(g.disk, "data/wal-00000000000000000001", 1 << 20, &log));
    int64_t at = -1;
    for (size_t i = 0; i + strlen(value) <= log.len && at < 0; i++)
        if (memcmp(log.data + i, value, strlen(value)) == 0)
            at = (int64_t)i;
    buf_finish(&log);
    return at;
}

TEST(a_damaged_log_is_found_and_its_repair_tells_each_batch_that_is_lost) {
    given_disk(&g);
    event_log_from(EVENT_error);
    g.options.wal_first_bytes = 1 << 16;
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 2);
    given_filled(&g, 6);
    (void)given_record(&g, "orders", 1, "damaged");
    given_sync(&g);
    (void)given_record(&g, "orders", 1, "readable");
    given_sync(&g);
    given_kill(&g);
    memory_disk_flip(g.disk, "data/wal-00000000000000000001", find_in_log("damaged"), 1);
    CHECK_ERROR(given_open(&g), E_corrupt);
    CHECK(audit().findings > 0);
    CHECK(says("is damaged, though it was synced"));
    CHECK_INT(repair(true).losses, 2);
    CHECK(says("data/orders-1, offsets 0 to 0"));
    CHECK(says("data/orders-1, offsets 1 to 1"));
    CHECK_ERROR(given_open(&g), E_corrupt);
    CHECK_INT(repair(false).losses, 2);
    CHECK_INT(audit().findings, 0);
    CHECK_OK(given_open(&g));
    given_check_filled(&g, 6);
    CHECK_TEXT(given_values(&g, "orders", 1), "");
    CHECK_INT(partition_leader_epoch(given_partition(&g, "orders", 1)),
              1); /* clients learn of it */
    CHECK_INT(given_record(&g, "orders", 1, "goes on"), 0);
    given_sync(&g);
    given_kill(&g);
    CHECK_OK(given_open(&g));
    CHECK_TEXT(given_values(&g, "orders", 1), "goes on");
    given_finish(&g);
}

TEST(a_damaged_checkpoint_is_found_and_not_repaired) {
    struct repair_counts counts;
    given_stopped();
    memory_disk_flip(g.disk, "data/checkpoint", 90, 1);
    CHECK_INT(audit().findings, 1);
    CHECK(says("its checksum is wrong"));
    struct audit_options o = options();
    CHECK_ERROR(storage_repair(&o, false, &counts), E_corrupt);
    given_finish(&g);
}

/* ---- what is remembered */

TEST(a_producer_that_is_remembered_otherwise_than_its_batches_say_is_found) {
    struct buf checkpoint = { 0 };
    given_stopped();
    CHECK_OK(given_open(&g));
    struct partition *p = given_partition(&g, "orders", 1);
    int64_t id = 5;
    struct producer_state *state = table_find(&p->producers, bytes_of(&id, sizeof(id)));
    CHECK(state != NULL);
    state->batches[state->batch_count - 1].last_sequence = 99;
    (void)given_record(&g, "orders", 0, "so that a checkpoint is made");
    given_close(&g);
    CHECK_INT(audit().findings, 1);
    CHECK(says("producer 5 is remembered otherwise"));
    buf_finish(&checkpoint);
    given_finish(&g);
}

TEST(an_overlay_shows_what_was_written_and_leaves_what_is_below) {
    struct disk *below = memory_disk_create(), *over = overlay_create(below);
    struct buf text = { 0 };
    struct file *f;
    bool exists;
    CHECK_OK(disk_replace(below, "a", bytes_text("0123456789")));
    CHECK_OK(disk_open(over, "a", DISK_WRITE, &f));
    CHECK_OK(disk_write_at(f, 3, bytes_text("abc")));
    CHECK_OK(disk_write_at(f, 6, bytes_text("def")));
    CHECK_OK(disk_write_at(f, 4, bytes_text("X")));
    CHECK_OK(disk_read_at(f, 0, &text, 100));
    CHECK_TEXT(buf_text(&text), "012aXcdef9");
    CHECK_OK(disk_truncate(f, 5));
    CHECK_OK(disk_write_at(f, 7, bytes_text("!")));
    buf_clear(&text);
    CHECK_OK(disk_read_at(f, 2, &text, 100));
    CHECK_BYTES(buf_bytes(&text), bytes_of("2aX\0\0!", 6));
    disk_close(f);
    CHECK_OK(disk_rename(over, "a", "b"));
    CHECK_OK(disk_exists(over, "a", &exists));
    CHECK(!exists);
    CHECK_ERROR(disk_open(over, "a", DISK_READ, &f), E_not_found);
    CHECK_OK(disk_unlink(over, "b"));
    CHECK_ERROR(disk_unlink(over, "b"), E_not_found);
    buf_clear(&text);
    CHECK_OK(disk_read_whole(below, "a", 100, &text));
    CHECK_TEXT(buf_text(&text), "0123456789");
    buf_finish(&text);
    overlay_destroy(over);
    memory_disk_destroy(below);
}
