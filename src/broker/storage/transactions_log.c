/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Transactions out of frames, and into and out of checkpoints. What does not fit together is
 * corruption: a frame is only written when it does.
 *
 * In a checkpoint: count u32; each: id text, session, status u8, start and last use i64 ms (the
 * latter since version 4), partition count u32,
 * each topic number u32 and partition i32, group count u32 and texts, offset count u32, each group
 * text, topic text, value. */
#include "transactions_state.h"

#include "limits.h"

#include <stdlib.h>

struct txn_session read_session(struct cursor *in) {
    struct txn_session session = { .producer_id = read_int64(in) };
    session.epoch = read_int16(in);
    session.last_producer_id = read_int64(in);
    session.last_epoch = read_int16(in);
    session.timeout_ms = read_int32(in);
    if (!txn_session_is_sound(&session))
        in->bad = true;
    return session;
}

static int64_t read_start(struct cursor *in) {
    int64_t started_ms = read_int64(in);
    if (started_ms < 0 || started_ms > WALL_MS_MAX)
        in->bad = true;
    return started_ms;
}

static enum error malformed(const char *what) {
    return fail(E_corrupt, "%s does not fit what stands before it", what);
}

static struct txn *read_txn(struct storage *s, struct cursor *in) {
    struct bytes id = read_text(in);
    return in->bad ? NULL : txn_find(s, id);
}

enum error txn_session_replay(struct storage *s, struct bytes payload) {
    struct cursor in = cursor_on(payload);
    struct bytes id = read_text(&in);
    struct txn_session session = read_session(&in);
    if (in.bad || cursor_left(&in))
        return malformed("a session");
    struct txn *t = txn_find(s, id);
    if (t ? t->status == TXN_OPEN : s->txn_count >= TXNS_MAX)
        return malformed("a session");
    if (!t)
        t = txn_create(s, id);
    t->session = session;
    t->status = TXN_NEW;
    return E_ok;
}

static void read_partitions(struct storage *s, struct cursor *in, struct txn *t) {
    uint32_t count = read_u32(in);
    for (uint32_t i = 0; i < count && !in->bad; i++) {
        uint32_t number = read_u32(in);
        struct partition *p = partition_find(s, number, read_int32(in));
        if (p && !in->bad)
            txn_take_partition(t, p);
        else
            in->bad = true;
    }
}

static void read_group(struct cursor *in, struct txn *t) {
    struct bytes group = read_text(in);
    if (t->group_count >= TXN_GROUPS_MAX)
        in->bad = true;
    if (!in->bad)
        txn_take_group(t, group);
}

enum error txn_add_replay(struct storage *s, struct bytes payload) {
    struct cursor in = cursor_on(payload);
    struct txn *t = read_txn(s, &in);
    int64_t started_ms = read_start(&in);
    if (!t || in.bad)
        return malformed("a part of a transaction");
    txn_open_at(t, started_ms);
    read_partitions(s, &in, t);
    if (cursor_left(&in) > 2)
        read_group(&in, t);
    else
        (void)read_text(&in);
    return in.bad || cursor_left(&in) ? malformed("a part of a transaction") : E_ok;
}

static void read_offset(struct storage *s, struct cursor *in, struct txn *t) {
    struct offset_key key;
    struct committed_offset value;
    key.group = read_text(in);
    key.topic = read_text(in);
    read_offset_value(in, &key.partition, &value);
    if (t->offset_count >= TXN_OFFSETS_MAX)
        in->bad = true;
    if (!in->bad)
        txn_take_offset(s, t, &key, &value);
    free((char *)value.metadata);
}

enum error txn_offset_replay(struct storage *s, struct bytes payload) {
    struct cursor in = cursor_on(payload);
    struct txn *t = read_txn(s, &in);
    if (!t || t->status != TXN_OPEN)
        return malformed("an offset of a transaction");
    read_offset(s, &in, t);
    return in.bad || cursor_left(&in) ? malformed("an offset of a transaction") : E_ok;
}

static enum error read_marker(struct storage *s, struct cursor *in, const struct txn *t,
                              bool commits) {
    uint32_t number = read_u32(in);
    struct partition *p = partition_find(s, number, read_int32(in));
    struct bytes batch = read_bytes(in, read_u32(in));
    if (in->bad || !p || !partition_has_open(p, t->session.producer_id))
        return malformed("a marker");
    return partition_replay_marker(p, commits, batch);
}

enum error txn_end_replay(struct storage *s, lsn_t lsn, struct bytes payload) {
    struct cursor in = cursor_on(payload);
    struct txn *t = read_txn(s, &in);
    uint8_t flags = read_u8(&in);
    struct txn_session session = read_session(&in);
    uint32_t count = read_u32(&in);
    if (!t || in.bad || t->status != TXN_OPEN || flags > 3)
        return malformed("the end of a transaction");
    struct txn_ending ending = { .commits = flags & 1, .session = flags & 2 ? &session : NULL };
    for (uint32_t i = 0; i < count; i++)
        TRY(read_marker(s, &in, t, ending.commits));
    if (in.bad || cursor_left(&in))
        return malformed("the end of a transaction");
    txn_settle_end(s, t, &ending, lsn);
    return E_ok;
}

/* Checkpoints. */

static void save_txn(struct buf *out, const struct txn *t) {
    put_text(out, bytes_text(t->id));
    put_session(out, &t->session);
    buf_put_byte(out, (uint8_t)t->status);
    buf_put_be64(out, (uint64_t)t->started_ms);
    buf_put_be64(out, (uint64_t)t->used_ms);
    buf_put_be32(out, (uint32_t)t->partition_count);
    for (size_t i = 0; i < t->partition_count; i++) {
        buf_put_be32(out, t->partitions[i]->topic_number);
        buf_put_be32(out, (uint32_t)t->partitions[i]->index);
    }
    buf_put_be32(out, (uint32_t)t->group_count);
    for (size_t i = 0; i < t->group_count; i++)
        put_text(out, bytes_text(t->groups[i]));
    buf_put_be32(out, (uint32_t)t->offset_count);
    for (size_t i = 0; i < t->offset_count; i++) {
        put_text(out, bytes_text(t->offsets[i].group));
        put_text(out, bytes_text(t->offsets[i].topic));
        put_offset_value(out, t->offsets[i].partition, &t->offsets[i].value);
    }
}

void txns_save(struct storage *s, struct buf *out) {
    buf_put_be32(out, (uint32_t)s->txn_count);
    for (size_t i = 0; i < s->txn_count; i++)
        save_txn(out, s->txns[i]);
}

static void load_txn(struct storage *s, struct cursor *in, uint32_t version) {
    struct bytes id = read_text(in);
    struct txn_session session = read_session(in);
    if (in->bad || txn_find(s, id) || s->txn_count >= TXNS_MAX) {
        in->bad = true;
        return;
    }
    struct txn *t = txn_create(s, id);
    t->session = session;
    uint8_t status = read_u8(in);
    t->started_ms = read_start(in);
    if (version >= 4)
        t->used_ms = read_start(in);
    t->status = (enum txn_status)(status & 3);
    read_partitions(s, in, t);
    uint32_t groups = read_u32(in);
    for (uint32_t i = 0; i < groups && !in->bad; i++)
        read_group(in, t);
    uint32_t offsets = read_u32(in);
    for (uint32_t i = 0; i < offsets && !in->bad; i++)
        read_offset(s, in, t);
    if (status > TXN_ABORTED
        || (t->status != TXN_OPEN && (t->partition_count || t->group_count || t->offset_count)))
        in->bad = true;
}

enum error txns_load(struct storage *s, struct cursor *in, uint32_t version) {
    uint32_t count = read_u32(in);
    for (uint32_t i = 0; i < count && !in->bad; i++)
        load_txn(s, in, version);
    return in->bad ? fail(E_corrupt, "the transactions end early") : E_ok;
}
