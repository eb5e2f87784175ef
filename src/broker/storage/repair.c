/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The repair: a start that cuts the log where it is damaged, then each segment without what is
 * damaged in it. Tried out, it is the very same over an overlay, so what is told is what is done.
 *
 * A reader may have seen what a cut log loses, and what comes next has the same offsets: so each
 * partition gets the next leader epoch, by which clients learn of it. A segment that loses batches
 * keeps the offsets of the others, as after compaction. */
#include "audit.h"

#include "overlay.h"
#include "partition.h"
#include "segment_walk.h"
#include "storage_state.h"
#include "wal_recovery.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct repair {
    const struct audit_options *options;
    struct repair_counts *counts;
    struct disk *disk;
    struct storage *storage;
    char **damaged; /* segments to be kept under another name */
    size_t damaged_count;
};

struct rewriting {
    struct repair *repair;
    struct partition *partition;
    const struct segment *old;
    struct segment *new; /* NULL: only looking */
    struct file *file;
    bool is_damaged;
    int32_t epoch; /* for the batch that comes next; -1: its own */
    enum error error;
};

static void loss(struct repair *r, char *text) {
    r->counts->losses++;
    r->options->on_finding(r->options->context, text);
    free(text);
}

/* ---- the log */

static void on_lost(void *context, struct storage *s, const struct wal_lost *lost) {
    struct repair *r = context;
    struct cursor in = cursor_on(lost->payload);
    uint32_t number = read_u32(&in);
    const struct partition *p = partition_find(s, number, read_int32(&in));
    (void)read_int64(&in); /* append time */
    struct batch b;
    if (lost->type == WAL_BATCH && p && !in.bad && batch_read_header(&b, &in) == E_ok)
        loss(r, text_format("log frame %" PRIu64 ": %s, offsets %lld to %lld", lost->first, p->dir,
                            (long long)b.base_offset, (long long)batch_last_offset(&b)));
    else if (lost->first == lost->last)
        loss(r, text_format("log frame %" PRIu64 ": of type %d", lost->first, lost->type));
    else
        loss(r, text_format("log frames %" PRIu64 " to %" PRIu64
                            ": synced, damaged, nobody can say what was in them",
                            lost->first, lost->last));
}

static void raise_epochs(struct storage *s) {
    struct topic *t;
    for (size_t at = 0; (t = topic_next(s, &at));)
        for (int32_t i = 0; i < t->partition_count; i++)
            t->partitions[i]->leader_epoch++;
}

/* ---- segments */

static void on_damage(void *context, const struct walk_damage *d) {
    struct rewriting *w = context;
    w->is_damaged = true;
    if (!w->new)
        loss(w->repair,
             text_format("%s: bytes %lld to %lld, offsets %lld to %lld: %s", w->old->path,
                         (long long)d->position, (long long)d->end_position,
                         (long long)d->first_offset, (long long)d->end_offset - 1, d->why));
}

static void on_epoch(void *context, const struct batch *b, int32_t least) {
    struct rewriting *w = context;
    struct repair *r = w->repair;
    w->is_damaged = true;
    w->epoch = least;
    if (w->new)
        return;
    char *text = text_format("%s: the batch at offset %lld gets leader epoch %d for %d, which "
                             "cannot be; nothing of it is lost",
                             w->old->path, (long long)b->base_offset, least, b->leader_epoch);
    r->counts->mended++;
    r->options->on_finding(r->options->context, text);
    free(text);
}

static enum error write_batch(struct rewriting *w, const struct batch *b) {
    struct buf copy = { 0 };
    if (w->epoch < 0)
        return disk_write_at(w->file, w->new->size, b->whole);
    buf_put_bytes(&copy, b->whole);
    batch_patch_offset(copy.data, b->base_offset, w->epoch);
    enum error e = disk_write_at(w->file, w->new->size, buf_bytes(&copy));
    buf_finish(&copy);
    return e;
}

static void on_batch(void *context, const struct batch *b, int64_t position) {
    struct rewriting *w = context;
    (void)position;
    if (w->new && !w->error)
        w->error = write_batch(w, b);
    w->epoch = -1;
    if (!w->new || w->error)
        return;
    w->new->size += (int64_t)b->whole.len;
    if (b->max_timestamp_ms <= w->new->max_timestamp_ms)
        return;
    w->new->max_timestamp_ms = b->max_timestamp_ms;
    w->new->max_timestamp_at = b->base_offset;
}

static enum error walk(struct rewriting *w, size_t at) {
    const struct partition *p = w->partition;
    bool is_last = at + 1 == p->segment_count;
    struct segment_walk walk = {
        .disk = w->repair->disk,
        .segment = w->old,
        .end_offset = is_last ? p->end : p->segments[at + 1]->base_offset,
        .may_skip = w->old->generation > 0,
        .on_batch = on_batch,
        .leader_epoch = p->leader_epoch,
        .on_damage = on_damage,
        .on_epoch = on_epoch,
        .context = w,
    };
    TRY_WHILE(segment_walk(&walk), "reading %s", w->old->path);
    return w->error;
}

static enum error write_new(struct rewriting *w, size_t at) {
    TRY(disk_make_dir(w->repair->disk, w->partition->dir));
    TRY(disk_open(w->repair->disk, w->new->path, DISK_CREATE_EMPTY, &w->file));
    enum error e = walk(w, at);
    if (!e)
        e = disk_sync(w->file);
    disk_close(w->file);
    return e;
}

/* Takes the old one's place; without a batch in it nothing does. */
static void replace(struct rewriting *w, size_t at) {
    struct repair *r = w->repair;
    struct partition *p = w->partition;
    r->damaged = memory_resize(r->damaged, (r->damaged_count + 1) * sizeof(char *));
    r->damaged[r->damaged_count++] = text_copy(w->old->path);
    writers_forget(&r->storage->writers, p->segments[at]);
    segment_destroy(p->segments[at]);
    p->segments[at] = w->new;
    w->new->readable = w->new->size;
    w->new->is_new = w->new->is_dirty = true;
    p->must_roll = true;
    if (w->new->size)
        return;
    segment_destroy(w->new);
    p->segment_count--;
    memmove(p->segments + at, p->segments + at + 1,
            (p->segment_count - at) * sizeof(struct segment *));
}

static enum error repair_segment(struct repair *r, struct partition *p, size_t at, bool *gone) {
    struct rewriting w = { .repair = r, .partition = p, .old = p->segments[at], .epoch = -1 };
    size_t before = p->segment_count;
    TRY(walk(&w, at));
    if (!w.is_damaged)
        return E_ok;
    partition_stop_reading(p);
    w.new = segment_create(p->dir, w.old->base_offset, ++p->generation);
    w.new->created_ms = w.old->created_ms;
    enum error e = write_new(&w, at);
    if (e) {
        segment_destroy(w.new);
        return e;
    }
    replace(&w, at);
    r->counts->segments++;
    *gone = p->segment_count < before;
    return E_ok;
}

static enum error repair_all(struct repair *r) {
    struct topic *t;
    for (size_t at = 0; (t = topic_next(r->storage, &at));)
        for (int32_t i = 0; i < t->partition_count; i++)
            for (size_t k = 0; k < t->partitions[i]->segment_count;) {
                bool gone = false;
                TRY(repair_segment(r, t->partitions[i], k, &gone));
                k += !gone;
            }
    return E_ok;
}

/* Once a checkpoint names the new ones. */
static enum error keep_damaged(struct repair *r) {
    enum error e = E_ok;
    for (size_t i = 0; i < r->damaged_count; i++) {
        bool exists = false;
        char *kept = text_format("%s.damaged", r->damaged[i]);
        if (!e)
            e = disk_exists(r->disk, r->damaged[i], &exists);
        if (!e && exists)
            e = disk_rename(r->disk, r->damaged[i], kept);
        free(kept);
        free(r->damaged[i]);
    }
    free(r->damaged);
    return e;
}

static enum error repair(struct repair *r) {
    struct storage_options options = { .disk = r->disk,
                                       .clock = r->options->clock,
                                       .dir = r->options->dir,
                                       .on_lost = on_lost,
                                       .context = r };
    int64_t before = r->counts->losses;
    TRY(storage_open(&r->storage, &options));
    if (r->counts->losses > before)
        raise_epochs(r->storage);
    enum error e = repair_all(r);
    if (e)
        storage_abandon(r->storage);
    else
        storage_close(r->storage);
    enum error kept = keep_damaged(r);
    return e ? e : kept;
}

enum error storage_repair(const struct audit_options *o, bool only_tries,
                          struct repair_counts *out) {
    struct repair r = { .options = o, .counts = out, .disk = o->disk };
    *out = (struct repair_counts){ 0 };
    TRY(storage_check_place(o));
    struct disk *overlay = only_tries ? overlay_create(o->disk) : NULL;
    r.disk = overlay ? overlay : o->disk;
    enum error e = repair(&r);
    overlay_destroy(overlay);
    return e;
}
