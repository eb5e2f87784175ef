/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Decompression: round trips through the codecs' own compressors, bombs, cuts and damage. */
#include "compression.h"

#include "base/random.h"
#include "base/test.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { MIB = 1 << 20 };

static void pack_gzip(struct buf *out, struct bytes plain) {
    z_stream z = { .next_in = (Bytef *)(uintptr_t)plain.data, .avail_in = (uInt)plain.len };
    CHECK(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    size_t most = deflateBound(&z, plain.len);
    buf_reserve(out, most);
    z.next_out = out->data + out->len;
    z.avail_out = (uInt)most;
    CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
    out->len += most - z.avail_out;
    deflateEnd(&z);
}

static void pack_snappy(struct buf *out, struct bytes plain) {
    size_t len = snappy_max_compressed_length(plain.len);
    buf_reserve(out, len);
    CHECK(snappy_compress((const char *)plain.data, plain.len, (char *)out->data + out->len, &len)
          == SNAPPY_OK);
    out->len += len;
}

/* As Java's client does: blocks of at most 32 KiB behind the xerial header. */
static void pack_xerial(struct buf *out, struct bytes plain) {
    buf_put(out, "\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16);
    for (size_t at = 0; at < plain.len; at += 32768) {
        struct buf block = { 0 };
        size_t left = plain.len - at;
        pack_snappy(&block, bytes_part(plain, at, left < 32768 ? left : 32768));
        buf_put_be32(out, (uint32_t)block.len);
        buf_put_bytes(out, buf_bytes(&block));
        buf_finish(&block);
    }
}

static void pack_lz4(struct buf *out, struct bytes plain) {
    size_t most = LZ4F_compressFrameBound(plain.len, NULL);
    buf_reserve(out, most);
    size_t len = LZ4F_compressFrame(out->data + out->len, most, plain.data, plain.len, NULL);
    CHECK(!LZ4F_isError(len));
    out->len += len;
}

static void pack_zstd(struct buf *out, struct bytes plain) {
    size_t most = ZSTD_compressBound(plain.len);
    buf_reserve(out, most);
    size_t len = ZSTD_compress(out->data + out->len, most, plain.data, plain.len, 3);
    CHECK(!ZSTD_isError(len));
    out->len += len;
}

static const struct packer {
    const char *name;
    enum batch_codec codec;
    void (*pack)(struct buf *out, struct bytes plain);
    bool sees_cuts; /* xerial has no end: a cut between blocks is a shorter stream */
} packers[] = {
    { "gzip", CODEC_GZIP, pack_gzip, true },        { "snappy", CODEC_SNAPPY, pack_snappy, true },
    { "xerial", CODEC_SNAPPY, pack_xerial, false }, { "lz4", CODEC_LZ4, pack_lz4, true },
    { "zstd", CODEC_ZSTD, pack_zstd, true },
};

static void each_packer(void (*check)(const struct packer *)) {
    for (size_t i = 0; i < sizeof(packers) / sizeof(packers[0]); i++)
        check(&packers[i]);
}

static struct buf some_text(size_t len) {
    struct buf text = { 0 };
    while (text.len < len)
        buf_print(&text, "entry %zu of an account; ", text.len);
    text.len = len;
    return text;
}

static void check_round_trip(const struct packer *p) {
    static const size_t lengths[] = { 1, 100, 16383, 16384, 16385, 200000 };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct buf plain = some_text(lengths[i]), packed = { 0 }, out = { 0 };
        p->pack(&packed, buf_bytes(&plain));
        CHECK_OK(decompress(p->codec, buf_bytes(&packed), MIB, &out));
        CHECK_BYTES(buf_bytes(&out), buf_bytes(&plain));
        buf_clear(&out);
        CHECK_OK(decompress(p->codec, buf_bytes(&packed), plain.len, &out));
        buf_clear(&out);
        enum error e = decompress(p->codec, buf_bytes(&packed), plain.len - 1, &out);
        CHECK_ERROR(e, E_too_large);
        CHECK_STORY(" pass");
        buf_finish(&plain);
        buf_finish(&packed);
        buf_finish(&out);
    }
}

TEST(each_codec_unpacks_what_its_compressor_packed_up_to_exactly_the_bound) {
    each_packer(check_round_trip);
}

static void check_bomb(const struct packer *p) {
    struct buf zeros = { 0 }, packed = { 0 }, out = { 0 };
    memset(buf_extend(&zeros, 64 * MIB), 0, 64 * MIB);
    p->pack(&packed, buf_bytes(&zeros));
    buf_finish(&zeros);
    CHECK_ERROR(decompress(p->codec, buf_bytes(&packed), MIB, &out), E_too_large);
    CHECK(out.capacity <= 4 * MIB);
    buf_finish(&packed);
    buf_finish(&out);
}

TEST(a_bomb_of_64_mib_is_stopped_at_the_bound_of_one) {
    each_packer(check_bomb);
}

static void check_cuts(const struct packer *p) {
    struct buf plain = some_text(3000), packed = { 0 }, out = { 0 };
    p->pack(&packed, buf_bytes(&plain));
    for (size_t len = 0; p->sees_cuts && len < packed.len; len++) {
        buf_clear(&out);
        struct bytes part = bytes_part(buf_bytes(&packed), 0, len);
        CHECK_ERROR(decompress(p->codec, part, MIB, &out), E_malformed);
    }
    buf_finish(&plain);
    buf_finish(&packed);
    buf_finish(&out);
}

TEST(packed_records_cut_at_any_byte_are_malformed) {
    each_packer(check_cuts);
}

static void check_damage(const struct packer *p) {
    struct random random = random_seeded(test_seed());
    struct buf plain = some_text(3000), packed = { 0 }, out = { 0 };
    p->pack(&packed, buf_bytes(&plain));
    for (int i = 0; i < 2000; i++) {
        size_t at = random_below(&random, packed.len);
        uint8_t was = packed.data[at];
        packed.data[at] ^= (uint8_t)(1 + random_below(&random, 255));
        buf_clear(&out);
        enum error e = decompress(p->codec, buf_bytes(&packed), MIB, &out);
        CHECK(e == E_ok || e == E_malformed || e == E_too_large);
        CHECK(out.len <= MIB + 1);
        packed.data[at] = was;
    }
    buf_finish(&plain);
    buf_finish(&packed);
    buf_finish(&out);
}

TEST(damaged_packed_records_never_pass_the_bound) {
    each_packer(check_damage);
}

TEST(snappy_that_claims_more_than_its_bytes_can_hold_allocates_nothing) {
    struct buf out = { 0 };
    struct bytes liar = bytes_of("\x80\x80\x80\x0f\0a", 6); /* 31 MiB in one byte */
    CHECK_ERROR(decompress(CODEC_SNAPPY, liar, 32 * MIB, &out), E_malformed);
    CHECK_STORY("snappy data has a bad length");
    CHECK_INT((int)out.capacity, 0);
    liar = bytes_of("\x82SNAPPY\0\0\0\0\1\0\0\0\1\x7f\xff\xff\xff", 20);
    CHECK_ERROR(decompress(CODEC_SNAPPY, liar, MIB, &out), E_malformed);
    CHECK_STORY("snappy block of 2147483647 bytes ends early");
}

TEST(zstd_that_asks_for_a_window_above_the_bound_is_refused) {
    /* magic, descriptor without single segment, window 2^27, an empty last raw block */
    struct bytes frame = bytes_of("\x28\xb5\x2f\xfd\0\x88\1\0\0", 9);
    struct buf out = { 0 };
    CHECK_OK(decompress(CODEC_ZSTD, frame, 128 * MIB, &out));
    CHECK_ERROR(decompress(CODEC_ZSTD, frame, MIB, &out), E_too_large);
    CHECK_STORY("zstd window passes 1048576 bytes");
    buf_finish(&out);
}

TEST(gzip_of_two_members_is_one_text) {
    struct buf packed = { 0 }, out = { 0 };
    pack_gzip(&packed, bytes_text("first "));
    pack_gzip(&packed, bytes_text("second"));
    CHECK_OK(decompress(CODEC_GZIP, buf_bytes(&packed), MIB, &out));
    CHECK_BYTES(buf_bytes(&out), bytes_text("first second"));
    buf_put_text(&packed, "noise");
    buf_clear(&out);
    CHECK_ERROR(decompress(CODEC_GZIP, buf_bytes(&packed), MIB, &out), E_malformed);
    buf_finish(&packed);
    buf_finish(&out);
}

/* ---- the same through a batch */

static struct bytes packed_batch(struct batch_writer *w, const struct packer *p) {
    batch_begin(w, 1000);
    for (int i = 0; i < 50; i++)
        batch_add(w, 1000 + i, bytes_text("key"), bytes_text("a value, and again a value"));
    struct buf plain = { 0 };
    buf_put(&plain, w->out.data + BATCH_HEADER_BYTES, w->out.len - BATCH_HEADER_BYTES);
    w->out.len = BATCH_HEADER_BYTES;
    p->pack(&w->out, buf_bytes(&plain));
    w->batch.attributes = (int16_t)p->codec;
    buf_finish(&plain);
    return batch_end(w);
}

static bool count_one(void *context, const struct record *r) {
    CHECK(bytes_is_text(r->key, "key"));
    CHECK_INT(r->timestamp_ms, 1000 + r->offset);
    ++*(int *)context;
    return true;
}

static void check_batch(const struct packer *p) {
    struct batch_writer w;
    struct batch b;
    bool keyless;
    size_t unpacked = 0;
    int count = 0;
    struct cursor in = cursor_on(packed_batch(&w, p));
    CHECK_OK(batch_read(&b, &in));
    CHECK_INT((int)batch_codec(&b), (int)p->codec);
    CHECK_OK(batch_check_records(&b, MIB, &keyless, &unpacked));
    CHECK_OK(batch_each(&b, MIB, count_one, &count));
    CHECK_INT(count, 50);
    CHECK_ERROR(batch_check_records(&b, 100, &keyless, &unpacked), E_too_large);
    CHECK_STORY("of 50 records");
    buf_finish(&w.out);
}

TEST(a_packed_batch_is_checked_and_shown_like_a_plain_one) {
    each_packer(check_batch);
}
