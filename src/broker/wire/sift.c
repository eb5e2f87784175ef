/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A sifted batch keeps its base offset, its last offset delta, its producer and its sequence: it
 * stands for the same offsets as before, so nothing behind it moves and a gap is no surprise.
 *
 * A tombstone is kept for a while, for readers that have read what it deletes. How long is said in
 * the batch (KIP-534): with attribute bit 6 the base timestamp is that horizon, and the records'
 * timestamp deltas are relative to it; a reader who adds them up gets the right times and needs to
 * know nothing. So it is decided once, and survives whatever happens to the file. */
#include "sift.h"

#include "checksum.h"
#include "varint.h"

#include "base/check.h"

enum { HORIZON_BIT = 1 << 6, CODEC_MASK = 7, CRC_AT = 17, ATTRIBUTES_AT = 21 };

struct sifting {
    const struct sift *sift;
    int32_t kept;
    bool has_tombstone;
};

int64_t batch_delete_horizon(const struct batch *b) {
    return b->attributes & HORIZON_BIT ? b->base_timestamp_ms : -1;
}

static bool count_kept(void *context, const struct record *r) {
    struct sifting *s = context;
    if (!s->sift->keeps(s->sift->context, r))
        return true;
    s->kept++;
    s->has_tombstone = s->has_tombstone || !r->value.data;
    return true;
}

struct writing {
    const struct sift *sift;
    struct batch batch; /* its header, as it will be */
    struct buf body;
    struct buf record;
};

static void put_nullable(struct buf *out, struct bytes bytes) {
    buf_put_varint(out, bytes.data ? (int64_t)bytes.len : -1);
    buf_put_bytes(out, bytes);
}

static bool write_kept(void *context, const struct record *r) {
    struct writing *w = context;
    if (!w->sift->keeps(w->sift->context, r))
        return true;
    struct batch *b = &w->batch;
    buf_clear(&w->record);
    buf_put_byte(&w->record, 0);
    buf_put_varint(&w->record,
                   (int64_t)((uint64_t)r->timestamp_ms - (uint64_t)b->base_timestamp_ms));
    buf_put_varint(&w->record, r->offset - b->base_offset);
    put_nullable(&w->record, r->key);
    put_nullable(&w->record, r->value);
    buf_put_varint(&w->record, r->header_count);
    buf_put_bytes(&w->record, r->headers);
    buf_put_varint(&w->body, (int64_t)w->record.len);
    buf_put_bytes(&w->body, buf_bytes(&w->record));
    if (!b->record_count++ || r->timestamp_ms > b->max_timestamp_ms)
        b->max_timestamp_ms = r->timestamp_ms;
    return true;
}

static void put_header(struct buf *out, const struct batch *b, size_t body_len) {
    buf_put_be64(out, (uint64_t)b->base_offset);
    buf_put_be32(out, (uint32_t)(BATCH_HEADER_BYTES - BATCH_PREFIX_BYTES + body_len));
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

static void put_whole(struct buf *out, const struct writing *w) {
    size_t at = out->len;
    put_header(out, &w->batch, w->body.len);
    buf_put_bytes(out, buf_bytes(&w->body));
    uint32_t crc = crc32c(bytes_of(out->data + at + ATTRIBUTES_AT, out->len - at - ATTRIBUTES_AT));
    for (size_t i = 0; i < 4; i++)
        out->data[at + CRC_AT + i] = (uint8_t)(crc >> (24 - 8 * i));
}

static enum error write_anew(const struct batch *b, size_t max_bytes, const struct sift *sift,
                             bool needs_horizon, struct buf *out) {
    struct writing w = { .sift = sift, .batch = *b };
    w.batch.attributes = (int16_t)(b->attributes & ~CODEC_MASK);
    w.batch.record_count = 0;
    if (needs_horizon) {
        w.batch.attributes |= HORIZON_BIT;
        w.batch.base_timestamp_ms = sift->horizon_ms;
    }
    enum error e = batch_each(b, max_bytes, write_kept, &w);
    if (!e && w.body.len > INT32_MAX - BATCH_HEADER_BYTES)
        e = fail(E_too_large, "a batch of %zu bytes, unpacked", w.body.len);
    if (!e)
        put_whole(out, &w);
    buf_finish(&w.body);
    buf_finish(&w.record);
    return e;
}

enum error batch_sift(const struct batch *b, size_t max_bytes, const struct sift *sift,
                      struct buf *out, int32_t *kept) {
    struct sifting s = { .sift = sift };
    TRY(batch_each(b, max_bytes, count_kept, &s));
    *kept = s.kept;
    bool needs_horizon = s.has_tombstone && batch_delete_horizon(b) < 0;
    if (!s.kept)
        return E_ok;
    if (s.kept < b->record_count || needs_horizon)
        return write_anew(b, max_bytes, sift, needs_horizon, out);
    buf_put_bytes(out, b->whole);
    return E_ok;
}
