/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Fetch: whole batches from an offset on; waits until there is enough or the time is up.
 *
 * A fetch that waits keeps what it has read and goes on behind it when high watermarks move, so
 * nothing is read twice. It stands in a list at each of its partitions, so a sync costs what moved
 * and not all who wait. At least one batch is returned even above the limits (KIP-74), otherwise a
 * large batch would stop its reader for ever. There are no fetch sessions: id 0 says so.
 *
 * Much of one partition is not read at all: on a plain connection it goes from the segment's file
 * to the socket (sendfile), and only headers at its end are looked at.
 *
 * A read_committed reader gets nothing from the last stable offset on, and with what it gets a list
 * of the aborted transactions in it: it leaves out their records itself. What it waits for moves
 * only when something of the same partition is settled, a marker at the least. */
#include "server/api/api.h"
#include "server/server_inside.h"
#include "storage/transactions.h"

#include <stdlib.h>

enum { REPLIES_MAX_BYTES = 256 << 20, REPLY_LEAST_BYTES = 64 << 10 };
enum { REPLY_MAX_BYTES = 16 << 20, WAIT_MAX_MS = 5 * 60 * 1000, READ_COMMITTED = 1 };
enum { BESIDE_FILES_BYTES = 1 << 20 }; /* a reply with files in it holds so much in memory */

struct fetch_partition {
    struct partition *partition; /* NULL: unknown */
    enum kafka_error code;
    int64_t first_offset; /* asked for */
    int64_t next_offset;  /* to read */
    size_t max_bytes;
    struct buf records;
    struct partition_piece piece; /* or these, in a file; len 0: none */
    struct fetch *fetch;
    bool watches;
    struct fetch_partition *next, *previous; /* that watch the same partition */
};

struct fetch {
    struct request *request;
    const struct fetch_request *body;
    struct fetch_partition *partitions; /* in the order of the request */
    size_t count;
    size_t got_bytes;
    size_t read_bytes; /* the part of these that is in memory */
    size_t pieces;     /* how many of the partitions have one */
    size_t max_bytes;
    size_t min_bytes;
    bool failed;
    bool is_stirred;
    struct fetch *next, *previous; /* in server.stirred */
};

/* ---- reading */

static size_t at_most(int32_t wanted, size_t most) {
    size_t bytes = wanted < 0 ? 0 : (size_t)wanted;
    return bytes < most ? bytes : most;
}

static size_t room_left(const struct fetch *f, const struct fetch_partition *p) {
    if (!f->got_bytes)
        return p->max_bytes && p->max_bytes < f->max_bytes ? p->max_bytes : f->max_bytes | 1;
    if (f->got_bytes >= f->max_bytes || p->records.len >= p->max_bytes)
        return 0;
    size_t here = p->max_bytes - p->records.len, all = f->max_bytes - f->got_bytes;
    return here < all ? here : all;
}

/* Of what is read into memory; at least one batch of a reply without anything else. */
static size_t memory_left(const struct fetch *f, size_t room) {
    if (!f->pieces)
        return room;
    size_t left = f->read_bytes < BESIDE_FILES_BYTES ? BESIDE_FILES_BYTES - f->read_bytes : 0;
    return room < left ? room : left;
}

static bool is_read_committed(const struct fetch *f) {
    return f->body->isolation_level == READ_COMMITTED;
}

/* Where this reader must stop. */
static int64_t readable_end(const struct fetch *f, const struct fetch_partition *p) {
    return is_read_committed(f) ? partition_last_stable(p->partition)
                                : partition_high_watermark(p->partition);
}

/* Goes behind what was just read; what lies at or behind `end` is given back. */
static void skip_batches(struct fetch_partition *p, size_t from, int64_t end) {
    struct cursor in = cursor_on(bytes_part(buf_bytes(&p->records), from, p->records.len - from));
    struct batch batch;
    while (cursor_left(&in) && batch_read_header(&batch, &in) == E_ok) {
        if (batch.base_offset >= end) {
            p->records.len = (size_t)(batch.whole.data - p->records.data);
            return;
        }
        p->next_offset = batch_last_offset(&batch) + 1;
    }
}

static enum error read_piece(struct fetch *f, struct fetch_partition *p, size_t room) {
    struct piece_limits limits = { .least = server_settings(f->request->server)->piece_bytes_min,
                                   .most = room,
                                   .end_offset = readable_end(f, p) };
    size_t wanting = f->min_bytes > f->got_bytes ? f->min_bytes - f->got_bytes : 0;
    limits.least = limits.least > wanting ? limits.least : wanting;
    if (p->records.len || room < limits.least || f->pieces >= request_files_max(f->request))
        return E_ok;
    TRY(partition_piece(p->partition, p->next_offset, &limits, &p->piece));
    if (!p->piece.len)
        return E_ok;
    f->pieces++;
    f->got_bytes += p->piece.len;
    p->next_offset = p->piece.next_offset;
    return E_ok;
}

static void read_partition(struct fetch *f, struct fetch_partition *p) {
    size_t before = p->records.len, room = room_left(f, p);
    if (!p->code && partition_is_deleted(p->partition)) {
        p->code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
        f->failed = true;
    }
    if (p->code || !room || p->piece.len)
        return;
    int64_t end = readable_end(f, p);
    if (p->next_offset >= end && p->next_offset <= partition_high_watermark(p->partition)
        && p->next_offset >= partition_log_start(p->partition))
        return;
    enum error e = read_piece(f, p, room);
    room = memory_left(f, room);
    if (!e && (p->piece.len || !room))
        return;
    if (!e)
        e = partition_read(p->partition, p->next_offset, room, &p->records);
    if (e) {
        p->code = e == E_not_found ? KAFKA_OFFSET_OUT_OF_RANGE : KAFKA_KAFKA_STORAGE_ERROR;
        p->records.len = before;
        f->failed = true;
        return;
    }
    if (f->got_bytes && p->records.len - before > room) {
        p->records.len = before; /* only the first batch of an answer may be larger than its room */
        return;
    }
    skip_batches(p, before, end);
    f->got_bytes += p->records.len - before;
    f->read_bytes += p->records.len - before;
}

static bool has_enough(struct fetch *f) {
    for (size_t i = 0; i < f->count; i++)
        read_partition(f, &f->partitions[i]);
    return f->failed || f->got_bytes >= f->min_bytes;
}

/* ---- answering */

/* An empty list, not null, says "no aborted ones". */
static void fill_aborted(const struct fetch *f, const struct fetch_partition *p,
                         struct fetch_response_partition *out) {
    struct buf found = { 0 };
    size_t count = p->partition && (p->records.len || p->piece.len)
                       ? partition_aborted(p->partition, p->first_offset, p->next_offset, &found)
                       : 0;
    const struct aborted_txn *aborted = (const struct aborted_txn *)(const void *)found.data;
    out->aborted_transactions_count = count;
    out->aborted_transactions =
        message_items(&message_fetch_response_aborted_transaction, count, &f->request->arena);
    for (size_t i = 0; i < count; i++) {
        out->aborted_transactions[i].producer_id = aborted[i].producer_id;
        out->aborted_transactions[i].first_offset = aborted[i].first_offset;
    }
    buf_finish(&found);
}

static void fill_partition(const struct fetch *f, const struct fetch_partition *p,
                           struct fetch_response_partition *out) {
    out->error_code = (int16_t)p->code;
    out->high_watermark = p->partition ? partition_high_watermark(p->partition) : -1;
    out->last_stable_offset = p->partition ? partition_last_stable(p->partition) : -1;
    out->log_start_offset = p->partition ? partition_log_start(p->partition) : -1;
    out->records =
        p->piece.len ? bytes_of(message_elsewhere, p->piece.len) : buf_bytes(&p->records);
    if (is_read_committed(f))
        fill_aborted(f, p, out);
}

static void fill_response(const struct fetch *f, struct fetch_response *response) {
    struct arena *arena = &f->request->arena;
    const struct fetch_partition *p = f->partitions;
    response->topics_count = f->body->topics_count;
    response->topics = message_items(&message_fetch_response_topic, response->topics_count, arena);
    for (size_t t = 0; t < response->topics_count; t++) {
        const struct fetch_request_topic *in = &f->body->topics[t];
        struct fetch_response_topic *out = &response->topics[t];
        out->name = in->name;
        out->partitions_count = in->partitions_count;
        out->partitions =
            message_items(&message_fetch_response_partition, in->partitions_count, arena);
        for (size_t i = 0; i < in->partitions_count; i++) {
            out->partitions[i].index = in->partitions[i].index;
            fill_partition(f, p++, &out->partitions[i]);
        }
    }
}

static void fetch_destroy(struct fetch *f) {
    for (size_t i = 0; i < f->count; i++) {
        buf_finish(&f->partitions[i].records);
        if (f->partitions[i].piece.len)
            disk_unshare(f->partitions[i].piece.fd);
    }
    free(f->partitions);
    free(f);
}

/* The reply's from here on. */
static size_t take_files(struct fetch *f, struct reply_file *files) {
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++) {
        struct partition_piece *piece = &f->partitions[i].piece;
        if (piece->len)
            files[count++] = (struct reply_file){ 0, piece->fd, piece->position, piece->len };
        piece->len = 0;
    }
    return count;
}

static void fetch_answer(struct fetch *f) {
    struct fetch_response response = { 0 };
    struct reply_file *files = arena_get(&f->request->arena, (f->count + 1) * sizeof(*files));
    fill_response(f, &response);
    size_t count = take_files(f, files);
    request_reply_files(f->request, &response, files, count);
    fetch_destroy(f);
}

/* ---- waiting */

static void watch(struct fetch_partition *p) {
    p->watches = true;
    p->previous = NULL;
    p->next = partition_watchers(p->partition);
    if (p->next)
        p->next->previous = p;
    partition_set_watchers(p->partition, p);
}

static void unwatch(struct fetch_partition *p) {
    p->watches = false;
    if (p->next)
        p->next->previous = p->previous;
    if (p->previous)
        p->previous->next = p->next;
    else
        partition_set_watchers(p->partition, p->next);
}

static void watch_all(struct fetch *f) {
    for (size_t i = 0; i < f->count; i++)
        if (!f->partitions[i].watches)
            watch(&f->partitions[i]);
}

static void stirred_add(struct server *s, struct fetch *f) {
    f->is_stirred = true;
    f->previous = NULL;
    f->next = s->stirred;
    if (f->next)
        f->next->previous = f;
    s->stirred = f;
}

static void stirred_remove(struct server *s, struct fetch *f) {
    f->is_stirred = false;
    *(f->previous ? &f->previous->next : &s->stirred) = f->next;
    if (f->next)
        f->next->previous = f->previous;
}

static void waiting_remove(struct server *s, struct fetch *f) {
    for (size_t i = 0; i < f->count; i++)
        if (f->partitions[i].watches)
            unwatch(&f->partitions[i]);
    if (f->is_stirred)
        stirred_remove(s, f);
}

static void on_time(struct request *r) {
    waiting_remove(r->server, r->parked);
    fetch_answer(r->parked);
}

static void on_abandoned(struct request *r) {
    waiting_remove(r->server, r->parked);
    fetch_destroy(r->parked);
}

static void fetch_wait(struct fetch *f, int64_t wait_ms) {
    struct request *r = f->request;
    watch_all(f);
    r->parked = f;
    r->on_abandoned = on_abandoned;
    request_wake_after(r, wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS, on_time);
}

/* The watchers leave the list, so that a thousand batches of one sync stir each of them once. */
void fetches_stir(struct server *s, struct partition *partition) {
    struct fetch_partition *p;
    while ((p = partition_watchers(partition))) {
        unwatch(p);
        if (!p->fetch->is_stirred)
            stirred_add(s, p->fetch);
    }
}

void fetches_wake(struct server *s) {
    struct fetch *f;
    while ((f = s->stirred)) {
        stirred_remove(s, f);
        if (!has_enough(f)) {
            watch_all(f);
            continue;
        }
        waiting_remove(s, f);
        fetch_answer(f);
    }
}

/* ---- the request */

static void fetch_add(struct fetch *f, struct bytes topic,
                      const struct fetch_request_partition *in) {
    struct fetch_partition *p = &f->partitions[f->count++];
    p->fetch = f;
    p->partition = server_partition(f->request->server, topic, in->index);
    p->first_offset = p->next_offset = in->fetch_offset;
    p->max_bytes = at_most(in->max_bytes, f->max_bytes);
    p->code = p->partition ? leader_epoch_check(p->partition, in->current_leader_epoch)
                           : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    f->failed = f->failed || p->code != KAFKA_NONE;
}

static size_t partitions_asked(const struct fetch_request *body) {
    size_t count = 0;
    for (size_t t = 0; t < body->topics_count; t++)
        count += body->topics[t].partitions_count;
    return count;
}

/* What each may be answered with if all read slowly at a time, and answers wait in memory. */
static size_t reply_most(const struct server *s) {
    size_t share = (size_t)REPLIES_MAX_BYTES / server_client_count(s);
    if (share > REPLY_MAX_BYTES)
        return REPLY_MAX_BYTES;
    return share < REPLY_LEAST_BYTES ? REPLY_LEAST_BYTES : share;
}

static struct fetch *fetch_create(struct request *r, const struct fetch_request *body) {
    struct fetch *f = memory_get(sizeof(*f));
    f->request = r;
    f->body = body;
    f->max_bytes = at_most(body->max_bytes, reply_most(r->server));
    f->min_bytes = at_most(body->min_bytes, f->max_bytes);
    f->partitions = memory_get((partitions_asked(body) + 1) * sizeof(*f->partitions));
    for (size_t t = 0; t < body->topics_count; t++)
        for (size_t i = 0; i < body->topics[t].partitions_count; i++)
            fetch_add(f, body->topics[t].name, &body->topics[t].partitions[i]);
    return f;
}

void fetch_on_request(struct request *r, const struct fetch_request *body) {
    if (body->session_id != 0) {
        struct fetch_response response = { .error_code = KAFKA_FETCH_SESSION_ID_NOT_FOUND };
        request_reply(r, &response);
        return;
    }
    if (partitions_asked(body) > PARTITIONS_ASKED_MAX) {
        request_refuse(r, "asks_too_much");
        return;
    }
    struct fetch *f = fetch_create(r, body);
    if (has_enough(f) || body->max_wait_ms <= 0)
        fetch_answer(f);
    else
        fetch_wait(f, body->max_wait_ms);
}
