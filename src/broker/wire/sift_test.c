/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Batches with records taken out are batches as any others. */
#include "sift.h"

#include "base/test.h"

#include <string.h>

static bool is_not_x(void *context, const struct record *r) {
    (void)context;
    return !bytes_is_text(r->key, "x");
}

static bool add_record(void *context, const struct record *r) {
    buf_print(context, "%lld@%lld:%.*s=%.*s/%d ", (long long)r->offset, (long long)r->timestamp_ms,
              (int)r->key.len, (const char *)r->key.data, r->value.data ? (int)r->value.len : 4,
              r->value.data ? (const char *)r->value.data : "null", r->header_count);
    return true;
}

static struct batch_writer given_batch(const char *const (*pairs)[2], size_t count) {
    struct batch_writer w;
    batch_begin(&w, 1000);
    w.batch.producer_id = 7;
    w.batch.producer_epoch = 1;
    w.batch.base_sequence = 30;
    for (size_t i = 0; i < count; i++)
        batch_add(&w, 1000 + 10 * (int64_t)i, bytes_text(pairs[i][0]),
                  pairs[i][1] ? bytes_text(pairs[i][1]) : (struct bytes){ 0 });
    (void)batch_end(&w);
    batch_patch_offset(w.out.data, 50, 0);
    struct cursor in = cursor_on(buf_bytes(&w.out));
    CHECK_OK(batch_read(&w.batch, &in));
    return w;
}

static struct batch sifted(const struct batch *b, struct buf *out, int32_t *kept) {
    struct sift sift = { is_not_x, NULL, 99999 };
    struct batch read = { 0 };
    buf_clear(out);
    CHECK_OK(batch_sift(b, 1 << 20, &sift, out, kept));
    struct cursor in = cursor_on(buf_bytes(out));
    if (out->len)
        CHECK_OK(batch_read(&read, &in));
    CHECK_INT((long long)cursor_left(&in), 0);
    return read;
}

TEST(a_batch_that_keeps_all_is_as_it_was_and_one_that_keeps_none_is_gone) {
    static const char *const all[][2] = { { "a", "1" }, { "b", "2" } };
    static const char *const none[][2] = { { "x", "1" }, { "x", NULL } };
    struct buf out = { 0 };
    int32_t kept;
    struct batch_writer w = given_batch(all, 2);
    (void)sifted(&w.batch, &out, &kept);
    CHECK_INT(kept, 2);
    CHECK_BYTES(buf_bytes(&out), w.batch.whole);
    buf_finish(&w.out);
    w = given_batch(none, 2);
    (void)sifted(&w.batch, &out, &kept);
    CHECK_INT(kept, 0);
    CHECK_INT((long long)out.len, 0);
    buf_finish(&w.out);
    buf_finish(&out);
}

TEST(what_is_kept_stands_at_its_offset_and_time_and_the_batch_for_all_its_offsets) {
    static const char *const pairs[][2] = {
        { "x", "1" }, { "a", "2" }, { "x", "3" }, { "b", "4" }, { "x", "5" }
    };
    struct buf out = { 0 }, text = { 0 };
    int32_t kept;
    struct batch_writer w = given_batch(pairs, 5);
    struct batch b = sifted(&w.batch, &out, &kept);
    CHECK_INT(kept, 2);
    CHECK_INT(b.base_offset, 50);
    CHECK_INT(batch_last_offset(&b), 54);
    CHECK_INT(b.producer_id, 7);
    CHECK_INT(b.producer_epoch, 1);
    CHECK_INT(b.base_sequence, 30);
    CHECK_INT(b.record_count, 2);
    CHECK_INT(b.max_timestamp_ms, 1030);
    CHECK_INT(batch_delete_horizon(&b), -1);
    CHECK_OK(batch_each(&b, 1 << 20, add_record, &text));
    CHECK_TEXT(buf_text(&text), "51@1010:a=2/0 53@1030:b=4/0 ");
    buf_finish(&text);
    buf_finish(&out);
    buf_finish(&w.out);
}

TEST(a_kept_tombstone_gets_its_horizon_once_and_the_times_stay) {
    static const char *const pairs[][2] = { { "a", "1" }, { "b", NULL } };
    struct buf out = { 0 }, again = { 0 }, text = { 0 };
    int32_t kept;
    struct batch_writer w = given_batch(pairs, 2);
    struct batch b = sifted(&w.batch, &out, &kept);
    CHECK_INT(kept, 2);
    CHECK_INT(batch_delete_horizon(&b), 99999);
    CHECK_OK(batch_each(&b, 1 << 20, add_record, &text));
    CHECK_TEXT(buf_text(&text), "50@1000:a=1/0 51@1010:b=null/0 ");
    (void)sifted(&b, &again, &kept);
    CHECK_BYTES(buf_bytes(&again), buf_bytes(&out));
    buf_finish(&text);
    buf_finish(&again);
    buf_finish(&out);
    buf_finish(&w.out);
}
