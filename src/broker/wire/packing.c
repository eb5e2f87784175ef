/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What every client reads: gzip with its header, snappy without Java's blocks (librdkafka writes it
 * so, and Java's reader knows it), lz4 frames whose blocks stand for themselves (Java reads no
 * others), zstd. Each at its usual level: the broker's thread does it. */
#include "packing.h"

#include "checksum.h"
#include "compression.h"

#include "base/check.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { CRC_AT = 17, ATTRIBUTES_AT = 21, MAX_TIMESTAMP_AT = 35, ZSTD_LEVEL = 3 };
enum { CODEC_MASK = 7, APPEND_TIME_BIT = 1 << 3 };

static enum error no_memory(const char *codec) {
    return fail(E_too_large, "%s needs more memory than there is", codec);
}

static enum error gzip_pack(struct bytes in, struct buf *out) {
    z_stream z = { .next_in = (Bytef *)(uintptr_t)in.data, .avail_in = (uInt)in.len };
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY)
        != Z_OK)
        return no_memory("gzip");
    size_t room = deflateBound(&z, (uLong)in.len);
    buf_reserve(out, room);
    z.next_out = out->data + out->len;
    z.avail_out = (uInt)room;
    int result = deflate(&z, Z_FINISH);
    out->len += room - z.avail_out;
    (void)deflateEnd(&z);
    return result == Z_STREAM_END ? E_ok : no_memory("gzip");
}

static enum error snappy_pack(struct bytes in, struct buf *out) {
    size_t len = snappy_max_compressed_length(in.len);
    buf_reserve(out, len);
    if (snappy_compress((const char *)in.data, in.len, (char *)out->data + out->len, &len)
        != SNAPPY_OK)
        return no_memory("snappy");
    out->len += len;
    return E_ok;
}

static enum error lz4_pack(struct bytes in, struct buf *out) {
    LZ4F_preferences_t how = { .frameInfo.blockMode = LZ4F_blockIndependent };
    size_t room = LZ4F_compressFrameBound(in.len, &how);
    buf_reserve(out, room);
    size_t len = LZ4F_compressFrame(out->data + out->len, room, in.data, in.len, &how);
    if (LZ4F_isError(len))
        return no_memory("lz4");
    out->len += len;
    return E_ok;
}

static enum error zstd_pack(struct bytes in, struct buf *out) {
    size_t room = ZSTD_compressBound(in.len);
    buf_reserve(out, room);
    size_t len = ZSTD_compress(out->data + out->len, room, in.data, in.len, ZSTD_LEVEL);
    if (ZSTD_isError(len))
        return no_memory("zstd");
    out->len += len;
    return E_ok;
}

static enum error pack(enum batch_codec codec, struct bytes in, struct buf *out) {
    switch (codec) {
    case CODEC_NONE:
        buf_put_bytes(out, in);
        return E_ok;
    case CODEC_GZIP:
        return gzip_pack(in, out);
    case CODEC_SNAPPY:
        return snappy_pack(in, out);
    case CODEC_LZ4:
        return lz4_pack(in, out);
    case CODEC_ZSTD:
        return zstd_pack(in, out);
    }
    return fail(E_unsupported, "codec %d", (int)codec);
}

static void put_be32(uint8_t *at, uint32_t v) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Length, codec and checksum of the batch that ends the buffer. */
static void header_mend(uint8_t *whole, size_t len, enum batch_codec codec) {
    put_be32(whole + BATCH_LENGTH_AT, (uint32_t)(len - BATCH_PREFIX_BYTES));
    whole[ATTRIBUTES_AT + 1] = (uint8_t)((whole[ATTRIBUTES_AT + 1] & ~CODEC_MASK) | (int)codec);
    put_be32(whole + CRC_AT, crc32c(bytes_of(whole + ATTRIBUTES_AT, len - ATTRIBUTES_AT)));
}

enum error batch_repack(const struct batch *b, enum batch_codec codec, size_t max_bytes,
                        struct buf *out) {
    struct bytes packed =
        bytes_part(b->whole, BATCH_HEADER_BYTES, b->whole.len - BATCH_HEADER_BYTES);
    struct buf records = { 0 };
    size_t at = out->len;
    enum error e = decompress(batch_codec(b), packed, max_bytes, &records);
    buf_put_bytes(out, bytes_part(b->whole, 0, BATCH_HEADER_BYTES));
    if (!e)
        e = pack(codec, buf_bytes(&records), out);
    if (!e)
        header_mend(out->data + at, out->len - at, codec);
    buf_finish(&records);
    return e;
}

void batch_stamp(uint8_t *whole, size_t len, int64_t now_ms) {
    assert(len >= BATCH_HEADER_BYTES);
    whole[ATTRIBUTES_AT + 1] |= APPEND_TIME_BIT;
    put_be32(whole + MAX_TIMESTAMP_AT, (uint32_t)((uint64_t)now_ms >> 32));
    put_be32(whole + MAX_TIMESTAMP_AT + 4, (uint32_t)(uint64_t)now_ms);
    put_be32(whole + CRC_AT, crc32c(bytes_of(whole + ATTRIBUTES_AT, len - ATTRIBUTES_AT)));
}
