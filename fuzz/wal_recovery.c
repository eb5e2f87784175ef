// rooms: broker/storage
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes as a log file or a checkpoint: recovered or refused, never a crash. What is recovered
 * is written to and recovered once more with all that was in it.
 *
 * The first byte chooses: 1 the rest is a checkpoint, else the log file behind its header; 2 the
 * checksums are made right, so that what stands behind them is reached; 4 the frames are numbered,
 * too, and carry the term of their byte. */
#include "base/check.h"
#include "base/event.h"
#include "base/memory_disk.h"
#include "storage/checkpoint.h"
#include "storage/transactions.h"
#include "storage/wal_frame.h"
#include "wire/checksum.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IS_CHECKPOINT = 1, FIX_SUMS = 2, FIX_NUMBERS = 4, SEED = 0x0badcafe, FILE_BYTES = 16 << 10 };

static const char meta[] = "version=1\ncluster.id=abcdefghijklmnopqrstuv\nwal.seed=0badcafe\n";
static const char wal_path[] = "d/wal-00000000000000000001";

static void put(struct disk *d, const char *path, struct bytes content) {
    assert(disk_replace(d, path, content) == E_ok);
}

static void put_be32(uint8_t *at, uint32_t v) {
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Writes the frame at `at` once more around the same payload. Returns its size on disk. */
static size_t fix_frame(struct buf *log, size_t at, uint8_t flags, lsn_t *lsn) {
    struct wal_frame frame = { 0 };
    struct buf fixed = { 0 };
    size_t left = log->len - at - WAL_FRAME_HEADER_BYTES;
    struct cursor in = cursor_on(bytes_of(log->data + at + 8, WAL_FRAME_HEADER_BYTES - 8));
    size_t len = read_u32(&in) % 4096;
    (void)read_u32(&in);
    frame.type = read_u16(&in);
    (void)read_bytes(&in, 6);
    frame.lsn = flags & FIX_NUMBERS ? ++*lsn : read_u64(&in);
    frame.term = flags & FIX_NUMBERS ? 1 : read_u64(&in);
    frame.synced = flags & FIX_NUMBERS ? *lsn - 1 : read_u64(&in);
    size_t begin = wal_frame_begin(&fixed);
    buf_put(&fixed, log->data + at + WAL_FRAME_HEADER_BYTES, len < left ? len : left);
    wal_frame_end(&fixed, begin, &frame, SEED);
    size_t fits = fixed.len < log->len - at ? fixed.len : log->len - at;
    memcpy(log->data + at, fixed.data, fits);
    buf_finish(&fixed);
    return fits;
}

static void fix_log(struct buf *log, uint8_t flags) {
    size_t at = WAL_FILE_HEADER_BYTES;
    lsn_t lsn = 0;
    while (at + WAL_FRAME_HEADER_BYTES <= log->len)
        at += memcmp(log->data + at, "OFR1", 4) == 0 ? fix_frame(log, at, flags, &lsn)
                                                     : WAL_ALIGN_BYTES;
}

static void put_log(struct disk *d, uint8_t flags, struct bytes input) {
    struct buf log = { 0 };
    struct wal_file_header header = { WAL_FORMAT_VERSION, 1, 1, "abcdefghijklmnopqrstuv" };
    wal_file_header_write(&log, &header);
    buf_put_bytes(&log, input);
    if (flags & FIX_SUMS)
        fix_log(&log, flags);
    put(d, wal_path, buf_bytes(&log));
    buf_finish(&log);
}

static void put_checkpoint(struct disk *d, uint8_t flags, struct bytes input) {
    struct buf content = { 0 };
    buf_put_bytes(&content, input);
    if (flags & FIX_SUMS && content.len > CHECKPOINT_SUM_FROM)
        put_be32(content.data + CHECKPOINT_CRC_AT,
                 crc32c(bytes_of(content.data + CHECKPOINT_SUM_FROM,
                                 content.len - CHECKPOINT_SUM_FROM)));
    put(d, "d/checkpoint", buf_bytes(&content));
    buf_finish(&content);
    static const uint8_t zeros[FILE_BYTES - WAL_FILE_HEADER_BYTES];
    put_log(d, 0, bytes_of(zeros, sizeof(zeros))); /* wherever the checkpoint says it goes on */
}

/* One fact that must survive, and a count of what was there. */
static int64_t census(struct storage *s) {
    struct topic *t;
    size_t at = 0, txns = 0;
    int64_t sum = 0;
    while ((t = topic_next(s, &at)))
        for (int32_t i = 0; i < t->partition_count; i++)
            sum += 1 + (partition_high_watermark(t->partitions[i]) & 0xffff)
                   + (partition_last_stable(t->partitions[i]) & 0xffff);
    for (struct txn *txn = txn_next(s, &txns); txn; txn = txn_next(s, &txns))
        sum += 1 + (int64_t)(txn->partition_count + txn->group_count + txn->offset_count);
    return sum;
}

static void recover_twice(const struct storage_options *options) {
    struct storage *s;
    struct committed_offset c = { 42, 0, "", 0 };
    lsn_t lsn;
    if (storage_open(&s, options))
        return;
    enum error committed = offset_commit(s, bytes_text("g"), bytes_text("t"), 0, &c, &lsn);
    int64_t before = census(s);
    storage_flush(s);
    storage_poll(s);
    storage_close(s);
    enum error again = storage_open(&s, options);
    if (again && strstr(error_story(), "and no next one"))
        return; /* the first start took the last number there is */
    assert(again == E_ok);
    assert(census(s) == before);
    assert(committed || offset_find(s, bytes_text("g"), bytes_text("t"), 0, &c));
    storage_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fake_clock clock;
    if (!size)
        return 0;
    event_log_from(EVENT_error);
    fake_clock_init(&clock, 1);
    struct disk *disk = memory_disk_create();
    assert(disk_make_dir(disk, "d") == E_ok);
    put(disk, "d/octavo.meta", bytes_text(meta));
    if (data[0] & IS_CHECKPOINT)
        put_checkpoint(disk, data[0], bytes_of(data + 1, size - 1));
    else
        put_log(disk, data[0], bytes_of(data + 1, size - 1));
    recover_twice(&(struct storage_options){ .disk = disk,
                                             .clock = &clock.clock,
                                             .dir = "d",
                                             .wal_first_bytes = FILE_BYTES,
                                             .wal_file_bytes = FILE_BYTES,
                                             .segment_bytes = 4096 });
    memory_disk_destroy(disk);
    return 0;
}
