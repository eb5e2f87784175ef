/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Compaction, retention, deletion: what goes, what must stay, and what a restart finds. */
#include "base/event.h"
#include "base/test.h"
#include "given.h"
#include "partition.h"
#include "storage_state.h"
#include "wire/control.h"
#include "wire/sift.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct given g;

/* "compact,segment.bytes=200,..." */
static void given_configured(const char *name, int32_t partitions, const char *const (*pairs)[2],
                             size_t count) {
    struct topic_settings settings;
    lsn_t lsn;
    topic_settings_init(&settings);
    for (size_t i = 0; i < count; i++)
        CHECK_OK(topic_settings_set(&settings, setting_find(bytes_text(pairs[i][0])),
                                    bytes_text(pairs[i][1])));
    CHECK_OK(topic_create_with(g.storage, name, partitions, &settings, &lsn));
    topic_settings_finish(&settings);
}

static const char *const compacted[][2] = { { "cleanup.policy", "compact" },
                                            { "segment.bytes", "200" },
                                            { "min.cleanable.dirty.ratio", "0" },
                                            { "delete.retention.ms", "5000" } };

static void given_compacted(void) {
    event_log_from(EVENT_error);
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_configured("table", 2, compacted, 4);
}

/* A null value is a tombstone. */
static int64_t put(int32_t partition, const char *key, const char *value) {
    struct batch_writer w;
    struct appended done;
    batch_begin(&w, g.clock.wall_ms);
    batch_add(&w, g.clock.wall_ms, bytes_text(key),
              value ? bytes_text(value) : (struct bytes){ 0 });
    (void)batch_end(&w);
    CHECK_OK(partition_append(given_partition(&g, "table", partition), &w.batch, &done));
    buf_finish(&w.out);
    return done.base_offset;
}

/* Lets a second go by, and all work that comes of it be done. */
static void keep_house(void) {
    given_sync(&g);
    fake_clock_advance(&g.clock, 1000);
    for (int i = 0; i < 20; i++) {
        storage_poll(g.storage);
        storage_flush(g.storage);
    }
}

struct listing {
    struct buf text;
};

static bool list_record(void *context, const struct record *r) {
    struct listing *l = context;
    buf_print(&l->text, "%s%lld:%.*s=%.*s", l->text.len ? " " : "", (long long)r->offset,
              (int)r->key.len, (const char *)r->key.data, r->value.data ? (int)r->value.len : 1,
              r->value.data ? (const char *)r->value.data : "-");
    return true;
}

/* "3:a=1 5:b=-", read from the start as a consumer does. */
static const char *records_of(const char *topic, int32_t partition) {
    static struct listing l;
    struct partition *p = given_partition(&g, topic, partition);
    int64_t offset = partition_log_start(p);
    buf_clear(&l.text);
    while (offset < partition_high_watermark(p)) {
        struct buf batches = { 0 };
        struct batch b;
        CHECK_OK(partition_read(p, offset, 100, &batches));
        struct cursor in = cursor_on(buf_bytes(&batches));
        if (!batches.len)
            break;
        while (cursor_left(&in)) {
            CHECK_OK(batch_read(&b, &in));
            if (!batch_is_control(&b))
                CHECK_OK(batch_each(&b, 1 << 20, list_record, &l));
            offset = batch_last_offset(&b) + 1;
        }
        buf_finish(&batches);
    }
    return buf_text(&l.text);
}

static const char *table_of(int32_t partition) {
    return records_of("table", partition);
}

static void count_log(void *context, const char *name) {
    *(int *)context += strstr(name, ".log") != NULL;
}

static int files_of(const char *dir) {
    int count = 0;
    CHECK_OK(disk_list(g.disk, dir, count_log, &count));
    return count;
}

static void restart(int way) {
    if (way)
        given_close(&g);
    else
        given_kill(&g);
    CHECK_OK(given_open(&g));
}

TEST(of_each_key_the_newest_record_stays_at_its_offset) {
    given_compacted();
    for (int i = 0; i < 12; i++) {
        char value[16];
        (void)snprintf(value, sizeof(value), "%d", i);
        put(0, i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c", value);
    }
    put(1, "other", "x");
    keep_house();
    /* Two batches a segment: 10 and 11 are in the last one, which is never compacted. */
    CHECK_TEXT(table_of(0), "7:b=7 8:c=8 9:a=9 10:b=10 11:c=11");
    CHECK_TEXT(table_of(1), "0:other=x");
    CHECK_INT(partition_log_start(given_partition(&g, "table", 0)), 0);
    CHECK_INT(put(0, "a", "12"), 12); /* and offsets go on */
    keep_house();
    for (int way = 0; way < 3; way++) {
        CHECK_TEXT(table_of(0), "9:a=9 10:b=10 11:c=11 12:a=12");
        restart(way);
    }
    given_finish(&g);
}

TEST(nothing_is_compacted_that_is_not_dirty_enough_or_too_young_or_not_asked_for) {
    event_log_from(EVENT_error);
    given_disk(&g);
    CHECK_OK(given_open(&g));
    static const char *const lag[][2] = { { "cleanup.policy", "compact" },
                                          { "segment.bytes", "200" },
                                          { "min.cleanable.dirty.ratio", "0" },
                                          { "min.compaction.lag.ms", "60000" } };
    given_configured("table", 1, lag, 4);
    for (int i = 0; i < 8; i++)
        put(0, "a", "v");
    keep_house();
    CHECK_INT(files_of("data/table-0"), 4);
    fake_clock_advance(&g.clock, 60000);
    keep_house();
    CHECK_INT(files_of("data/table-0"), 2);
    CHECK_TEXT(table_of(0), "5:a=v 6:a=v 7:a=v");
    given_finish(&g);
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_configured("table", 1, compacted + 1, 1); /* only small segments */
    for (int i = 0; i < 8; i++)
        put(0, "a", "v");
    keep_house();
    CHECK_INT(files_of("data/table-0"), 4);
    given_finish(&g);
}

TEST(pitfall_15_a_tombstone_stays_for_its_time_and_then_goes_and_the_key_stays_gone) {
    given_compacted();
    put(0, "a", "1");
    put(0, "a", NULL);
    for (int i = 0; i < 4; i++)
        put(0, "z", "fill");
    keep_house();
    CHECK_TEXT(table_of(0), "1:a=- 3:z=fill 4:z=fill 5:z=fill");
    fake_clock_advance(&g.clock, 3000);
    put(0, "z", "fill");
    put(0, "z", "fill");
    keep_house();
    CHECK_TEXT(table_of(0), "1:a=- 5:z=fill 6:z=fill 7:z=fill");
    restart(0);
    fake_clock_advance(&g.clock, 2000);
    put(0, "z", "fill");
    put(0, "z", "fill");
    keep_house();
    CHECK_TEXT(table_of(0), "7:z=fill 8:z=fill 9:z=fill");
    given_finish(&g);
}

TEST(old_files_go_once_a_checkpoint_no_longer_names_them) {
    given_compacted();
    for (int i = 0; i < 40; i++)
        put(0, "a", "v");
    given_sync(&g);
    CHECK_INT(files_of("data/table-0"), 20);
    keep_house();
    CHECK_INT(files_of("data/table-0"), 2);
    CHECK_TEXT(table_of(0), "37:a=v 38:a=v 39:a=v");
    given_finish(&g);
}

TEST(a_start_removes_files_that_nothing_names_and_no_others) {
    given_compacted();
    for (int i = 0; i < 12; i++)
        put(0, "a", "v");
    keep_house();
    put(0, "a", "w");
    put(0, "a", "w");
    given_sync(&g);
    static const char *const left[] = { "00000000000000000004.log", "00000000000000000000.9.log",
                                        "00000000000000000004.index", "notes.log" };
    for (int way = 0; way < 2; way++) {
        char path[64];
        bool exists;
        for (size_t i = 0; i < 4; i++) {
            (void)snprintf(path, sizeof(path), "data/table-0/%s", left[i]);
            CHECK_OK(disk_replace(g.disk, path, bytes_text("left")));
        }
        restart(way);
        for (size_t i = 0; i < 4; i++) {
            (void)snprintf(path, sizeof(path), "data/table-0/%s", left[i]);
            CHECK_OK(disk_exists(g.disk, path, &exists));
            CHECK(exists == (i == 3)); /* the last one is not ours */
        }
        CHECK_INT(put(0, "a", "x"), 14 + way);
        keep_house();
    }
    CHECK(strstr(table_of(0), "14:a=x 15:a=x"));
    given_finish(&g);
}

TEST(small_segments_become_one_and_any_offset_is_found_in_it) {
    given_compacted();
    for (int i = 0; i < 20; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "k%d", i / 2); /* each key twice in a segment */
        put(0, key, "v");
    }
    keep_house();
    CHECK_INT(files_of("data/table-0"), 10); /* no two fit into 200 bytes */
    struct partition *p = given_partition(&g, "table", 0);
    for (int64_t offset = 0; offset < 20; offset++) {
        struct buf out = { 0 };
        struct batch b;
        CHECK_OK(partition_read(p, offset, 1, &out));
        struct cursor in = cursor_on(buf_bytes(&out));
        CHECK_OK(batch_read(&b, &in));
        CHECK_INT(b.base_offset, offset < 18 ? offset / 2 * 2 + 1 : offset);
        buf_finish(&out);
    }
    /* Now that they are small, the next round joins them. */
    put(0, "k0", "w");
    put(0, "k1", "w");
    keep_house();
    CHECK(files_of("data/table-0") < 8);
    CHECK_TEXT(table_of(0),
               "1:k0=v 3:k1=v 5:k2=v 7:k3=v 9:k4=v 11:k5=v 13:k6=v 15:k7=v 17:k8=v 19:k9=v 20:k0=w "
               "21:k1=w");
    given_finish(&g);
}

TEST(pitfall_15_an_idempotent_producer_is_known_though_all_its_records_are_gone) {
    given_compacted();
    struct appended done;
    struct batch_writer w;
    for (int32_t i = 0; i < 6; i++) {
        batch_begin(&w, 1);
        w.batch.producer_id = 9;
        w.batch.producer_epoch = 0;
        w.batch.base_sequence = i;
        batch_add(&w, 1, bytes_text("a"), bytes_text("v"));
        (void)batch_end(&w);
        CHECK_OK(partition_append(given_partition(&g, "table", 0), &w.batch, &done));
        buf_finish(&w.out);
    }
    for (int i = 0; i < 4; i++)
        put(0, "a", "w");
    keep_house();
    CHECK_TEXT(table_of(0), "7:a=w 8:a=w 9:a=w");
    restart(0);
    batch_begin(&w, 1);
    w.batch.producer_id = 9;
    w.batch.producer_epoch = 0;
    w.batch.base_sequence = 7; /* 6 is next */
    batch_add(&w, 1, bytes_text("a"), bytes_text("v"));
    (void)batch_end(&w);
    CHECK_ERROR(partition_append(given_partition(&g, "table", 0), &w.batch, &done), E_diverged);
    buf_finish(&w.out);
    given_finish(&g);
}

/* ---- with transactions */

static void put_txn(int64_t producer, int32_t sequence, const char *key, const char *value) {
    struct batch_writer w;
    struct appended done;
    batch_begin(&w, 1);
    w.batch.attributes = BATCH_TRANSACTIONAL;
    w.batch.producer_id = producer;
    w.batch.producer_epoch = 0;
    w.batch.base_sequence = sequence;
    batch_add(&w, 1, bytes_text(key), bytes_text(value));
    (void)batch_end(&w);
    CHECK_OK(partition_append(given_partition(&g, "table", 0), &w.batch, &done));
    buf_finish(&w.out);
}

static struct txn *given_txn(const char *id, int64_t producer) {
    struct txn_session session = { producer, 0, -1, -1, 60000 };
    struct partition *p = given_partition(&g, "table", 0);
    struct txn *t;
    lsn_t lsn;
    CHECK_OK(txn_begin_session(g.storage, bytes_text(id), &session, &t, &lsn));
    CHECK_OK(txn_add_partitions(g.storage, t, &p, 1, &lsn));
    return t;
}

static void end(struct txn *t, bool commits) {
    lsn_t lsn;
    CHECK_OK(txn_end(g.storage, t, &(struct txn_ending){ commits, 0, NULL }, &lsn));
}

TEST(pitfall_15_nothing_behind_the_last_stable_offset_is_compacted) {
    given_compacted();
    put(0, "a", "1");
    struct txn *t = given_txn("t", 7);
    put_txn(7, 0, "b", "open");
    for (int i = 0; i < 6; i++)
        put(0, "a", "2");
    keep_house();
    CHECK_TEXT(table_of(0), "0:a=1 1:b=open 2:a=2 3:a=2 4:a=2 5:a=2 6:a=2 7:a=2");
    end(t, true);
    put(0, "a", "3");
    put(0, "a", "4");
    keep_house();
    CHECK_TEXT(table_of(0), "1:b=open 9:a=3 10:a=4");
    given_finish(&g);
}

TEST(what_was_aborted_replaces_nothing_and_goes_with_its_marker_and_its_mention) {
    given_compacted();
    put(0, "a", "kept");
    struct txn *t = given_txn("t", 7);
    put_txn(7, 0, "a", "aborted");
    end(t, false);
    struct buf found = { 0 };
    struct partition *p = given_partition(&g, "table", 0);
    given_sync(&g);
    CHECK_INT((long long)partition_aborted(p, 0, 10, &found), 1);
    buf_clear(&found);
    for (int i = 0; i < 4; i++)
        put(0, "z", "fill");
    keep_house();
    for (int way = 0; way < 3; way++) {
        p = given_partition(&g, "table", 0);
        CHECK_TEXT(table_of(0), "0:a=kept 5:z=fill 6:z=fill");
        CHECK_INT((long long)partition_aborted(p, 0, 10, &found), 0);
        restart(way);
    }
    /* The same producer commits later: a reader must not take it for aborted. */
    lsn_t lsn;
    t = txn_find(g.storage, bytes_text("t"));
    p = given_partition(&g, "table", 0);
    CHECK_OK(txn_add_partitions(g.storage, t, &p, 1, &lsn));
    put_txn(7, 1, "a", "committed");
    end(t, true);
    given_sync(&g);
    CHECK_INT((long long)partition_aborted(p, 0, 100, &found), 0);
    buf_finish(&found);
    given_finish(&g);
}

TEST(what_lies_before_the_start_of_the_log_is_not_copied) {
    given_compacted();
    lsn_t lsn;
    for (int i = 0; i < 8; i++)
        put(0, (char[]){ (char)('a' + i), 0 }, "v");
    given_sync(&g);
    struct partition *p = given_partition(&g, "table", 0);
    int64_t whole = p->segments[0]->size;
    CHECK_OK(partition_delete_records(p, 1, &lsn));
    keep_house();
    CHECK_TEXT(table_of(0), "1:b=v 2:c=v 3:d=v 4:e=v 5:f=v 6:g=v 7:h=v");
    CHECK_INT(2 * p->segments[0]->size, whole);
    given_finish(&g);
}

TEST(what_a_producer_commits_after_an_abort_stays) {
    given_compacted();
    lsn_t lsn;
    struct txn *t = given_txn("t", 7);
    struct partition *p = given_partition(&g, "table", 0);
    put_txn(7, 0, "a", "aborted");
    end(t, false);
    CHECK_OK(txn_add_partitions(g.storage, t, &p, 1, &lsn));
    put_txn(7, 1, "b", "committed");
    end(t, true);
    for (int i = 0; i < 4; i++)
        put(0, "z", "fill");
    keep_house();
    CHECK_TEXT(table_of(0), "2:b=committed 5:z=fill 6:z=fill 7:z=fill");
    given_finish(&g);
}

TEST(an_aborted_transaction_that_goes_on_behind_the_compacted_part_is_still_told) {
    given_compacted();
    struct buf found = { 0 };
    struct txn *t = given_txn("t", 7);
    put_txn(7, 0, "a", "aborted");
    put(0, "z", "1");
    put(0, "z", "2");
    put(0, "z", "3");
    put_txn(7, 1, "b", "aborted"); /* in the last segment, with its marker */
    end(t, false);
    keep_house();
    struct partition *p = given_partition(&g, "table", 0);
    CHECK_INT((long long)partition_aborted(p, 0, 100, &found), 1);
    CHECK_TEXT(table_of(0), "3:z=3 4:b=aborted");
    buf_finish(&found);
    given_finish(&g);
}

/* ---- damage and a full disk */

TEST(a_topic_is_deleted_while_it_is_compacted) {
    given_compacted();
    lsn_t lsn;
    for (int i = 0; i < 12; i++)
        put(0, i % 2 ? "a" : "b", "value");
    given_sync(&g);
    fake_clock_advance(&g.clock, 1000);
    storage_poll(g.storage);
    CHECK(given_partition(&g, "table", 0)->is_cleaning); /* posted, and not yet done */
    CHECK_OK(topic_delete(g.storage, topic_find(g.storage, bytes_text("table")), &lsn));
    keep_house();
    CHECK(g.storage->grave_count == 0);
    restart(0);
    keep_house();
    CHECK(!topic_find(g.storage, bytes_text("table")));
    CHECK_INT(files_of("data/table-0"), 0);
    given_finish(&g);
}

TEST(a_damaged_segment_stops_its_compaction_and_nothing_else) {
    static const int64_t places[] = { 0, 7, 11, 21, 40, 68 }; /* offset, length, what is summed */
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        given_compacted();
        for (int k = 0; k < 16; k++)
            put(k % 2, "a", "v");
        given_sync(&g);
        memory_disk_flip(g.disk, "data/table-0/00000000000000000002.log", places[i], 0x40);
        keep_house();
        keep_house();
        CHECK_INT(files_of("data/table-0"), 4);
        CHECK_TEXT(table_of(1), "5:a=v 6:a=v 7:a=v");
        CHECK_INT(g.failures, 0);
        given_finish(&g);
    }
}

TEST(a_compaction_that_finds_the_disk_full_leaves_nothing_and_is_done_later) {
    given_compacted();
    for (int i = 0; i < 8; i++)
        put(0, "a", "v");
    given_sync(&g);
    memory_disk_fail(
        g.disk, &(struct memory_disk_fault){ MEMORY_DISK_WRITE, ".1.log", 1, E_disk_full, true });
    keep_house();
    CHECK_INT(files_of("data/table-0"), 4);
    CHECK_INT(g.failures, 0);
    memory_disk_fail(g.disk, NULL);
    keep_house();
    keep_house();
    CHECK_TEXT(table_of(0), "5:a=v 6:a=v 7:a=v");
    given_finish(&g);
}

/* ---- retention and deletion */

TEST(segments_go_when_all_in_them_is_older_than_retention_ms) {
    event_log_from(EVENT_error);
    given_disk(&g);
    CHECK_OK(given_open(&g));
    static const char *const by_time[][2] = { { "retention.ms", "10000" },
                                              { "segment.bytes", "200" } };
    given_configured("table", 1, by_time, 2);
    for (int i = 0; i < 6; i++) {
        put(0, "k", "v");
        fake_clock_advance(&g.clock, 2000);
    }
    keep_house(); /* record 0 is 13 s old, 1 is 11 s, 2 is 9 s */
    CHECK_TEXT(table_of(0), "2:k=v 3:k=v 4:k=v 5:k=v");
    CHECK_INT(partition_log_start(given_partition(&g, "table", 0)), 2);
    restart(0);
    CHECK_INT(partition_log_start(given_partition(&g, "table", 0)), 2);
    fake_clock_advance(&g.clock, 60000);
    keep_house();
    CHECK_INT(partition_log_start(given_partition(&g, "table", 0)), 6);
    CHECK_INT(partition_high_watermark(given_partition(&g, "table", 0)), 6);
    keep_house();
    CHECK_INT(files_of("data/table-0"), 0); /* the last one too */
    CHECK_INT(put(0, "k", "new"), 6);
    given_sync(&g);
    for (int way = 0; way < 3; way++) {
        CHECK_TEXT(table_of(0), "6:k=new");
        restart(way);
    }
    given_finish(&g);
}

TEST(the_oldest_segments_go_when_a_partition_without_them_has_retention_bytes) {
    event_log_from(EVENT_error);
    given_disk(&g);
    CHECK_OK(given_open(&g));
    static const char *const by_size[][2] = { { "retention.bytes", "400" },
                                              { "segment.bytes", "200" } };
    given_configured("table", 1, by_size, 2);
    for (int i = 0; i < 20; i++)
        put(0, "k", "v");
    keep_house();
    struct partition *p = given_partition(&g, "table", 0);
    int64_t bytes = 0;
    for (size_t i = 0; i < p->segment_count; i++)
        bytes += p->segments[i]->size;
    CHECK(bytes >= 400 && bytes - p->segments[0]->size < 400);
    CHECK_INT(partition_log_start(p), p->segments[0]->base_offset);
    given_finish(&g);
}

TEST(deleted_records_are_gone_for_good_and_their_segments_too) {
    given_disk(&g);
    CHECK_OK(given_open(&g));
    static const char *const small[][2] = { { "segment.bytes", "200" } };
    given_configured("table", 1, small, 1);
    lsn_t lsn;
    for (int i = 0; i < 9; i++)
        put(0, "k", "v");
    given_sync(&g);
    struct partition *p = given_partition(&g, "table", 0);
    CHECK_ERROR(partition_delete_records(p, 10, &lsn), E_not_found);
    CHECK_OK(partition_delete_records(p, 5, &lsn));
    struct buf out = { 0 };
    CHECK_ERROR(partition_read(p, 4, 1, &out), E_not_found);
    keep_house();
    CHECK_INT(files_of("data/table-0"), 3);         /* 4-5, 6-7, 8 */
    CHECK_OK(partition_delete_records(p, 3, &lsn)); /* below: nothing */
    CHECK_INT(partition_log_start(p), 5);
    for (int way = 0; way < 3; way++) {
        CHECK_INT(partition_log_start(given_partition(&g, "table", 0)), 5);
        restart(way);
    }
    CHECK_OK(partition_delete_records(given_partition(&g, "table", 0), 9, &lsn));
    keep_house();
    CHECK_TEXT(table_of(0), "");
    CHECK_INT(put(0, "k", "next"), 9);
    given_sync(&g);
    CHECK_TEXT(table_of(0), "9:k=next");
    given_finish(&g);
}

TEST(settings_survive_and_can_be_changed) {
    static const char *const other[][2] = { { "retention.ms", "77" } };
    given_compacted();
    struct topic *t = topic_find(g.storage, bytes_text("table"));
    lsn_t lsn;
    for (int way = 0; way < 3; way++) {
        given_sync(&g);
        restart(way);
        t = topic_find(g.storage, bytes_text("table"));
        CHECK(t->settings.compacts && !t->settings.deletes);
        CHECK_INT(t->settings.segment_bytes, 200);
        CHECK_TEXT(setting_value(&t->settings, SETTING_MIN_CLEANABLE_RATIO), "0");
        CHECK_TEXT(setting_value(&t->settings, SETTING_RETENTION_MS), "-1");
    }
    struct topic_settings changed;
    topic_settings_init(&changed);
    CHECK_OK(topic_settings_set(&changed, SETTING_RETENTION_MS, bytes_text(other[0][1])));
    CHECK_OK(topic_configure(g.storage, t, &changed, &lsn));
    topic_settings_finish(&changed);
    given_sync(&g);
    for (int way = 0; way < 3; way++) {
        t = topic_find(g.storage, bytes_text("table"));
        CHECK(!t->settings.compacts && t->settings.deletes);
        CHECK_INT(t->settings.retention_ms, 77);
        restart(way);
    }
    given_finish(&g);
}
