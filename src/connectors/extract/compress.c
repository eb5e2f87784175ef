/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* zlib and libzstd, one loop each. */
#include "extract/compress.h"

#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

enum { ROOM_BYTES = 64 << 10, GZIP_WINDOW = 15 + 16, GZIP_MEMORY = 8 };

struct compress {
    enum compress_kind kind;
    z_stream gzip;
    ZSTD_CCtx *zstd;
};

enum error compress_open(struct compress **out, enum compress_kind kind) {
    struct compress *c = memory_get(sizeof(*c));
    bool good = true;
    c->kind = kind;
    if (kind == COMPRESS_GZIP)
        good = deflateInit2(&c->gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
                            Z_DEFAULT_STRATEGY)
               == Z_OK;
    if (kind == COMPRESS_ZSTD) {
        c->zstd = ZSTD_createCCtx();
        good = c->zstd && !ZSTD_isError(ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_checksumFlag, 1));
    }
    *out = c;
    return good ? E_ok : fail(E_unsupported, "the library that compresses cannot begin");
}

void compress_close(struct compress *c) {
    if (!c)
        return;
    if (c->kind == COMPRESS_GZIP)
        (void)deflateEnd(&c->gzip);
    (void)ZSTD_freeCCtx(c->zstd);
    free(c);
}

static enum error gzip_put(struct compress *c, struct bytes in, bool last, struct buf *out) {
    int code;
    c->gzip.next_in = (Bytef *)(uintptr_t)in.data;
    c->gzip.avail_in = (uInt)in.len;
    do {
        buf_reserve(out, ROOM_BYTES);
        c->gzip.next_out = out->data + out->len;
        c->gzip.avail_out = ROOM_BYTES;
        code = deflate(&c->gzip, last ? Z_FINISH : Z_NO_FLUSH);
        if (code == Z_STREAM_ERROR)
            return fail(E_io, "zlib: its state is broken");
        out->len += ROOM_BYTES - c->gzip.avail_out;
    } while (c->gzip.avail_out == 0 || (last && code != Z_STREAM_END));
    return E_ok;
}

static enum error zstd_put(struct compress *c, struct bytes in, bool last, struct buf *out) {
    ZSTD_inBuffer from = { in.data, in.len, 0 };
    size_t left;
    do {
        buf_reserve(out, ROOM_BYTES);
        ZSTD_outBuffer to = { out->data + out->len, ROOM_BYTES, 0 };
        left = ZSTD_compressStream2(c->zstd, &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left))
            return fail(E_io, "zstd: %s", ZSTD_getErrorName(left));
        out->len += to.pos;
    } while (from.pos < from.size || (last && left > 0));
    return E_ok;
}

enum error compress_put(struct compress *c, struct bytes in, bool last, struct buf *out) {
    switch (c->kind) {
    case COMPRESS_NONE:
        buf_put_bytes(out, in);
        return E_ok;
    case COMPRESS_GZIP:
        return gzip_put(c, in, last, out);
    case COMPRESS_ZSTD:
        return zstd_put(c, in, last, out);
    }
    return E_ok;
}
