/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Where a partition's log begins: moved by DeleteRecords and by retention, by one frame; what lies
 * wholly below is retired.
 *
 * Retention is by whole segments, as in Kafka: a segment goes when the newest of its records is too
 * old, or when the partition without it still has the bytes it may have. The last one goes by time
 * only, and then the next batch begins a new one. Nothing goes that a read_committed reader has not
 * been able to see.
 *
 * Payload of a WAL_LOG_START frame: topic number u32, partition i32, offset i64. */
#include "partition.h"

#include "base/check.h"
#include "base/event.h"
#include "limits.h"
#include "storage_state.h"

#include <string.h>

static void forget_aborted(struct partition *p) {
    size_t gone = 0;
    while (gone < p->aborted_count && p->aborted[gone].last_offset < p->log_start)
        gone++;
    p->aborted_count -= gone;
    if (gone)
        memmove(p->aborted, p->aborted + gone, p->aborted_count * sizeof(*p->aborted));
}

static int64_t segment_end(const struct partition *p, size_t at) {
    return at + 1 < p->segment_count ? p->segments[at + 1]->base_offset : p->end;
}

/* Is all of it settled, and nothing more to come? */
static bool is_closed(const struct partition *p, size_t at) {
    const struct segment *s = p->segments[at];
    if (s->readable != s->size)
        return false;
    return at + 1 < p->segment_count ? p->segments[at + 1]->readable > 0 : p->must_roll;
}

void partition_drop_old(struct partition *p) {
    size_t gone = 0;
    if (p->is_cleaning)
        return; /* later */
    while (gone < p->segment_count && segment_end(p, gone) <= p->log_start && is_closed(p, gone))
        gone++;
    if (!gone)
        return;
    partition_stop_reading(p);
    for (size_t i = 0; i < gone; i++)
        storage_retire(p->storage, p->segments[i]);
    p->segment_count -= gone;
    memmove(p->segments, p->segments + gone, p->segment_count * sizeof(struct segment *));
}

static void take_start(struct partition *p, int64_t offset) {
    p->log_start = offset;
    p->cleaned_to = p->cleaned_to < offset ? offset : p->cleaned_to;
    forget_aborted(p);
    partition_drop_old(p);
}

enum error partition_move_start(struct partition *p, int64_t offset, lsn_t *lsn) {
    size_t begin;
    assert(offset > p->log_start);
    assert(offset <= p->high_watermark);
    TRY(storage_admit(p->storage, 16));
    struct buf *out = storage_frame_open(p->storage, &begin);
    buf_put_be32(out, p->topic_number);
    buf_put_be32(out, (uint32_t)p->index);
    buf_put_be64(out, (uint64_t)offset);
    *lsn = storage_frame_close(p->storage, begin, WAL_LOG_START);
    take_start(p, offset);
    storage_moved(p->storage, p);
    return E_ok;
}

enum error partition_delete_records(struct partition *p, int64_t offset, lsn_t *lsn) {
    if (offset > p->high_watermark || offset < 0)
        return fail(E_not_found, "offset %lld of %s, which ends at %lld", (long long)offset, p->dir,
                    (long long)p->high_watermark);
    *lsn = p->storage->wal.appended;
    return offset > p->log_start ? partition_move_start(p, offset, lsn) : E_ok;
}

enum error log_start_replay(struct storage *s, struct bytes payload) {
    struct cursor in = cursor_on(payload);
    uint32_t number = read_u32(&in);
    struct partition *p = partition_find(s, number, read_int32(&in));
    int64_t offset = read_int64(&in);
    if (in.bad || cursor_left(&in) || !p || offset <= p->log_start || offset > p->end)
        return fail(E_corrupt, "a log start that does not fit what stands before it");
    take_start(p, offset);
    return E_ok;
}

/* Retention. */

static int64_t bytes_of_partition(const struct partition *p) {
    int64_t sum = 0;
    for (size_t i = 0; i < p->segment_count; i++)
        sum += p->segments[i]->size;
    return sum;
}

/* By its records' own times, as in Kafka; by its file's where they have none. */
static bool is_expired(const struct partition *p, const struct segment *s, int64_t now_ms) {
    int64_t newest_ms = s->max_timestamp_ms >= 0 ? s->max_timestamp_ms : s->created_ms;
    return p->settings->retention_ms >= 0 && newest_ms < now_ms - p->settings->retention_ms;
}

/* How many segments, the oldest first, are too many. */
static size_t count_too_many(const struct partition *p, int64_t now_ms) {
    int64_t bytes = bytes_of_partition(p), most = p->settings->retention_bytes;
    size_t count = 0;
    for (; count < p->segment_count; count++) {
        const struct segment *s = p->segments[count];
        bool is_last = count + 1 == p->segment_count;
        bool is_over = most >= 0 && !is_last && bytes - s->size >= most;
        if (s->readable != s->size || segment_end(p, count) > partition_last_stable(p)
            || !(is_over || is_expired(p, s, now_ms)))
            break;
        bytes -= s->size;
    }
    return count;
}

void partition_keep_limits(struct partition *p) {
    lsn_t lsn;
    partition_drop_old(p); /* what could not go before */
    if (!p->settings->deletes || p->is_cleaning)
        return;
    if (p->settings->retention_ms < 0 && p->settings->retention_bytes < 0)
        return;
    size_t count = count_too_many(p, clock_wall_ms(p->storage->clock));
    int64_t start = count ? segment_end(p, count - 1) : 0;
    if (start <= p->log_start)
        return;
    p->must_roll = p->must_roll || count == p->segment_count;
    if (!partition_move_start(p, start, &lsn))
        event_log(EV_records_expired, "partition=%s start=%lld", p->dir, (long long)start);
}
