/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Checkpoints: what makes the log short.
 *
 * The loop thread writes down all state as of the last LSN given out, L. Once L is synced and
 * settled, the checkpoint thread syncs the segments written since the last checkpoint, then puts
 * the file in place of the old one. From then on frames up to L are not needed, and log files
 * below the place where the log was at that moment become spares.
 *
 * DIR/checkpoint, numbers big-endian, a text is a length u16 and so many bytes:
 *     0  "OCTAVOCP"    8  version u32    12  CRC-32C of all that follows
 *    16  L u64        24  highest LSN known to be synced u64         32  term u64
 *    40  where to read the log from: file sequence u64, position i64, LSN there u64
 *    64  end of the reserved producer ids i64
 *    72  topics ever deleted u32, topic count u32; each: partition count i32 - 0: there is none of
 *        this number, and nothing of it follows - name text, incarnation u32, settings (topics.c),
 *        its partitions; then the offsets, then the transactions (transactions_log.c)
 *
 * partition: leader epoch i32, log start i64, end i64, last generation u32, offset compacted up to
 *     i64, segment count u32, segments, producer count u32, producers, count u32 of open
 *     transactions, each producer id and first offset i64, count u32 of aborted ones, each
 *     producer id, first offset and marker i64
 *
 * segment: base offset, size, greatest timestamp, offset of the batch that has it, time of its
 *     creation in ms, each i64, generation u32
 *
 * producer: id i64, epoch i16, last use i64 ms, batch count u8; each batch: first and last sequence
 *     i32, base offset i64 */
#include "checkpoint.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "base/event.h"
#include "producer_state.h"
#include "segment_txns.h"
#include "storage_state.h"
#include "wal_recovery.h"
#include "wire/checksum.h"

#include <stdlib.h>
#include <string.h>

enum { PRODUCER_KEEP_MS = 24 * 3600 * 1000, TIME_BYTES = 12 };

struct dirty {
    struct segment *segment;
    const struct partition *partition;
    bool is_new;
    struct buf index; /* entries to be added to its index file ... */
    int64_t index_at; /* ... here */
    struct buf times; /* the same of its time index */
    int64_t times_at;
    struct buf txns; /* all of its transaction index */
};

struct checkpoint {
    struct job job;
    struct disk *disk;
    const char *dir;
    lsn_t lsn;
    struct wal_place place;
    struct buf content;
    struct dirty *dirty;
    size_t dirty_count;
    struct segment **retired; /* in no list any more: removed once this checkpoint is in place */
    size_t retired_count;
    struct topic_entry **deleted; /* the same of topics */
    size_t deleted_count;
    bool is_posted;
};

/* The snapshot. */

static void put_segment(struct buf *out, const struct segment *s) {
    buf_put_be64(out, (uint64_t)s->base_offset);
    buf_put_be64(out, (uint64_t)s->size);
    buf_put_be64(out, (uint64_t)s->max_timestamp_ms);
    buf_put_be64(out, (uint64_t)s->max_timestamp_at);
    buf_put_be64(out, (uint64_t)s->created_ms);
    buf_put_be32(out, s->generation);
}

static void put_producer(struct buf *out, const struct producer_state *p) {
    buf_put_be64(out, (uint64_t)p->id);
    buf_put_be16(out, (uint16_t)p->epoch);
    buf_put_be64(out, (uint64_t)p->used_ms);
    buf_put_byte(out, (uint8_t)p->batch_count);
    for (int i = 0; i < p->batch_count; i++) {
        buf_put_be32(out, (uint32_t)p->batches[i].first_sequence);
        buf_put_be32(out, (uint32_t)p->batches[i].last_sequence);
        buf_put_be64(out, (uint64_t)p->batches[i].base_offset);
    }
}

/* One whose marker is queued is ended as of this checkpoint. */
static void put_transactions(struct buf *out, const struct partition *p) {
    uint32_t open = 0;
    for (size_t i = 0; i < p->open_count; i++)
        open += p->open[i].marker < 0;
    buf_put_be32(out, open);
    for (size_t i = 0; i < p->open_count; i++) {
        if (p->open[i].marker >= 0)
            continue;
        buf_put_be64(out, (uint64_t)p->open[i].producer_id);
        buf_put_be64(out, (uint64_t)p->open[i].first_offset);
    }
    buf_put_be32(out, (uint32_t)p->aborted_count);
    for (size_t i = 0; i < p->aborted_count; i++) {
        buf_put_be64(out, (uint64_t)p->aborted[i].producer_id);
        buf_put_be64(out, (uint64_t)p->aborted[i].first_offset);
        buf_put_be64(out, (uint64_t)p->aborted[i].last_offset);
    }
}

static void put_partition(struct buf *out, const struct partition *p) {
    size_t at = 0;
    struct bytes key;
    void *producer;
    buf_put_be32(out, (uint32_t)p->leader_epoch);
    buf_put_be64(out, (uint64_t)p->log_start);
    buf_put_be64(out, (uint64_t)p->end);
    buf_put_be32(out, p->generation);
    buf_put_be64(out, (uint64_t)p->cleaned_to);
    buf_put_be32(out, (uint32_t)p->segment_count);
    for (size_t i = 0; i < p->segment_count; i++)
        put_segment(out, p->segments[i]);
    buf_put_be32(out, (uint32_t)p->producers.count);
    while (table_next(&p->producers, &at, &key, &producer))
        put_producer(out, producer);
    put_transactions(out, p);
}

static void put_topic(struct storage *s, struct buf *out, const struct topic_entry *entry) {
    const struct topic *t = &entry->topic;
    int64_t oldest_ms = clock_wall_ms(s->clock) - PRODUCER_KEEP_MS;
    buf_put_be32(out, (uint32_t)t->partition_count);
    put_text(out, bytes_text(t->name));
    buf_put_be32(out, entry->incarnation);
    put_settings(out, &t->settings);
    for (int32_t i = 0; i < t->partition_count; i++) {
        if (t->partitions[i]->producers.count)
            producers_expire(&t->partitions[i]->producers, oldest_ms);
        put_partition(out, t->partitions[i]);
    }
}

static void put_content(struct storage *s, struct checkpoint *c) {
    struct buf *out = &c->content;
    buf_put_text(out, CHECKPOINT_MAGIC);
    buf_put_be32(out, CHECKPOINT_VERSION);
    buf_put_be32(out, 0); /* the checksum */
    buf_put_be64(out, c->lsn);
    buf_put_be64(out, 0); /* the synced LSN */
    buf_put_be64(out, s->wal.term);
    buf_put_be64(out, c->place.sequence);
    buf_put_be64(out, (uint64_t)c->place.position);
    buf_put_be64(out, c->place.lsn);
    buf_put_be64(out, (uint64_t)s->producer_end);
    buf_put_be32(out, s->deletions);
    buf_put_be32(out, (uint32_t)s->topic_count);
    for (size_t i = 0; i < s->topic_count; i++) {
        if (s->topics[i])
            put_topic(s, out, s->topics[i]);
        else
            buf_put_be32(out, 0);
    }
    offsets_save(s, out);
    txns_save(s, out);
}

static void collect_dirty(struct checkpoint *c, struct partition *p) {
    for (size_t i = p->segment_count; i-- > 0;) {
        struct segment *s = p->segments[i];
        if (!s->is_dirty)
            continue;
        s->is_dirty = false;
        c->dirty = memory_resize(c->dirty, (c->dirty_count + 1) * sizeof(*c->dirty));
        c->dirty[c->dirty_count++] = (struct dirty){ .segment = s, .partition = p };
    }
}

static enum error checkpoint_run(struct job *job);
static void checkpoint_done(void *owner, struct job *job);

void checkpoint_begin(struct storage *s) {
    struct checkpoint *c = memory_get(sizeof(*c));
    assert(!s->checkpoint);
    c->job = (struct job){ .run = checkpoint_run, .on_done = checkpoint_done };
    c->disk = s->disk;
    c->dir = s->dir;
    c->lsn = s->wal.appended;
    c->place =
        (struct wal_place){ s->wal.current.sequence, s->wal.position, s->wal.pending->first };
    put_content(s, c);
    struct topic *t;
    for (size_t at = 0; (t = topic_next(s, &at));)
        for (int32_t k = 0; k < t->partition_count; k++)
            collect_dirty(c, t->partitions[k]);
    c->retired = s->forgotten;
    c->retired_count = s->forgotten_count;
    s->forgotten = NULL;
    s->forgotten_count = 0;
    c->deleted_count = graves_take(s, &c->deleted);
    s->checkpoint = c;
    s->bytes_since_checkpoint = 0;
}

static void copy_index(struct dirty *d) {
    struct segment *s = d->segment;
    d->is_new = s->is_new;
    segment_txns_put(d->partition, s, &d->txns);
    if (!s->index_is_loaded)
        return;
    d->index_at = (int64_t)s->index_saved * (int64_t)sizeof(struct index_entry);
    for (size_t i = s->index_saved; i < s->index_count; i++) {
        buf_put_be32(&d->index, (uint32_t)s->index[i].last_relative);
        buf_put_be32(&d->index, (uint32_t)s->index[i].position);
    }
    d->times_at = (int64_t)s->times_saved * TIME_BYTES;
    segment_times_put(s, &d->times);
}

static void put_synced(struct checkpoint *c, lsn_t synced) {
    for (size_t i = 0; i < 8; i++)
        c->content.data[CHECKPOINT_SYNCED_AT + i] = (uint8_t)(synced >> (56 - 8 * i));
}

void checkpoint_go_on(struct storage *s) {
    struct checkpoint *c = s->checkpoint;
    if (!c || c->is_posted || c->lsn > s->wal.synced)
        return;
    put_synced(c, s->wal.synced);
    for (size_t i = 0; i < c->dirty_count; i++)
        copy_index(&c->dirty[i]);
    c->is_posted = true;
    storage_post(s, s->checkpoint_worker, &c->job);
}

/* The checkpoint thread's part. */

/* At this place of the file, and nothing behind it. */
static enum error save_entries(struct disk *disk, char *path, int64_t at, struct bytes entries) {
    struct file *f;
    enum error e = disk_open(disk, path, DISK_CREATE, &f);
    free(path);
    TRY(e);
    e = disk_write_at(f, at, entries);
    if (!e)
        e = disk_truncate(f, at + (int64_t)entries.len);
    disk_close(f);
    return e;
}

static enum error save_txns(struct checkpoint *c, const struct dirty *d) {
    char *path = segment_txns_path(d->segment);
    enum error e = segment_txns_save(c->disk, path, buf_bytes(&d->txns));
    free(path);
    return e;
}

static enum error save_index(struct checkpoint *c, const struct dirty *d) {
    TRY(save_txns(c, d));
    if (!d->index.len)
        return E_ok;
    TRY(save_entries(c->disk, segment_times_path(d->segment), d->times_at, buf_bytes(&d->times)));
    return save_entries(c->disk, segment_index_path(d->segment), d->index_at, buf_bytes(&d->index));
}

static enum error sync_path(struct disk *disk, const char *path) {
    struct file *f;
    TRY(disk_open(disk, path, DISK_WRITE, &f));
    enum error e = disk_sync(f);
    disk_close(f);
    return e == E_disk_full ? E_io : e; /* a failed sync is final, whatever it says */
}

static enum error sync_segments(struct checkpoint *c) {
    bool any_new = false;
    for (size_t i = 0; i < c->dirty_count; i++) {
        const struct dirty *d = &c->dirty[i];
        TRY(save_index(c, d));
        TRY(sync_path(c->disk, d->segment->path));
        if (d->is_new)
            TRY(disk_sync_dir(c->disk, d->partition->dir));
        any_new = any_new || d->is_new;
    }
    return any_new ? disk_sync_dir(c->disk, c->dir) : E_ok;
}

static enum error write_new(struct checkpoint *c, const char *path) {
    struct file *f;
    TRY(disk_open(c->disk, path, DISK_CREATE_EMPTY, &f));
    enum error e = disk_write_at(f, 0, buf_bytes(&c->content));
    disk_close(f);
    return e ? e : sync_path(c->disk, path);
}

static enum error replace(struct checkpoint *c) {
    char *path = text_format("%s/checkpoint", c->dir);
    char *next = text_format("%s/checkpoint.new", c->dir);
    enum error e = write_new(c, next);
    if (!e) {
        CRASH_POINT(checkpoint_before_rename);
        e = disk_rename(c->disk, next, path);
    }
    if (!e)
        e = disk_sync_dir(c->disk, c->dir);
    free(path);
    free(next);
    return e;
}

static enum error remove_path(struct disk *disk, const char *path) {
    enum error e = disk_unlink(disk, path);
    return e == E_not_found ? E_ok : e;
}

static enum error remove_and_free(struct disk *disk, char *path) {
    enum error e = remove_path(disk, path);
    free(path);
    return e;
}

/* No state that a start could find needs them now. */
static enum error remove_retired(struct checkpoint *c) {
    for (size_t i = 0; i < c->retired_count; i++) {
        TRY(remove_and_free(c->disk, segment_index_path(c->retired[i])));
        TRY(remove_and_free(c->disk, segment_times_path(c->retired[i])));
        TRY(remove_and_free(c->disk, segment_txns_path(c->retired[i])));
        TRY(remove_path(c->disk, c->retired[i]->path));
    }
    for (size_t i = 0; i < c->deleted_count; i++)
        TRY(topic_remove_files(c->disk, &c->deleted[i]->topic));
    return E_ok;
}

static enum error checkpoint_run(struct job *job) {
    struct checkpoint *c = (struct checkpoint *)job;
    uint8_t *content = c->content.data;
    uint32_t crc = crc32c(
        bytes_of(content + CHECKPOINT_SUM_FROM, c->content.len - (size_t)CHECKPOINT_SUM_FROM));
    for (size_t i = 0; i < 4; i++)
        content[CHECKPOINT_CRC_AT + i] = (uint8_t)(crc >> (24 - 8 * i));
    TRY_WHILE(sync_segments(c), "syncing segments for a checkpoint");
    TRY_WHILE(replace(c), "writing the checkpoint");
    CRASH_POINT(checkpoint_after_rename);
    TRY_WHILE(remove_retired(c), "removing segments that are not needed any more");
    return E_ok;
}

/* Back on the loop thread. */

static void note_saved(const struct dirty *d) {
    d->segment->is_new = false;
    if (d->segment->index_is_loaded && d->index.len)
        d->segment->index_saved += d->index.len / sizeof(struct index_entry);
    if (d->segment->index_is_loaded && d->index.len)
        d->segment->times_saved += d->times.len / TIME_BYTES;
}

static void checkpoint_done(void *owner, struct job *job) {
    struct storage *s = owner;
    struct checkpoint *c = (struct checkpoint *)job;
    s->checkpoint = NULL;
    for (size_t i = 0; i < c->dirty_count; i++) {
        if (job->error)
            c->dirty[i].segment->is_dirty = true;
        else
            note_saved(&c->dirty[i]);
    }
    if (job->error) {
        s->bytes_since_checkpoint += s->options.checkpoint_bytes;
        storage_job_failed(s, job);
    } else {
        s->wal.needed_from = c->place.sequence;
        event_log(EV_checkpoint_written, "lsn=%llu bytes=%zu segments=%zu",
                  (unsigned long long)c->lsn, c->content.len, c->dirty_count);
    }
    checkpoint_destroy(c);
}

void checkpoint_destroy(struct checkpoint *c) {
    if (!c)
        return;
    for (size_t i = 0; i < c->dirty_count; i++) {
        buf_finish(&c->dirty[i].index);
        buf_finish(&c->dirty[i].times);
        buf_finish(&c->dirty[i].txns);
    }
    for (size_t i = 0; i < c->retired_count; i++)
        segment_destroy(c->retired[i]);
    for (size_t i = 0; i < c->deleted_count; i++)
        topic_destroy(c->deleted[i]);
    free(c->deleted);
    free(c->retired);
    free(c->dirty);
    buf_finish(&c->content);
    job_clear(&c->job);
    free(c);
}
