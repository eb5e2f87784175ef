/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Appending to a partition and settling it.
 *
 * An append decides everything at once on the loop thread: sequence, offset, segment, position in
 * the segment. The batch goes into the pending log group, patched; a settle says where it belongs.
 * Once the group is synced the log thread writes it there, and only then does the high watermark
 * pass it: a reader never sees what a power cut could take back.
 *
 * Payload of a WAL_BATCH frame: topic number u32, partition i32, append time i64 ms; then the
 * record batch, with base offset and leader epoch already in it. */
#include "partition.h"

#include "base/check.h"
#include "limits.h"
#include "producer_state.h"
#include "storage_state.h"
#include "wire/control.h"

#include <stdlib.h>
#include <string.h>

/* A name that comes back gets another directory: the files of the deleted topic may still be needed
 * by a start, and a file that was removed may be there again after a power cut. */
struct partition *partition_create(struct storage *s, struct topic_entry *t, int32_t index) {
    struct partition *p = memory_get(sizeof(*p));
    p->storage = s;
    p->topic_number = t->number;
    p->index = index;
    p->settings = &t->topic.settings;
    p->dir = t->incarnation
                 ? text_format("%s/%s-%d.%u", s->dir, t->topic.name, index, t->incarnation)
                 : text_format("%s/%s-%d", s->dir, t->topic.name, index);
    return p;
}

void partition_destroy(struct partition *p) {
    if (!p)
        return;
    for (size_t i = 0; i < p->segment_count; i++)
        segment_destroy(p->segments[i]);
    producers_finish(&p->producers);
    free(p->open);
    free(p->aborted);
    free(p->segments);
    free(p->dir);
    free(p);
}

struct segment *partition_add_segment(struct partition *p, int64_t base_offset,
                                      uint32_t generation) {
    struct segment *s = segment_create(p->dir, base_offset, generation);
    p->segments = memory_resize(p->segments, (p->segment_count + 1) * sizeof(struct segment *));
    p->segments[p->segment_count++] = s;
    return s;
}

static struct segment *active_segment(struct partition *p) {
    return p->segment_count ? p->segments[p->segment_count - 1] : NULL;
}

static int64_t segment_limit(const struct partition *p) {
    return p->settings->segment_bytes ? p->settings->segment_bytes
                                      : p->storage->options.segment_bytes;
}

static bool must_roll(const struct partition *p, const struct segment *s, const struct batch *batch,
                      int64_t now_ms) {
    int64_t last_relative = p->end + batch->last_offset_delta - s->base_offset;
    return s->size + (int64_t)batch->whole.len > segment_limit(p) || last_relative > INT32_MAX
           || p->must_roll || now_ms - s->created_ms >= p->settings->segment_ms;
}

/* Gives the batch its place. `settle` lacks only where its bytes are. */
static void assign_place(struct partition *p, const struct batch *batch, struct settle *settle) {
    struct segment *s = active_segment(p);
    int64_t now_ms = clock_wall_ms(p->storage->clock);
    *settle = (struct settle){ .partition = p, .len = batch->whole.len };
    if (!s || (s->size && must_roll(p, s, batch, now_ms))) {
        settle->finished = s;
        s = partition_add_segment(p, p->end, 0);
        p->must_roll = false;
        s->created_ms = now_ms;
        s->is_new = true;
        s->index_is_loaded = true; /* there is nothing to load */
    }
    settle->segment = s;
    settle->position = s->size;
    settle->base_offset = p->end;
    settle->end_offset = p->end + batch->last_offset_delta + 1;
    settle->max_timestamp_ms = batch->max_timestamp_ms;
    s->size += (int64_t)batch->whole.len;
    s->is_dirty = true;
    p->end = settle->end_offset;
}

void partition_place_marker(struct partition *p, const struct batch *marker, size_t at) {
    struct settle *settle = wal_settle_add(&p->storage->wal);
    assign_place(p, marker, settle);
    settle->at = at;
}

static lsn_t append_frame(struct partition *p, const struct batch *batch, int64_t now_ms) {
    struct storage *s = p->storage;
    struct settle *settle = wal_settle_add(&s->wal);
    size_t begin;
    struct buf *out = storage_frame_open(s, &begin);
    buf_reserve(out, BATCH_FRAME_PREFIX_BYTES + batch->whole.len + WAL_ALIGN_BYTES);
    buf_put_be32(out, p->topic_number);
    buf_put_be32(out, (uint32_t)p->index);
    buf_put_be64(out, (uint64_t)now_ms);
    size_t at = out->len;
    buf_put_bytes(out, batch->whole);
    batch_patch_offset(out->data + at, p->end, p->leader_epoch);
    assign_place(p, batch, settle);
    settle->at = at;
    return storage_frame_close(s, begin, WAL_BATCH);
}

enum error partition_check_room(const struct partition *p, const struct batch *batch) {
    if (p->end > LOG_OFFSET_MAX - batch->last_offset_delta - 1)
        return fail(E_too_large, "%s has had all offsets there are", p->dir);
    return E_ok;
}

static void note_batch(struct partition *p, const struct batch *batch,
                       const struct producer_batch *place, int64_t now_ms) {
    producer_note(&p->producers, batch, place->base_offset, place->lsn, now_ms);
    if (batch_is_transactional(batch))
        partition_note_open(p, batch->producer_id, place->base_offset);
}

enum error partition_append(struct partition *p, const struct batch *batch, struct appended *out) {
    const struct producer_batch *repeated;
    assert(batch->whole.len >= BATCH_HEADER_BYTES);
    assert(batch->last_offset_delta >= 0);
    assert(!p->is_deleted);
    TRY(producer_check(&p->producers, batch, &repeated));
    if (repeated) {
        *out = (struct appended){ repeated->base_offset, repeated->lsn, true };
        return E_ok;
    }
    if (p->open_count && !batch_is_transactional(batch)
        && partition_has_open(p, batch->producer_id))
        return fail(E_refused, "%s: a plain batch in the transaction of producer %lld", p->dir,
                    (long long)batch->producer_id);
    TRY(partition_check_room(p, batch));
    TRY(storage_admit(p->storage, BATCH_FRAME_PREFIX_BYTES + batch->whole.len));
    int64_t base_offset = p->end, now_ms = clock_wall_ms(p->storage->clock);
    lsn_t lsn = append_frame(p, batch, now_ms);
    note_batch(p, batch, &(struct producer_batch){ .base_offset = base_offset, .lsn = lsn },
               now_ms);
    *out = (struct appended){ base_offset, lsn, false };
    return E_ok;
}

enum error partition_settle(const struct settle *settle, struct writers *writers,
                            struct bytes frames) {
    struct bytes batch = bytes_part(frames, settle->at, settle->len);
    TRY(segment_write(settle->segment, writers, settle->partition->dir, settle->position, batch));
    if (settle->finished)
        segment_close_writer(settle->finished);
    return E_ok;
}

void partition_settled(const struct settle *settle) {
    struct partition *p = settle->partition;
    assert(settle->base_offset == p->high_watermark);
    segment_settled(settle->segment, settle, p->storage->options.index_interval_bytes);
    p->high_watermark = settle->end_offset;
    if (p->open_count)
        partition_forget_ended(p);
}

/* Recovery. */

struct leftovers {
    struct partition *partition;
    int64_t base_offset; /* segments that begin later are of an earlier life */
    enum error error;
};

static void remove_leftover(void *context, const char *name) {
    struct leftovers *l = context;
    if (l->error || strspn(name, "0123456789") != 20 || strtoll(name, NULL, 10) <= l->base_offset)
        return;
    char *path = text_format("%s/%s", l->partition->dir, name);
    l->error = disk_unlink(l->partition->storage->disk, path);
    free(path);
}

static enum error cut_active(struct partition *p, struct segment *s) {
    int64_t size = 0;
    enum error e = segment_open_writer(s, &p->storage->writers, DISK_WRITE);
    if (e && e != E_not_found)
        return e;
    if (!e)
        TRY(disk_size(s->writer, &size));
    if (size < s->size)
        return fail(E_corrupt, "%s has %lld bytes, the checkpoint says %lld were synced", s->path,
                    (long long)size, (long long)s->size);
    return size > s->size ? disk_truncate(s->writer, s->size) : E_ok;
}

/* Segments that begin behind the checkpoint's last one: the log rebuilds them, perhaps in other
 * pieces. And the last one ends where the checkpoint says. */
static enum error clear_leftovers(struct partition *p) {
    struct disk *disk = p->storage->disk;
    struct segment *s = active_segment(p);
    struct leftovers l = { p, s ? s->base_offset : -1, E_ok };
    bool exists;
    p->was_replayed = true;
    TRY(disk_exists(disk, p->dir, &exists));
    if (!exists)
        return E_ok;
    TRY(disk_list(disk, p->dir, remove_leftover, &l));
    TRY(l.error);
    if (!s)
        return E_ok;
    return cut_active(p, s);
}

static enum error check_replayed(struct partition *p, struct bytes whole, struct batch *batch) {
    struct cursor in = cursor_on(whole);
    TRY(batch_read_header(batch, &in));
    if (batch->base_offset != p->end || batch->whole.len != whole.len)
        return fail(E_corrupt, "%s: a batch for offset %lld, %lld is next", p->dir,
                    (long long)batch->base_offset, (long long)p->end);
    return partition_check_room(p, batch);
}

static enum error settle_replayed(struct partition *p, const struct batch *batch) {
    struct settle settle;
    if (!p->was_replayed)
        TRY(clear_leftovers(p));
    assign_place(p, batch, &settle);
    TRY(partition_settle(&settle, &p->storage->writers, batch->whole));
    partition_settled(&settle);
    return E_ok;
}

enum error partition_replay(struct partition *p, lsn_t lsn, int64_t append_ms, struct bytes whole) {
    struct batch batch;
    TRY(check_replayed(p, whole, &batch));
    TRY(producer_check_named(&batch));
    if (batch_is_control(&batch) || (batch_is_transactional(&batch) && batch.producer_id < 0))
        return fail(E_corrupt, "%s: a marker among the batches, at offset %lld", p->dir,
                    (long long)batch.base_offset);
    note_batch(p, &batch, &(struct producer_batch){ .base_offset = p->end, .lsn = lsn }, append_ms);
    return settle_replayed(p, &batch);
}

enum error partition_replay_marker(struct partition *p, bool commits, struct bytes whole) {
    struct batch batch;
    enum control_type type;
    TRY(check_replayed(p, whole, &batch));
    TRY(control_read(&batch, &type));
    if (batch.producer_id < 0 || batch.producer_epoch < 0 || (type == CONTROL_COMMIT) != commits)
        return fail(E_corrupt, "%s: at offset %lld is not the marker that belongs there", p->dir,
                    (long long)batch.base_offset);
    partition_note_end(p, &(struct control){ type, batch.producer_id, batch.producer_epoch, 0 },
                       p->end);
    return settle_replayed(p, &batch);
}
