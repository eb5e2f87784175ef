/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Numbers on disk that cannot be counted on: refused as damage, wherever they stand. */
#include "limits.h"

#include "base/test.h"
#include "checkpoint.h"
#include "given.h"
#include "wal_recovery.h"
#include "wire/checksum.h"

#include <string.h>

static const char meta[] = "version=1\ncluster.id=abcdefghijklmnopqrstuv\nwal.seed=00005eed\n";
enum { SEED = 0x5eed };

static void put(struct given *g, const char *path, struct bytes content) {
    CHECK_OK(disk_replace(g->disk, path, content));
}

/* A directory whose log holds these frames, all without payload. */
static void given_frames(struct given *g, struct wal_frame *frames, size_t count) {
    struct wal_file_header header = { WAL_FORMAT_VERSION, 1, 1, "abcdefghijklmnopqrstuv" };
    struct buf log = { 0 };
    given_disk(g);
    CHECK_OK(disk_make_dir(g->disk, "data"));
    put(g, "data/octavo.meta", bytes_text(meta));
    wal_file_header_write(&log, &header);
    for (size_t i = 0; i < count; i++) {
        size_t begin = wal_frame_begin(&log);
        wal_frame_end(&log, begin, &frames[i], SEED);
    }
    put(g, "data/wal-00000000000000000001", buf_bytes(&log));
    buf_finish(&log);
}

static struct wal_frame frame_of(lsn_t lsn, uint64_t term) {
    return (struct wal_frame){ .type = WAL_OPEN, .lsn = lsn, .term = term, .synced = lsn - 1 };
}

TEST(a_term_beyond_the_limit_makes_no_frame) {
    struct given g;
    static const uint64_t terms[] = { 0, TERM_MAX + 1, UINT64_MAX - 1, UINT64_MAX };
    for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
        struct wal_frame frames[] = { frame_of(1, 1), frame_of(2, terms[i]) };
        given_frames(&g, frames, 2);
        CHECK_OK(given_open(&g));
        CHECK_INT((long long)storage_synced_lsn(g.storage), 2); /* the new start's own */
        given_finish(&g);
    }
}

TEST(the_last_term_leaves_none_for_the_next_start_which_is_refused) {
    struct given g;
    struct wal_frame frames[] = { frame_of(1, 1), frame_of(2, TERM_MAX) };
    given_frames(&g, frames, 2);
    CHECK_ERROR(given_open(&g), E_corrupt);
    CHECK_STORY("ends with term 9223372036854775807 and frame 2, and no next one");
    given_finish(&g);
    frames[0].term = TERM_MAX - 1;
    given_frames(&g, frames, 1);
    CHECK_OK(given_open(&g)); /* takes the last one */
    given_close(&g);
    CHECK_ERROR(given_open(&g), E_corrupt);
    given_finish(&g);
}

TEST(a_frame_number_beyond_the_limit_makes_no_frame) {
    uint8_t bytes[WAL_FRAME_HEADER_BYTES];
    static const lsn_t numbers[] = { 0, LSN_MAX, LSN_MAX + 1, UINT64_MAX };
    for (size_t i = 0; i < 4; i++) {
        struct buf out = { 0 };
        struct wal_frame frame = frame_of(numbers[i], 1), read;
        wal_frame_end(&out, wal_frame_begin(&out), &frame, SEED);
        memcpy(bytes, out.data, sizeof(bytes));
        CHECK(wal_frame_read(bytes_of(bytes, sizeof(bytes)), SEED, &read) == (i == 1));
        buf_finish(&out);
    }
}

/* Numbers of a checkpoint, by their place in it. */
enum {
    LSN_AT = 16,
    TERM_AT = 32,
    SEQUENCE_AT = 40,
    POSITION_AT = 48,
    FROM_LSN_AT = 56,
    PRODUCERS_AT = 64,
    INCARNATION_AT = 92,
    START_AT = 102, /* of the first partition: name "orders", no settings */
    END_AT = 110,
    CLEANED_AT = 122,
    BASE_AT = 134, /* of its first segment */
    CREATED_AT = 166,
};

struct edit {
    size_t at; /* 0: none */
    uint64_t value;
};

static void patch(struct buf *b, size_t at, uint64_t value) {
    for (size_t i = 0; i < 8; i++)
        b->data[at + i] = (uint8_t)(value >> (56 - 8 * i));
}

static void fix_sum(struct buf *b) {
    uint32_t crc = crc32c(bytes_of(b->data + CHECKPOINT_SUM_FROM, b->len - CHECKPOINT_SUM_FROM));
    for (size_t i = 0; i < 4; i++)
        b->data[CHECKPOINT_CRC_AT + i] = (uint8_t)(crc >> (24 - 8 * i));
}

/* A checkpoint of a stopped directory that differs from `good` in these numbers. */
static void put_edited(struct given *g, struct bytes good, const struct edit *edits, size_t count) {
    struct buf edited = { 0 };
    buf_put_bytes(&edited, good);
    for (size_t i = 0; i < count; i++)
        if (edits[i].at)
            patch(&edited, edits[i].at, edits[i].value);
    fix_sum(&edited);
    put(g, "data/checkpoint", buf_bytes(&edited));
    buf_finish(&edited);
}

TEST(a_checkpoint_with_a_number_beyond_its_limit_is_refused) {
    struct given g;
    struct buf good = { 0 };
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 2);
    given_filled(&g, 5);
    given_close(&g);
    CHECK_OK(disk_read_whole(g.disk, "data/checkpoint", 1 << 20, &good));
    static const struct edit edits[][3] = {
        { { TERM_AT, TERM_MAX + 1 } },
        { { TERM_AT, UINT64_MAX } },
        { { TERM_AT, TERM_MAX } },
        { { LSN_AT, LSN_MAX + 1 }, { LSN_AT + 8, LSN_MAX + 1 }, { FROM_LSN_AT, LSN_MAX + 1 } },
        { { LSN_AT, UINT64_MAX }, { LSN_AT + 8, UINT64_MAX } },
        { { LSN_AT, LSN_MAX }, { LSN_AT + 8, LSN_MAX }, { FROM_LSN_AT, LSN_MAX + 1 } },
        { { LSN_AT, 1000 } }, /* more than was synced */
        { { SEQUENCE_AT, UINT64_MAX } },
        { { POSITION_AT, INT64_MAX - 15 } },
        { { POSITION_AT, 4096 } }, /* beyond the file */
        { { PRODUCERS_AT, (uint64_t)INT64_MIN } },
        { { START_AT, 6 } }, /* behind the end */
        { { END_AT, INT64_MAX } },
        { { END_AT, LOG_OFFSET_MAX + 1 } },
        { { END_AT, (uint64_t)-1 } },
        { { BASE_AT, INT64_MAX } },
        { { CLEANED_AT, 6 } },
        { { CREATED_AT, WALL_MS_MAX + 1 } },
        { { CREATED_AT, UINT64_MAX } },
        { { INCARNATION_AT - 4, 1 } }, /* of more deletions than there were */
    };
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        put_edited(&g, buf_bytes(&good), edits[i], 3);
        CHECK_ERROR(given_open(&g), E_corrupt);
        CHECK_STORY("while opening data");
    }
    put(&g, "data/checkpoint", buf_bytes(&good));
    buf_finish(&good);
    CHECK_OK(given_open(&g)); /* nothing was changed by all that */
    given_check_filled(&g, 5);
    given_finish(&g);
}

TEST(a_partition_at_the_last_offset_refuses_appends_and_keeps_the_rest) {
    struct given g;
    struct appended done;
    struct buf good = { 0 };
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 2);
    given_close(&g);
    static const struct edit end = { END_AT, LOG_OFFSET_MAX - 2 };
    CHECK_OK(disk_read_whole(g.disk, "data/checkpoint", 1 << 20, &good));
    put_edited(&g, buf_bytes(&good), &end, 1);
    CHECK_OK(given_open(&g));
    buf_finish(&good);
    CHECK_INT(given_record(&g, "orders", 0, "last but one"), LOG_OFFSET_MAX - 2);
    CHECK_ERROR(
        given_append(&g, "orders", 0, &(struct produced){ .value = "v", .records = 2 }, &done),
        E_too_large);
    CHECK_STORY("data/orders-0 has had all offsets there are");
    CHECK_INT(given_record(&g, "orders", 0, "last"), LOG_OFFSET_MAX - 1);
    CHECK_ERROR(given_append(&g, "orders", 0, &(struct produced){ .value = "v" }, &done),
                E_too_large);
    CHECK_INT(given_record(&g, "orders", 1, "other"), 0);
    given_sync(&g);
    given_kill(&g);
    CHECK_OK(given_open(&g));
    CHECK_INT(partition_high_watermark(given_partition(&g, "orders", 0)), LOG_OFFSET_MAX);
    CHECK_TEXT(given_values(&g, "orders", 1), "other");
    given_finish(&g);
}

TEST(a_damaged_header_in_a_segment_is_refused_and_never_added_up) {
    struct given g;
    static const int64_t bases[] = { INT64_MAX, INT64_MAX - 1, (int64_t)INT32_MAX + 1, -1 };
    struct buf out = { 0 };
    given_disk(&g);
    CHECK_OK(given_open(&g));
    given_topic(&g, "orders", 2);
    given_filled(&g, 3);
    for (size_t i = 0; i < 4; i++) {
        struct file *f;
        struct buf bytes = { 0 };
        buf_put_be64(&bytes, (uint64_t)bases[i]);
        CHECK_OK(disk_open(g.disk, "data/orders-0/00000000000000000000.log", DISK_WRITE, &f));
        CHECK_OK(disk_write_at(f, 0, buf_bytes(&bytes)));
        disk_close(f);
        buf_finish(&bytes);
        CHECK_ERROR(partition_read(given_partition(&g, "orders", 0), 0, 1, &out), E_corrupt);
        CHECK_STORY("no batch at 0");
    }
    buf_finish(&out);
    given_finish(&g);
}
