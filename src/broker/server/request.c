/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Requests: made from spares, answered, held until their log frame is synced.
 *
 * A reply that waits for a sync is already encoded: nothing of the request but those few bytes is
 * kept, and whatever arrives meanwhile shares the next sync. Frames become durable in LSN order, so
 * one queue in that order is enough; a repeated batch carries an older LSN and is sorted in. */
#include "request.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "base/event.h"
#include "server_inside.h"

#include <stdlib.h>
#include <string.h>
#include <string.h>

enum { FILES_OF_ALL = 128, FILES_OF_ONE = 16 };
enum { SPARES_MAX = 64, REPLY_KEPT_BYTES = 16 * 1024, ARENA_KEPT_BYTES = 64 * 1024 };

/* An honest reply at its largest: 10,000 offsets with 4 KiB of metadata each. */
static const size_t reply_memory_max = (size_t)64 << 20;

struct request *request_create(struct client *c) {
    struct server *s = c->server;
    struct request *r = s->spare;
    if (r) {
        s->spare = r->next;
        s->spare_count--;
    } else {
        r = memory_get(sizeof(*r));
    }
    r->server = s;
    r->client = c;
    r->next = NULL;
    *(c->last ? &c->last->next : &c->first) = r;
    c->last = r;
    c->waiting_count++;
    return r;
}

/* What an arena has at its first it keeps for good: large ones are given back. */
static void arena_rest(struct arena *a) {
    if (a->used_bytes > ARENA_KEPT_BYTES)
        arena_finish(a);
    else
        arena_reset(a);
}

static void close_files(struct request *r) {
    for (size_t i = 0; i < r->file_count; i++)
        if (r->files[i].fd >= 0)
            disk_unshare(r->files[i].fd);
    r->file_count = 0;
}

void request_destroy(struct request *r) {
    struct server *s = r->server;
    close_files(r);
    arena_rest(&r->arena);
    struct request kept = { .arena = r->arena, .reply = r->reply, .next = s->spare };
    if (s->spare_count == SPARES_MAX) {
        arena_finish(&r->arena);
        buf_finish(&r->reply);
        free(r);
        return;
    }
    if (kept.reply.capacity > REPLY_KEPT_BYTES)
        buf_finish(&kept.reply);
    buf_clear(&kept.reply);
    *r = kept;
    s->spare = r;
    s->spare_count++;
}

void requests_free_spares(struct server *s) {
    while (s->spare) {
        struct request *r = s->spare;
        s->spare = r->next;
        arena_finish(&r->arena);
        buf_finish(&r->reply);
        free(r);
    }
}

/* ---- the queue of those that wait for their LSN */

static void waits_insert(struct server *s, struct request *r) {
    struct request *after = s->waits_last;
    while (after && after->lsn > r->lsn)
        after = after->earlier;
    r->earlier = after;
    r->later = after ? after->later : s->waits_first;
    *(r->later ? &r->later->earlier : &s->waits_last) = r;
    *(after ? &after->later : &s->waits_first) = r;
}

static void waits_remove(struct server *s, struct request *r) {
    *(r->earlier ? &r->earlier->later : &s->waits_first) = r->later;
    *(r->later ? &r->later->earlier : &s->waits_last) = r->earlier;
    r->earlier = r->later = NULL;
}

static void hold(struct request *r, lsn_t lsn) {
    struct server *s = r->server;
    r->state = REQUEST_WAITS;
    r->lsn = lsn;
    r->header.client_id = (struct bytes){ 0 };
    r->client->held_bytes += r->held_bytes;
    s->held_bytes += r->held_bytes;
    arena_rest(&r->arena);
    waits_insert(s, r);
    server_expect_sync(s);
}

static void release(struct request *r) {
    struct server *s = r->server;
    waits_remove(s, r);
    s->held_bytes -= r->held_bytes;
    r->state = REQUEST_DONE;
    if (!r->client) {
        request_destroy(r);
        return;
    }
    if (r->header.api_key == API_produce)
        CRASH_POINT(produce_before_reply);
    if (r->header.api_key == API_offset_commit)
        CRASH_POINT(offset_commit_before_reply);
    if (r->header.api_key == API_end_txn)
        CRASH_POINT(end_txn_before_reply);
    r->client->held_bytes -= r->held_bytes;
    client_send_done(r->client);
}

void requests_release(struct server *s, lsn_t synced) {
    while (s->waits_first && s->waits_first->lsn <= synced)
        release(s->waits_first);
}

void request_abandon(struct request *r) {
    if (r->state == REQUEST_OPEN && r->on_abandoned)
        r->on_abandoned(r);
    if (r->state == REQUEST_WAITS)
        r->client = NULL; /* its bytes stay counted until they are synced */
    else
        request_destroy(r);
}

/* ---- answering */

/* The files learn their places. */
static size_t place_files(struct request *r, struct bytes holes) {
    size_t bytes = 0;
    assert(holes.len == r->file_count * sizeof(size_t));
    for (size_t i = 0; i < r->file_count; i++) {
        memcpy(&r->files[i].behind, holes.data + i * sizeof(size_t), sizeof(size_t));
        bytes += r->files[i].len;
    }
    return bytes;
}

static bool encode(struct request *r, const void *response) {
    struct buf *out = &r->reply, holes = { 0 };
    buf_clear(out);
    buf_put_be32(out, 0);
    response_header_write(&r->header, out);
    enum error e = message_encode_around(r->header.api->response, r->header.api_version, response,
                                         out, &holes);
    size_t in_files = e ? 0 : place_files(r, buf_bytes(&holes));
    buf_finish(&holes);
    if (e) {
        request_refuse(r, "reply_too_large");
        return false;
    }
    uint32_t len = (uint32_t)(out->len - 4 + in_files);
    for (int i = 0; i < 4; i++)
        out->data[i] = (uint8_t)(len >> (24 - 8 * i));
    return true;
}

static void finish_parking(struct request *r) {
    struct client *c = r->client;
    r->on_abandoned = NULL;
    if (c->parked != r)
        return;
    c->parked = NULL;
    loop_timer_cancel(c->timer);
}

void request_reply(struct request *r, const void *response) {
    request_reply_synced(r, response, 0);
}

void request_reply_synced(struct request *r, const void *response, lsn_t lsn) {
    assert(r->state == REQUEST_OPEN);
    finish_parking(r);
    if (!encode(r, response))
        return;
    if (lsn > storage_synced_lsn(r->server->storage)) {
        hold(r, lsn);
        return;
    }
    r->state = REQUEST_DONE;
    client_send_done(r->client);
}

/* Each is a descriptor until it is sent, and the log must never lack one: with many clients they
 * get none, nor does one that has not taken its last reply yet. */
size_t request_files_max(const struct request *r) {
    const struct connection *c = r->client->connection;
    if (!connection_is_plain(c) || connection_unsent(c) || r->client->first != r)
        return 0;
    size_t share = FILES_OF_ALL / (r->server->client_count ? r->server->client_count : 1);
    return share < FILES_OF_ONE ? share : FILES_OF_ONE;
}

void request_reply_files(struct request *r, const void *response, const struct reply_file *files,
                         size_t count) {
    r->files = arena_get(&r->arena, (count + 1) * sizeof(*files));
    r->file_count = count;
    if (count)
        memcpy(r->files, files, count * sizeof(*files));
    request_reply(r, response);
}

void request_reply_bare(struct request *r, struct bytes reply) {
    assert(r->state == REQUEST_OPEN);
    finish_parking(r);
    buf_clear(&r->reply);
    buf_put_be32(&r->reply, (uint32_t)reply.len);
    buf_put_bytes(&r->reply, reply);
    r->state = REQUEST_DONE;
    client_send_done(r->client);
}

void request_silent(struct request *r, lsn_t lsn) {
    buf_clear(&r->reply);
    if (lsn > storage_synced_lsn(r->server->storage)) {
        hold(r, lsn);
        return;
    }
    r->state = REQUEST_DONE;
    client_send_done(r->client);
}

bool request_asks_too_much(const struct request *r) {
    return r->arena.used_bytes > reply_memory_max;
}

void request_refuse(struct request *r, const char *why) {
    struct client *c = r->client;
    finish_parking(r);
    r->state = REQUEST_DONE; /* it keeps its place: nothing behind it is answered */
    buf_clear(&r->reply);
    client_refuse(c, why);
}

static void on_time(void *context) {
    struct client *c = context;
    c->on_time(c->parked);
}

void request_wake_after(struct request *r, int64_t after_ms,
                        void (*on_request_time)(struct request *r)) {
    struct client *c = r->client;
    if (!c->timer)
        c->timer = loop_timer_create(c->server->loop, on_time, c);
    c->parked = r;
    c->on_time = on_request_time;
    loop_timer_start(c->timer, after_ms);
}

const char *request_peer(const struct request *r) {
    return connection_peer(r->client->connection);
}

static bool is_every_address(const char *host) {
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

struct bytes request_broker_host(struct request *r) {
    const struct server_options *settings = &r->server->settings;
    char local[64];
    if (settings->advertised_host)
        return bytes_text(settings->advertised_host);
    if (!is_every_address(settings->host))
        return bytes_text(settings->host);
    connection_local(r->client->connection, local);
    return arena_copy(&r->arena, bytes_text(local));
}
