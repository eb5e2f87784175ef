/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A topic is deleted: by one frame it is gone, with its records, with what groups have committed
 * for it, and out of open transactions. Its number is free for the next topic, its name too; only
 * its directories are not used again (partition_create says why).
 *
 * Its files go later, for three may still want them: the log thread, which settles what was
 * appended before; a compaction under way; and a start that reads the last checkpoint. So it lies
 * in a grave. Once the frame is synced and no compaction runs (WAITS), its segments are RETIRED as
 * any other; the log thread lets go of them (FORGETTING); then the next checkpoint, which does not
 * know the topic, removes its directories when it is in place (FORGOTTEN). A process that ends on
 * that way leaves directories that no topic has; the next start removes them.
 *
 * Payload of a WAL_TOPIC_DELETION frame: number u32. */
#include "partition.h"

#include "base/check.h"
#include "storage_state.h"

#include <stdlib.h>
#include <string.h>

static void bury(struct storage *s, struct topic_entry *t, lsn_t lsn) {
    (void)table_remove(&s->topic_names, bytes_text(t->topic.name));
    s->topics[t->number] = NULL;
    s->partition_count -= t->topic.partition_count;
    s->deletions++;
    offsets_forget_topic(s, &t->topic, lsn);
    txns_forget_topic(s, &t->topic);
    for (int32_t i = 0; i < t->topic.partition_count; i++)
        t->topic.partitions[i]->is_deleted = true;
    s->graves = memory_resize(s->graves, (s->grave_count + 1) * sizeof(*s->graves));
    s->graves[s->grave_count++] = (struct grave){ t, lsn, GRAVE_WAITS };
}

enum error topic_delete(struct storage *s, struct topic *t, lsn_t *lsn) {
    struct topic_entry *entry = (struct topic_entry *)t;
    size_t begin;
    assert(topic_numbered(s, entry->number) == entry);
    if (s->deletions == UINT32_MAX)
        return fail(E_too_large, "%u topics have been deleted already", s->deletions);
    TRY(storage_admit(s, 4));
    buf_put_be32(storage_frame_open(s, &begin), entry->number);
    *lsn = storage_frame_close(s, begin, WAL_TOPIC_DELETION);
    bury(s, entry, *lsn);
    for (int32_t i = 0; i < t->partition_count; i++)
        storage_moved(s, t->partitions[i]);
    return E_ok;
}

enum error topic_deletion_replay(struct storage *s, lsn_t lsn, struct bytes payload) {
    struct cursor in = cursor_on(payload);
    uint32_t number = read_u32(&in);
    struct topic_entry *t = topic_numbered(s, number);
    if (in.bad || cursor_left(&in) || !t || s->deletions == UINT32_MAX)
        return fail(E_corrupt, "the deletion of topic number %u", number);
    bury(s, t, lsn);
    return E_ok;
}

/* On the way out. */

static bool is_busy(const struct topic *t) {
    for (int32_t i = 0; i < t->partition_count; i++)
        if (t->partitions[i]->is_cleaning)
            return true;
    return false;
}

static void leave_readers(struct storage *s, struct partition *p) {
    partition_stop_reading(p);
    for (size_t i = 0; i < READERS_MAX; i++)
        if (s->readers[i] == p)
            s->readers[i] = NULL;
}

static void retire(struct storage *s, struct topic *t) {
    for (int32_t i = 0; i < t->partition_count; i++) {
        struct partition *p = t->partitions[i];
        leave_readers(s, p);
        for (size_t k = 0; k < p->segment_count; k++)
            storage_retire(s, p->segments[k]);
        p->segment_count = 0;
    }
}

void graves_go_on(struct storage *s) {
    for (size_t i = 0; i < s->grave_count; i++) {
        struct grave *g = &s->graves[i];
        if (g->state != GRAVE_WAITS || s->wal.synced < g->lsn || is_busy(&g->topic->topic))
            continue;
        retire(s, &g->topic->topic);
        g->state = GRAVE_RETIRED;
    }
}

void graves_move(struct storage *s, enum grave_state from, enum grave_state to) {
    for (size_t i = 0; i < s->grave_count; i++)
        if (s->graves[i].state == from)
            s->graves[i].state = to;
}

bool graves_have(const struct storage *s, enum grave_state state) {
    for (size_t i = 0; i < s->grave_count; i++)
        if (s->graves[i].state == state)
            return true;
    return false;
}

size_t graves_take(struct storage *s, struct topic_entry ***out) {
    size_t kept = 0, taken = 0;
    *out = memory_get((s->grave_count + 1) * sizeof(struct topic_entry *));
    for (size_t i = 0; i < s->grave_count; i++) {
        if (s->graves[i].state == GRAVE_FORGOTTEN)
            (*out)[taken++] = s->graves[i].topic;
        else
            s->graves[kept++] = s->graves[i];
    }
    s->grave_count = kept;
    return taken;
}

enum error topic_remove_files(struct disk *disk, const struct topic *t) {
    for (int32_t i = 0; i < t->partition_count; i++)
        TRY(directory_remove(disk, t->partitions[i]->dir));
    return E_ok;
}

void graves_finish(struct storage *s) {
    for (size_t i = 0; i < s->grave_count; i++)
        topic_destroy(s->graves[i].topic);
    free(s->graves);
}
