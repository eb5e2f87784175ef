/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A client's bytes: a frame is a length (4 bytes, big-endian) and that many bytes of request.
 *
 * Order: a request starts only when everything before it is answered, so a reply can never overtake
 * another and a reader sees what it was just told is there. Produces are the exception: they are
 * appended as they come, otherwise a producer would get one sync per request instead of sharing it.
 *
 * Bounds: the length is checked before a byte of the frame is kept. Bytes that wait for the disk
 * are counted per client and in all; over the limit a client's next produce stays in its socket. */
#include "client.h"

#include "base/check.h"
#include "base/event.h"
#include "server_inside.h"

#include <stdlib.h>
#include <string.h>

enum {
    LENGTH_BYTES = 4,
    HEADER_BYTES_MIN = 8, /* key, version, correlation id */
    WAITING_MAX = 1000,
    REFUSED_EVERY_MS = 1000,
};
static const size_t held_by_one_max = (size_t)16 << 20;
static const size_t held_by_all_max = (size_t)128 << 20;

static void *on_open(void *context, struct connection *connection) {
    struct server *s = context;
    struct client *c = memory_get(sizeof(*c));
    c->server = s;
    c->connection = connection;
    c->number = ++s->connections_opened;
    authentication_begin(c);
    c->next = s->clients;
    if (s->clients)
        s->clients->previous = c;
    s->clients = c;
    s->client_count++;
    return c;
}

static void on_closed(void *context) {
    struct client *c = context;
    struct server *s = c->server;
    while (c->first) {
        struct request *r = c->first;
        c->first = r->next;
        request_abandon(r);
    }
    *(c->previous ? &c->previous->next : &s->clients) = c->next;
    if (c->next)
        c->next->previous = c->previous;
    s->client_count--;
    loop_timer_destroy(c->timer);
    authentication_finish(c);
    free(c);
}

/* One line a second at most: whoever knocks with bad bytes must not fill the disk with our log. */
void client_refuse(struct client *c, const char *why) {
    struct server *s = c->server;
    int64_t now_ms = server_now_ms(s);
    c->refused = true;
    connection_close_after_sending(c->connection);
    s->refused_unsaid++;
    if (now_ms < s->quiet_until_ms)
        return;
    event_log(EV_client_refused, "peer=%s why=%s count=%d", connection_peer(c->connection), why,
              s->refused_unsaid);
    s->quiet_until_ms = now_ms + REFUSED_EVERY_MS;
    s->refused_unsaid = 0;
}

/* What stands where the length should be, when it is no length. */
static const char *name_of_noise(const uint8_t *start) {
    static const char *const http[] = { "GET ", "POST", "HEAD", "PUT ", "OPTI", "CONN", "DELE" };
    for (size_t i = 0; i < sizeof(http) / sizeof(http[0]); i++)
        if (memcmp(start, http[i], LENGTH_BYTES) == 0)
            return "http";
    if (start[0] == 0x16 && start[1] == 3)
        return "tls";
    return start[0] & 0x80 ? "negative_length" : "frame_too_large";
}

static bool is_produce(struct bytes frame) {
    return frame.data[0] == 0 && frame.data[1] == API_produce;
}

static bool may_start(struct client *c, struct bytes frame) {
    if (authentication_takes_tokens(c))
        return !c->first;
    if (is_produce(frame) && c->server->held_bytes > held_by_all_max) {
        c->server->over_budget = true;
        return false;
    }
    if (!c->first)
        return true;
    return is_produce(frame) && !c->others_count && c->waiting_count < WAITING_MAX
           && c->held_bytes < held_by_one_max;
}

static size_t frame_most(const struct client *c) {
    size_t most = c->server->settings.frame_bytes_max;
    return authentication_is_done(c) || most < AUTHENTICATION_FRAME_MAX ? most
                                                                        : AUTHENTICATION_FRAME_MAX;
}

static size_t frame_least(const struct client *c) {
    return authentication_takes_tokens(c) ? 0 : HEADER_BYTES_MIN;
}

static size_t on_data(void *context, struct bytes data) {
    struct client *c = context;
    if (c->refused)
        return data.len;
    if (data.len < LENGTH_BYTES)
        return 0;
    struct cursor in = cursor_on(data);
    size_t len = read_u32(&in);
    if (len > frame_most(c) || len < frame_least(c)) {
        client_refuse(c, len < HEADER_BYTES_MIN ? "frame_too_short" : name_of_noise(data.data));
        return data.len;
    }
    if (data.len - LENGTH_BYTES < len)
        return 0;
    struct bytes frame = bytes_part(data, LENGTH_BYTES, len);
    if (!may_start(c, frame)) {
        c->blocked = true;
        connection_pause(c->connection, true);
        return 0;
    }
    if (authentication_takes_tokens(c))
        authentication_on_token(c, frame);
    else
        dispatch(c, frame);
    return LENGTH_BYTES + len;
}

const struct connection_handlers client_handlers = { on_open, on_data, on_closed };

void client_unblock(struct client *c) {
    if (!c->blocked)
        return;
    c->blocked = false;
    connection_pause(c->connection, false);
}

static void send_around_files(struct client *c, struct request *r) {
    size_t sent = 0;
    for (size_t i = 0; i < r->file_count; i++) {
        struct reply_file *f = &r->files[i];
        connection_send(c->connection, bytes_of(r->reply.data + sent, f->behind - sent));
        connection_send_file(c->connection, f->fd, f->position, f->len);
        f->fd = -1;
        sent = f->behind;
    }
    connection_send(c->connection, bytes_of(r->reply.data + sent, r->reply.len - sent));
}

static void send_reply(struct client *c, struct request *r) {
    enum { COPIED_MAX = 4096 }; /* below it copying is cheaper than handing over the memory */
    if (r->file_count) {
        send_around_files(c, r);
        return;
    }
    if (r->reply.len <= COPIED_MAX)
        connection_send(c->connection, buf_bytes(&r->reply));
    else
        connection_send_buf(c->connection, &r->reply);
}

void client_send_done(struct client *c) {
    while (c->first && c->first->state == REQUEST_DONE && !c->refused) {
        struct request *r = c->first;
        c->first = r->next;
        if (!c->first)
            c->last = NULL;
        c->waiting_count--;
        c->others_count -= r->header.api_key != API_produce;
        send_reply(c, r);
        request_destroy(r);
    }
    client_unblock(c);
}
