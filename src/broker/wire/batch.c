/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The record batch: 61 bytes of header, then records (compressed as a whole, or not).
 *
 *   0 base offset      8 bytes      27 base timestamp   8      57 record count 4
 *   8 length           4            35 maximum timestamp 8     61 records
 *  12 leader epoch     4            43 producer id      8
 *  16 magic = 2        1            51 producer epoch   2
 *  17 crc-32c          4            53 base sequence    4
 *  21 attributes       2            length counts what follows it; the checksum covers 21 to the
 * end 23 last offset delta 4           attributes: 0-2 codec, 4 transactional, 5 control */
#include "batch.h"

#include "checksum.h"
#include "varint.h"

#include "base/check.h"

#include <inttypes.h>

enum {
    LEADER_EPOCH_AT = 12,
    MAGIC_AT = 16,
    CRC_AT = 17,
    ATTRIBUTES_AT = 21,
    CODEC_BITS = 7,
    RECORD_BYTES_MIN = 7 /* length, attributes, four small varints, no headers */
};

static void put_be32(uint8_t *at, uint32_t v) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void put_be64(uint8_t *at, uint64_t v) {
    put_be32(at, (uint32_t)(v >> 32));
    put_be32(at + 4, (uint32_t)v);
}

/* Cuts the batch off the front of `in`; the magic comes first, because magic 0 and 1 may be shorter
 * than our header. */
static enum error batch_cut(struct bytes *whole, struct cursor *in) {
    size_t left = cursor_left(in);
    if (left <= MAGIC_AT)
        return fail(E_malformed, "batch header: %zu bytes of %d", left, BATCH_HEADER_BYTES);
    int magic = in->at[MAGIC_AT];
    if (magic < 2)
        return fail(E_unsupported, "batch of magic %d: only magic 2 is", magic);
    if (magic > 2)
        return fail(E_malformed, "batch of unknown magic %d", magic);
    struct cursor at = cursor_on(bytes_of(in->at + BATCH_LENGTH_AT, 4));
    int32_t length = read_int32(&at);
    if (length < BATCH_HEADER_BYTES - BATCH_PREFIX_BYTES)
        return fail(E_malformed, "batch length %" PRId32 " is shorter than its header", length);
    if ((size_t)length > left - BATCH_PREFIX_BYTES)
        return fail(E_malformed, "batch length %" PRId32 " with %zu bytes left", length,
                    left - BATCH_PREFIX_BYTES);
    *whole = bytes_of(in->at, (size_t)length + BATCH_PREFIX_BYTES);
    return E_ok;
}

static void header_take(struct batch *b, struct bytes whole) {
    struct cursor in = cursor_on(whole);
    b->whole = whole;
    b->base_offset = read_int64(&in);
    read_int32(&in); /* length */
    b->leader_epoch = read_int32(&in);
    read_int8(&in); /* magic */
    b->crc = read_u32(&in);
    b->attributes = read_int16(&in);
    b->last_offset_delta = read_int32(&in);
    b->base_timestamp_ms = read_int64(&in);
    b->max_timestamp_ms = read_int64(&in);
    b->producer_id = read_int64(&in);
    b->producer_epoch = read_int16(&in);
    b->base_sequence = read_int32(&in);
    b->record_count = read_int32(&in);
    assert(!in.bad);
}

static enum error header_check(const struct batch *b) {
    size_t room = (b->whole.len - BATCH_HEADER_BYTES) / RECORD_BYTES_MIN;
    if ((b->attributes & CODEC_BITS) > CODEC_ZSTD)
        return fail(E_malformed, "batch of unknown codec %d", b->attributes & CODEC_BITS);
    if (b->last_offset_delta < 0 || b->base_offset < 0
        || b->base_offset > INT64_MAX - b->last_offset_delta)
        return fail(E_malformed, "batch offset %" PRId64 " with last delta %" PRId32,
                    b->base_offset, b->last_offset_delta);
    if (b->record_count < 0 || b->record_count - 1 > b->last_offset_delta)
        return fail(E_malformed, "batch of %" PRId32 " records with last delta %" PRId32,
                    b->record_count, b->last_offset_delta);
    if (batch_codec(b) == CODEC_NONE && (size_t)b->record_count > room)
        return fail(E_malformed, "batch of %" PRId32 " records in %zu bytes", b->record_count,
                    b->whole.len - BATCH_HEADER_BYTES);
    return E_ok;
}

enum error batch_read_header(struct batch *out, struct cursor *in) {
    struct bytes whole;
    struct batch b;
    TRY(batch_cut(&whole, in));
    header_take(&b, whole);
    TRY(header_check(&b));
    in->at += whole.len;
    *out = b;
    return E_ok;
}

static struct bytes checked_part(struct bytes whole) {
    return bytes_part(whole, ATTRIBUTES_AT, whole.len - ATTRIBUTES_AT);
}

enum error batch_read(struct batch *out, struct cursor *in) {
    struct cursor before = *in;
    struct batch b;
    TRY(batch_read_header(&b, in));
    uint32_t crc = crc32c(checked_part(b.whole));
    if (crc != b.crc) {
        *in = before;
        return fail(E_malformed, "batch checksum is %08" PRIx32 ", its bytes give %08" PRIx32,
                    b.crc, crc);
    }
    *out = b;
    return E_ok;
}

int64_t batch_last_offset(const struct batch *b) {
    return b->base_offset + b->last_offset_delta;
}

bool batch_is_transactional(const struct batch *b) {
    return b->attributes & BATCH_TRANSACTIONAL;
}

bool batch_is_control(const struct batch *b) {
    return b->attributes & BATCH_CONTROL;
}

enum batch_codec batch_codec(const struct batch *b) {
    return (enum batch_codec)(b->attributes & CODEC_BITS);
}

void batch_patch_offset(uint8_t *whole, int64_t base_offset, int32_t leader_epoch) {
    put_be64(whole, (uint64_t)base_offset);
    put_be32(whole + LEADER_EPOCH_AT, (uint32_t)leader_epoch);
}

void batch_begin(struct batch_writer *w, int64_t base_timestamp_ms) {
    *w = (struct batch_writer){ .batch = { .leader_epoch = -1,
                                           .last_offset_delta = -1,
                                           .base_timestamp_ms = base_timestamp_ms,
                                           .max_timestamp_ms = base_timestamp_ms,
                                           .producer_id = -1,
                                           .producer_epoch = -1,
                                           .base_sequence = -1 } };
    buf_extend(&w->out, BATCH_HEADER_BYTES);
}

static size_t varint_size(int64_t value) {
    uint64_t raw = (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
    size_t size = 1;
    for (; raw >= 0x80; raw >>= 7)
        size++;
    return size;
}

static int64_t length_of(struct bytes bytes) {
    return bytes.data ? (int64_t)bytes.len : -1;
}

void batch_add(struct batch_writer *w, int64_t timestamp_ms, struct bytes key, struct bytes value) {
    int64_t timestamp_delta = timestamp_ms - w->batch.base_timestamp_ms;
    int64_t offset_delta = ++w->batch.last_offset_delta;
    size_t size = 2 /* attributes, no headers */ + varint_size(timestamp_delta)
                  + varint_size(offset_delta) + varint_size(length_of(key)) + key.len
                  + varint_size(length_of(value)) + value.len;
    buf_put_varint(&w->out, (int64_t)size);
    buf_put_byte(&w->out, 0);
    buf_put_varint(&w->out, timestamp_delta);
    buf_put_varint(&w->out, offset_delta);
    buf_put_varint(&w->out, length_of(key));
    buf_put_bytes(&w->out, key);
    buf_put_varint(&w->out, length_of(value));
    buf_put_bytes(&w->out, value);
    buf_put_varint(&w->out, 0);
    w->batch.record_count++;
    if (timestamp_ms > w->batch.max_timestamp_ms)
        w->batch.max_timestamp_ms = timestamp_ms;
}

static void header_put(struct buf *out, const struct batch *b, size_t whole_size) {
    buf_put_be64(out, (uint64_t)b->base_offset);
    buf_put_be32(out, (uint32_t)(whole_size - BATCH_PREFIX_BYTES));
    buf_put_be32(out, (uint32_t)b->leader_epoch);
    buf_put_byte(out, 2);
    buf_put_be32(out, 0); /* the checksum comes last */
    buf_put_be16(out, (uint16_t)b->attributes);
    buf_put_be32(out, (uint32_t)b->last_offset_delta);
    buf_put_be64(out, (uint64_t)b->base_timestamp_ms);
    buf_put_be64(out, (uint64_t)b->max_timestamp_ms);
    buf_put_be64(out, (uint64_t)b->producer_id);
    buf_put_be16(out, (uint16_t)b->producer_epoch);
    buf_put_be32(out, (uint32_t)b->base_sequence);
    buf_put_be32(out, (uint32_t)b->record_count);
}

struct bytes batch_end(struct batch_writer *w) {
    struct buf head = { .data = w->out.data, .capacity = BATCH_HEADER_BYTES };
    assert(w->batch.record_count > 0);
    header_put(&head, &w->batch, w->out.len); /* fills the place that batch_begin left */
    assert(head.data == w->out.data && head.len == BATCH_HEADER_BYTES);
    w->batch.whole = buf_bytes(&w->out);
    w->batch.crc = crc32c(checked_part(w->batch.whole));
    put_be32(w->out.data + CRC_AT, w->batch.crc);
    return w->batch.whole;
}
