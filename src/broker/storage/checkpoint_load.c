/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading a checkpoint. Its checksum is checked first; every count is checked against the bytes
 * that are left all the same, so that a wrong file is refused and not obeyed. */
#include "checkpoint.h"

#include "base/check.h"
#include "limits.h"
#include "producer_state.h"
#include "storage_state.h"
#include "wal_recovery.h"
#include "wire/checksum.h"

#include <stdlib.h>
#include <string.h>

enum { CHECKPOINT_BYTES_MAX = 1 << 30 };

struct segment_saved {
    int64_t base_offset, size, max_timestamp_ms, max_timestamp_at, created_ms;
    uint32_t generation;
};

static void load_segment(struct partition *p, struct cursor *in, uint32_t version) {
    struct segment_saved saved = { .base_offset = read_int64(in) };
    saved.size = read_int64(in);
    saved.max_timestamp_ms = read_int64(in);
    saved.max_timestamp_at = read_int64(in);
    saved.created_ms = version >= 3 ? read_int64(in) : clock_wall_ms(p->storage->clock);
    saved.generation = version >= 3 ? read_u32(in) : 0;
    if (saved.created_ms < 0 || saved.created_ms > WALL_MS_MAX || saved.generation > p->generation)
        in->bad = true;
    if (in->bad)
        return;
    struct segment *s = partition_add_segment(p, saved.base_offset, saved.generation);
    s->size = s->readable = saved.size;
    s->max_timestamp_ms = saved.max_timestamp_ms;
    s->max_timestamp_at = saved.max_timestamp_at;
    s->created_ms = saved.created_ms;
}

static bool is_sound(const struct partition *p) {
    int64_t base = 0; /* the first one may begin before the log does */
    if (p->log_start < 0 || p->log_start > p->end || p->end > LOG_OFFSET_MAX)
        return false;
    for (size_t i = 0; i < p->segment_count; i++) {
        const struct segment *s = p->segments[i];
        if (s->base_offset < base || s->base_offset > LOG_OFFSET_MAX || s->size < 0
            || s->size > INT32_MAX)
            return false;
        base = s->base_offset + 1;
    }
    return base - 1 <= p->end && p->cleaned_to >= 0 && p->cleaned_to <= p->end;
}

static void load_producer(struct partition *p, struct cursor *in) {
    struct producer_state state = { .id = read_int64(in), .epoch = 0 };
    state.epoch = read_int16(in);
    state.used_ms = read_int64(in);
    state.batch_count = read_u8(in);
    if (state.id < 0 || state.epoch < 0 || state.used_ms < 0 || state.used_ms > WALL_MS_MAX)
        in->bad = true;
    if (state.batch_count < 0 || state.batch_count > PRODUCER_BATCHES)
        in->bad = true;
    for (int i = 0; i < state.batch_count && !in->bad; i++) {
        state.batches[i].first_sequence = read_int32(in);
        state.batches[i].last_sequence = read_int32(in);
        state.batches[i].base_offset = read_int64(in);
    }
    if (!in->bad)
        producer_put(&p->producers, &state);
}

static void load_open(struct partition *p, struct cursor *in) {
    int64_t producer_id = read_int64(in), first = read_int64(in);
    int64_t before = p->open_count ? p->open[p->open_count - 1].first_offset : -1;
    if (producer_id < 0 || first <= before || first >= p->end || partition_has_open(p, producer_id))
        in->bad = true;
    if (!in->bad)
        partition_note_open(p, producer_id, first);
}

static void load_aborted(struct partition *p, struct cursor *in) {
    struct aborted_txn t = { .producer_id = read_int64(in) };
    t.first_offset = read_int64(in);
    t.last_offset = read_int64(in);
    int64_t before = p->aborted_count ? p->aborted[p->aborted_count - 1].last_offset : -1;
    if (t.first_offset < 0 || t.last_offset <= t.first_offset || t.last_offset <= before
        || t.last_offset >= p->end)
        in->bad = true;
    if (!in->bad)
        partition_add_aborted(p, &t);
}

static void load_transactions(struct partition *p, struct cursor *in) {
    uint32_t open = read_u32(in);
    for (uint32_t i = 0; i < open && !in->bad; i++)
        load_open(p, in);
    uint32_t aborted = read_u32(in);
    for (uint32_t i = 0; i < aborted && !in->bad; i++)
        load_aborted(p, in);
}

static void load_partition(struct partition *p, struct cursor *in, uint32_t version) {
    p->leader_epoch = read_int32(in);
    p->log_start = read_int64(in);
    p->end = read_int64(in);
    p->high_watermark = p->end;
    p->generation = version >= 3 ? read_u32(in) : 0;
    p->cleaned_to = version >= 3 ? read_int64(in) : 0;
    uint32_t segments = read_u32(in);
    for (uint32_t i = 0; i < segments && !in->bad; i++)
        load_segment(p, in, version);
    uint32_t producers = read_u32(in);
    for (uint32_t i = 0; i < producers && !in->bad; i++)
        load_producer(p, in);
    if (version >= 2)
        load_transactions(p, in);
    if (!is_sound(p))
        in->bad = true;
}

static void load_hole(struct storage *s) {
    s->topics = memory_resize(s->topics, ++s->topic_count * sizeof(struct topic_entry *));
    s->topics[s->topic_count - 1] = NULL;
}

static enum error load_topic(struct storage *s, struct cursor *in, uint32_t version) {
    struct new_entry wanted = { .partition_count = read_int32(in),
                                .number = (uint32_t)s->topic_count };
    struct topic_entry *t;
    if (version >= 4 && !wanted.partition_count && !in->bad) {
        load_hole(s);
        return E_ok;
    }
    wanted.name = read_text(in);
    wanted.incarnation = version >= 4 ? read_u32(in) : 0;
    if (wanted.incarnation > s->deletions)
        in->bad = true;
    if (in->bad)
        return E_ok;
    TRY(topic_add(s, &wanted, &t));
    if (version >= 3)
        TRY(read_settings(in, &t->topic.settings));
    for (int32_t k = 0; k < wanted.partition_count && !in->bad; k++)
        load_partition(t->topic.partitions[k], in, version);
    return E_ok;
}

static enum error load_topics(struct storage *s, struct cursor *in, uint32_t version) {
    s->deletions = version >= 4 ? read_u32(in) : 0;
    uint32_t topics = read_u32(in);
    for (uint32_t i = 0; i < topics && !in->bad; i++)
        TRY(load_topic(s, in, version));
    return in->bad ? fail(E_corrupt, "the topics end early") : E_ok;
}

static bool is_place(const struct wal_place *place) {
    return place->position >= WAL_FILE_HEADER_BYTES && place->position % WAL_ALIGN_BYTES == 0
           && place->sequence > 0 && place->sequence <= FILE_SEQUENCE_MAX && place->lsn > 0;
}

/* A checkpoint is written once all in it is synced, and the log goes on at or before its end. */
static bool fits(const struct wal_recovery *r) {
    return is_place(&r->from) && r->synced <= LSN_MAX && r->applied <= r->synced
           && r->from.lsn <= r->applied + 1 && r->term <= TERM_MAX;
}

static enum error load_content(struct storage *s, struct wal_recovery *r, struct cursor *in,
                               uint32_t version) {
    r->applied = read_u64(in);
    r->synced = read_u64(in);
    r->term = read_u64(in);
    r->from.sequence = read_u64(in);
    r->from.position = read_int64(in);
    r->from.lsn = read_u64(in);
    s->producer_end = read_int64(in);
    s->producer_next = s->producer_end;
    TRY(load_topics(s, in, version));
    TRY(offsets_load(s, in));
    if (version >= 2)
        TRY(txns_load(s, in, version));
    if (cursor_left(in) || !fits(r) || s->producer_end < 0)
        return fail(E_corrupt, "its parts do not fit together");
    return E_ok;
}

static enum error load(struct storage *s, struct wal_recovery *r, struct bytes content) {
    struct cursor in = cursor_on(content);
    struct bytes magic = read_bytes(&in, 8);
    uint32_t version = read_u32(&in);
    uint32_t crc = read_u32(&in);
    if (in.bad || !bytes_is_text(magic, CHECKPOINT_MAGIC))
        return fail(E_corrupt, "it is not a checkpoint");
    if (version < 1 || version > CHECKPOINT_VERSION)
        return fail(E_unsupported, "it has format %u, this program reads 1 to %d", version,
                    CHECKPOINT_VERSION);
    if (crc != crc32c(bytes_of(in.at, cursor_left(&in))))
        return fail(E_corrupt, "its checksum is wrong");
    return load_content(s, r, &in, version);
}

enum error checkpoint_load(struct storage *s, struct wal_recovery *r) {
    struct buf content = { 0 };
    char *path = text_format("%s/checkpoint", s->dir);
    enum error e = disk_read_whole(s->disk, path, CHECKPOINT_BYTES_MAX, &content);
    if (e == E_not_found) {
        e = E_ok; /* a new directory: the log tells all from LSN 1 */
    } else if (!e) {
        e = load(s, r, buf_bytes(&content));
        if (e)
            fail_while("reading %s", path);
    }
    buf_finish(&content);
    free(path);
    return e;
}
