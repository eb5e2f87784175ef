/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* As much of RFC 9112 as our own edges speak: Content-Length, or the end of the line. */
#include "http_client.h"

#include "base/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PART = 16 << 10, ANSWER_MAX = 16 << 20 };

struct bytes http_header(struct bytes head, const char *name) {
    size_t len = strlen(name), at = 0;
    while (at < head.len) {
        const uint8_t *end = memchr(head.data + at, '\n', head.len - at);
        size_t stop = end ? (size_t)(end - head.data) : head.len;
        size_t next = stop + 1;
        if (stop - at > len && strncasecmp((const char *)head.data + at, name, len) == 0
            && head.data[at + len] == ':') {
            at += len + 1;
            while (at < stop && head.data[at] == ' ')
                at++;
            while (stop > at && (head.data[stop - 1] == ' ' || head.data[stop - 1] == '\r'))
                stop--;
            return bytes_of(head.data + at, stop - at);
        }
        at = next;
    }
    return bytes_of("", 0);
}

void http_client_init(struct http_client *c, int port) {
    *c = (struct http_client){ .port = port, .fd = -1 };
}

static void line_close(struct http_client *c) {
    if (c->fd >= 0)
        (void)close(c->fd);
    c->fd = -1;
    c->connected = false;
}

void http_client_finish(struct http_client *c) {
    line_close(c);
    buf_finish(&c->in);
    buf_finish(&c->out);
}

static void line_open(struct http_client *c) {
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)c->port) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd >= 0 && connect(c->fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS)
        line_close(c);
}

void http_client_ask(struct http_client *c, const struct http_request *q, int64_t until_ms) {
    assert(c->state != HTTP_waits);
    buf_clear(&c->in);
    buf_clear(&c->out);
    buf_print(&c->out, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s", q->method, q->path, c->port,
              q->headers ? q->headers : "");
    if (q->body.data)
        buf_print(&c->out, "Content-Length: %zu\r\n", q->body.len);
    buf_put_text(&c->out, "\r\n");
    buf_put_bytes(&c->out, q->body);
    if (c->fd < 0)
        line_open(c);
    c->until_ms = until_ms;
    c->state = HTTP_waits;
}

struct pollfd http_client_poll(const struct http_client *c) {
    bool asks = c->fd >= 0 && c->state == HTTP_waits;
    bool writes = asks && (!c->connected || c->out.len);
    return (struct pollfd){ c->fd, (short)(writes ? POLLIN | POLLOUT : asks ? POLLIN : 0), 0 };
}

/* The answer when it is whole. */
static bool answer_read(struct http_client *c, bool ended, struct http_answer *out) {
    const uint8_t *end = c->in.len ? memmem(c->in.data, c->in.len, "\r\n\r\n", 4) : NULL;
    if (!end || c->in.len < 12)
        return false;
    out->head = bytes_of(c->in.data, (size_t)(end - c->in.data) + 2);
    out->status = (int)strtol((const char *)c->in.data + 9, NULL, 10);
    size_t from = out->head.len + 2, body = 0;
    struct bytes length = http_header(out->head, "Content-Length");
    for (size_t i = 0; i < length.len && body < ANSWER_MAX; i++)
        body = body * 10 + (size_t)(length.data[i] - '0') % 10;
    bool none = out->status == 204 || out->status == 304;
    if (!length.len && !none) {
        if (!ended)
            return false;
        body = c->in.len - from;
    }
    body = none ? 0 : body;
    if (c->in.len < from + body)
        return false;
    out->body = bytes_of(c->in.data + from, body);
    return true;
}

static enum http_state lose(struct http_client *c) {
    line_close(c);
    c->state = HTTP_rests;
    return HTTP_lost;
}

/* False: the line is gone. */
static bool line_turn(struct http_client *c, short revents, bool *ended) {
    if (revents & POLLOUT) {
        ssize_t sent = c->out.len ? send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL) : 0;
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        c->connected = true;
        if (sent > 0)
            buf_drop_front(&c->out, (size_t)sent);
    }
    if (revents & (POLLIN | POLLHUP | POLLERR)) {
        ssize_t got = recv(c->fd, buf_extend(&c->in, PART), PART, 0);
        c->in.len -= got > 0 ? (size_t)(PART - got) : PART;
        *ended = got == 0;
        if ((got < 0 && errno != EAGAIN && errno != EINTR) || c->in.len > ANSWER_MAX)
            return false;
    }
    return true;
}

enum http_state http_client_turn(struct http_client *c, int64_t now_ms, short revents,
                                 struct http_answer *out) {
    bool ended = false;
    *out = (struct http_answer){ 0 };
    if (c->state != HTTP_waits)
        return HTTP_rests;
    if (c->fd < 0 || !line_turn(c, revents, &ended))
        return lose(c);
    if (answer_read(c, ended, out)) {
        struct bytes connection = http_header(out->head, "Connection");
        if (ended
            || (connection.len == 5 && strncasecmp((const char *)connection.data, "close", 5) == 0))
            line_close(c);
        c->state = HTTP_rests;
        return HTTP_answered;
    }
    return ended || now_ms > c->until_ms ? lose(c) : HTTP_waits;
}
