/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading a partition. A consumer that follows the log finds its next batch by the hint the last
 * read left; any other by the segment's index and a hop over at most one interval of headers. */
#include "partition.h"

#include "base/check.h"
#include "limits.h"
#include "storage_state.h"

#include <string.h>

enum { RECORDS_BYTES_MAX = 256 << 20 }; /* of one batch, unpacked, when a timestamp is looked for */

int32_t partition_index(const struct partition *p) {
    return p->index;
}

bool partition_is_deleted(const struct partition *p) {
    return p->is_deleted;
}

int64_t partition_size_bytes(const struct partition *p) {
    int64_t size = 0;
    for (size_t i = 0; i < p->segment_count; i++)
        size += p->segments[i]->readable;
    return size;
}

const struct topic_settings *partition_settings(const struct partition *p) {
    return p->settings;
}

int32_t partition_leader_epoch(const struct partition *p) {
    return p->leader_epoch;
}

int64_t partition_log_start(const struct partition *p) {
    return p->log_start;
}

int64_t partition_high_watermark(const struct partition *p) {
    return p->high_watermark;
}

int64_t partition_end(const struct partition *p) {
    return p->end;
}

void *partition_watchers(const struct partition *p) {
    return p->watchers;
}

void partition_set_watchers(struct partition *p, void *watchers) {
    p->watchers = watchers;
}

/* The last segment that begins at or before the offset. */
static size_t segment_at(const struct partition *p, int64_t offset) {
    size_t low = 0, high = p->segment_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (p->segments[middle]->base_offset <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void partition_stop_reading(struct partition *p) {
    if (p->reading)
        segment_rest(p->reading);
    p->reading = NULL;
    p->hint_offset = -1;
}

/* Takes one of the places for open files, from the partition that has had it longest. */
static void take_place(struct partition *p) {
    struct storage *s = p->storage;
    for (size_t i = 0; i < READERS_MAX; i++)
        if (s->readers[i] == p)
            return;
    if (s->readers[s->next_reader])
        partition_stop_reading(s->readers[s->next_reader]);
    s->readers[s->next_reader] = p;
    s->next_reader = (s->next_reader + 1) % READERS_MAX;
}

static enum error begin_reading(struct partition *p, struct segment *s) {
    struct storage *storage = p->storage;
    if (p->reading == s)
        return E_ok;
    partition_stop_reading(p);
    take_place(p);
    p->reading = s;
    enum error e = segment_open_reader(s, storage->disk);
    storage->window.bytes.len = 0; /* it showed another file */
    if (!e)
        e = segment_index_load(s, &storage->window, storage->options.index_interval_bytes);
    if (e)
        partition_stop_reading(p);
    return e;
}

static enum error find_position(struct partition *p, int64_t offset, int64_t *position) {
    struct storage *s = p->storage;
    if (offset == p->hint_offset) {
        *position = p->hint_position;
        return E_ok;
    }
    s->window.bytes.len = 0;
    return segment_find(p->reading, &s->window, offset, position);
}

/* Where the batches that were just read end. */
static void leave_hint(struct partition *p, int64_t position, struct bytes batches) {
    size_t at = 0, last = 0;
    while (at < batches.len) {
        struct cursor in = cursor_on(bytes_part(batches, at + BATCH_LENGTH_AT, 4));
        last = at;
        at += (size_t)read_u32(&in) + BATCH_PREFIX_BYTES;
    }
    struct cursor in = cursor_on(bytes_part(batches, last, BATCH_HEADER_BYTES));
    int64_t base_offset = read_int64(&in);
    (void)read_bytes(&in, 15); /* length, leader epoch, magic, checksum, attributes */
    int32_t last_delta = read_int32(&in);
    p->hint_offset = -1;
    if (base_offset >= 0 && base_offset <= LOG_OFFSET_MAX && last_delta >= 0)
        p->hint_offset = base_offset + last_delta + 1; /* else damage: whoever fetched it sees it */
    p->hint_position = position + (int64_t)batches.len;
}

enum error partition_read(struct partition *p, int64_t offset, size_t max_bytes, struct buf *out) {
    size_t begin = out->len;
    int64_t position = 0;
    if (offset < p->log_start || offset > p->high_watermark)
        return fail(E_not_found, "offset %lld is outside %lld to %lld", (long long)offset,
                    (long long)p->log_start, (long long)p->high_watermark);
    if (offset == p->high_watermark)
        return E_ok;
    for (size_t i = segment_at(p, offset); i < p->segment_count && out->len == begin; i++) {
        if (!p->segments[i]->readable)
            break;
        TRY(begin_reading(p, p->segments[i]));
        TRY(find_position(p, offset, &position));
        TRY(segment_read(p->reading, position, max_bytes, out));
    }
    if (out->len > begin)
        leave_hint(p, position, bytes_of(out->data + begin, out->len - begin));
    return E_ok;
}

/* Where a batch begins, at or before `most`; from `at` on, which is such a place. */
static enum error last_begin(struct segment *s, struct segment_window *w, int64_t at, int64_t most,
                             int64_t *out) {
    struct batch_place place;
    int64_t indexed = segment_index_before(s, most);
    at = indexed > at ? indexed : at;
    while (at < most && at < s->readable) {
        TRY(segment_batch_at(s, w, at, &place));
        if (at + place.len > most)
            break;
        at += place.len;
    }
    *out = at;
    return E_ok;
}

static enum error piece_end(struct partition *p, const struct piece_limits *limits,
                            struct partition_piece *out, int64_t *end) {
    struct segment *s = p->reading;
    struct segment_window *w = &p->storage->window;
    int64_t most = out->position + (int64_t)limits->most;
    if (limits->end_offset < p->high_watermark) {
        int64_t stop;
        TRY(segment_find(s, w, limits->end_offset, &stop));
        most = stop < most ? stop : most;
    }
    if (most >= s->readable)
        *end = s->readable;
    else
        TRY(last_begin(s, w, out->position, most, end));
    return E_ok;
}

/* What the reader asks for next: the batch behind the piece begins with it, or the next segment. */
static enum error piece_next(struct partition *p, size_t at, int64_t end, int64_t *next_offset) {
    struct batch_place place;
    *next_offset = p->high_watermark;
    if (end < p->reading->readable) {
        TRY(segment_batch_at(p->reading, &p->storage->window, end, &place));
        *next_offset = place.base_offset;
    } else if (at + 1 < p->segment_count && p->segments[at + 1]->readable) {
        *next_offset = p->segments[at + 1]->base_offset;
    }
    return E_ok;
}

enum error partition_piece(struct partition *p, int64_t offset, const struct piece_limits *limits,
                           struct partition_piece *out) {
    int64_t end;
    *out = (struct partition_piece){ .fd = -1 };
    if (offset < p->log_start || offset >= p->high_watermark || offset >= limits->end_offset)
        return E_ok;
    size_t at = segment_at(p, offset);
    if (p->segments[at]->readable < (int64_t)limits->least)
        return E_ok;
    TRY(begin_reading(p, p->segments[at]));
    p->storage->window.bytes.len = 0;
    TRY(find_position(p, offset, &out->position));
    if (p->reading->readable - out->position < (int64_t)limits->least)
        return E_ok;
    TRY(piece_end(p, limits, out, &end));
    if (end - out->position < (int64_t)limits->least)
        return E_ok;
    TRY(piece_next(p, at, end, &out->next_offset));
    if (disk_share(p->reading->reader, &out->fd))
        return E_ok; /* then it is read */
    out->len = (size_t)(end - out->position);
    p->hint_offset = out->next_offset;
    p->hint_position = end;
    return E_ok;
}

struct time_search {
    int64_t wanted_ms;
    int64_t offset;
    int64_t found_ms;
};

static bool on_record(void *context, const struct record *r) {
    struct time_search *t = context;
    if (r->timestamp_ms < t->wanted_ms)
        return true;
    t->offset = r->offset;
    t->found_ms = r->timestamp_ms;
    return false;
}

static enum error search_batch(struct partition *p, const struct batch_place *place,
                               struct time_search *t) {
    struct buf bytes = { 0 };
    struct batch batch;
    enum error e = segment_read(p->reading, place->position, (size_t)place->len, &bytes);
    struct cursor in = cursor_on(buf_bytes(&bytes));
    if (!e)
        e = batch_read_header(&batch, &in);
    if (!e)
        e = batch_each(&batch, RECORDS_BYTES_MAX, on_record, t);
    buf_finish(&bytes);
    return e;
}

/* The first batch from `position` on that reaches the time. */
static enum error search_segment(struct partition *p, int64_t position, struct time_search *t) {
    struct batch_place place;
    struct storage *s = p->storage;
    s->window.bytes.len = 0;
    while (position < p->reading->readable && t->offset < 0) {
        TRY(segment_batch_at(p->reading, &s->window, position, &place));
        if (place.max_timestamp_ms >= t->wanted_ms)
            TRY(search_batch(p, &place, t));
        position += place.len;
    }
    return E_ok;
}

enum error partition_find_time(struct partition *p, int64_t timestamp_ms, int64_t *offset,
                               int64_t *found_ms) {
    struct time_search t = { timestamp_ms, -1, -1 };
    for (size_t i = 0; i < p->segment_count && t.offset < 0; i++) {
        if (p->segments[i]->max_timestamp_ms < timestamp_ms || !p->segments[i]->readable)
            continue;
        int64_t position;
        TRY(begin_reading(p, p->segments[i]));
        p->storage->window.bytes.len = 0;
        TRY(segment_find(p->reading, &p->storage->window,
                         segment_times_find(p->reading, timestamp_ms), &position));
        TRY(search_segment(p, position, &t));
    }
    *offset = t.offset;
    *found_ms = t.found_ms;
    return E_ok;
}

enum error partition_find_max_time(struct partition *p, int64_t *offset, int64_t *found_ms) {
    struct segment *newest = NULL;
    struct time_search t = { 0, -1, -1 };
    for (size_t i = 0; i < p->segment_count; i++)
        if (p->segments[i]->readable
            && (!newest || p->segments[i]->max_timestamp_ms > newest->max_timestamp_ms))
            newest = p->segments[i];
    *offset = -1;
    *found_ms = -1;
    if (!newest || newest->max_timestamp_ms < 0)
        return E_ok;
    int64_t position;
    TRY(begin_reading(p, newest));
    TRY(find_position(p, newest->max_timestamp_at, &position));
    t.wanted_ms = newest->max_timestamp_ms;
    TRY(search_segment(p, position, &t));
    *offset = t.offset < 0 ? newest->max_timestamp_at : t.offset; /* a header may lie */
    *found_ms = newest->max_timestamp_ms;
    return E_ok;
}
