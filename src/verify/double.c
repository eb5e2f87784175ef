/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* As much of RFC 5321 and RFC 9112 as a client must be served with. */
#include "double.h"

#include "base/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS_MAX = 64, INPUT_MAX = 4 << 20, PART = 16 << 10 };

struct client {
    int fd; /* -1: free */
    struct buf in, out;
    bool in_text; /* of a mail */
    bool ending;
};

struct double_server {
    struct double_options options;
    int listener, port;
    enum double_mood mood;
    uint64_t hurt;
    struct client clients[CLIENTS_MAX];
};

enum error double_open(struct double_server **out, const struct double_options *options) {
    struct double_server *d = memory_get(sizeof(*d));
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof(at);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    d->options = *options;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        d->clients[i].fd = -1;
    d->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    *out = d;
    if (d->listener >= 0 && !bind(d->listener, (struct sockaddr *)&at, sizeof(at))
        && !listen(d->listener, CLIENTS_MAX)
        && !getsockname(d->listener, (struct sockaddr *)&at, &len)) {
        d->port = ntohs(at.sin_port);
        return E_ok;
    }
    enum error e = fail_errno("a server for the effects");
    double_close(d);
    *out = NULL;
    return e;
}

static void client_close(struct client *c) {
    (void)close(c->fd);
    buf_finish(&c->in);
    buf_finish(&c->out);
    *c = (struct client){ .fd = -1 };
}

void double_close(struct double_server *d) {
    if (!d)
        return;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (d->clients[i].fd >= 0)
            client_close(&d->clients[i]);
    if (d->listener >= 0)
        (void)close(d->listener);
    free(d);
}

int double_port(const struct double_server *d) {
    return d->port;
}

uint64_t double_hurt(const struct double_server *d) {
    return d->hurt;
}

static void client_accept(struct double_server *d) {
    int fd = accept4(d->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    size_t at = 0;
    while (at < CLIENTS_MAX && d->clients[at].fd >= 0)
        at++;
    if (fd < 0)
        return;
    if (at == CLIENTS_MAX || d->mood == DOUBLE_away) {
        d->hurt += d->mood == DOUBLE_away;
        (void)close(fd);
        return;
    }
    d->clients[at].fd = fd;
    if (d->options.speaks == DOUBLE_smtp)
        buf_put_text(&d->clients[at].out, "220 double ESMTP\r\n");
}

/* The value of a header of `head`, without blanks around it; empty: there is none. */
static struct bytes header_find(struct bytes head, const char *name) {
    size_t len = strlen(name), at = 0;
    while (at < head.len) {
        const uint8_t *end = memchr(head.data + at, '\n', head.len - at);
        size_t stop = end ? (size_t)(end - head.data) : head.len;
        if (stop - at > len && strncasecmp((const char *)head.data + at, name, len) == 0
            && head.data[at + len] == ':') {
            at += len + 1;
            while (at < stop && (head.data[at] == ' ' || head.data[at] == '<'))
                at++;
            while (stop > at && strchr(" \r>", head.data[stop - 1]))
                stop--;
            return bytes_of(head.data + at, stop - at);
        }
        at = stop + 1;
    }
    return bytes_of("", 0);
}

/* It was done; whether the client is told depends on the mood. */
static void effect_done(struct double_server *d, struct client *c, const struct double_effect *e,
                        const char *answer) {
    d->options.on_effect(d->options.context, e);
    if (d->mood == DOUBLE_lossy) {
        d->hurt++;
        c->ending = true;
        buf_clear(&c->out);
        return;
    }
    buf_put_text(&c->out, answer);
}

/* ---- mail */

static bool mail_take(struct double_server *d, struct client *c) {
    const uint8_t *end = memmem(c->in.data, c->in.len, "\r\n.\r\n", 5);
    if (!end)
        return false;
    size_t len = (size_t)(end - c->in.data);
    const uint8_t *body = memmem(c->in.data, len, "\r\n\r\n", 4);
    struct bytes head = bytes_of(c->in.data, body ? (size_t)(body - c->in.data) : len);
    struct double_effect effect = { header_find(head, "Message-ID"), bytes_of(c->in.data, len) };
    effect_done(d, c, &effect, "250 taken\r\n");
    buf_drop_front(&c->in, len + 5);
    c->in_text = false;
    return true;
}

static bool command_take(struct client *c) {
    const uint8_t *end = c->in.len ? memchr(c->in.data, '\n', c->in.len) : NULL;
    if (!end)
        return false;
    bool data = c->in.len > 4 && strncasecmp((const char *)c->in.data, "DATA", 4) == 0;
    bool quit = c->in.len > 4 && strncasecmp((const char *)c->in.data, "QUIT", 4) == 0;
    buf_put_text(&c->out, data ? "354 go on\r\n" : quit ? "221 bye\r\n" : "250 double\r\n");
    c->in_text = data;
    c->ending = quit;
    buf_drop_front(&c->in, (size_t)(end - c->in.data) + 1);
    return true;
}

/* ---- requests */

static bool request_take(struct double_server *d, struct client *c) {
    const uint8_t *end = c->in.len ? memmem(c->in.data, c->in.len, "\r\n\r\n", 4) : NULL;
    if (!end)
        return false;
    struct bytes head = bytes_of(c->in.data, (size_t)(end - c->in.data));
    struct bytes length = header_find(head, "Content-Length");
    size_t body = 0;
    for (size_t i = 0; i < length.len && body < INPUT_MAX; i++)
        body = body * 10 + (size_t)(length.data[i] - '0') % 10;
    if (c->in.len < head.len + 4 + body)
        return false;
    struct double_effect effect = { header_find(head, "Idempotency-Key"), bytes_of(end + 4, body) };
    effect_done(d, c, &effect,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    buf_drop_front(&c->in, head.len + 4 + body);
    return true;
}

static void input_take(struct double_server *d, struct client *c) {
    while (!c->ending)
        if (d->options.speaks == DOUBLE_http ? !request_take(d, c)
            : c->in_text                     ? !mail_take(d, c)
                                             : !command_take(c))
            return;
}

/* False: it is over. */
static bool client_turn(struct double_server *d, struct client *c, short ready) {
    if (d->mood == DOUBLE_away) {
        d->hurt++;
        return false;
    }
    if (ready & (POLLIN | POLLHUP | POLLERR)) {
        ssize_t got = recv(c->fd, buf_extend(&c->in, PART), PART, 0);
        c->in.len -= got > 0 ? (size_t)(PART - got) : PART;
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR) || c->in.len > INPUT_MAX)
            return false;
        input_take(d, c);
    }
    if (c->out.len) {
        ssize_t sent = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (sent > 0)
            buf_drop_front(&c->out, (size_t)sent);
    }
    return !c->ending || c->out.len > 0;
}

void double_turn(struct double_server *d, enum double_mood mood) {
    struct pollfd polls[CLIENTS_MAX + 1] = { { d->listener, POLLIN, 0 } };
    d->mood = mood;
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        polls[i + 1] = (struct pollfd){ d->clients[i].fd, POLLIN, 0 };
    (void)poll(polls, CLIENTS_MAX + 1, 0);
    for (size_t i = 0; i < CLIENTS_MAX; i++)
        if (d->clients[i].fd >= 0 && !client_turn(d, &d->clients[i], polls[i + 1].revents))
            client_close(&d->clients[i]);
    if (polls[0].revents & POLLIN)
        client_accept(d);
}
