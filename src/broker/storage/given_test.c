/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The beginnings and the questions that storage's tests share. */
#include "given.h"

#include "base/test.h"

#include <stdio.h>

static void on_synced(void *context, lsn_t synced) {
    struct given *g = context;
    CHECK(synced > g->told);
    g->told = synced;
}

static void on_failed(void *context) {
    ((struct given *)context)->failures++;
}

void given_disk(struct given *g) {
    *g = (struct given){ .disk = memory_disk_create() };
    fake_clock_init(&g->clock, 1000000);
    g->options = (struct storage_options){ .disk = g->disk,
                                           .clock = &g->clock.clock,
                                           .dir = "data",
                                           .wal_first_bytes = 2048,
                                           .wal_file_bytes = 4096,
                                           .segment_bytes = 1500,
                                           .index_interval_bytes = 300,
                                           .checkpoint_bytes = 1 << 20,
                                           .on_synced = on_synced,
                                           .on_failed = on_failed,
                                           .context = g };
}

enum error given_open(struct given *g) {
    g->told = 0;
    g->options.disk = g->disk;
    return storage_open(&g->storage, &g->options);
}

void given_close(struct given *g) {
    storage_close(g->storage);
    g->storage = NULL;
}

void given_kill(struct given *g) {
    memory_disk_power_off_after(g->disk, memory_disk_operations(g->disk));
    given_close(g);
    struct disk *copy = memory_disk_copy(g->disk); /* with its power on again */
    memory_disk_destroy(g->disk);
    g->disk = copy;
}

void given_finish(struct given *g) {
    given_close(g);
    memory_disk_destroy(g->disk);
}

void given_topic(struct given *g, const char *name, int32_t partitions) {
    lsn_t lsn;
    CHECK_OK(topic_create(g->storage, name, partitions, &lsn));
    CHECK_INT((long long)lsn, (long long)storage_appended_lsn(g->storage));
}

struct partition *given_partition(struct given *g, const char *topic, int32_t partition) {
    struct topic *t = topic_find(g->storage, bytes_text(topic));
    CHECK(t != NULL);
    CHECK(partition < t->partition_count);
    return t->partitions[partition];
}

enum error given_append(struct given *g, const char *topic, int32_t partition,
                        const struct produced *what, struct appended *out) {
    struct batch_writer w;
    batch_begin(&w, what->timestamp_ms);
    if (what->producer_id) {
        w.batch.producer_id = what->producer_id;
        w.batch.producer_epoch = what->epoch;
        w.batch.base_sequence = what->sequence;
    }
    for (int32_t i = 0; i < (what->records ? what->records : 1); i++)
        batch_add(&w, what->timestamp_ms + i, bytes_text("k"), bytes_text(what->value));
    (void)batch_end(&w);
    enum error e = partition_append(given_partition(g, topic, partition), &w.batch, out);
    buf_finish(&w.out);
    return e;
}

int64_t given_record(struct given *g, const char *topic, int32_t partition, const char *value) {
    struct appended out;
    CHECK_OK(given_append(g, topic, partition, &(struct produced){ .value = value }, &out));
    CHECK(!out.repeated);
    return out.base_offset;
}

void given_sync(struct given *g) {
    lsn_t before;
    do {
        before = storage_synced_lsn(g->storage);
        storage_flush(g->storage);
        storage_poll(g->storage);
    } while (storage_synced_lsn(g->storage) > before);
}

static bool on_record(void *context, const struct record *r) {
    struct buf *values = context;
    buf_print(values, "%s%.*s", values->len ? " " : "", (int)r->value.len,
              (const char *)r->value.data);
    return true;
}

static int64_t add_values(struct bytes batches, int64_t offset, struct buf *values) {
    struct cursor in = cursor_on(batches);
    while (cursor_left(&in)) {
        struct batch b;
        CHECK_OK(batch_read(&b, &in));
        CHECK_INT(b.base_offset, offset);
        CHECK_OK(batch_each(&b, 1 << 20, on_record, values));
        offset = batch_last_offset(&b) + 1;
    }
    return offset;
}

const char *given_values(struct given *g, const char *topic, int32_t partition) {
    static struct buf values;
    struct partition *p = given_partition(g, topic, partition);
    int64_t offset = partition_log_start(p);
    buf_clear(&values);
    while (offset < partition_high_watermark(p)) {
        struct buf batches = { 0 };
        CHECK_OK(partition_read(p, offset, 1000, &batches));
        CHECK(batches.len > 0);
        offset = add_values(buf_bytes(&batches), offset, &values);
        buf_finish(&batches);
    }
    return buf_text(&values);
}

void given_filled(struct given *g, int count) {
    char text[32];
    for (int i = 0; i < count; i++) {
        (void)snprintf(text, sizeof(text), "value-%d", i);
        given_record(g, "orders", 0, text);
        if (i % 3 == 0)
            given_sync(g);
    }
    given_sync(g);
}

void given_check_filled(struct given *g, int count) {
    struct buf wanted = { 0 };
    for (int i = 0; i < count; i++)
        buf_print(&wanted, "%svalue-%d", i ? " " : "", i);
    CHECK_TEXT(given_values(g, "orders", 0), buf_text(&wanted));
    buf_finish(&wanted);
}
