/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The transaction index, byte for byte as Kafka has it, whatever became of an earlier one. */
#include "segment_txns.h"

#include "audit.h"
#include "base/event.h"
#include "base/test.h"
#include "given.h"
#include "storage/transactions.h"

#include <stdlib.h>
#include <string.h>

static struct given g;
static const char path[] = "data/orders-0/00000000000000000000.txnindex";

static void produce(int64_t producer, int32_t sequence) {
    struct batch_writer w;
    struct appended done;
    batch_begin(&w, 1);
    w.batch.attributes = BATCH_TRANSACTIONAL;
    w.batch.producer_id = producer;
    w.batch.producer_epoch = 0;
    w.batch.base_sequence = sequence;
    batch_add(&w, 1, bytes_text("k"), bytes_text("v"));
    (void)batch_end(&w);
    CHECK_OK(partition_append(given_partition(&g, "orders", 0), &w.batch, &done));
    buf_finish(&w.out);
}

static struct txn *begin(const char *id, int64_t producer, int32_t sequence) {
    struct txn_session session = { producer, 0, -1, -1, 60000 };
    struct partition *p = given_partition(&g, "orders", 0);
    struct txn *t = txn_find(g.storage, bytes_text(id));
    lsn_t lsn;
    if (!t)
        CHECK_OK(txn_begin_session(g.storage, bytes_text(id), &session, &t, &lsn));
    CHECK_OK(txn_add_partitions(g.storage, t, &p, 1, &lsn));
    produce(producer, sequence);
    return t;
}

static void end(struct txn *t, bool commits) {
    lsn_t lsn;
    CHECK_OK(txn_end(g.storage, t, &(struct txn_ending){ commits, 0, NULL }, &lsn));
}

/* "7:0-2<1 ": producer, first offset, marker, last stable offset. */
static const char *entries(void) {
    static struct buf text;
    struct buf file = { 0 };
    buf_clear(&text);
    enum error e = disk_read_whole(g.disk, path, 1 << 20, &file);
    if (e)
        return "none";
    CHECK_INT((long long)(file.len % TXNS_ENTRY_BYTES), 0);
    for (size_t at = 0; at < file.len; at += TXNS_ENTRY_BYTES) {
        bool is_sound;
        struct aborted_txn t =
            segment_txns_read(bytes_part(buf_bytes(&file), at, TXNS_ENTRY_BYTES), &is_sound);
        CHECK(is_sound);
        buf_print(&text, "%lld:%lld-%lld<%lld ", (long long)t.producer_id,
                  (long long)t.first_offset, (long long)t.last_offset, (long long)t.last_stable);
    }
    buf_finish(&file);
    return buf_text(&text);
}

/* 0 and 1 are of two that are aborted one in the other, 2 and 3 their markers; 4 and 5 commit. */
static void given_aborted(void) {
    event_log_from(EVENT_error);
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 2);
    struct txn *a = begin("a", 7, 0), *b = begin("b", 8, 0);
    end(b, false);
    end(a, false);
    end(begin("a", 7, 1), true);
    given_sync(&g);
}

TEST(aborted_transactions_are_in_the_index_and_others_are_not) {
    static const uint8_t first_entry[TXNS_ENTRY_BYTES] = {
        0, 0,                                           /* version */
        0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1, /* producer, first offset */
        0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, /* marker, the other is open from 0 on */
    };
    struct buf file = { 0 };
    given_aborted();
    given_close(&g);
    CHECK_TEXT(entries(), "8:1-2<0 7:0-3<4 ");
    CHECK_OK(disk_read_whole(g.disk, path, 1 << 20, &file));
    CHECK_BYTES(bytes_part(buf_bytes(&file), 0, TXNS_ENTRY_BYTES),
                bytes_of(first_entry, TXNS_ENTRY_BYTES));
    buf_finish(&file);
    given_finish(&g);
}

TEST(a_partition_without_aborted_transactions_has_no_transaction_index) {
    bool exists;
    event_log_from(EVENT_error);
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 2);
    end(begin("a", 7, 0), true);
    given_close(&g);
    CHECK_TEXT(entries(), "none");
    CHECK_OK(disk_exists(g.disk, "data/orders-0/00000000000000000000.log", &exists));
    CHECK(exists);
    given_finish(&g);
}

TEST(a_later_life_goes_on_behind_what_the_index_has) {
    given_aborted();
    given_close(&g);
    CHECK_OK(given_open(&g));
    end(begin("b", 8, 1), false);
    given_sync(&g);
    given_kill(&g);
    CHECK_OK(given_open(&g)); /* from the log now */
    given_sync(&g);
    given_close(&g);
    CHECK_TEXT(entries(), "8:1-2<0 7:0-3<4 8:6-7<8 ");
    given_finish(&g);
}

TEST(a_lost_or_damaged_index_is_written_anew_and_costs_a_longer_search) {
    for (int way = 0; way < 3; way++) {
        given_aborted();
        given_close(&g);
        if (way == 0)
            CHECK_OK(disk_unlink(g.disk, path));
        else if (way == 1)
            memory_disk_flip(g.disk, path, 9, 1); /* the first entry's producer */
        else
            CHECK_OK(disk_replace(g.disk, path, bytes_text("none of it")));
        CHECK_OK(given_open(&g));
        end(begin("b", 8, 1), false);
        given_close(&g);
        CHECK_TEXT(entries(), "8:1-2<0 7:0-3<0 8:6-7<8 ");
        given_finish(&g);
    }
}

static int64_t derived_found;

static void ignore(void *context, const char *text) {
    (void)context;
    derived_found += strstr(text, "its transaction index is wrong") != NULL;
}

TEST(an_audit_sees_an_entry_that_no_marker_bears_out) {
    struct audit_options options = {
        .disk = NULL, .clock = &g.clock.clock, .dir = "data", .on_finding = ignore
    };
    struct audit_counts n;
    given_aborted();
    given_close(&g);
    options.disk = g.disk;
    CHECK_OK(storage_audit(&options, &n));
    CHECK_INT(n.derived + n.findings, 0);
    for (int64_t at = 0; at < 26; at += 5) {
        memory_disk_flip(g.disk, path, at, 1);
        derived_found = 0;
        CHECK_OK(storage_audit(&options, &n));
        CHECK_INT(n.findings, 0);
        CHECK_INT(derived_found, 1);
        memory_disk_flip(g.disk, path, at, 1);
    }
    given_finish(&g);
}

TEST(each_segment_has_the_transactions_whose_markers_are_in_it) {
    event_log_from(EVENT_error);
    given_disk(&g);
    g.options.segment_bytes = 300;
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 2);
    for (int32_t i = 0; i < 6; i++)
        end(begin("a", 7, i), false);
    given_sync(&g);
    struct partition *p = given_partition(&g, "orders", 0);
    CHECK(p->segment_count > 2);
    size_t count = 0;
    for (size_t i = 0; i < p->segment_count; i++) {
        struct buf out = { 0 };
        segment_txns_put(p, p->segments[i], &out);
        count += out.len / TXNS_ENTRY_BYTES;
        CHECK(out.len < 6 * TXNS_ENTRY_BYTES);
        buf_finish(&out);
    }
    CHECK_INT((long long)count, 6);
    given_finish(&g);
}
