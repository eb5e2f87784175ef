/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Walking a segment. Where no good batch stands, the next one is looked for: first where the header
 * says it should be, then byte by byte, and there only one that is followed by another or by the
 * segment's end counts, for a record may well hold a batch. */
#include "segment_walk.h"

#include <stdlib.h>

enum { WINDOW_BYTES = 1 << 20, BATCH_BYTES_MAX = 64 << 20, RECORDS_BYTES_MAX = 256 << 20 };

struct walk {
    const struct segment_walk *options;
    struct file *file;
    int64_t size; /* of the bytes that are there and count */
    struct buf window;
    int64_t window_at;
    int64_t expected; /* the next offset, or more */
    int32_t epoch;    /* of the batches so far: it only rises */
    const char *why;
};

/* As many of the bytes as there are. */
static enum error bytes_at(struct walk *w, int64_t position, int64_t len, struct bytes *out) {
    int64_t left = w->size - position;
    len = len < left ? len : left;
    if (position < w->window_at || position + len > w->window_at + (int64_t)w->window.len) {
        buf_clear(&w->window);
        w->window_at = position;
        int64_t wanted = len > WINDOW_BYTES ? len : WINDOW_BYTES;
        TRY(disk_read_at(w->file, position, &w->window, (size_t)(wanted < left ? wanted : left)));
    }
    size_t skip = (size_t)(position - w->window_at);
    size_t has = w->window.len - skip;
    *out = bytes_of(w->window.data + skip, has < (size_t)len ? has : (size_t)len);
    return E_ok;
}

static int64_t length_said(struct bytes header) {
    struct cursor in = cursor_on(bytes_part(header, BATCH_LENGTH_AT, 4));
    return (int64_t)read_int32(&in) + BATCH_PREFIX_BYTES;
}

static bool is_good(struct walk *w, struct bytes whole, struct batch *b) {
    struct cursor in = cursor_on(whole);
    bool keyless;
    size_t unpacked = 0;
    w->why = "its checksum or its header is wrong";
    if (batch_read(b, &in))
        return false;
    w->why = "its offsets do not fit here";
    if (b->base_offset < w->expected || batch_last_offset(b) >= w->options->end_offset)
        return false;
    w->why = "its records are not as its header says";
    return !batch_check_records(b, RECORDS_BYTES_MAX, &keyless, &unpacked);
}

static enum error read_batch(struct walk *w, int64_t position, struct batch *b, bool *good) {
    struct bytes bytes;
    *good = false;
    w->why = "it ends early";
    if (position + BATCH_HEADER_BYTES > w->size)
        return E_ok;
    TRY(bytes_at(w, position, BATCH_HEADER_BYTES, &bytes));
    int64_t len = bytes.len < BATCH_HEADER_BYTES ? 0 : length_said(bytes);
    if (len < BATCH_HEADER_BYTES || len > BATCH_BYTES_MAX || position + len > w->size)
        return E_ok;
    TRY(bytes_at(w, position, len, &bytes));
    *good = bytes.len == (size_t)len && is_good(w, bytes, b);
    return E_ok;
}

/* Is there a good batch, and behind it another or the end? */
static enum error stands_here(struct walk *w, int64_t position, bool *found) {
    struct batch b;
    TRY(read_batch(w, position, &b, found));
    int64_t next = *found ? position + (int64_t)b.whole.len : 0;
    if (!*found || next == w->size)
        return E_ok;
    return read_batch(w, next, &b, found);
}

static enum error search(struct walk *w, int64_t *position) {
    bool found = false;
    while (!found && ++*position + BATCH_HEADER_BYTES <= w->size) {
        struct bytes header;
        TRY(bytes_at(w, *position, BATCH_HEADER_BYTES, &header));
        if (header.len == BATCH_HEADER_BYTES && header.data[16] == 2)
            TRY(stands_here(w, *position, &found));
    }
    if (!found)
        *position = w->size;
    return E_ok;
}

static enum error next_good(struct walk *w, int64_t *position) {
    struct bytes header;
    struct batch b;
    bool good = false;
    TRY(bytes_at(w, *position, BATCH_HEADER_BYTES, &header));
    int64_t len = header.len < BATCH_HEADER_BYTES ? 0 : length_said(header);
    int64_t next = *position + len;
    if (len >= BATCH_HEADER_BYTES && next <= w->size) {
        if (next < w->size)
            TRY(read_batch(w, next, &b, &good));
        if (good || next == w->size) {
            *position = next;
            return E_ok;
        }
    }
    return search(w, position);
}

static void tell(const struct walk *w, int64_t position, int64_t end_position, int64_t end_offset) {
    struct walk_damage damage = { position, end_position, w->expected, end_offset, w->why };
    w->options->on_damage(w->options->context, &damage);
}

static enum error step_over(struct walk *w, int64_t *position) {
    const char *why = w->why;
    int64_t from = *position, end_offset = w->options->end_offset;
    struct batch b = { .base_offset = 0 };
    bool good = false;
    TRY(next_good(w, position));
    if (*position < w->size)
        TRY(read_batch(w, *position, &b, &good));
    if (good)
        end_offset = b.base_offset;
    w->why = why;
    tell(w, from, *position, end_offset);
    w->expected = end_offset;
    return E_ok;
}

/* Clients remember the highest epoch they were told, so one that is made up stops them for good. */
static void check_epoch(struct walk *w, const struct batch *b) {
    if (b->leader_epoch < w->epoch || b->leader_epoch > w->options->leader_epoch)
        w->options->on_epoch(w->options->context, b, w->epoch);
    else
        w->epoch = b->leader_epoch;
}

static enum error walk(struct walk *w) {
    struct batch b;
    bool good;
    for (int64_t position = 0; position < w->size;) {
        TRY(read_batch(w, position, &b, &good));
        if (!good) {
            TRY(step_over(w, &position));
            continue;
        }
        w->why = "offsets are missing before it";
        if (b.base_offset > w->expected && !w->options->may_skip)
            tell(w, position, position, b.base_offset);
        check_epoch(w, &b);
        w->options->on_batch(w->options->context, &b, position);
        w->expected = batch_last_offset(&b) + 1;
        position += (int64_t)b.whole.len;
    }
    return E_ok;
}

static enum error measure(struct walk *w) {
    int64_t size;
    TRY(disk_size(w->file, &size));
    w->size = size < w->options->segment->size ? size : w->options->segment->size;
    return E_ok;
}

enum error segment_walk(const struct segment_walk *options) {
    const struct segment *s = options->segment;
    struct walk w = { .options = options, .expected = s->base_offset };
    enum error e = disk_open(options->disk, s->path, DISK_READ, &w.file);
    if (!e) {
        e = measure(&w);
        if (!e)
            e = walk(&w);
        disk_close(w.file);
    } else if (e == E_not_found) {
        e = E_ok;
    }
    buf_finish(&w.window);
    if (e || w.size == s->size)
        return e;
    w.why = w.file ? "the file ends early" : "the file is missing";
    tell(&w, w.size, s->size, options->end_offset);
    return E_ok;
}
