// rooms: broker/storage
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes as a segment: the walk of audit and repair tells of each byte once, as part of a good
 * batch or of a stretch that holds none, and of offsets that rise.
 *
 * The first byte chooses: 1 the checksums of batches that follow one another are made right, so
 * that what stands behind them is reached; 2 offsets may be missing. */
#include "base/check.h"
#include "base/memory_disk.h"
#include "storage/segment_walk.h"
#include "wire/checksum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EPOCH_MAX = 3, FIX_SUMS = 1, MAY_SKIP = 2, CRC_AT = 17, SUM_FROM = 21 };

struct seen {
    int64_t position;
    int64_t offset;
    bool is_told_of; /* the batch that comes next: its leader epoch cannot be */
    int32_t epoch;   /* of those before it that could */
};

static void on_batch(void *context, const struct batch *b, int64_t position) {
    struct seen *s = context;
    assert(position == s->position);
    assert(b->base_offset >= s->offset);
    bool could_be = b->leader_epoch >= s->epoch && b->leader_epoch <= EPOCH_MAX;
    assert(could_be != s->is_told_of);
    s->epoch = could_be ? b->leader_epoch : s->epoch;
    s->is_told_of = false;
    s->position += (int64_t)b->whole.len;
    s->offset = batch_last_offset(b) + 1;
}

static void on_epoch(void *context, const struct batch *b, int32_t least) {
    struct seen *s = context;
    assert(!s->is_told_of);
    assert(least == s->epoch);
    assert(b->base_offset >= s->offset);
    s->is_told_of = true;
}

static void on_damage(void *context, const struct walk_damage *d) {
    struct seen *s = context;
    assert(d->position == s->position);
    assert(d->end_position >= d->position);
    assert(d->first_offset >= s->offset);
    assert(d->end_offset >= d->first_offset);
    s->position = d->end_position;
}

static void fix_sums(struct buf *b) {
    size_t at = 0;
    while (at + BATCH_HEADER_BYTES <= b->len) {
        struct cursor in = cursor_on(bytes_of(b->data + at + BATCH_LENGTH_AT, 4));
        size_t len = (size_t)read_u32(&in) + BATCH_PREFIX_BYTES;
        if (len < BATCH_HEADER_BYTES || len > b->len - at)
            return;
        uint32_t crc = crc32c(bytes_of(b->data + at + SUM_FROM, len - SUM_FROM));
        for (int i = 0; i < 4; i++)
            b->data[at + CRC_AT + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
        at += len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!size)
        return 0;
    struct buf content = { 0 };
    struct disk *d = memory_disk_create();
    struct segment *s = segment_create("d", 0, 0);
    struct seen seen = { 0 };
    buf_put(&content, data + 1, size - 1);
    if (data[0] & FIX_SUMS)
        fix_sums(&content);
    assert(disk_make_dir(d, "d") == E_ok);
    assert(disk_replace(d, s->path, buf_bytes(&content)) == E_ok);
    s->size = s->readable = (int64_t)content.len;
    struct segment_walk walk = { .disk = d,
                                 .segment = s,
                                 .end_offset = 1 << 30,
                                 .may_skip = data[0] & MAY_SKIP,
                                 .on_batch = on_batch,
                                 .leader_epoch = EPOCH_MAX,
                                 .on_damage = on_damage,
                                 .on_epoch = on_epoch,
                                 .context = &seen };
    assert(segment_walk(&walk) == E_ok);
    assert(seen.position == s->size);
    segment_destroy(s);
    memory_disk_destroy(d);
    buf_finish(&content);
    return 0;
}
