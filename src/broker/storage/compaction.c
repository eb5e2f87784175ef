/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Compaction: of each key the newest record stays.
 *
 * The keys of what no compaction has seen are put in a map with their newest offsets; then every
 * segment from the first one on is copied without the records that the map knows a newer one of.
 * The keys themselves are compared, not their digests: a collision would lose a record. When the
 * map is full the rest waits for the next time. Several small segments become one.
 *
 * A tombstone stays, and gets a horizon (wire/sift.h); once that has passed it goes. Older values
 * of its key went when it got its horizon, for they lie before it. Records of aborted transactions
 * go, and markers with them: the caller forgets the aborted transactions whose markers are gone.
 *
 * The files written here are synced by the checkpoint that names them; until then the old ones
 * count. So a crash at any point finds one or the other whole. */
#include "compaction.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "base/table.h"
#include "wire/sift.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 20, RECORDS_BYTES_MAX = 256 << 20, KEY_COST_BYTES = 64 };

/* ---- reading a segment batch by batch */

struct reader {
    const struct compaction_input *input;
    struct file *file;
    struct buf bytes;
    size_t used;      /* of them */
    int64_t position; /* of what follows the used ones */
    int64_t offset;   /* no batch begins below it */
};

static enum error reader_open(struct reader *r, struct disk *disk,
                              const struct compaction_input *input) {
    *r = (struct reader){ .input = input, .offset = input->base_offset };
    return disk_open(disk, input->path, DISK_READ, &r->file);
}

static void reader_close(struct reader *r) {
    disk_close(r->file);
    buf_finish(&r->bytes);
}

/* At least so many bytes, if the segment has them. */
static enum error reader_fill(struct reader *r, size_t wanted) {
    int64_t there = r->position + (int64_t)(r->bytes.len - r->used);
    size_t have = r->bytes.len - r->used;
    if (have >= wanted || there >= r->input->size)
        return E_ok;
    buf_drop_front(&r->bytes, r->used);
    r->used = 0;
    int64_t more = wanted - have > CHUNK_BYTES ? (int64_t)(wanted - have) : CHUNK_BYTES;
    if (more > r->input->size - there)
        more = r->input->size - there;
    return disk_read_at(r->file, there, &r->bytes, (size_t)more);
}

/* The batch is valid until the next call. */
static enum error reader_next(struct reader *r, struct batch *out, bool *found) {
    *found = r->position < r->input->size;
    if (!*found)
        return E_ok;
    TRY(reader_fill(r, BATCH_HEADER_BYTES));
    struct bytes left = bytes_part(buf_bytes(&r->bytes), r->used, r->bytes.len - r->used);
    if (left.len >= BATCH_PREFIX_BYTES) {
        struct cursor in = cursor_on(bytes_part(left, BATCH_LENGTH_AT, 4));
        int32_t len = read_int32(&in);
        if (len > 0 && len <= r->input->size - r->position)
            TRY(reader_fill(r, (size_t)len + BATCH_PREFIX_BYTES));
    }
    struct cursor in = cursor_on(bytes_part(buf_bytes(&r->bytes), r->used, r->bytes.len - r->used));
    /* The offset is outside of the checksum. */
    if (batch_read(out, &in) || out->base_offset < r->offset
        || batch_last_offset(out) >= r->input->end_offset)
        return fail(E_corrupt, "%s: the batch at %lld is damaged", r->input->path,
                    (long long)r->position);
    r->offset = batch_last_offset(out) + 1;
    r->used += out->whole.len;
    r->position += (int64_t)out->whole.len;
    return E_ok;
}

/* ---- what is known of a batch as a whole */

static bool is_aborted(const struct compaction *c, const struct batch *b) {
    if (!batch_is_transactional(b))
        return false;
    for (size_t i = 0; i < c->aborted_count; i++) {
        const struct aborted_txn *t = &c->aborted[i];
        if (t->producer_id == b->producer_id && t->first_offset <= b->base_offset
            && b->base_offset <= t->last_offset)
            return true;
    }
    return false;
}

/* ---- the map */

struct map {
    struct compaction *c;
    struct table newest; /* key -> offset + 1 */
    size_t bytes;
};

static bool note_record(void *context, const struct record *r) {
    struct map *m = context;
    if (!r->key.data || r->offset < m->c->cleaned_to)
        return true;
    if (!table_put(&m->newest, r->key, (void *)(uintptr_t)(r->offset + 1)))
        m->bytes += r->key.len + KEY_COST_BYTES;
    return true;
}

static enum error map_segment(struct map *m, const struct compaction_input *input, bool *full) {
    struct reader r;
    struct batch b;
    bool found = true;
    enum error e = reader_open(&r, m->c->disk, input);
    while (!e && !*full) {
        e = reader_next(&r, &b, &found);
        if (e || !found)
            break;
        if (!batch_is_control(&b) && !is_aborted(m->c, &b)
            && batch_last_offset(&b) >= m->c->cleaned_to)
            e = batch_each(&b, RECORDS_BYTES_MAX, note_record, m);
        m->c->seen_to = batch_last_offset(&b) + 1;
        *full = m->bytes >= m->c->map_bytes_max;
    }
    reader_close(&r);
    return e;
}

static enum error map_all(struct map *m) {
    bool full = false;
    for (size_t i = 0; i < m->c->input_count && !full; i++) {
        bool is_last = i + 1 == m->c->input_count;
        if (is_last || m->c->inputs[i + 1].base_offset > m->c->cleaned_to)
            TRY(map_segment(m, &m->c->inputs[i], &full));
    }
    return E_ok;
}

/* ---- the copy */

struct copy {
    struct compaction *c;
    const struct map *map;
    struct segment *out;
    struct file *file;
    struct buf pending; /* not yet written; ends at out->size */
    int64_t horizon_ms; /* of the batch being sifted; -1: none */
    bool is_changed;
};

static bool keeps(void *context, const struct record *r) {
    const struct copy *copy = context;
    const struct compaction *c = copy->c;
    if (r->offset < c->log_start)
        return false;
    if (r->offset >= c->seen_to || !r->key.data)
        return true;
    uintptr_t newest = (uintptr_t)table_find(&copy->map->newest, r->key);
    if (newest > (uintptr_t)r->offset + 1)
        return false;
    return r->value.data || copy->horizon_ms < 0 || copy->horizon_ms > c->now_ms;
}

static enum error write_pending(struct copy *copy) {
    TRY(disk_write_at(copy->file, copy->out->size - (int64_t)copy->pending.len,
                      buf_bytes(&copy->pending)));
    buf_clear(&copy->pending);
    return E_ok;
}

static void note_batch(struct copy *copy, const struct batch *b, int64_t len) {
    struct segment *out = copy->out;
    int64_t position = out->size;
    if (b->max_timestamp_ms > out->max_timestamp_ms) {
        out->max_timestamp_ms = b->max_timestamp_ms;
        out->max_timestamp_at = b->base_offset;
    }
    out->size += len;
    if (position - out->indexed_to < copy->c->index_interval)
        return;
    segment_index_add(out, batch_last_offset(b), position);
    segment_times_add(out, out->max_timestamp_ms, out->max_timestamp_at);
}

static enum error copy_batch(struct copy *copy, const struct batch *b) {
    struct sift sift = { keeps, copy, copy->c->now_ms + copy->c->delete_retention_ms };
    size_t before = copy->pending.len;
    int32_t kept = 0;
    bool is_known = b->base_offset < copy->c->seen_to;
    copy->horizon_ms = batch_delete_horizon(b);
    if (!is_known)
        buf_put_bytes(&copy->pending, b->whole);
    else if (!batch_is_control(b) && !is_aborted(copy->c, b))
        TRY(batch_sift(b, RECORDS_BYTES_MAX, &sift, &copy->pending, &kept));
    size_t len = copy->pending.len - before;
    copy->c->records_gone += is_known ? b->record_count - kept : 0;
    copy->is_changed = copy->is_changed || len != b->whole.len
                       || memcmp(copy->pending.data + before, b->whole.data, len) != 0;
    if (!len)
        return E_ok;
    note_batch(copy, b, (int64_t)len);
    return copy->pending.len >= CHUNK_BYTES ? write_pending(copy) : E_ok;
}

static enum error copy_segment(struct copy *copy, const struct compaction_input *input) {
    struct reader r;
    struct batch b;
    bool found = true;
    enum error e = reader_open(&r, copy->c->disk, input);
    while (!e && found) {
        e = reader_next(&r, &b, &found);
        if (!e && found)
            e = copy_batch(copy, &b);
    }
    reader_close(&r);
    return e;
}

static enum error copy_group(struct copy *copy, const struct compaction_output *o) {
    for (size_t i = 0; i < o->count; i++)
        TRY(copy_segment(copy, &copy->c->inputs[o->first + i]));
    return copy->pending.len ? write_pending(copy) : E_ok;
}

/* The segment is the output's if it is worth having. */
static void settle_output(struct copy *copy, struct compaction_output *o) {
    o->is_same = o->count == 1 && !copy->is_changed;
    if (o->is_same || !copy->out->size)
        return;
    copy->out->readable = copy->out->size;
    o->segment = copy->out;
    copy->out = NULL;
}

static enum error remove_file(struct disk *disk, const char *path) {
    enum error e = disk_unlink(disk, path);
    return e == E_not_found ? E_ok : e;
}

static enum error write_output(struct compaction *c, const struct map *map,
                               struct compaction_output *o) {
    const struct compaction_input *first = &c->inputs[o->first];
    struct copy copy = { .c = c, .map = map };
    copy.out = segment_create(c->dir, first->base_offset, c->generation);
    copy.out->created_ms = first->created_ms;
    copy.out->index_is_loaded = true;
    copy.out->is_new = copy.out->is_dirty = true;
    enum error e = disk_open(c->disk, copy.out->path, DISK_CREATE_EMPTY, &copy.file);
    if (!e)
        e = copy_group(&copy, o);
    disk_close(copy.file);
    buf_finish(&copy.pending);
    if (!e)
        settle_output(&copy, o);
    if (!e && copy.out)
        e = remove_file(c->disk, copy.out->path);
    else if (e)
        (void)!disk_unlink(c->disk, copy.out->path); /* the first error is the story */
    segment_destroy(copy.out);
    return e;
}

/* Neighbours that fit into one segment together, by what they are now. */
static void make_groups(struct compaction *c) {
    c->outputs = memory_get((c->input_count + 1) * sizeof(*c->outputs));
    int64_t bytes = 0;
    for (size_t i = 0; i < c->input_count; i++) {
        const struct compaction_input *input = &c->inputs[i];
        struct compaction_output *last = c->output_count ? &c->outputs[c->output_count - 1] : NULL;
        if (input->base_offset >= c->seen_to)
            return; /* it waits, as it is */
        int64_t span = i + 1 < c->input_count && last
                           ? c->inputs[i + 1].base_offset - c->inputs[last->first].base_offset
                           : 0;
        bool joins = last && bytes + input->size <= c->segment_bytes && span <= INT32_MAX
                     && i + 1 < c->input_count;
        if (joins) {
            last->count++;
            bytes += input->size;
        } else {
            assert(c->outputs);
            c->outputs[c->output_count++] = (struct compaction_output){ .first = i, .count = 1 };
            bytes = input->size;
        }
    }
}

static enum error write_all(struct compaction *c, const struct map *map) {
    make_groups(c);
    for (size_t i = 0; i < c->output_count; i++) {
        TRY(write_output(c, map, &c->outputs[i]));
        CRASH_POINT(compaction_after_file);
    }
    return E_ok;
}

static void remove_outputs(struct compaction *c) {
    for (size_t i = 0; i < c->output_count; i++)
        if (c->outputs[i].segment)
            (void)!disk_unlink(c->disk, c->outputs[i].segment->path);
}

enum error compaction_run(struct compaction *c) {
    struct map map = { .c = c };
    assert(c->input_count > 0);
    c->seen_to = c->cleaned_to;
    enum error e = map_all(&map);
    if (!e)
        e = write_all(c, &map);
    table_finish(&map.newest);
    if (e) {
        remove_outputs(c);
    }
    return e;
}

void compaction_finish(struct compaction *c) {
    for (size_t i = 0; i < c->input_count; i++)
        free(c->inputs[i].path);
    for (size_t i = 0; i < c->output_count; i++)
        segment_destroy(c->outputs[i].segment);
    free(c->inputs);
    free(c->outputs);
    free(c->aborted);
    free(c->dir);
}
