/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Transactional ids and their open transactions: the changes and their frames. How frames and
 * checkpoints are read back is in transactions_log.c.
 *
 * Payloads, all beginning with the id text (a text is a length u16 and so many bytes):
 *   WAL_TXN_SESSION  session
 *   WAL_TXN_ADD      start of the transaction i64 ms, partition count u32, each topic number u32
 * and partition i32; group text, empty: none WAL_TXN_OFFSET   group text, topic text, a value as in
 * WAL_OFFSET WAL_TXN_END      commits u8, session that holds from now on, marker count u32, each
 * topic number u32, partition i32, length u32, control batch with its offset in it session:
 * producer id i64, epoch i16, last producer id i64, last epoch i16, timeout i32 ms.
 *
 * The end is one frame whatever it holds, so it is durable whole or not at all, and its markers are
 * settled in one group: no reader sees a part of it. That is why there is no "prepared" state, in
 * the log or in memory. */
#include "transactions_state.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "wire/control.h"

#include <stdlib.h>
#include <string.h>

static const int64_t txn_keep_ms = 7 * 24 * 3600 * (int64_t)1000;

enum { SESSION_BYTES = 24, MARKER_BYTES = 12 + CONTROL_BATCH_BYTES };

/* Memory. */

struct txn *txn_find(struct storage *s, struct bytes id) {
    return table_find(&s->txn_ids, id);
}

struct txn *txn_next(struct storage *s, size_t *at) {
    return *at < s->txn_count ? s->txns[(*at)++] : NULL;
}

bool txn_has_partition(const struct txn *t, const struct partition *p) {
    if (p->open_count && partition_has_open(p, t->session.producer_id))
        return true;
    for (size_t i = 0; i < t->partition_count; i++)
        if (t->partitions[i] == p)
            return true;
    return false;
}

bool txn_has_group(const struct txn *t, struct bytes group) {
    for (size_t i = 0; i < t->group_count; i++)
        if (bytes_is_text(group, t->groups[i]))
            return true;
    return false;
}

struct txn *txn_create(struct storage *s, struct bytes id) {
    struct txn *t = memory_get(sizeof(*t));
    t->used_ms = clock_wall_ms(s->clock);
    t->id = text_copy_bytes(id);
    (void)table_put(&s->txn_ids, id, t);
    s->txns = memory_resize(s->txns, (s->txn_count + 1) * sizeof(struct txn *));
    s->txns[s->txn_count++] = t;
    return t;
}

void txn_open_at(struct txn *t, int64_t started_ms) {
    if (t->status == TXN_OPEN)
        return;
    t->status = TXN_OPEN;
    t->started_ms = started_ms;
}

void txn_take_partition(struct txn *t, struct partition *p) {
    for (size_t i = 0; i < t->partition_count; i++)
        if (t->partitions[i] == p)
            return;
    t->partitions =
        memory_resize(t->partitions, (t->partition_count + 1) * sizeof(struct partition *));
    t->partitions[t->partition_count++] = p;
}

void txn_take_group(struct txn *t, struct bytes group) {
    if (txn_has_group(t, group))
        return;
    t->groups = memory_resize(t->groups, (t->group_count + 1) * sizeof(char *));
    t->groups[t->group_count++] = text_copy_bytes(group);
}

void txn_take_offset(struct storage *s, struct txn *t, const struct offset_key *key,
                     const struct committed_offset *value) {
    if (t->offset_count == t->offset_capacity) {
        t->offset_capacity = t->offset_capacity ? 2 * t->offset_capacity : 8;
        t->offsets = memory_resize(t->offsets, t->offset_capacity * sizeof(*t->offsets));
    }
    struct txn_offset *o = &t->offsets[t->offset_count++];
    *o = (struct txn_offset){ text_copy_bytes(key->group), text_copy_bytes(key->topic),
                              key->partition, *value };
    o->value.metadata = text_copy(value->metadata);
    offset_hold(s, key, 1);
}

static void settle_offset(struct storage *s, struct txn_offset *o, bool commits, lsn_t lsn) {
    struct offset_key key = { bytes_text(o->group), bytes_text(o->topic), o->partition };
    offset_hold(s, &key, -1);
    if (commits)
        offset_put(s, &key, &o->value, lsn);
}

static void offset_free(struct txn_offset *o) {
    free(o->group);
    free(o->topic);
    free((char *)o->value.metadata);
}

static void forget_parts(struct txn *t) {
    for (size_t i = 0; i < t->offset_count; i++)
        offset_free(&t->offsets[i]);
    for (size_t i = 0; i < t->group_count; i++)
        free(t->groups[i]);
    free(t->offsets);
    free(t->groups);
    free(t->partitions);
    t->offsets = NULL;
    t->groups = NULL;
    t->partitions = NULL;
    t->offset_count = t->offset_capacity = t->group_count = t->partition_count = 0;
}

void txn_settle_end(struct storage *s, struct txn *t, const struct txn_ending *ending, lsn_t lsn) {
    for (size_t i = 0; i < t->offset_count; i++)
        settle_offset(s, &t->offsets[i], ending->commits, lsn);
    forget_parts(t);
    t->used_ms = clock_wall_ms(s->clock);
    t->status = ending->commits ? TXN_COMMITTED : TXN_ABORTED;
    if (!ending->session)
        return;
    t->session = *ending->session;
    t->status = TXN_NEW;
}

static void forget_partitions_of(struct txn *t, const struct topic *topic) {
    size_t kept = 0;
    for (size_t i = 0; i < t->partition_count; i++)
        if (t->partitions[i]->settings != &topic->settings)
            t->partitions[kept++] = t->partitions[i];
    t->partition_count = kept;
}

static void forget_offsets_of(struct storage *s, struct txn *t, const struct topic *topic) {
    size_t kept = 0;
    for (size_t i = 0; i < t->offset_count; i++) {
        struct txn_offset *o = &t->offsets[i];
        if (strcmp(o->topic, topic->name) != 0) {
            t->offsets[kept++] = *o;
            continue;
        }
        settle_offset(s, o, false, 0);
        offset_free(o);
    }
    t->offset_count = kept;
}

void txns_forget_topic(struct storage *s, const struct topic *topic) {
    for (size_t i = 0; i < s->txn_count; i++) {
        forget_partitions_of(s->txns[i], topic);
        forget_offsets_of(s, s->txns[i], topic);
    }
}

static void txn_destroy(struct txn *t) {
    forget_parts(t);
    free(t->id);
    free(t);
}

void txns_expire(struct storage *s) {
    int64_t oldest_ms = clock_wall_ms(s->clock) - txn_keep_ms;
    size_t kept = 0;
    for (size_t i = 0; i < s->txn_count; i++) {
        struct txn *t = s->txns[i];
        if (t->status == TXN_OPEN || t->used_ms >= oldest_ms) {
            s->txns[kept++] = t;
            continue;
        }
        (void)table_remove(&s->txn_ids, bytes_text(t->id));
        txn_destroy(t);
    }
    s->txn_count = kept;
}

void txns_finish(struct storage *s) {
    for (size_t i = 0; i < s->txn_count; i++)
        txn_destroy(s->txns[i]);
    free(s->txns);
    table_finish(&s->txn_ids);
}

/* Changes. */

bool txn_session_is_sound(const struct txn_session *session) {
    return session->producer_id >= 0 && session->epoch >= 0 && session->timeout_ms > 0
           && session->last_producer_id >= -1 && session->last_epoch >= -1;
}

void put_session(struct buf *out, const struct txn_session *session) {
    buf_put_be64(out, (uint64_t)session->producer_id);
    buf_put_be16(out, (uint16_t)session->epoch);
    buf_put_be64(out, (uint64_t)session->last_producer_id);
    buf_put_be16(out, (uint16_t)session->last_epoch);
    buf_put_be32(out, (uint32_t)session->timeout_ms);
}

/* Room for a frame of the id and so many bytes; then its beginning. */
static enum error admit(struct storage *s, struct bytes id, size_t more) {
    if (id.len > TXN_ID_BYTES_MAX)
        return fail(E_too_large, "a transactional id of %zu bytes, at most %d", id.len,
                    TXN_ID_BYTES_MAX);
    return storage_admit(s, 2 + id.len + more);
}

static struct buf *frame_open(struct storage *s, struct bytes id, size_t *begin) {
    struct buf *out = storage_frame_open(s, begin);
    put_text(out, id);
    return out;
}

enum error txn_begin_session(struct storage *s, struct bytes id, const struct txn_session *session,
                             struct txn **out, lsn_t *lsn) {
    struct txn *t = txn_find(s, id);
    size_t begin;
    assert(txn_session_is_sound(session));
    assert(!t || t->status != TXN_OPEN);
    if (!t && s->txn_count >= TXNS_MAX)
        return fail(E_too_large, "there are %zu transactional ids already", s->txn_count);
    TRY(admit(s, id, SESSION_BYTES));
    put_session(frame_open(s, id, &begin), session);
    *lsn = storage_frame_close(s, begin, WAL_TXN_SESSION);
    if (!t)
        t = txn_create(s, id);
    t->session = *session;
    t->status = TXN_NEW;
    t->used_ms = clock_wall_ms(s->clock);
    *out = t;
    return E_ok;
}

static int64_t start_of(struct storage *s, const struct txn *t) {
    return t->status == TXN_OPEN ? t->started_ms : clock_wall_ms(s->clock);
}

enum error txn_add_partitions(struct storage *s, struct txn *t, struct partition *const *partitions,
                              size_t count, lsn_t *lsn) {
    struct bytes id = bytes_text(t->id);
    size_t begin;
    TRY(admit(s, id, 14 + 8 * count));
    int64_t started_ms = start_of(s, t);
    struct buf *out = frame_open(s, id, &begin);
    buf_put_be64(out, (uint64_t)started_ms);
    buf_put_be32(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        buf_put_be32(out, partitions[i]->topic_number);
        buf_put_be32(out, (uint32_t)partitions[i]->index);
    }
    put_text(out, bytes_text(""));
    *lsn = storage_frame_close(s, begin, WAL_TXN_ADD);
    txn_open_at(t, started_ms);
    for (size_t i = 0; i < count; i++)
        txn_take_partition(t, partitions[i]);
    return E_ok;
}

enum error txn_add_group(struct storage *s, struct txn *t, struct bytes group, lsn_t *lsn) {
    struct bytes id = bytes_text(t->id);
    size_t begin;
    if (group.len > GROUP_NAME_BYTES_MAX || t->group_count >= TXN_GROUPS_MAX)
        return fail(E_too_large, "a group of %zu bytes, behind %zu others", group.len,
                    t->group_count);
    TRY(admit(s, id, 14 + group.len));
    int64_t started_ms = start_of(s, t);
    struct buf *out = frame_open(s, id, &begin);
    buf_put_be64(out, (uint64_t)started_ms);
    buf_put_be32(out, 0);
    put_text(out, group);
    *lsn = storage_frame_close(s, begin, WAL_TXN_ADD);
    txn_open_at(t, started_ms);
    txn_take_group(t, group);
    return E_ok;
}

enum error txn_add_offset(struct storage *s, struct txn *t, const struct offset_key *key,
                          const struct committed_offset *value, lsn_t *lsn) {
    struct bytes id = bytes_text(t->id);
    size_t begin;
    assert(t->status == TXN_OPEN);
    TRY(offset_check(key, value));
    if (t->offset_count >= TXN_OFFSETS_MAX)
        return fail(E_too_large, "a transaction of more than %d offsets", TXN_OFFSETS_MAX);
    TRY(admit(s, id, 4 + key->group.len + key->topic.len + offset_value_bytes(value)));
    struct buf *out = frame_open(s, id, &begin);
    put_text(out, key->group);
    put_text(out, key->topic);
    put_offset_value(out, key->partition, value);
    *lsn = storage_frame_close(s, begin, WAL_TXN_OFFSET);
    txn_take_offset(s, t, key, value);
    return E_ok;
}

/* Ending. */

static enum error check_end(struct storage *s, struct txn *t) {
    static const struct batch marker = { .last_offset_delta = 0 };
    TRY(admit(s, bytes_text(t->id), 5 + SESSION_BYTES + MARKER_BYTES * t->partition_count));
    for (size_t i = 0; i < t->partition_count; i++)
        TRY(partition_check_room(t->partitions[i], &marker));
    return E_ok;
}

static void put_marker(struct buf *out, struct partition *p, const struct control *control) {
    struct batch_writer w;
    control_write(&w, control);
    buf_put_be32(out, p->topic_number);
    buf_put_be32(out, (uint32_t)p->index);
    buf_put_be32(out, (uint32_t)w.batch.whole.len);
    size_t at = out->len;
    buf_put_bytes(out, w.batch.whole);
    batch_patch_offset(out->data + at, p->end, p->leader_epoch);
    int64_t offset = p->end;
    partition_place_marker(p, &w.batch, at);
    partition_note_end(p, control, offset);
    buf_finish(&w.out);
}

static uint32_t count_markers(const struct txn *t) {
    uint32_t count = 0;
    for (size_t i = 0; i < t->partition_count; i++)
        count += partition_has_open(t->partitions[i], t->session.producer_id);
    return count;
}

enum error txn_end(struct storage *s, struct txn *t, const struct txn_ending *ending, lsn_t *lsn) {
    struct control control = { .type = ending->commits ? CONTROL_COMMIT : CONTROL_ABORT,
                               .producer_id = t->session.producer_id,
                               .producer_epoch = ending->marker_epoch,
                               .timestamp_ms = clock_wall_ms(s->clock) };
    const struct txn_session *after = ending->session ? ending->session : &t->session;
    size_t begin;
    assert(t->status == TXN_OPEN);
    assert(txn_session_is_sound(after));
    TRY(check_end(s, t));
    struct buf *out = frame_open(s, bytes_text(t->id), &begin);
    buf_put_byte(out, (uint8_t)(ending->commits | (ending->session ? 2 : 0)));
    put_session(out, after);
    buf_put_be32(out, count_markers(t));
    for (size_t i = 0; i < t->partition_count; i++)
        if (partition_has_open(t->partitions[i], t->session.producer_id))
            put_marker(out, t->partitions[i], &control);
    *lsn = storage_frame_close(s, begin, WAL_TXN_END);
    txn_settle_end(s, t, ending, *lsn);
    return E_ok;
}
