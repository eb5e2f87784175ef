/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The sparse time index: BASE.timeindex, as Kafka has it: entries of a timestamp, big-endian int64,
 * and an offset relative to BASE, int32. An entry is added with each of the offset index, unless
 * the greatest timestamp so far is the last entry's already: both numbers rise.
 *
 * An entry says: no batch before this one reaches the timestamp, and this one has it. So the first
 * record of a time is looked for from the last entry below it, and a time index costs nothing where
 * timestamps are not in order. It is derived data, as the offset index, and trusted as far. */
#include "segment.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { TIME_ENTRY_BYTES = 12 };

char *segment_times_path(const struct segment *s) {
    size_t stem = strlen(s->path) - strlen(".log");
    return text_format("%.*s.timeindex", (int)stem, s->path);
}

void segment_times_add(struct segment *s, int64_t timestamp_ms, int64_t offset) {
    int64_t relative = offset - s->base_offset;
    int64_t last_ms = s->time_count ? s->times[s->time_count - 1].timestamp_ms : -1;
    if (timestamp_ms <= last_ms)
        return;
    assert(relative >= 0 && relative <= INT32_MAX);
    if (s->time_count == s->time_capacity) {
        s->time_capacity = s->time_capacity ? s->time_capacity * 2 : 16;
        s->times = memory_resize(s->times, s->time_capacity * sizeof(*s->times));
    }
    s->times[s->time_count++] = (struct time_entry){ timestamp_ms, (int32_t)relative };
}

void segment_times_forget(struct segment *s) {
    free(s->times);
    s->times = NULL;
    s->time_count = s->time_capacity = s->times_saved = 0;
}

static void take_entries(struct segment *s, struct bytes bytes) {
    struct cursor in = cursor_on(bytes);
    int32_t last_relative = -1;
    while (cursor_left(&in) >= TIME_ENTRY_BYTES) {
        int64_t timestamp_ms = read_int64(&in);
        int32_t relative = read_int32(&in);
        bool rises = !s->time_count || timestamp_ms > s->times[s->time_count - 1].timestamp_ms;
        if (relative <= last_relative || !rises || timestamp_ms > s->max_timestamp_ms
            || s->base_offset + relative > s->max_timestamp_at)
            return;
        segment_times_add(s, timestamp_ms, s->base_offset + relative);
        last_relative = relative;
    }
}

enum error segment_times_load(struct segment *s, bool *exists) {
    struct buf bytes = { 0 };
    char *path = segment_times_path(s);
    size_t most = (size_t)(s->readable / BATCH_HEADER_BYTES + 1) * TIME_ENTRY_BYTES;
    enum error e = disk_read_whole(s->reader->disk, path, most, &bytes);
    *exists = !e;
    if (!e)
        take_entries(s, buf_bytes(&bytes));
    s->times_saved = s->time_count;
    buf_finish(&bytes);
    free(path);
    return e == E_not_found || e == E_too_large ? E_ok : e;
}

void segment_times_put(const struct segment *s, struct buf *out) {
    for (size_t i = s->times_saved; i < s->time_count; i++) {
        buf_put_be64(out, (uint64_t)s->times[i].timestamp_ms);
        buf_put_be32(out, (uint32_t)s->times[i].relative);
    }
}

int64_t segment_times_find(const struct segment *s, int64_t timestamp_ms) {
    size_t low = 0, high = s->time_count; /* entries below `low` are before the time */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->times[middle].timestamp_ms < timestamp_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? s->base_offset + s->times[low - 1].relative : s->base_offset;
}
