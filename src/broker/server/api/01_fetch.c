/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Fetch: whole batches from an offset on; waits until there is enough or the time is up.
 *
 * A fetch that waits keeps what it has read and goes on behind it when high watermarks move, so
 * nothing is read twice. At least one batch is returned even above the limits (KIP-74), otherwise a
 * large batch would stop its reader for ever. There are no fetch sessions: id 0 says so. No
 * transactions exist yet, so the last stable offset is the high watermark. */
#include "server/api/api.h"
#include "server/server_inside.h"

#include <stdlib.h>

enum { REPLY_MAX_BYTES = 16 << 20, WAIT_MAX_MS = 5 * 60 * 1000 };

struct fetch_partition {
    struct partition *partition; /* NULL: unknown */
    enum kafka_error code;
    int64_t next_offset; /* to read */
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

static void skip_batches(struct fetch_partition *p, size_t from) {
    struct cursor in = cursor_on(bytes_part(buf_bytes(&p->records), from, p->records.len - from));
    struct batch batch;
    while (cursor_left(&in) && batch_read_header(&batch, &in) == E_ok)
        p->next_offset = batch_last_offset(&batch) + 1;
}

static void read_partition(struct fetch *f, struct fetch_partition *p) {
    size_t before = p->records.len, room = room_left(f, p);
    if (p->code || !room || p->next_offset == partition_high_watermark(p->partition))
        return;
    enum error e = partition_read(p->partition, p->next_offset, room, &p->records);
    if (e) {
        p->code = e == E_not_found ? KAFKA_OFFSET_OUT_OF_RANGE : KAFKA_KAFKA_STORAGE_ERROR;
        p->records.len = before;
        f->failed = true;
        return;
    }
    f->got_bytes += p->records.len - before;
    skip_batches(p, before);
}

static bool has_enough(struct fetch *f) {
    for (size_t i = 0; i < f->count; i++)
        read_partition(f, &f->partitions[i]);
    return f->failed || f->got_bytes >= f->min_bytes;
}

/* ---- answering */

static void fill_partition(const struct fetch *f, const struct fetch_partition *p,
                           struct fetch_response_partition *out) {
    out->error_code = (int16_t)p->code;
    out->high_watermark = p->partition ? partition_high_watermark(p->partition) : -1;
    out->last_stable_offset = out->high_watermark;
    out->log_start_offset = p->partition ? partition_log_start(p->partition) : -1;
    out->records = buf_bytes(&p->records);
    if (f->body->isolation_level == 1) /* an empty list, not null: "no aborted ones" */
        out->aborted_transactions =
            message_items(&message_fetch_response_aborted_transaction, 0, &f->request->arena);
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
    p->next_offset = in->fetch_offset;
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
