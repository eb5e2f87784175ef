/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The records inside a batch.
 *
 *   length varint, then: attributes 1 byte, timestamp delta varint, offset delta varint,
 *   key length varint (-1 null), key, value length varint (-1 null), value,
 *   header count varint, then each header: key length varint, key, value length varint, value
 *
 * Compression covers all records of a batch at once, so they are unpacked into one buffer whose
 * size the caller bounds: a batch of a few kilobytes may claim to hold gigabytes. */
#include "batch.h"

#include "compression.h"
#include "varint.h"

#include <inttypes.h>

enum { LOG_APPEND_TIME_BIT = 1 << 3, HEADER_BYTES_MIN = 2 };

/* Null for -1; anything below makes the cursor bad. */
static struct bytes read_nullable(struct cursor *in) {
    int32_t len = read_varint32(in);
    if (len >= 0)
        return read_bytes(in, (size_t)len);
    if (len < -1)
        in->bad = true;
    return (struct bytes){ 0 };
}

static int64_t record_timestamp(const struct batch *b, int64_t delta) {
    if (b->attributes & LOG_APPEND_TIME_BIT)
        return b->max_timestamp_ms;
    return (int64_t)((uint64_t)b->base_timestamp_ms + (uint64_t)delta); /* a lie may wrap */
}

static enum error record_read(struct record *r, struct cursor *in, const struct batch *b) {
    int32_t length = read_varint32(in);
    if (in->bad || length < 0 || (size_t)length > cursor_left(in))
        return fail(E_malformed, "record of %" PRId32 " bytes with %zu left", length,
                    cursor_left(in));
    struct cursor body = cursor_on(read_bytes(in, (size_t)length));
    read_int8(&body); /* attributes: none are defined */
    r->timestamp_ms = record_timestamp(b, read_varint64(&body));
    int32_t offset_delta = read_varint32(&body);
    r->key = read_nullable(&body);
    r->value = read_nullable(&body);
    r->header_count = read_varint32(&body);
    r->headers = read_bytes(&body, cursor_left(&body));
    if (body.bad)
        return fail(E_malformed, "record ends inside a field");
    if (offset_delta < 0 || offset_delta > b->last_offset_delta)
        return fail(E_malformed, "record with offset delta %" PRId32 " of %" PRId32, offset_delta,
                    b->last_offset_delta);
    if (r->header_count < 0 || (size_t)r->header_count > r->headers.len / HEADER_BYTES_MIN)
        return fail(E_malformed, "record of %" PRId32 " headers in %zu bytes", r->header_count,
                    r->headers.len);
    r->offset = b->base_offset + offset_delta;
    return E_ok;
}

/* One pass over the records; `index` tells a callback how many came before. */
struct pass {
    const struct batch *batch;
    struct cursor in;
    int32_t index;
};

static enum error pass_begin(struct pass *pass, const struct batch *b, size_t max_bytes,
                             struct buf *unpacked) {
    struct bytes records =
        bytes_part(b->whole, BATCH_HEADER_BYTES, b->whole.len - BATCH_HEADER_BYTES);
    if (batch_codec(b) != CODEC_NONE) {
        TRY_WHILE(decompress(batch_codec(b), records, max_bytes, unpacked),
                  "unpacking %zu bytes of %" PRId32 " records", records.len, b->record_count);
        records = buf_bytes(unpacked);
    }
    *pass = (struct pass){ .batch = b, .in = cursor_on(records) };
    return E_ok;
}

static enum error pass_next(struct pass *pass, struct record *r) {
    TRY_WHILE(record_read(r, &pass->in, pass->batch), "reading record %" PRId32 " of %" PRId32,
              pass->index, pass->batch->record_count);
    pass->index++;
    return E_ok;
}

static enum error each(struct pass *pass, bool (*on_record)(void *, const struct record *),
                       void *context) {
    struct record r;
    while (pass->index < pass->batch->record_count) {
        TRY(pass_next(pass, &r));
        if (!on_record(context, &r))
            break;
    }
    return E_ok;
}

enum error batch_each(const struct batch *b, size_t max_bytes,
                      bool (*on_record)(void *context, const struct record *r), void *context) {
    struct buf unpacked = { 0 };
    struct pass pass;
    enum error e = pass_begin(&pass, b, max_bytes, &unpacked);
    if (!e)
        e = each(&pass, on_record, context);
    buf_finish(&unpacked);
    return e;
}

static enum error headers_check(const struct record *r) {
    struct cursor in = cursor_on(r->headers);
    for (int32_t i = 0; i < r->header_count && !in.bad; i++) {
        int32_t key_len = read_varint32(&in);
        if (key_len < 0)
            in.bad = true;
        read_bytes(&in, in.bad ? 0 : (size_t)key_len);
        read_nullable(&in);
    }
    if (in.bad)
        return fail(E_malformed, "record header ends early");
    if (cursor_left(&in) > 0)
        return fail(E_malformed, "%zu bytes behind the last header", cursor_left(&in));
    return E_ok;
}

static enum error check(struct pass *pass, bool *keyless) {
    const struct batch *b = pass->batch;
    struct record r;
    while (pass->index < b->record_count) {
        int32_t wanted = pass->index;
        TRY(pass_next(pass, &r));
        TRY(headers_check(&r));
        if (r.offset != b->base_offset + wanted)
            return fail(E_malformed, "record %" PRId32 " has offset delta %" PRId64, wanted,
                        r.offset - b->base_offset);
        if (!r.key.data)
            *keyless = true;
    }
    if (cursor_left(&pass->in) > 0)
        return fail(E_malformed, "%zu bytes behind the last record", cursor_left(&pass->in));
    return E_ok;
}

enum error batch_check_records(const struct batch *b, size_t max_bytes, bool *keyless,
                               size_t *unpacked_bytes) {
    struct buf unpacked = { 0 };
    struct pass pass;
    *keyless = false;
    if (b->record_count == 0 || b->record_count - 1 != b->last_offset_delta)
        return fail(E_malformed, "batch of %" PRId32 " records with last delta %" PRId32,
                    b->record_count, b->last_offset_delta);
    enum error e = pass_begin(&pass, b, max_bytes, &unpacked);
    if (!e)
        e = check(&pass, keyless);
    *unpacked_bytes += unpacked.len;
    buf_finish(&unpacked);
    return e;
}
