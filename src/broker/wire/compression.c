/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Four codecs behind one bounded sink.
 *
 * The streaming ones (gzip, lz4, zstd) are given room for at most one byte above the bound, so a
 * bomb is seen on that byte, not after it went off. Snappy says its length in front: it must be
 * within the bound and within what its bytes could ever hold. Java's snappy comes in blocks behind
 * a header of its own (xerial): 0x82 "SNAPPY" 0, version 4, compatible version 4, then blocks of
 * length 4 and plain snappy. zstd would allocate the window that a frame asks for; a window larger
 * than the bound is refused. */
#include "compression.h"

#include <inttypes.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { CHUNK_BYTES = 16 << 10, SNAPPY_RATIO_MAX = 64, XERIAL_HEADER_BYTES = 16 };

static const uint8_t xerial_magic[8] = { 0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0 };

struct sink {
    struct buf *out;
    size_t len_max; /* of out */
};

static enum error too_large(const struct sink *s) {
    return fail(E_too_large, "unpacked records pass %zu bytes", s->len_max);
}

/* Room at the end of the buffer, as much again as it holds; out->len does not count it yet. */
static size_t sink_room(struct sink *s, uint8_t **room) {
    size_t len = s->out->len;
    size_t more = len < CHUNK_BYTES ? CHUNK_BYTES : len;
    if (more > s->len_max - len)
        more = s->len_max - len + 1;
    buf_reserve(s->out, more);
    *room = s->out->data + len;
    return more;
}

static enum error sink_filled(struct sink *s, size_t len) {
    s->out->len += len;
    return s->out->len > s->len_max ? too_large(s) : E_ok;
}

/* ---- gzip: one member after the other */

static enum error gzip_step(z_stream *z, struct sink *s) {
    uint8_t *room;
    size_t space = sink_room(s, &room);
    z->next_out = room;
    z->avail_out = (uInt)space;
    int result = inflate(z, Z_NO_FLUSH);
    TRY(sink_filled(s, space - z->avail_out));
    if (result == Z_STREAM_END && z->avail_in > 0)
        return inflateReset(z) == Z_OK ? E_ok : fail(E_malformed, "gzip data is damaged");
    if (result == Z_BUF_ERROR || (result == Z_OK && z->avail_in == 0 && z->avail_out > 0))
        return fail(E_malformed, "gzip data ends early");
    if (result != Z_OK && result != Z_STREAM_END)
        return fail(E_malformed, "gzip data is damaged: %s", z->msg ? z->msg : "no reason given");
    if (result == Z_STREAM_END)
        z->next_in = NULL; /* the end */
    return E_ok;
}

static enum error gzip_unpack(struct bytes packed, struct sink *s) {
    z_stream z = { .next_in = (Bytef *)(uintptr_t)packed.data, .avail_in = (uInt)packed.len };
    enum error e = E_ok;
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return fail(E_too_large, "gzip needs more memory than there is");
    while (!e && z.next_in)
        e = gzip_step(&z, s);
    inflateEnd(&z);
    return e;
}

/* ---- snappy */

static enum error snappy_block(struct bytes packed, struct sink *s) {
    size_t len;
    const char *data = (const char *)packed.data;
    if (snappy_uncompressed_length(data, packed.len, &len) != SNAPPY_OK
        || len / SNAPPY_RATIO_MAX > packed.len)
        return fail(E_malformed, "snappy data has a bad length");
    if (len > s->len_max - s->out->len)
        return too_large(s);
    buf_reserve(s->out, len + 1);
    if (snappy_uncompress(data, packed.len, (char *)s->out->data + s->out->len, &len) != SNAPPY_OK)
        return fail(E_malformed, "snappy data is damaged");
    return sink_filled(s, len);
}

static enum error snappy_unpack(struct bytes packed, struct sink *s) {
    if (packed.len < XERIAL_HEADER_BYTES
        || memcmp(packed.data, xerial_magic, sizeof(xerial_magic)) != 0)
        return snappy_block(packed, s);
    struct cursor in = cursor_on(packed);
    read_bytes(&in, XERIAL_HEADER_BYTES);
    while (cursor_left(&in) > 0) {
        uint32_t len = read_u32(&in);
        struct bytes block = read_bytes(&in, len);
        if (in.bad)
            return fail(E_malformed, "snappy block of %" PRIu32 " bytes ends early", len);
        TRY(snappy_block(block, s));
    }
    return E_ok;
}

/* ---- lz4 frames */

static enum error lz4_frames(LZ4F_dctx *context, struct bytes packed, struct sink *s) {
    size_t hint = 1; /* 0 at the end of a frame */
    while (packed.len > 0 || hint) {
        uint8_t *room;
        size_t space = sink_room(s, &room);
        size_t taken = packed.len;
        hint = LZ4F_decompress(context, room, &space, packed.data, &taken, NULL);
        if (LZ4F_isError(hint))
            return fail(E_malformed, "lz4 data is damaged: %s", LZ4F_getErrorName(hint));
        TRY(sink_filled(s, space));
        packed = bytes_part(packed, taken, packed.len - taken);
        if (hint && taken == 0 && space == 0)
            return fail(E_malformed, "lz4 data ends early");
    }
    return E_ok;
}

static enum error lz4_unpack(struct bytes packed, struct sink *s) {
    LZ4F_dctx *context;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        return fail(E_too_large, "lz4 needs more memory than there is");
    enum error e = lz4_frames(context, packed, s);
    LZ4F_freeDecompressionContext(context);
    return e;
}

/* ---- zstd frames */

static enum error zstd_frames(ZSTD_DCtx *context, struct bytes packed, struct sink *s) {
    ZSTD_inBuffer in = { packed.data, packed.len, 0 };
    size_t hint = 1; /* 0 at the end of a frame */
    while (in.pos < in.size || hint) {
        uint8_t *room;
        size_t taken_before = in.pos;
        ZSTD_outBuffer out = { .size = sink_room(s, &room) };
        out.dst = room;
        hint = ZSTD_decompressStream(context, &out, &in);
        if (ZSTD_getErrorCode(hint) == ZSTD_error_frameParameter_windowTooLarge)
            return fail(E_too_large, "zstd window passes %zu bytes", s->len_max);
        if (ZSTD_isError(hint))
            return fail(E_malformed, "zstd data is damaged: %s", ZSTD_getErrorName(hint));
        TRY(sink_filled(s, out.pos));
        if (hint && out.pos == 0 && in.pos == taken_before)
            return fail(E_malformed, "zstd data ends early");
    }
    return E_ok;
}

static int window_log(size_t bytes) {
    ZSTD_bounds bounds = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
    int log = bounds.lowerBound;
    while (log < bounds.upperBound && (size_t)1 << log < bytes)
        log++;
    return log;
}

static enum error zstd_unpack(struct bytes packed, struct sink *s) {
    ZSTD_DCtx *context = ZSTD_createDCtx();
    if (!context)
        return fail(E_too_large, "zstd needs more memory than there is");
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, window_log(s->len_max));
    enum error e = zstd_frames(context, packed, s);
    ZSTD_freeDCtx(context);
    return e;
}

enum error decompress(enum batch_codec codec, struct bytes packed, size_t max_bytes,
                      struct buf *out) {
    struct sink s = { .out = out, .len_max = out->len + max_bytes };
    switch (codec) {
    case CODEC_NONE:
        if (packed.len > max_bytes)
            return too_large(&s);
        buf_put_bytes(out, packed);
        return E_ok;
    case CODEC_GZIP:
        return gzip_unpack(packed, &s);
    case CODEC_SNAPPY:
        return snappy_unpack(packed, &s);
    case CODEC_LZ4:
        return lz4_unpack(packed, &s);
    case CODEC_ZSTD:
        return zstd_unpack(packed, &s);
    }
    return fail(E_unsupported, "codec %d", (int)codec);
}
