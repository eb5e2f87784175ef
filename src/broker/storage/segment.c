/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Segment files: DIR/TOPIC-PARTITION/BASE.log, record batches of magic 2 back to back, nothing
 * else; BASE is the first offset, twenty digits. One that compaction has written is called
 * BASE.GENERATION.log. Kafka's own tools read both.
 *
 * Batches are written without a sync: until a checkpoint has synced the file, the log holds them
 * too. Their checksums were verified on arrival and are verified by whoever fetches them; what is
 * checked here is only what hopping from batch to batch relies on. */
#include "segment.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW_BYTES = 16 << 10 };

struct segment *segment_create(const char *dir, int64_t base_offset, uint32_t generation) {
    struct segment *s = memory_get(sizeof(*s));
    s->path = generation ? text_format("%s/%020lld.%u.log", dir, (long long)base_offset, generation)
                         : text_format("%s/%020lld.log", dir, (long long)base_offset);
    s->base_offset = base_offset;
    s->generation = generation;
    s->max_timestamp_ms = -1;
    s->max_timestamp_at = base_offset;
    return s;
}

void segment_destroy(struct segment *s) {
    if (!s)
        return;
    disk_close(s->writer);
    disk_close(s->reader);
    free(s->index);
    free(s->times);
    free(s->path);
    free(s);
}

char *segment_index_path(const struct segment *s) {
    size_t stem = strlen(s->path) - strlen(".log");
    return text_format("%.*s.index", (int)stem, s->path);
}

enum error segment_open_writer(struct segment *s, struct writers *writers, enum disk_open_how how) {
    struct segment **place = &writers->open[writers->next];
    assert(!s->writer);
    if (*place)
        segment_close_writer(*place);
    *place = NULL;
    TRY(disk_open(writers->disk, s->path, how, &s->writer));
    *place = s;
    writers->next = (writers->next + 1) % WRITERS_MAX;
    return E_ok;
}

enum error segment_write(struct segment *s, struct writers *writers, const char *dir,
                         int64_t position, struct bytes batch) {
    if (!s->writer && s->is_new)
        TRY(disk_make_dir(writers->disk, dir));
    if (!s->writer)
        TRY(segment_open_writer(s, writers, DISK_CREATE));
    return disk_write_at(s->writer, position, batch);
}

void segment_close_writer(struct segment *s) {
    disk_close(s->writer);
    s->writer = NULL;
}

void writers_forget(struct writers *writers, struct segment *s) {
    segment_close_writer(s);
    for (size_t i = 0; i < WRITERS_MAX; i++)
        if (writers->open[i] == s)
            writers->open[i] = NULL;
}

void segment_settled(struct segment *s, const struct settle *settle, int64_t index_interval) {
    int64_t end = settle->position + (int64_t)settle->len;
    assert(settle->position == s->readable);
    assert(end <= s->size);
    s->readable = end;
    if (settle->max_timestamp_ms > s->max_timestamp_ms) {
        s->max_timestamp_ms = settle->max_timestamp_ms;
        s->max_timestamp_at = settle->base_offset;
    }
    if (!s->index_is_loaded || settle->position - s->indexed_to < index_interval)
        return;
    segment_index_add(s, settle->end_offset - 1, settle->position);
    segment_times_add(s, s->max_timestamp_ms, s->max_timestamp_at);
}

enum error segment_open_reader(struct segment *s, struct disk *disk) {
    int64_t size;
    if (s->reader)
        return E_ok;
    TRY(disk_open(disk, s->path, DISK_READ, &s->reader));
    TRY(disk_size(s->reader, &size));
    if (size < s->readable)
        return fail(E_corrupt, "%s has %lld bytes, %lld were settled", s->path, (long long)size,
                    (long long)s->readable);
    return E_ok;
}

void segment_rest(struct segment *s) {
    disk_close(s->reader);
    s->reader = NULL;
    if (!s->index_is_loaded || s->index_saved != s->index_count || s->times_saved != s->time_count)
        return;
    segment_times_forget(s);
    free(s->index);
    s->index = NULL;
    s->index_count = s->index_capacity = s->index_saved = 0;
    s->index_is_loaded = false;
    s->indexed_to = 0;
}

static enum error window_cover(struct segment *s, struct segment_window *w, int64_t position,
                               struct bytes *out) {
    int64_t end = w->at + (int64_t)w->bytes.len;
    if (position < w->at || position + BATCH_HEADER_BYTES > end) {
        buf_clear(&w->bytes);
        w->at = position;
        TRY(disk_read_at(s->reader, position, &w->bytes, WINDOW_BYTES));
    }
    size_t skip = (size_t)(position - w->at);
    *out = bytes_of(w->bytes.data + skip, w->bytes.len - skip);
    return E_ok;
}

enum error segment_batch_at(struct segment *s, struct segment_window *w, int64_t position,
                            struct batch_place *out) {
    struct bytes header;
    TRY(window_cover(s, w, position, &header));
    struct cursor in = cursor_on(header);
    *out = (struct batch_place){ .position = position };
    out->base_offset = read_int64(&in);
    out->len = (int64_t)read_int32(&in) + BATCH_PREFIX_BYTES;
    (void)read_int32(&in); /* leader epoch */
    int8_t magic = read_int8(&in);
    (void)read_bytes(&in, 6); /* checksum, attributes */
    int32_t last_delta = read_int32(&in);
    (void)read_int64(&in); /* base timestamp */
    out->max_timestamp_ms = read_int64(&in);
    if (in.bad || magic != 2 || out->len < BATCH_HEADER_BYTES || position + out->len > s->readable
        || out->base_offset < s->base_offset || last_delta < 0
        || out->base_offset - s->base_offset > INT32_MAX - last_delta)
        return fail(E_corrupt, "%s: no batch at %lld", s->path, (long long)position);
    out->last_offset = out->base_offset + last_delta;
    return E_ok;
}

enum error segment_find(struct segment *s, struct segment_window *w, int64_t offset,
                        int64_t *position) {
    struct batch_place place;
    int64_t at = segment_index_find(s, offset);
    while (at < s->readable) {
        TRY(segment_batch_at(s, w, at, &place));
        if (place.last_offset >= offset)
            break;
        at += place.len;
    }
    *position = at;
    return E_ok;
}

/* How many of the bytes are whole batches; `*next_len` is the length of the one that is cut. */
static size_t whole_batches(struct bytes bytes, int64_t *next_len) {
    size_t whole = 0;
    *next_len = 0;
    while (bytes.len - whole >= BATCH_HEADER_BYTES) {
        struct cursor in = cursor_on(bytes_part(bytes, whole + BATCH_LENGTH_AT, 4));
        int64_t len = (int64_t)read_int32(&in) + BATCH_PREFIX_BYTES;
        *next_len = len;
        if (len < BATCH_HEADER_BYTES || len > (int64_t)(bytes.len - whole))
            break;
        whole += (size_t)len;
    }
    return whole;
}

static enum error read_exactly(struct segment *s, int64_t position, int64_t len, struct buf *out) {
    size_t before = out->len;
    TRY(disk_read_at(s->reader, position, out, (size_t)len));
    if ((int64_t)(out->len - before) != len)
        return fail(E_corrupt, "%s ends before %lld", s->path, (long long)(position + len));
    return E_ok;
}

enum error segment_read(struct segment *s, int64_t position, size_t max_bytes, struct buf *out) {
    size_t begin = out->len;
    int64_t left = s->readable - position, next_len;
    int64_t wanted = max_bytes < BATCH_HEADER_BYTES ? BATCH_HEADER_BYTES : (int64_t)max_bytes;
    if (left <= 0)
        return E_ok;
    wanted = wanted < left ? wanted : left;
    TRY(read_exactly(s, position, wanted, out));
    size_t whole = whole_batches(bytes_of(out->data + begin, (size_t)wanted), &next_len);
    if (!whole && (next_len < BATCH_HEADER_BYTES || next_len > left))
        return fail(E_corrupt, "%s: no batch at %lld", s->path, (long long)position);
    if (!whole) {
        TRY(read_exactly(s, position + wanted, next_len - wanted, out));
        whole = (size_t)next_len;
    }
    out->len = begin + whole;
    return E_ok;
}
