/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Log files and frames, all numbers big-endian.
 *
 * A file begins with a header of one 512-byte sector:
 *     0  "OCTAVOWL"      8  format version u32      12  CRC-32C of bytes 16..511
 *    16  sequence u64   24  LSN of the first frame  32  cluster id, 22 characters; then zeros
 * Frames follow without gaps, each at a multiple of 16:
 *     0  "OFR1"          4  CRC-32C of bytes 8..47, begun with the directory's seed
 *     8  payload length u32     12  CRC-32C of the payload
 *    16  type u16       18  zeros, 6 bytes          24  LSN u64
 *    32  term u64       40  highest LSN already synced when this was written u64
 *    48  payload, then zeros up to a multiple of 16
 *
 * The header has a checksum of its own so that its length can be trusted before the payload is
 * read, and so that a frame with a torn payload still testifies what was synced before it. The
 * seed is a secret of the data directory: a client cannot put bytes into a record that recovery,
 * when it looks behind a damaged place, would take for a frame. */
#include "wal_frame.h"

#include "limits.h"

#include "base/check.h"
#include "wire/checksum.h"

#include <string.h>

static const char frame_magic[4] = "OFR1";
static const char file_magic[8] = "OCTAVOWL";

static void put_u32(uint8_t *at, uint32_t v) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void put_u64(uint8_t *at, uint64_t v) {
    put_u32(at, (uint32_t)(v >> 32));
    put_u32(at + 4, (uint32_t)v);
}

static uint32_t header_crc(const uint8_t *header, uint32_t seed) {
    return crc32c_more(seed, bytes_of(header + 8, WAL_FRAME_HEADER_BYTES - 8));
}

size_t wal_frame_begin(struct buf *out) {
    size_t begin = out->len;
    assert(begin % WAL_ALIGN_BYTES == 0);
    memset(buf_extend(out, WAL_FRAME_HEADER_BYTES), 0, WAL_FRAME_HEADER_BYTES);
    return begin;
}

void wal_frame_end(struct buf *out, size_t begin, struct wal_frame *frame, uint32_t seed) {
    size_t len = out->len - begin - WAL_FRAME_HEADER_BYTES;
    size_t padding = (WAL_ALIGN_BYTES - out->len % WAL_ALIGN_BYTES) % WAL_ALIGN_BYTES;
    uint8_t *at = out->data + begin;
    assert(len <= INT32_MAX);
    frame->payload_len = (uint32_t)len;
    frame->payload_crc = crc32c(bytes_of(at + WAL_FRAME_HEADER_BYTES, len));
    memcpy(at, frame_magic, sizeof(frame_magic));
    put_u32(at + 8, frame->payload_len);
    put_u32(at + 12, frame->payload_crc);
    put_u32(at + 16, (uint32_t)frame->type << 16);
    put_u64(at + 24, frame->lsn);
    put_u64(at + 32, frame->term);
    put_u64(at + 40, frame->synced);
    put_u32(at + 4, header_crc(at, seed));
    memset(buf_extend(out, padding), 0, padding);
}

bool wal_frame_read(struct bytes at, uint32_t seed, struct wal_frame *out) {
    if (at.len < WAL_FRAME_HEADER_BYTES || memcmp(at.data, frame_magic, sizeof(frame_magic)) != 0)
        return false;
    struct cursor in = cursor_on(bytes_part(at, 4, WAL_FRAME_HEADER_BYTES - 4));
    if (read_u32(&in) != header_crc(at.data, seed))
        return false;
    out->payload_len = read_u32(&in);
    out->payload_crc = read_u32(&in);
    out->type = read_u16(&in);
    (void)read_bytes(&in, 6);
    out->lsn = read_u64(&in);
    out->term = read_u64(&in);
    out->synced = read_u64(&in);
    assert(!in.bad);
    return out->payload_len <= INT32_MAX && out->synced < out->lsn && out->lsn <= LSN_MAX
           && out->term > 0 && out->term <= TERM_MAX;
}

bool wal_frame_holds(const struct wal_frame *frame, struct bytes payload) {
    return payload.len == frame->payload_len && crc32c(payload) == frame->payload_crc;
}

int64_t wal_frame_size(const struct wal_frame *frame) {
    int64_t size = WAL_FRAME_HEADER_BYTES + (int64_t)frame->payload_len;
    return (size + WAL_ALIGN_BYTES - 1) / WAL_ALIGN_BYTES * WAL_ALIGN_BYTES;
}

void wal_file_header_write(struct buf *out, const struct wal_file_header *header) {
    uint8_t *at = buf_extend(out, WAL_FILE_HEADER_BYTES);
    memset(at, 0, WAL_FILE_HEADER_BYTES);
    memcpy(at, file_magic, sizeof(file_magic));
    put_u32(at + 8, header->version);
    put_u64(at + 16, header->sequence);
    put_u64(at + 24, header->first_lsn);
    memcpy(at + 32, header->cluster_id, CLUSTER_ID_BYTES);
    put_u32(at + 12, crc32c(bytes_of(at + 16, WAL_FILE_HEADER_BYTES - 16)));
}

bool wal_file_header_read(struct bytes at, struct wal_file_header *out) {
    if (at.len < WAL_FILE_HEADER_BYTES || memcmp(at.data, file_magic, sizeof(file_magic)) != 0)
        return false;
    struct cursor in = cursor_on(bytes_part(at, 8, WAL_FILE_HEADER_BYTES - 8));
    out->version = read_u32(&in);
    uint32_t crc = read_u32(&in);
    out->sequence = read_u64(&in);
    out->first_lsn = read_u64(&in);
    memcpy(out->cluster_id, at.data + 32, CLUSTER_ID_BYTES);
    out->cluster_id[CLUSTER_ID_BYTES] = 0;
    return crc == crc32c(bytes_part(at, 16, WAL_FILE_HEADER_BYTES - 16));
}
