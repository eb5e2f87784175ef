/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Batches packed by another codec are the same batches. */
#include "packing.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

enum { RECORDS = 500, MIB = 1 << 20 };

static struct batch_writer given_batch(void) {
    struct batch_writer w;
    char value[64];
    batch_begin(&w, 1000);
    w.batch.producer_id = 7;
    w.batch.producer_epoch = 1;
    w.batch.base_sequence = 30;
    for (int i = 0; i < RECORDS; i++) {
        (void)snprintf(value, sizeof(value), "value number %d of them all", i);
        batch_add(&w, 1000 + i, i % 3 ? bytes_text("key") : (struct bytes){ 0 }, bytes_text(value));
    }
    (void)batch_end(&w);
    batch_patch_offset(w.out.data, 50, 3);
    struct cursor in = cursor_on(buf_bytes(&w.out));
    CHECK_OK(batch_read(&w.batch, &in));
    return w;
}

static bool add_record(void *context, const struct record *r) {
    buf_print(context, "%lld@%lld:%d=%.*s ", (long long)r->offset, (long long)r->timestamp_ms,
              r->key.data ? (int)r->key.len : -1, (int)r->value.len, (const char *)r->value.data);
    return true;
}

static struct batch repacked(const struct batch *b, enum batch_codec codec, struct buf *out) {
    struct batch read = { 0 };
    buf_clear(out);
    CHECK_OK(batch_repack(b, codec, MIB, out));
    struct cursor in = cursor_on(buf_bytes(out));
    CHECK_OK(batch_read(&read, &in));
    CHECK_INT((long long)cursor_left(&in), 0);
    return read;
}

TEST(a_batch_goes_from_any_codec_to_any_and_says_the_same) {
    struct batch_writer w = given_batch();
    struct buf first = { 0 }, second = { 0 }, wanted = { 0 }, got = { 0 };
    CHECK_OK(batch_each(&w.batch, MIB, add_record, &wanted));
    for (int from = CODEC_NONE; from <= CODEC_ZSTD; from++)
        for (int to = CODEC_NONE; to <= CODEC_ZSTD; to++) {
            struct batch packed = repacked(&w.batch, (enum batch_codec)from, &first);
            struct batch b = repacked(&packed, (enum batch_codec)to, &second);
            CHECK_INT(batch_codec(&b), to);
            CHECK(to == CODEC_NONE || b.whole.len < w.batch.whole.len / 2);
            buf_clear(&got);
            CHECK_OK(batch_each(&b, MIB, add_record, &got));
            CHECK_BYTES(buf_bytes(&got), buf_bytes(&wanted));
            CHECK_INT(b.base_offset, 50);
            CHECK_INT(b.leader_epoch, 3);
            CHECK_INT(b.producer_id, 7);
            CHECK_INT(b.base_sequence, 30);
            CHECK_INT(b.record_count, RECORDS);
            CHECK_INT(b.max_timestamp_ms, 1000 + RECORDS - 1);
        }
    struct batch plain = repacked(&w.batch, CODEC_NONE, &first);
    CHECK_BYTES(plain.whole, w.batch.whole);
    buf_finish(&w.out);
    buf_finish(&first);
    buf_finish(&second);
    buf_finish(&wanted);
    buf_finish(&got);
}

TEST(a_stamped_batch_has_one_time_and_a_right_checksum) {
    struct batch_writer w = given_batch();
    struct buf got = { 0 };
    batch_stamp(w.out.data, w.out.len, 1700000000123);
    struct cursor in = cursor_on(buf_bytes(&w.out));
    struct batch b;
    CHECK_OK(batch_read(&b, &in));
    CHECK_INT(b.max_timestamp_ms, 1700000000123);
    CHECK_OK(batch_each(&b, MIB, add_record, &got));
    CHECK(strstr(buf_text(&got), "50@1700000000123:"));
    CHECK(strstr(buf_text(&got), "549@1700000000123:"));
    buf_finish(&w.out);
    buf_finish(&got);
}

TEST(what_unpacks_to_more_than_it_may_is_not_packed_again) {
    struct batch_writer w = given_batch();
    struct buf packed = { 0 }, out = { 0 };
    struct batch b = repacked(&w.batch, CODEC_LZ4, &packed);
    CHECK_ERROR(batch_repack(&b, CODEC_GZIP, 1000, &out), E_too_large);
    CHECK_STORY("unpacked records pass 1000 bytes");
    buf_finish(&w.out);
    buf_finish(&packed);
    buf_finish(&out);
}
