/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What counts as the tail of the log and what as corruption, byte by byte. */
#include "wal_recovery.h"

#include "base/memory_disk.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 0x5eed };

static const char cluster[] = "abcdefghijklmnopqrstuv";

struct log {
    struct disk *disk;
    struct wal wal;
    struct wal_recovery recovery;
    struct buf replayed; /* "lsn:payload " of each frame */
};

static enum error on_frame(void *context, const struct wal_frame *frame, struct bytes payload) {
    struct log *l = context;
    if (frame->type != WAL_OPEN)
        buf_print(&l->replayed, "%llu:%.*s ", (unsigned long long)frame->lsn, (int)payload.len,
                  (const char *)payload.data);
    return E_ok;
}

static enum error log_recover(struct log *l) {
    wal_init(&l->wal, &(struct wal_options){ .disk = l->disk,
                                             .dir = "d",
                                             .cluster_id = cluster,
                                             .seed = SEED,
                                             .first_bytes = 1024,
                                             .file_bytes = 1024 });
    buf_clear(&l->replayed);
    l->recovery.on_frame = on_frame;
    l->recovery.context = l;
    return wal_recover(&l->wal, &l->recovery);
}

static void log_begin(struct log *l) {
    *l = (struct log){ .disk = memory_disk_create() };
    CHECK_OK(disk_make_dir(l->disk, "d"));
    CHECK_OK(log_recover(l));
}

static void log_end(struct log *l) {
    wal_finish(&l->wal);
    memory_disk_destroy(l->disk);
    buf_finish(&l->replayed);
}

static void log_add(struct log *l, const char *payload) {
    size_t begin;
    buf_put_text(wal_frame_open(&l->wal, &begin), payload);
    (void)wal_frame_close(&l->wal, begin, WAL_OFFSET);
}

static void log_write(struct log *l) {
    struct wal_group *g = wal_take_group(&l->wal);
    if (!g) {
        CHECK_OK(wal_make_file(&l->wal, 1024));
        g = wal_take_group(&l->wal);
    }
    CHECK_OK(wal_group_write(g));
    wal_group_landed(&l->wal, g);
}

/* One frame a group. */
static void log_put(struct log *l, const char *payload) {
    log_add(l, payload);
    log_write(l);
}

static enum error log_again(struct log *l) {
    wal_finish(&l->wal);
    return log_recover(l);
}

static const char *file_path(uint64_t sequence) {
    static char path[64];
    (void)snprintf(path, sizeof(path), "d/wal-%020llu", (unsigned long long)sequence);
    return path;
}

static struct disk *disk_after_kill(struct log *l) {
    wal_finish(&l->wal);
    return memory_disk_copy(l->disk);
}

TEST(frames_come_back_in_order_over_many_files) {
    struct log l;
    char payload[32];
    struct buf wanted = { 0 };
    log_begin(&l);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(payload, sizeof(payload), "payload-%d", i);
        log_put(&l, payload);
        buf_print(&wanted, "%d:%s ", i + 2, payload);
    }
    CHECK(l.wal.current.sequence > 8);
    CHECK_OK(log_again(&l));
    CHECK_TEXT(buf_text(&l.replayed), buf_text(&wanted));
    CHECK_INT((long long)l.wal.term, 2);
    CHECK_INT((long long)l.wal.synced, 102);
    buf_finish(&wanted);
    log_end(&l);
}

/* The log of most tests: OPEN at 512, then 2:one at 560, 3:two at 624, 4:three at 688. */
static void given_three(struct log *l) {
    log_begin(l);
    log_put(l, "one");
    log_put(l, "two");
    log_put(l, "three");
}

TEST(any_flipped_bit_in_a_synced_frame_is_refused_unless_it_carries_nothing) {
    struct log l;
    int refused = 0;
    given_three(&l);
    struct disk *disk = disk_after_kill(&l);
    for (int64_t at = 512; at < 688; at++)
        for (int bit = 0; bit < 8; bit += 3) {
            memory_disk_destroy(l.disk);
            l.disk = memory_disk_copy(disk);
            memory_disk_flip(l.disk, file_path(1), at, (uint8_t)(1 << bit));
            int64_t before = memory_disk_operations(l.disk);
            if (log_recover(&l)) {
                CHECK_STORY(at < 560   ? "d/wal-00000000000000000001: frame 1 at 512 is damaged"
                            : at < 624 ? "d/wal-00000000000000000001: frame 2 at 560 is damaged"
                                       : "d/wal-00000000000000000001: frame 3 at 624 is damaged");
                CHECK_STORY("frame 4, which says that 3 was synced");
                CHECK_INT(memory_disk_operations(l.disk), before);
                refused++;
            } else {
                CHECK_TEXT(buf_text(&l.replayed), "2:one 3:two 4:three ");
            }
            wal_finish(&l.wal);
        }
    CHECK_INT(refused, 3 * (3 * 48 + 6)); /* headers and payloads, not the padding */
    memory_disk_destroy(disk);
    log_end(&l);
}

TEST(any_flipped_bit_in_the_last_group_cuts_it_for_good) {
    struct log l;
    given_three(&l);
    struct disk *disk = disk_after_kill(&l);
    for (int64_t at = 688; at < 688 + 48 + 5; at++) {
        memory_disk_destroy(l.disk);
        l.disk = memory_disk_copy(disk);
        memory_disk_flip(l.disk, file_path(1), at, 1);
        CHECK_OK(log_recover(&l));
        CHECK_TEXT(buf_text(&l.replayed), "2:one 3:two ");
        CHECK_OK(log_again(&l));
        CHECK_TEXT(buf_text(&l.replayed), "2:one 3:two ");
        log_put(&l, "four");
        CHECK_OK(log_again(&l));
        CHECK_TEXT(buf_text(&l.replayed), "2:one 3:two 6:four ");
        wal_finish(&l.wal);
    }
    memory_disk_destroy(disk);
    log_end(&l);
}

TEST(a_whole_frame_behind_the_hole_never_comes_back) {
    struct log l;
    log_begin(&l);
    log_put(&l, "one");
    log_add(&l, ""); /* as long as the OPEN frame that will fill its place */
    log_add(&l, "behind");
    log_write(&l);
    wal_finish(&l.wal);
    memory_disk_flip(l.disk, file_path(1), 624, 1); /* the empty one */
    CHECK_OK(log_recover(&l));
    CHECK_TEXT(buf_text(&l.replayed), "2:one ");
    CHECK_INT((long long)l.wal.synced, 3); /* the frame behind has 4, and stands where 4 goes */
    CHECK_INT(l.wal.position, 624 + 48);
    CHECK_OK(log_again(&l));
    CHECK_TEXT(buf_text(&l.replayed), "2:one ");
    CHECK_INT((long long)l.wal.synced, 4);
    log_end(&l);
}

TEST(a_witness_need_not_be_whole_itself) {
    struct log l;
    given_three(&l);
    wal_finish(&l.wal);
    memory_disk_flip(l.disk, file_path(1), 624 + 48, 1); /* two, which was synced */
    memory_disk_flip(l.disk, file_path(1), 688 + 48, 1); /* three is torn, its header is not */
    CHECK_ERROR(log_recover(&l), E_corrupt);
    CHECK_STORY("frame 3 at 624 is damaged, though it was synced");
    CHECK_STORY("try: restore the directory");
    log_end(&l);
}

TEST(the_checkpoint_is_a_witness_too) {
    struct log l;
    given_three(&l);
    wal_finish(&l.wal);
    memory_disk_flip(l.disk, file_path(1), 688, 1);
    l.recovery.synced = 4;
    CHECK_ERROR(log_recover(&l), E_corrupt);
    CHECK_STORY("frame 4 at 688");
    CHECK_STORY("the checkpoint, which says that 4 was synced");
    log_end(&l);
}

TEST(damage_at_the_start_of_the_next_file_names_that_file) {
    struct log l;
    log_begin(&l);
    char payload[300];
    memset(payload, 'x', sizeof(payload));
    payload[299] = 0;
    log_put(&l, payload);
    log_put(&l, payload); /* does not fit */
    log_put(&l, "last");
    CHECK_INT((long long)l.wal.current.sequence, 2);
    wal_finish(&l.wal);
    struct disk *disk = memory_disk_copy(l.disk);
    memory_disk_flip(l.disk, file_path(2), 600, 1);
    CHECK_ERROR(log_recover(&l), E_corrupt);
    CHECK_STORY("d/wal-00000000000000000002: frame 3 at 512 is damaged");
    wal_finish(&l.wal);
    memory_disk_destroy(l.disk);
    l.disk = disk;
    memory_disk_flip(l.disk, file_path(2), 3, 1); /* its header: the frames speak for themselves */
    CHECK_OK(log_recover(&l));
    CHECK_INT((long long)l.replayed.len, 2 * (299 + 3) + 7);
    log_end(&l);
}

TEST(damage_at_the_end_of_a_file_is_not_skipped_for_the_next_file) {
    struct log l;
    log_begin(&l);
    for (int i = 0; i < 10; i++)
        log_put(&l, "a payload of some bytes");
    CHECK_INT((long long)l.wal.current.sequence, 2);
    wal_finish(&l.wal);
    memory_disk_flip(l.disk, file_path(1), 880, 1); /* frame 6, the last one there */
    CHECK_ERROR(log_recover(&l), E_corrupt);
    CHECK_STORY("d/wal-00000000000000000001: frame 6 at 880 is damaged, though it was synced");
    log_end(&l);
}

TEST(a_missing_file_is_refused) {
    struct log l;
    log_begin(&l);
    for (int i = 0; i < 30; i++)
        log_put(&l, "a payload of some bytes");
    wal_finish(&l.wal);
    struct disk *disk = memory_disk_copy(l.disk);
    CHECK_OK(disk_unlink(l.disk, file_path(2)));
    CHECK_ERROR(log_recover(&l), E_corrupt);
    CHECK_STORY("d/wal-00000000000000000001: frame 7 at 960 is damaged, though it was synced");
    wal_finish(&l.wal);
    memory_disk_destroy(l.disk);
    l.disk = disk;
    CHECK_OK(disk_unlink(l.disk, file_path(1)));
    CHECK_ERROR(log_recover(&l), E_corrupt);
    CHECK_STORY("d/wal-00000000000000000001 is missing; frames from 1 on should be in it at 512");
    log_end(&l);
}

static void rewrite_header(struct log *l, const struct wal_file_header *header) {
    struct file *f;
    struct buf bytes = { 0 };
    CHECK_OK(disk_open(l->disk, file_path(1), DISK_WRITE, &f));
    wal_file_header_write(&bytes, header);
    CHECK_OK(disk_write_at(f, 0, buf_bytes(&bytes)));
    disk_close(f);
    buf_finish(&bytes);
}

TEST(a_log_of_another_cluster_or_format_is_refused) {
    struct log l;
    given_three(&l);
    wal_finish(&l.wal);
    rewrite_header(&l, &(struct wal_file_header){ 1, 1, 1, "ABCDEFGHIJKLMNOPQRSTUV" });
    CHECK_ERROR(log_recover(&l), E_diverged);
    CHECK_STORY("belongs to cluster ABCDEFGHIJKLMNOPQRSTUV");
    wal_finish(&l.wal);
    rewrite_header(&l, &(struct wal_file_header){ 2, 1, 1, "abcdefghijklmnopqrstuv" });
    CHECK_ERROR(log_recover(&l), E_unsupported);
    CHECK_STORY("has format 2, this program reads 1");
    log_end(&l);
}

TEST(old_frames_of_a_recycled_file_never_count) {
    struct log l;
    log_begin(&l);
    for (int i = 0; i < 20; i++)
        log_put(&l, "a payload of some bytes");
    /* File 1 is below a checkpoint taken here. */
    l.recovery.from = (struct wal_place){ l.wal.current.sequence, l.wal.position, 22 };
    l.recovery.applied = 21;
    l.recovery.synced = 21;
    l.wal.needed_from = l.wal.current.sequence;
    while (l.wal.finished_count) {
        struct job *job = wal_next_file_job(&l.wal, false);
        CHECK(job != NULL);
        job_run(job);
        CHECK_OK(wal_file_job_done(&l.wal, job));
    }
    CHECK_INT((long long)l.wal.spare_count, 3);
    for (int i = 0; i < 9; i++)
        log_put(&l, "new");
    CHECK_OK(log_again(&l));
    CHECK_TEXT(buf_text(&l.replayed),
               "22:new 23:new 24:new 25:new 26:new 27:new 28:new 29:new 30:new ");
    log_end(&l);
}

/* A client may put anything into a record: here a frame that would testify against the tail. */
static void put_forged(struct log *l, uint32_t seed) {
    struct buf forged = { 0 };
    struct wal_frame frame = { .type = WAL_BATCH, .lsn = 1000, .term = 1000, .synced = 999 };
    size_t begin = wal_frame_begin(&forged);
    wal_frame_end(&forged, begin, &frame, seed);
    buf_put_bytes(wal_frame_open(&l->wal, &begin), buf_bytes(&forged));
    (void)wal_frame_close(&l->wal, begin, WAL_OFFSET);
    log_write(l);
    buf_finish(&forged);
}

TEST(a_record_cannot_pretend_to_be_a_frame_without_the_seed) {
    struct log l;
    log_begin(&l);
    put_forged(&l, 0);
    wal_finish(&l.wal);
    memory_disk_flip(l.disk, file_path(1), 560, 1);
    CHECK_OK(log_recover(&l)); /* the tail, cut */
    put_forged(&l, SEED);
    int64_t at = l.wal.position - 96;
    wal_finish(&l.wal);
    memory_disk_flip(l.disk, file_path(1), at, 1);
    CHECK_ERROR(log_recover(&l), E_corrupt); /* what it would do, had it known the seed */
    log_end(&l);
}
