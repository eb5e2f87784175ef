/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Record batches: a vector made by another client, every lie a header can tell, and the writer. */
#include "batch.h"

#include "checksum.h"

#include "base/test.h"

#include <string.h>

static struct bytes text(const char *t) {
    return bytes_text(t);
}

static struct bytes three_records(struct batch_writer *w) {
    batch_begin(w, 1000);
    batch_add(w, 1000, text("a"), text("first"));
    batch_add(w, 1007, (struct bytes){ 0 }, text("second"));
    batch_add(w, 990, text("c"), (struct bytes){ 0 });
    return batch_end(w);
}

static enum error read_whole(struct batch *b, struct bytes whole) {
    struct cursor in = cursor_on(whole);
    return batch_read(b, &in);
}

/* Changes bytes of a batch behind the checksum's back, then makes the checksum right again. */
static struct bytes forge(struct batch_writer *w, size_t at, uint64_t value, size_t len) {
    for (size_t i = 0; i < len; i++)
        w->out.data[at + i] = (uint8_t)(value >> (8 * (len - 1 - i)));
    uint32_t crc = crc32c(bytes_of(w->out.data + 21, w->out.len - 21));
    for (size_t i = 0; i < 4; i++)
        w->out.data[17 + i] = (uint8_t)(crc >> (24 - 8 * i));
    return buf_bytes(&w->out);
}

static void check_forged(size_t at, uint64_t value, size_t len, const char *story) {
    struct batch_writer w;
    struct batch b;
    three_records(&w);
    CHECK_ERROR(read_whole(&b, forge(&w, at, value, len)), E_malformed);
    CHECK_STORY(story);
    buf_finish(&w.out);
}

TEST(a_batch_reads_back_what_was_written) {
    struct batch_writer w;
    struct batch b;
    CHECK_OK(read_whole(&b, three_records(&w)));
    CHECK_INT(b.base_offset, 0);
    CHECK_INT(b.leader_epoch, -1);
    CHECK_INT(b.record_count, 3);
    CHECK_INT(b.last_offset_delta, 2);
    CHECK_INT(b.base_timestamp_ms, 1000);
    CHECK_INT(b.max_timestamp_ms, 1007);
    CHECK_INT(b.producer_id, -1);
    CHECK_INT(b.producer_epoch, -1);
    CHECK_INT(b.base_sequence, -1);
    CHECK_INT((int)batch_codec(&b), CODEC_NONE);
    CHECK(!batch_is_control(&b) && !batch_is_transactional(&b));
    CHECK_INT((int)b.whole.len, (int)w.out.len);
    buf_finish(&w.out);
}

/* One record "k" -> "v", written by hand from the protocol's description. */
TEST(a_batch_written_by_hand_is_what_the_writer_writes) {
    static const uint8_t records[] = { 0x10, 0, 0, 0, 2, 'k', 2, 'v', 0 };
    struct batch_writer w;
    struct batch b;
    batch_begin(&w, 1600000000000);
    batch_add(&w, 1600000000000, text("k"), text("v"));
    CHECK_OK(read_whole(&b, batch_end(&w)));
    CHECK_BYTES(bytes_part(b.whole, 61, b.whole.len - 61), bytes_of(records, sizeof(records)));
    CHECK_BYTES(bytes_part(b.whole, 0, 17),
                bytes_of("\0\0\0\0\0\0\0\0\0\0\0\x3a\xff\xff\xff\xff\2", 17));
    buf_finish(&w.out);
}

TEST(a_batch_cut_at_any_byte_is_malformed) {
    struct batch_writer w;
    struct batch b;
    struct bytes whole = three_records(&w);
    for (size_t len = 0; len < whole.len; len++) {
        struct cursor in = cursor_on(bytes_part(whole, 0, len));
        CHECK_ERROR(batch_read(&b, &in), E_malformed);
        CHECK_INT((int)cursor_left(&in), (int)len);
    }
    buf_finish(&w.out);
}

TEST(a_flipped_bit_behind_the_checksum_is_found) {
    struct batch_writer w;
    struct batch b;
    struct bytes whole = three_records(&w);
    for (size_t bit = 17 * 8; bit < whole.len * 8; bit++) {
        w.out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        CHECK_ERROR(read_whole(&b, whole), E_malformed);
        w.out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    CHECK_OK(read_whole(&b, whole));
    w.out.data[whole.len - 1] ^= 1;
    CHECK_ERROR(read_whole(&b, whole), E_malformed);
    CHECK_STORY("checksum");
    struct cursor in = cursor_on(whole);
    CHECK_OK(batch_read_header(&b, &in));
    buf_finish(&w.out);
}

TEST(patching_the_offset_and_the_epoch_keeps_the_checksum) {
    struct batch_writer w;
    struct batch b;
    struct bytes whole = three_records(&w);
    batch_patch_offset(w.out.data, 0x123456789a, 7);
    CHECK_OK(read_whole(&b, whole));
    CHECK(b.base_offset == 0x123456789a && batch_last_offset(&b) == 0x123456789c);
    CHECK_INT(b.leader_epoch, 7);
    buf_finish(&w.out);
}

TEST(batches_are_read_one_after_the_other) {
    struct batch_writer w;
    struct batch b;
    struct buf both = { 0 };
    buf_put_bytes(&both, three_records(&w));
    buf_put_bytes(&both, buf_bytes(&w.out));
    struct cursor in = cursor_on(buf_bytes(&both));
    CHECK_OK(batch_read(&b, &in));
    CHECK_OK(batch_read(&b, &in));
    CHECK_INT((int)cursor_left(&in), 0);
    CHECK_ERROR(batch_read(&b, &in), E_malformed);
    buf_finish(&both);
    buf_finish(&w.out);
}

TEST(a_header_that_lies_under_a_right_checksum_is_refused) {
    check_forged(57, 4, 4, "4 records with last delta 2");
    check_forged(57, (uint64_t)-1, 4, "-1 records");
    check_forged(57, INT32_MAX, 4, "records with last delta");
    check_forged(23, (uint64_t)-1, 4, "last delta -1");
    check_forged(8, 48, 4, "shorter than its header");
    check_forged(8, (uint64_t)-1, 4, "length -1");
    check_forged(8, INT32_MAX, 4, "length 2147483647");
    check_forged(0, (uint64_t)-1, 8, "offset -1");
    check_forged(0, INT64_MAX - 1, 8, "offset 9223372036854775806");
    check_forged(21, 5, 2, "unknown codec 5");
    check_forged(16, 3, 1, "unknown magic 3");
}

TEST(a_count_that_its_bytes_cannot_hold_is_refused_before_the_records_are_read) {
    struct batch_writer w;
    struct batch b;
    three_records(&w);
    forge(&w, 23, 999999, 4);
    CHECK_ERROR(read_whole(&b, forge(&w, 57, 1000000, 4)), E_malformed);
    CHECK_STORY("1000000 records in");
    buf_finish(&w.out);
}

TEST(an_old_magic_is_unsupported_even_when_shorter_than_our_header) {
    uint8_t old[34] = { [11] = 22, [16] = 1 };
    struct batch b;
    CHECK_ERROR(read_whole(&b, bytes_of(old, sizeof(old))), E_unsupported);
    CHECK_STORY("magic 1");
}
