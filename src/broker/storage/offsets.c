/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Committed offsets: for each group, topic and partition the last value.
 *
 * A value becomes visible when its frame is synced, so a consumer never starts from an offset that
 * a crash could take back. Until then it waits in a list behind the visible one; the list is as
 * long as commits of one key are in flight.
 *
 * Payload of a WAL_OFFSET frame: group text, topic text, then a value as in a checkpoint:
 * partition i32, offset i64, leader epoch i32, commit time i64 ms, metadata text.
 * A text is a length u16 and so many bytes. An offset of -1 says that there is none any more; a
 * checkpoint leaves such entries out. */
#include "storage_state.h"
#include "transactions.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { OFFSET_FORGOTTEN = -1 };

struct version {
    struct committed_offset value;
    lsn_t lsn;
    struct version *next; /* newer */
    char metadata[];
};

struct offset_entry {
    char *topic;
    int32_t partition;
    struct version *oldest; /* the visible one, if its lsn is synced; NULL: only held */
    struct version *newest;
    size_t held; /* values of open transactions */
};

struct group_offsets {
    struct table entries;        /* topic and partition -> struct offset_entry */
    struct offset_entry **order; /* in order of first commit, for offset_next */
    size_t count;
};

static void entry_key(struct buf *out, struct bytes topic, int32_t partition) {
    buf_put_be32(out, (uint32_t)partition);
    buf_put_bytes(out, topic);
}

static struct offset_entry *find_entry(const struct group_offsets *g, struct bytes topic,
                                       int32_t partition) {
    struct buf key = { 0 };
    entry_key(&key, topic, partition);
    struct offset_entry *found = table_find(&g->entries, buf_bytes(&key));
    buf_finish(&key);
    return found;
}

static struct offset_entry *add_entry(struct group_offsets *g, struct bytes topic,
                                      int32_t partition) {
    struct buf key = { 0 };
    struct offset_entry *e = memory_get(sizeof(*e));
    e->topic = text_copy_bytes(topic);
    e->partition = partition;
    entry_key(&key, topic, partition);
    (void)table_put(&g->entries, buf_bytes(&key), e);
    buf_finish(&key);
    g->order = memory_resize(g->order, (g->count + 1) * sizeof(struct offset_entry *));
    g->order[g->count++] = e;
    return e;
}

static struct group_offsets *get_group(struct storage *s, struct bytes name) {
    struct group_offsets *g = table_find(&s->groups, name);
    if (g)
        return g;
    g = memory_get(sizeof(*g));
    (void)table_put(&s->groups, name, g);
    return g;
}

/* Forgets every version that a newer synced one has replaced. */
static void settle_versions(struct offset_entry *e, lsn_t synced) {
    while (e->oldest && e->oldest->next && e->oldest->next->lsn <= synced) {
        struct version *old = e->oldest;
        e->oldest = old->next;
        free(old);
    }
}

static struct offset_entry *get_entry(struct storage *s, const struct offset_key *key) {
    struct group_offsets *g = get_group(s, key->group);
    struct offset_entry *e = find_entry(g, key->topic, key->partition);
    return e ? e : add_entry(g, key->topic, key->partition);
}

void offset_hold(struct storage *s, const struct offset_key *key, int more) {
    struct offset_entry *e = get_entry(s, key);
    assert(more > 0 || e->held > 0);
    e->held += (size_t)more;
}

void offset_put(struct storage *s, const struct offset_key *key,
                const struct committed_offset *value, lsn_t lsn) {
    struct offset_entry *e = get_entry(s, key);
    size_t len = strlen(value->metadata);
    struct version *v = memory_get(sizeof(*v) + len + 1);
    memcpy(v->metadata, value->metadata, len);
    v->value = *value;
    v->value.metadata = v->metadata;
    v->lsn = lsn;
    if (e->newest)
        e->newest->next = v;
    else
        e->oldest = v;
    e->newest = v;
    settle_versions(e, s->wal.synced);
}

void put_offset_value(struct buf *out, int32_t partition, const struct committed_offset *v) {
    buf_put_be32(out, (uint32_t)partition);
    buf_put_be64(out, (uint64_t)v->offset);
    buf_put_be32(out, (uint32_t)v->leader_epoch);
    buf_put_be64(out, (uint64_t)v->commit_ms);
    put_text(out, bytes_text(v->metadata));
}

void read_offset_value(struct cursor *in, int32_t *partition, struct committed_offset *value) {
    *partition = read_int32(in);
    value->offset = read_int64(in);
    value->leader_epoch = read_int32(in);
    value->commit_ms = read_int64(in);
    value->metadata = text_copy_bytes(read_text(in));
}

enum error offset_check(const struct offset_key *key, const struct committed_offset *value) {
    size_t metadata_len = strlen(value->metadata);
    if (metadata_len > METADATA_BYTES_MAX || key->group.len > GROUP_NAME_BYTES_MAX
        || key->topic.len > TOPIC_NAME_BYTES_MAX)
        return fail(E_too_large, "an offset with %zu bytes of metadata, at most %d", metadata_len,
                    METADATA_BYTES_MAX);
    return E_ok;
}

size_t offset_value_bytes(const struct committed_offset *value) {
    return 26 + strlen(value->metadata);
}

enum error offset_commit(struct storage *s, struct bytes group, struct bytes topic,
                         int32_t partition, const struct committed_offset *value, lsn_t *lsn) {
    struct offset_key key = { group, topic, partition };
    size_t begin;
    TRY(offset_check(&key, value));
    TRY(storage_admit(s, 4 + group.len + topic.len + offset_value_bytes(value)));
    struct buf *out = storage_frame_open(s, &begin);
    put_text(out, group);
    put_text(out, topic);
    put_offset_value(out, partition, value);
    *lsn = storage_frame_close(s, begin, WAL_OFFSET);
    offset_put(s, &key, value, *lsn);
    return E_ok;
}

enum error offset_replay(struct storage *s, lsn_t lsn, struct bytes payload) {
    struct cursor in = cursor_on(payload);
    struct offset_key key;
    struct committed_offset value;
    key.group = read_text(&in);
    key.topic = read_text(&in);
    read_offset_value(&in, &key.partition, &value);
    bool is_bad = in.bad || cursor_left(&in);
    if (!is_bad)
        offset_put(s, &key, &value, lsn);
    free((char *)value.metadata);
    return is_bad ? fail(E_corrupt, "an offset ends early") : E_ok;
}

static bool visible(struct storage *s, struct offset_entry *e, struct committed_offset *out) {
    settle_versions(e, s->wal.synced);
    if (!e->oldest || e->oldest->lsn > s->wal.synced)
        return false;
    *out = e->oldest->value;
    return out->offset != OFFSET_FORGOTTEN;
}

bool offset_find(struct storage *s, struct bytes group, struct bytes topic, int32_t partition,
                 struct committed_offset *out) {
    struct group_offsets *g = table_find(&s->groups, group);
    struct offset_entry *e = g ? find_entry(g, topic, partition) : NULL;
    return e && visible(s, e, out);
}

bool offset_is_stable(struct storage *s, const struct offset_key *key) {
    struct group_offsets *g = table_find(&s->groups, key->group);
    struct offset_entry *e = g ? find_entry(g, key->topic, key->partition) : NULL;
    return !e || (!e->held && (!e->newest || e->newest->lsn <= s->wal.synced));
}

bool offset_next(struct storage *s, struct bytes group, size_t *at, struct bytes *topic,
                 int32_t *partition, struct committed_offset *out) {
    struct group_offsets *g = table_find(&s->groups, group);
    while (g && *at < g->count) {
        struct offset_entry *e = g->order[(*at)++];
        *topic = bytes_text(e->topic);
        *partition = e->partition;
        if (visible(s, e, out))
            return true;
    }
    return false;
}

static bool is_kept(const struct offset_entry *e) {
    return e->newest && e->newest->value.offset != OFFSET_FORGOTTEN;
}

enum error offset_forget(struct storage *s, const struct offset_key *key, lsn_t *lsn) {
    struct group_offsets *g = table_find(&s->groups, key->group);
    struct offset_entry *e = g ? find_entry(g, key->topic, key->partition) : NULL;
    struct committed_offset none = { .offset = OFFSET_FORGOTTEN,
                                     .leader_epoch = -1,
                                     .metadata = "" };
    if (!e || !is_kept(e))
        return E_ok;
    return offset_commit(s, key->group, key->topic, key->partition, &none, lsn);
}

enum error offset_forget_group(struct storage *s, struct bytes group, lsn_t *lsn) {
    struct group_offsets *g = table_find(&s->groups, group);
    for (size_t i = 0; g && i < g->count; i++) {
        struct offset_key key = { group, bytes_text(g->order[i]->topic), g->order[i]->partition };
        TRY(offset_forget(s, &key, lsn));
    }
    return E_ok;
}

void offsets_forget_topic(struct storage *s, const struct topic *t, lsn_t lsn) {
    static const struct committed_offset none = { .offset = OFFSET_FORGOTTEN,
                                                  .leader_epoch = -1,
                                                  .metadata = "" };
    struct offset_key key = { .topic = bytes_text(t->name) };
    size_t at = 0;
    void *group;
    while (table_next(&s->groups, &at, &key.group, &group)) {
        for (key.partition = 0; key.partition < t->partition_count; key.partition++) {
            const struct offset_entry *e = find_entry(group, key.topic, key.partition);
            if (e && is_kept(e))
                offset_put(s, &key, &none, lsn);
        }
    }
}

bool offset_next_group(struct storage *s, size_t *at, struct bytes *group) {
    void *found;
    while (table_next(&s->groups, at, group, &found)) {
        const struct group_offsets *g = found;
        for (size_t i = 0; i < g->count; i++)
            if (is_kept(g->order[i]))
                return true;
    }
    return false;
}

/* A checkpoint holds: group count u32; each: name text, entry count u32; each: topic text, value.
 */
static void save_group(struct buf *out, const struct group_offsets *g) {
    uint32_t count = 0;
    for (size_t i = 0; i < g->count; i++)
        count += is_kept(g->order[i]);
    buf_put_be32(out, count);
    for (size_t i = 0; i < g->count; i++) {
        if (!is_kept(g->order[i]))
            continue;
        put_text(out, bytes_text(g->order[i]->topic));
        put_offset_value(out, g->order[i]->partition, &g->order[i]->newest->value);
    }
}

void offsets_save(struct storage *s, struct buf *out) {
    size_t at = 0;
    struct bytes name;
    void *group;
    buf_put_be32(out, (uint32_t)s->groups.count);
    while (table_next(&s->groups, &at, &name, &group)) {
        put_text(out, name);
        save_group(out, group);
    }
}

static void load_entry(struct storage *s, struct cursor *in, struct bytes group) {
    struct offset_key key = { .group = group, .topic = read_text(in) };
    struct committed_offset value;
    read_offset_value(in, &key.partition, &value);
    if (!in->bad)
        offset_put(s, &key, &value, 0);
    free((char *)value.metadata);
}

enum error offsets_load(struct storage *s, struct cursor *in) {
    uint32_t groups = read_u32(in);
    for (uint32_t i = 0; i < groups && !in->bad; i++) {
        struct bytes name = read_text(in);
        uint32_t entries = read_u32(in);
        for (uint32_t k = 0; k < entries && !in->bad; k++)
            load_entry(s, in, name);
    }
    return in->bad ? fail(E_corrupt, "the offsets end early") : E_ok;
}

static void group_destroy(struct group_offsets *g) {
    for (size_t i = 0; i < g->count; i++) {
        struct offset_entry *e = g->order[i];
        for (struct version *v = e->oldest, *next; v; v = next) {
            next = v->next;
            free(v);
        }
        free(e->topic);
        free(e);
    }
    table_finish(&g->entries);
    free(g->order);
    free(g);
}

void offsets_finish(struct storage *s) {
    size_t at = 0;
    struct bytes name;
    void *group;
    while (table_next(&s->groups, &at, &name, &group))
        group_destroy(group);
    table_finish(&s->groups);
}
