/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A topic gets more partitions. Those that are there stay where they are and what they are; readers
 * of keys beware: a key's partition depends on how many there are.
 *
 * Payload of a WAL_TOPIC_GROWTH frame: number u32, partition count i32 from now on. */
#include "storage_state.h"

#include "base/check.h"

static enum error check_growth(const struct storage *s, const struct topic *t, int32_t count) {
    if (count <= t->partition_count)
        return fail(E_exists, "topic %s has %d partitions already", t->name, t->partition_count);
    if (s->partition_count + count - t->partition_count > PARTITIONS_MAX)
        return fail(E_too_large, "%lld partitions and %d more, at most %d",
                    (long long)s->partition_count, count - t->partition_count, PARTITIONS_MAX);
    return E_ok;
}

static void add_partitions(struct storage *s, struct topic_entry *entry, int32_t count) {
    struct topic *t = &entry->topic;
    t->partitions = memory_resize(t->partitions, (size_t)count * sizeof(struct partition *));
    for (int32_t i = t->partition_count; i < count; i++)
        t->partitions[i] = partition_create(s, entry, i);
    s->partition_count += count - t->partition_count;
    t->partition_count = count;
}

enum error topic_grow(struct storage *s, struct topic *t, int32_t partition_count, lsn_t *lsn) {
    size_t begin;
    TRY(check_growth(s, t, partition_count));
    TRY(storage_admit(s, 8));
    struct buf *out = storage_frame_open(s, &begin);
    buf_put_be32(out, t->partitions[0]->topic_number);
    buf_put_be32(out, (uint32_t)partition_count);
    *lsn = storage_frame_close(s, begin, WAL_TOPIC_GROWTH);
    add_partitions(s, (struct topic_entry *)t, partition_count);
    return E_ok;
}

enum error topic_growth_replay(struct storage *s, struct bytes payload) {
    struct cursor in = cursor_on(payload);
    uint32_t number = read_u32(&in);
    int32_t count = read_int32(&in);
    struct topic_entry *entry = topic_numbered(s, number);
    if (in.bad || cursor_left(&in) || !entry)
        return fail(E_corrupt, "the growth of topic number %u", number);
    struct topic *t = &entry->topic;
    if (check_growth(s, t, count))
        return fail(E_corrupt, "topic number %u grows from %d to %d partitions", number,
                    t->partition_count, count);
    add_partitions(s, entry, count);
    return E_ok;
}
