/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Positions of a slot: loaded from the store, checked against the log, never guessed. */
#include "runtime/slot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct input slot_input(const struct kafka_record *r) {
    return (struct input){
        .kind = INPUT_RECORD,
        .type = r->type,
        .id = r->id,
        .key = r->key,
        .json = r->value,
        .time_ms = r->timestamp_ms,
        .topic = r->topic,
        .partition = r->partition,
        .offset = r->offset,
        .hash = record_hash(r->key, r->value, r->timestamp_ms),
        .source = r->source,
        .sequence = r->sequence,
        .asker = r->asker,
        .answers = r->answers,
        .traceparent = r->traceparent,
    };
}

struct slot_part *slot_part_find(struct slot *s, struct bytes topic, int32_t partition) {
    for (size_t i = 0; i < s->part_count; i++)
        if (s->parts[i].partition == partition && bytes_is_text(topic, s->parts[i].topic))
            return &s->parts[i];
    return NULL;
}

static enum error check_cluster(const struct slot_part *p, const char *cluster) {
    if (!p->last.cluster_id[0] || !cluster[0] || strcmp(p->last.cluster_id, cluster) == 0)
        return E_ok;
    enum error e = fail(E_diverged, "%s-%d was read from cluster %s, this is cluster %s", p->topic,
                        p->partition, p->last.cluster_id, cluster);
    fail_try("start the broker this service belongs to, or move its store away to begin anew");
    return e;
}

enum error slot_load_positions(struct slot *s, const char *cluster) {
    for (size_t i = 0; i < s->part_count; i++) {
        struct slot_part *p = &s->parts[i];
        bool found;
        TRY(task_position(s->task, p->topic, p->partition, &p->last, &found));
        if (!found)
            p->last = (struct position){ .next_offset = KAFKA_BEGINNING, .last_offset = -1 };
        else
            TRY(check_cluster(p, cluster));
        p->verify = p->last.last_offset >= 0;
        p->taken_offset = -1;
        p->mirrored_offset = -1;
        p->full = false;
    }
    return E_ok;
}

int64_t slot_start_offset(const struct slot_part *p) {
    return p->verify ? p->last.last_offset : p->last.next_offset;
}

enum error slot_check_record(struct slot_part *p, const struct kafka_record *r, bool *skip) {
    *skip = false;
    if (!p->verify)
        return E_ok;
    p->verify = false;
    if (r->offset != p->last.last_offset)
        return E_ok; /* compaction removed it */
    *skip = true;
    if (record_hash(r->key, r->value, r->timestamp_ms) == p->last.last_hash)
        return E_ok;
    enum error e =
        fail(E_diverged,
             "%s-%d: the record at offset %" PRId64 " is not the one this service has read there",
             p->topic, p->partition, r->offset);
    fail_try("the broker's log was replaced or cut: restore the directory that belongs to this "
             "store, or start a new generation of the service");
    return e;
}

struct gap {
    int64_t since_ms; /* steady */
    int64_t offset;   /* of the first record that was refused */
    int64_t sequence; /* its own */
    int32_t partition;
};

void slot_gap_seen(struct slot *s, const struct kafka_record *r, int64_t now_ms) {
    if (table_find(&s->gaps, r->source))
        return;
    struct gap *gap = memory_get(sizeof(*gap));
    *gap = (struct gap){ now_ms, r->offset, r->sequence, r->partition };
    (void)table_put(&s->gaps, r->source, gap);
}

void slot_gap_closed(struct slot *s, struct bytes source) {
    if (s->gaps.count)
        free(table_remove(&s->gaps, source));
}

enum error slot_gap_check(const struct slot *s, int64_t now_ms) {
    struct bytes source;
    void *value;
    for (size_t at = 0; table_next(&s->gaps, &at, &source, &value);) {
        const struct gap *gap = value;
        if (now_ms - gap->since_ms < GAP_WAIT_MS)
            continue;
        enum error e = fail(E_diverged,
                            "partition %d, offset %" PRId64 ": lane %.*s goes on at %" PRId64
                            ", what comes before it is missing",
                            gap->partition, gap->offset, (int)source.len, (const char *)source.data,
                            gap->sequence);
        fail_try("start the service that owns this lane: it sends again what is in its outbox");
        return e;
    }
    return E_ok;
}

void slot_gaps_forget(struct slot *s) {
    struct bytes source;
    void *value;
    for (size_t at = 0; table_next(&s->gaps, &at, &source, &value);)
        free(value);
    table_finish(&s->gaps);
}
