/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Frames, groups and the place a group gets.
 *
 * There is one pending and at most one flying group. A group is handed over only when the one
 * before it is durable, so the highest LSN synced when its frames are written is known as soon as
 * it collects its first: the LSN before that. A group never spans two files: one that does not fit
 * begins the next file, so all its frames are in one place when recovery asks what was in flight.
 * Files are zeroed before use, because syncing an overwrite costs a quarter of syncing growth. */
#include "wal.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "settle.h"

#include <stdlib.h>
#include <string.h>

enum { GROUP_KEEP_BYTES = 2 << 20 }; /* an emptied group gives back what is above */

static struct wal_group *group_create(void) {
    return memory_get(sizeof(struct wal_group));
}

static void group_destroy(struct wal_group *g) {
    if (!g)
        return;
    job_clear(&g->job);
    buf_finish(&g->frames);
    buf_finish(&g->file_header);
    free(g->settles);
    free(g);
}

void wal_init(struct wal *w, const struct wal_options *options) {
    *w = (struct wal){ .options = *options };
    w->pending = group_create();
    w->resting = group_create();
    w->pending->first = 1;
}

void wal_finish(struct wal *w) {
    group_destroy(w->pending);
    group_destroy(w->flying);
    group_destroy(w->resting);
    disk_close(w->current.file);
    for (size_t i = 0; i < w->spare_count; i++)
        disk_close(w->spares[i].file);
    free(w->finished);
    *w = (struct wal){ 0 };
}

char *wal_path(const struct wal_options *options, uint64_t sequence) {
    return text_format("%s/wal-%020llu", options->dir, (unsigned long long)sequence);
}

struct buf *wal_frame_open(struct wal *w, size_t *begin) {
    struct wal_group *g = w->pending;
    if (!g->frames.len)
        g->first = w->appended + 1;
    *begin = wal_frame_begin(&g->frames);
    return &g->frames;
}

lsn_t wal_frame_close(struct wal *w, size_t begin, enum wal_type type) {
    struct wal_group *g = w->pending;
    struct wal_frame frame = {
        .type = (uint16_t)type, .lsn = ++w->appended, .term = w->term, .synced = g->first - 1
    };
    assert(w->term > 0);
    wal_frame_end(&g->frames, begin, &frame, w->options.seed);
    g->last = frame.lsn;
    return frame.lsn;
}

struct settle *wal_settle_add(struct wal *w) {
    struct wal_group *g = w->pending;
    if (g->settle_count == g->settle_capacity) {
        g->settle_capacity = g->settle_capacity ? g->settle_capacity * 2 : 64;
        g->settles = memory_resize(g->settles, g->settle_capacity * sizeof(*g->settles));
    }
    return &g->settles[g->settle_count++];
}

static int64_t file_room(const struct wal_file *f) {
    return f->size - WAL_FILE_HEADER_BYTES;
}

bool wal_has_room(const struct wal *w, size_t frame_bytes) {
    int64_t wanted = (int64_t)(w->pending->frames.len + frame_bytes);
    if (!w->is_full || w->position + wanted <= w->current.size)
        return true;
    return w->spare_count && wanted <= file_room(&w->spares[0]);
}

bool wal_can_ever_hold(const struct wal *w, size_t payload_bytes) {
    int64_t room = w->options.file_bytes - WAL_FILE_HEADER_BYTES;
    return payload_bytes <= INT32_MAX
           && (int64_t)payload_bytes + WAL_FRAME_HEADER_BYTES + WAL_ALIGN_BYTES <= room;
}

static void finish_current(struct wal *w) {
    if (!w->current.file)
        return;
    disk_close(w->current.file);
    w->current.file = NULL;
    w->finished = memory_resize(w->finished, (w->finished_count + 1) * sizeof(*w->finished));
    w->finished[w->finished_count++] = w->current;
}

static void begin_next_file(struct wal *w) {
    finish_current(w);
    w->current = w->spares[0];
    w->spare_count--;
    memmove(w->spares, w->spares + 1, w->spare_count * sizeof(w->spares[0]));
    w->position = WAL_FILE_HEADER_BYTES;
}

static void describe_file(const struct wal *w, struct wal_group *g) {
    struct wal_file_header header = { .version = WAL_FORMAT_VERSION,
                                      .sequence = w->current.sequence,
                                      .first_lsn = g->first };
    memcpy(header.cluster_id, w->options.cluster_id, CLUSTER_ID_BYTES);
    wal_file_header_write(&g->file_header, &header);
}

/* Finds the group's place; false when it needs a file that is not there yet. */
static bool place_group(struct wal *w, struct wal_group *g) {
    int64_t end = w->position + (int64_t)g->frames.len;
    bool fits = w->current.file && (end <= w->current.size || w->position == WAL_FILE_HEADER_BYTES);
    if (!fits && !w->spare_count)
        return false;
    if (!fits)
        begin_next_file(w);
    if (w->position == WAL_FILE_HEADER_BYTES)
        describe_file(w, g);
    g->file = w->current.file;
    g->position = w->position;
    w->position += (int64_t)g->frames.len;
    if (w->current.size < w->position)
        w->current.size = w->position; /* a group larger than a file makes the file grow */
    return true;
}

struct wal_group *wal_take_group(struct wal *w) {
    struct wal_group *g = w->pending;
    if (w->flying || !g->frames.len || !place_group(w, g))
        return NULL;
    assert(g->first == w->synced + 1);
    w->flying = g;
    w->pending = w->resting;
    w->resting = NULL;
    w->pending->first = g->last + 1;
    w->pending->last = g->last;
    return g;
}

enum error wal_group_write(struct wal_group *g) {
    CRASH_POINT(wal_before_write);
    if (g->file_header.len)
        TRY(disk_write_at(g->file, 0, buf_bytes(&g->file_header)));
    TRY(disk_write_at(g->file, g->position, buf_bytes(&g->frames)));
    CRASH_POINT(wal_after_write);
    TRY(disk_sync(g->file));
    g->is_durable = true;
    CRASH_POINT(wal_after_sync);
    return E_ok;
}

static void group_empty(struct wal_group *g) {
    job_clear(&g->job);
    if (g->frames.capacity > GROUP_KEEP_BYTES)
        buf_finish(&g->frames);
    buf_clear(&g->frames);
    buf_clear(&g->file_header);
    g->settle_count = 0;
    g->settled = 0;
    g->is_durable = false;
    g->file = NULL;
}

void wal_group_landed(struct wal *w, struct wal_group *g) {
    assert(g == w->flying);
    assert(g->is_durable);
    assert(g->first == w->synced + 1);
    w->synced = g->last;
    w->flying = NULL;
    w->resting = g;
    group_empty(g);
}
