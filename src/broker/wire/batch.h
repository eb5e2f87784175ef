/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Kafka's record batch, magic 2 (KIP-98, docs "Record Batch"): read, checked and patched in place.
 *
 * A batch is stored as the client sent it, except base offset, partition leader epoch (both outside
 * the checksum) and, for log-append time, the maximum timestamp (inside it). */
#ifndef OCTAVO_WIRE_BATCH_H
#define OCTAVO_WIRE_BATCH_H

#include "base/cursor.h"
#include "base/error.h"

enum { BATCH_HEADER_BYTES = 61, BATCH_LENGTH_AT = 8, BATCH_PREFIX_BYTES = 12 };

enum { BATCH_TRANSACTIONAL = 1 << 4, BATCH_CONTROL = 1 << 5 }; /* attributes */

enum batch_codec { CODEC_NONE, CODEC_GZIP, CODEC_SNAPPY, CODEC_LZ4, CODEC_ZSTD };

struct batch {
    struct bytes whole; /* borrowed: header and records */
    int64_t base_offset;
    int32_t leader_epoch;
    uint32_t crc;
    int16_t attributes;
    int32_t last_offset_delta;
    int64_t base_timestamp_ms;
    int64_t max_timestamp_ms;
    int64_t producer_id; /* -1: none */
    int16_t producer_epoch;
    int32_t base_sequence;
    int32_t record_count;
};

struct record {
    int64_t offset;
    int64_t timestamp_ms;
    struct bytes key;     /* data NULL: null */
    struct bytes value;   /* data NULL: null, a tombstone */
    struct bytes headers; /* still encoded; header_count of them */
    int32_t header_count;
};

/* Reads one batch from the front of `in`; checks magic, length, counts and checksum.
 * E_malformed says what is wrong; E_unsupported is for a magic below 2. Never allocates. */
enum error batch_read(struct batch *out, struct cursor *in) MUST_CHECK;
/* The same without the checksum: for a batch that was checked when it was written. */
enum error batch_read_header(struct batch *out, struct cursor *in) MUST_CHECK;
int64_t batch_last_offset(const struct batch *b);
bool batch_is_transactional(const struct batch *b);
bool batch_is_control(const struct batch *b);
enum batch_codec batch_codec(const struct batch *b);
/* Checks what only the records show: their count, offset deltas and lengths. Decompresses with a
 * bound of `max_bytes`; `keyless` says whether any record has a null key. `unpacked_bytes` grows by
 * what was unpacked, also when it fails. */
enum error batch_check_records(const struct batch *b, size_t max_bytes, bool *keyless,
                               size_t *unpacked_bytes) MUST_CHECK;
/* Calls on_record for each record until it returns false. Same bound. */
enum error batch_each(const struct batch *b, size_t max_bytes,
                      bool (*on_record)(void *context, const struct record *r),
                      void *context) MUST_CHECK;

void batch_patch_offset(uint8_t *whole, int64_t base_offset, int32_t leader_epoch);

/* Writing, for tests, tools and control batches: begin, add records, finish fills the checksum. */
struct batch_writer {
    struct buf out; /* owned until batch_finish's caller takes it */
    struct batch batch;
};
void batch_begin(struct batch_writer *w, int64_t base_timestamp_ms);
void batch_add(struct batch_writer *w, int64_t timestamp_ms, struct bytes key, struct bytes value);
struct bytes batch_end(struct batch_writer *w); /* valid until buf_finish(&w->out) */

#endif
