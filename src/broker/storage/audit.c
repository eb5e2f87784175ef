/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The audit: a start over an overlay, which replays the log and tells what is wrong with it, and
 * then every partition from its first batch to its last. */
#include "audit.h"

#include "base/table.h"
#include "overlay.h"
#include "partition.h"
#include "producer_state.h"
#include "segment_txns.h"
#include "segment_walk.h"
#include "storage_state.h"
#include "wire/control.h"

#include <stdlib.h>
#include <string.h>

enum { INDEX_BYTES_MAX = 1 << 30, OFFSET_ENTRY_BYTES = 8, TIME_ENTRY_BYTES = 12 };

struct audit {
    const struct audit_options *options;
    struct audit_counts *counts;
    struct disk *disk;
};

/* The entries of one index file, passed as their batches come by. */
struct entries {
    struct buf bytes;
    size_t at;
};

struct partition_audit {
    struct audit *audit;
    const struct partition *partition;
    const struct segment *segment;
    struct table producers; /* as the batches say */
    struct partition seen;  /* its open transactions, as the batches say */
    struct entries offsets, times, txns;
    int64_t newest_ms;
    bool is_damaged; /* the segment; then of its indexes nothing is said */
};

static void finding(struct audit *a, char *text) {
    a->counts->findings++;
    a->options->on_finding(a->options->context, text);
    free(text);
}

/* ---- indexes */

static void bad_index(struct partition_audit *p, const char *which, int64_t position) {
    if (p->is_damaged)
        return;
    char *text = text_format("%s: its %s is wrong at byte %lld of the segment; it is derived, and "
                             "nothing is lost",
                             p->segment->path, which, (long long)position);
    p->audit->counts->derived++;
    p->audit->options->on_finding(p->audit->options->context, text);
    free(text);
}

static void pass_offsets(struct partition_audit *p, const struct batch *b, int64_t position) {
    struct entries *e = &p->offsets;
    while (e->at + OFFSET_ENTRY_BYTES <= e->bytes.len) {
        struct cursor in = cursor_on(bytes_of(e->bytes.data + e->at, OFFSET_ENTRY_BYTES));
        int64_t last = p->segment->base_offset + read_int32(&in);
        int32_t at = read_int32(&in);
        if (at > position)
            return;
        if (at != position || last != batch_last_offset(b))
            bad_index(p, "index", at);
        e->at += OFFSET_ENTRY_BYTES;
    }
}

static void pass_times(struct partition_audit *p, const struct batch *b, int64_t position) {
    struct entries *e = &p->times;
    while (e->at + TIME_ENTRY_BYTES <= e->bytes.len) {
        struct cursor in = cursor_on(bytes_of(e->bytes.data + e->at, TIME_ENTRY_BYTES));
        int64_t timestamp_ms = read_int64(&in);
        int64_t offset = p->segment->base_offset + read_int32(&in);
        if (offset > b->base_offset)
            return;
        if (offset != b->base_offset || timestamp_ms != p->newest_ms)
            bad_index(p, "time index", position);
        e->at += TIME_ENTRY_BYTES;
    }
}

/* The next entry belongs to this marker. Of what was compacted nobody can say where it began. */
static void pass_txns(struct partition_audit *p, const struct aborted_txn *t, int64_t position) {
    struct entries *e = &p->txns;
    bool is_sound;
    if (e->at + TXNS_ENTRY_BYTES > e->bytes.len)
        return; /* a power cut may have taken them: written anew with the segment's next batch */
    struct aborted_txn said =
        segment_txns_read(bytes_of(e->bytes.data + e->at, TXNS_ENTRY_BYTES), &is_sound);
    if (!is_sound || said.producer_id != t->producer_id || said.first_offset != t->first_offset
        || said.last_offset != t->last_offset)
        bad_index(p, "transaction index", position);
    e->at += TXNS_ENTRY_BYTES;
}

static void begin_entries(struct partition_audit *p, struct entries *e, char *path) {
    buf_clear(&e->bytes);
    e->at = 0;
    if (disk_read_whole(p->audit->disk, path, INDEX_BYTES_MAX, &e->bytes))
        buf_clear(&e->bytes); /* none: made anew */
    free(path);
}

/* ---- batches */

static void note_producer(struct partition_audit *p, const struct batch *b, int64_t position) {
    enum control_type type;
    size_t aborted = p->seen.aborted_count;
    if (!batch_is_control(b)) {
        producer_note(&p->producers, b, b->base_offset, 0, 1);
        if (batch_is_transactional(b))
            partition_note_open(&p->seen, b->producer_id, b->base_offset);
        return;
    }
    if (control_read(b, &type) != E_ok)
        return;
    producer_fence(&p->producers, b->producer_id, b->producer_epoch);
    partition_note_end(&p->seen, &(struct control){ type, b->producer_id, b->producer_epoch, 0 },
                       b->base_offset);
    if (p->seen.aborted_count > aborted && !p->partition->generation && !p->partition->log_start)
        pass_txns(p, &p->seen.aborted[aborted], position);
    p->seen.high_watermark = b->base_offset + 1;
    partition_forget_ended(&p->seen);
}

static void on_batch(void *context, const struct batch *b, int64_t position) {
    struct partition_audit *p = context;
    struct audit_counts *counts = p->audit->counts;
    counts->batches++;
    counts->records += b->record_count;
    counts->bytes += (int64_t)b->whole.len;
    p->newest_ms = b->max_timestamp_ms > p->newest_ms ? b->max_timestamp_ms : p->newest_ms;
    pass_offsets(p, b, position);
    pass_times(p, b, position);
    note_producer(p, b, position);
}

static void on_damage(void *context, const struct walk_damage *d) {
    struct partition_audit *p = context;
    p->is_damaged = true;
    finding(p->audit,
            text_format("%s: bytes %lld to %lld, offsets %lld to %lld: %s", p->segment->path,
                        (long long)d->position, (long long)d->end_position,
                        (long long)d->first_offset, (long long)d->end_offset - 1, d->why));
}

static void on_epoch(void *context, const struct batch *b, int32_t least) {
    struct partition_audit *p = context;
    finding(p->audit, text_format("%s: the batch at offset %lld has leader epoch %d, %d to %d can "
                                  "be; its records are whole",
                                  p->segment->path, (long long)b->base_offset, b->leader_epoch,
                                  least, p->partition->leader_epoch));
}

static enum error audit_segment(struct partition_audit *p, size_t at) {
    const struct partition *partition = p->partition;
    const struct segment *s = partition->segments[at];
    bool is_last = at + 1 == partition->segment_count;
    struct segment_walk walk = {
        .disk = p->audit->disk,
        .segment = s,
        .end_offset = is_last ? partition->end : partition->segments[at + 1]->base_offset,
        .may_skip = s->generation > 0,
        .on_batch = on_batch,
        .leader_epoch = partition->leader_epoch,
        .on_damage = on_damage,
        .on_epoch = on_epoch,
        .context = p,
    };
    p->segment = s;
    p->newest_ms = -1;
    p->is_damaged = false;
    p->audit->counts->segments++;
    begin_entries(p, &p->offsets, segment_index_path(s));
    begin_entries(p, &p->times, segment_times_path(s));
    begin_entries(p, &p->txns, segment_txns_path(s));
    TRY_WHILE(segment_walk(&walk), "reading %s", s->path);
    if (p->offsets.at + OFFSET_ENTRY_BYTES <= p->offsets.bytes.len)
        bad_index(p, "index", s->size);
    if (p->times.at + TIME_ENTRY_BYTES <= p->times.bytes.len)
        bad_index(p, "time index", s->size);
    return E_ok;
}

/* ---- what is remembered */

static bool knows_last_batch(const struct partition_audit *p, const struct producer_state *said) {
    const struct producer_state *seen =
        table_find(&p->producers, bytes_of(&said->id, sizeof(said->id)));
    if (!said->batch_count)
        return true;
    const struct producer_batch *last = &said->batches[said->batch_count - 1];
    if (last->base_offset < p->partition->log_start || p->partition->generation)
        return true; /* deleted, or compacted: what was there nobody can say */
    if (!seen || !seen->batch_count)
        return false;
    const struct producer_batch *real = &seen->batches[seen->batch_count - 1];
    return seen->epoch == said->epoch && real->base_offset == last->base_offset
           && real->last_sequence == last->last_sequence;
}

static void audit_producers(struct partition_audit *p) {
    size_t at = 0;
    struct bytes key;
    void *value;
    while (table_next(&p->partition->producers, &at, &key, &value)) {
        const struct producer_state *said = value;
        if (!knows_last_batch(p, said))
            finding(p->audit,
                    text_format("%s: producer %lld is remembered otherwise than its batches say",
                                p->partition->dir, (long long)said->id));
    }
}

static void audit_transactions(struct partition_audit *p) {
    size_t count = 0;
    for (size_t i = 0; i < p->partition->open_count; i++) {
        const struct open_txn *said = &p->partition->open[i];
        count += said->marker < 0;
        if (said->marker < 0 && said->first_offset >= p->partition->log_start
            && !partition_has_open(&p->seen, said->producer_id))
            finding(p->audit, text_format("%s: the transaction of producer %lld is said to be open",
                                          p->partition->dir, (long long)said->producer_id));
    }
    if (p->seen.open_count > count)
        finding(p->audit, text_format("%s: %zu transactions are open, %zu are remembered",
                                      p->partition->dir, p->seen.open_count, count));
}

static enum error audit_partition(struct audit *a, const struct partition *partition) {
    struct partition_audit p = { .audit = a, .partition = partition };
    enum error e = E_ok;
    int64_t before = a->counts->findings;
    for (size_t i = 0; i < partition->segment_count && !e; i++)
        e = audit_segment(&p, i);
    if (!e && a->counts->findings == before) { /* else it would say the same twice */
        audit_producers(&p);
        audit_transactions(&p);
    }
    producers_finish(&p.producers);
    producers_finish(&p.seen.producers);
    free(p.seen.open);
    free(p.seen.aborted);
    buf_finish(&p.offsets.bytes);
    buf_finish(&p.times.bytes);
    buf_finish(&p.txns.bytes);
    return e;
}

/* ---- all of it */

static enum error audit_all(struct audit *a, struct storage *s) {
    struct topic *t;
    for (size_t at = 0; (t = topic_next(s, &at));) {
        a->counts->topics++;
        for (int32_t i = 0; i < t->partition_count; i++) {
            a->counts->partitions++;
            TRY(audit_partition(a, t->partitions[i]));
        }
    }
    return E_ok;
}

enum error storage_check_place(const struct audit_options *o) {
    bool exists;
    char *path = text_format("%s/octavo.meta", o->dir);
    enum error e = disk_exists(o->disk, path, &exists);
    free(path);
    TRY(e);
    if (exists)
        return E_ok;
    e = fail(E_not_found, "%s has no octavo.meta: it is no broker's directory", o->dir);
    fail_try(
        "the broker's own directory, such as octavo-data/broker; if it is this one, octavo.meta "
        "was lost: put it back from a copy");
    return e;
}

/* The log is damaged, or the checkpoint: what the checkpoint names can be read all the same. */
static enum error open_without_log(struct audit *a, const struct storage_options *options,
                                   enum error refused, struct storage **out) {
    if (refused != E_corrupt && refused != E_unsupported && refused != E_malformed)
        return refused;
    finding(a, text_copy(error_story()));
    if (storage_open_checkpoint(out, options) == E_ok)
        return E_ok;
    *out = NULL;
    return E_ok;
}

enum error storage_audit(const struct audit_options *o, struct audit_counts *out) {
    struct audit a = { o, out, NULL };
    struct storage *s = NULL;
    *out = (struct audit_counts){ 0 };
    TRY(storage_check_place(o));
    a.disk = overlay_create(o->disk);
    struct storage_options options = { .disk = a.disk, .clock = o->clock, .dir = o->dir };
    enum error e = storage_open(&s, &options);
    if (e)
        e = open_without_log(&a, &options, e, &s);
    if (!e && s) {
        out->frames = s->replayed;
        e = audit_all(&a, s);
    }
    storage_abandon(s);
    overlay_destroy(a.disk);
    return e;
}
