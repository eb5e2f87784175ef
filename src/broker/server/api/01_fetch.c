/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Fetch: whole batches from an offset on; waits until there is enough or the time is up.
 *
 * A fetch that waits keeps what it has read and goes on behind it when high watermarks move, so
 * nothing is read twice. At least one batch is returned even above the limits (KIP-74), otherwise a
 * large batch would stop its reader for ever. There are no fetch sessions: id 0 says so.
 *
 * A read_committed reader gets nothing from the last stable offset on, and with what it gets a list
 * of the aborted transactions in it: it leaves out their records itself. */
#include "server/api/api.h"
#include "server/server_inside.h"
#include "storage/transactions.h"

#include <stdlib.h>

enum { REPLY_MAX_BYTES = 16 << 20, WAIT_MAX_MS = 5 * 60 * 1000, READ_COMMITTED = 1 };

struct fetch_partition {
    struct partition *partition; /* NULL: unknown */
    enum kafka_error code;
    int64_t first_offset; /* asked for */
    int64_t next_offset;  /* to read */
    size_t max_bytes;
    struct buf records;
};

struct fetch {
    struct request *request;
    const struct fetch_request *body;
    struct fetch_partition *partitions; /* in the order of the request */
    size_t count;
    size_t got_bytes;
    size_t max_bytes;
    size_t min_bytes;
    bool failed;
    struct fetch *next, *previous; /* all that wait */
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

static void read_partition(struct fetch *f, struct fetch_partition *p) {
    size_t before = p->records.len, room = room_left(f, p);
    if (p->code || !room)
        return;
    int64_t end = readable_end(f, p);
    if (p->next_offset >= end && p->next_offset <= partition_high_watermark(p->partition))
        return;
    enum error e = partition_read(p->partition, p->next_offset, room, &p->records);
    if (e) {
        p->code = e == E_not_found ? KAFKA_OFFSET_OUT_OF_RANGE : KAFKA_KAFKA_STORAGE_ERROR;
        p->records.len = before;
        f->failed = true;
        return;
    }
    skip_batches(p, before, end);
    f->got_bytes += p->records.len - before;
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
    size_t count = p->partition && p->records.len
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
    out->records = buf_bytes(&p->records);
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
    for (size_t i = 0; i < f->count; i++)
        buf_finish(&f->partitions[i].records);
    free(f->partitions);
    free(f);
}

static void fetch_answer(struct fetch *f) {
    struct fetch_response response = { 0 };
    fill_response(f, &response);
    request_reply(f->request, &response);
    fetch_destroy(f);
}

/* ---- waiting */

static void waiting_remove(struct server *s, struct fetch *f) {
    *(f->previous ? &f->previous->next : &s->fetches) = f->next;
    if (f->next)
        f->next->previous = f->previous;
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
    struct server *s = r->server;
    f->next = s->fetches;
    if (f->next)
        f->next->previous = f;
    s->fetches = f;
    r->parked = f;
    r->on_abandoned = on_abandoned;
    request_wake_after(r, wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS, on_time);
}

void fetches_wake(struct server *s) {
    for (struct fetch *f = s->fetches, *next; f; f = next) {
        next = f->next;
        if (!has_enough(f))
            continue;
        waiting_remove(s, f);
        fetch_answer(f);
    }
}

/* ---- the request */

static void fetch_add(struct fetch *f, struct bytes topic,
                      const struct fetch_request_partition *in) {
    struct fetch_partition *p = &f->partitions[f->count++];
    p->partition = server_partition(f->request->server, topic, in->index);
    p->first_offset = p->next_offset = in->fetch_offset;
    p->max_bytes = at_most(in->max_bytes, f->max_bytes);
    p->code = p->partition ? leader_epoch_check(p->partition, in->current_leader_epoch)
                           : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    f->failed = f->failed || p->code != KAFKA_NONE;
}

static struct fetch *fetch_create(struct request *r, const struct fetch_request *body) {
    struct fetch *f = memory_get(sizeof(*f));
    size_t count = 0;
    f->request = r;
    f->body = body;
    f->max_bytes = at_most(body->max_bytes, REPLY_MAX_BYTES);
    f->min_bytes = at_most(body->min_bytes, f->max_bytes);
    for (size_t t = 0; t < body->topics_count; t++)
        count += body->topics[t].partitions_count;
    f->partitions = memory_get((count + 1) * sizeof(*f->partitions));
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
    struct fetch *f = fetch_create(r, body);
    if (has_enough(f) || body->max_wait_ms <= 0)
        fetch_answer(f);
    else
        fetch_wait(f, body->max_wait_ms);
}
