/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The sparse offset index: BASE.index, pairs of big-endian int32, one every 4 KiB of batches:
 * the last offset of a batch relative to BASE, and the position where that batch begins.
 *
 * It is derived data: written by a checkpoint, never synced, loaded when first needed. Entries are
 * believed only as far as they rise, lie inside the segment, and the last one points at a batch
 * that ends at its offset; what is missing behind it is found by hopping over the headers. */
#include "segment.h"

#include "base/check.h"

#include <stdlib.h>

enum { INDEX_ENTRY_BYTES = 8 };

void segment_index_add(struct segment *s, int64_t last_offset, int64_t position) {
    int64_t relative = last_offset - s->base_offset;
    assert(relative >= 0 && relative <= INT32_MAX);
    assert(position >= 0 && position <= INT32_MAX);
    if (s->index_count == s->index_capacity) {
        s->index_capacity = s->index_capacity ? s->index_capacity * 2 : 16;
        s->index = memory_resize(s->index, s->index_capacity * sizeof(*s->index));
    }
    s->index[s->index_count++] = (struct index_entry){ (int32_t)relative, (int32_t)position };
    s->indexed_to = position;
}

int64_t segment_index_find(const struct segment *s, int64_t offset) {
    size_t low = 0, high = s->index_count; /* entries below `low` end at or before offset */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->base_offset + s->index[middle].last_relative <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? s->index[low - 1].position : 0;
}

int64_t segment_index_before(const struct segment *s, int64_t position) {
    size_t low = 0, high = s->index_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->index[middle].position <= position)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? s->index[low - 1].position : 0;
}

static void take_entries(struct segment *s, struct bytes bytes) {
    struct cursor in = cursor_on(bytes);
    int32_t last_relative = -1, last_position = 0;
    while (cursor_left(&in) >= INDEX_ENTRY_BYTES) {
        int32_t relative = read_int32(&in), position = read_int32(&in);
        if (relative <= last_relative || position <= last_position || position >= s->readable)
            return;
        segment_index_add(s, s->base_offset + relative, position);
        last_relative = relative;
        last_position = position;
    }
}

static void forget_entries(struct segment *s) {
    s->index_count = 0;
    s->index_saved = 0;
    s->indexed_to = 0;
    segment_times_forget(s);
}

static enum error load_file(struct segment *s) {
    struct buf bytes = { 0 };
    char *path = segment_index_path(s);
    size_t most = (size_t)(s->readable / BATCH_HEADER_BYTES + 1) * INDEX_ENTRY_BYTES;
    enum error e = disk_read_whole(s->reader->disk, path, most, &bytes);
    if (!e)
        take_entries(s, buf_bytes(&bytes));
    s->index_saved = s->index_count;
    buf_finish(&bytes);
    free(path);
    return e == E_not_found || e == E_too_large ? E_ok : e; /* none, or nonsense */
}

/* Adds what the files lack: from the last entry's batch on, or from the start. */
static enum error scan_rest(struct segment *s, struct segment_window *w, int64_t interval) {
    struct batch_place place, newest = { .max_timestamp_ms = -1 };
    for (int64_t at = s->indexed_to; at < s->readable; at += place.len) {
        TRY(segment_batch_at(s, w, at, &place));
        if (place.max_timestamp_ms > newest.max_timestamp_ms)
            newest = place;
        if (at - s->indexed_to < interval)
            continue;
        segment_index_add(s, place.last_offset, at);
        segment_times_add(s, newest.max_timestamp_ms, newest.base_offset);
    }
    return E_ok;
}

static bool last_entry_is_true(struct segment *s, struct segment_window *w) {
    struct batch_place place;
    if (!s->index_count)
        return true;
    const struct index_entry *last = &s->index[s->index_count - 1];
    return !segment_batch_at(s, w, last->position, &place)
           && place.last_offset == s->base_offset + last->last_relative;
}

/* A torn write leaves a time too low, and then a record would not be found: the last is compared.
 */
static bool last_time_is_true(struct segment *s, struct segment_window *w) {
    struct batch_place place;
    int64_t position;
    if (!s->time_count)
        return true;
    const struct time_entry *last = &s->times[s->time_count - 1];
    return !segment_find(s, w, s->base_offset + last->relative, &position) && position < s->readable
           && !segment_batch_at(s, w, position, &place)
           && place.base_offset == s->base_offset + last->relative
           && place.max_timestamp_ms == last->timestamp_ms;
}

enum error segment_index_load(struct segment *s, struct segment_window *w, int64_t interval) {
    bool has_times;
    if (s->index_is_loaded)
        return E_ok;
    assert(s->reader);
    forget_entries(s);
    TRY(load_file(s));
    TRY(segment_times_load(s, &has_times));
    if (!last_entry_is_true(s, w) || !last_time_is_true(s, w)
        || (!has_times && s->max_timestamp_ms >= 0))
        forget_entries(s); /* nonsense, or of a version that kept no times */
    if (scan_rest(s, w, interval)) {
        forget_entries(s); /* an entry led astray: from the start, and now an error is one */
        TRY(scan_rest(s, w, interval));
    }
    s->index_is_loaded = true;
    s->is_dirty = s->is_dirty || s->index_count > s->index_saved
                  || s->time_count > s->times_saved; /* the next checkpoint saves it */
    return E_ok;
}
