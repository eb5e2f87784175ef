/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* As much of RFC 5321 and RFC 9112 as a client must be served with. */
#include "double.h"

#include "base/check.h"
#include "base/clock.h"
#include "http_client.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS_MAX = 64, INPUT_MAX = 4 << 20, PART = 16 << 10, SLOW_MS = 700 };

struct client {
    int fd; /* -1: free */
    struct buf in, out;
    bool in_text; /* of a mail */
    bool ending;
    int64_t silent_until_ms; /* what is in `out` waits until then */
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

/* Whether it is done at all depends on the mood. */
static bool effect_do(struct double_server *d, const struct double_effect *e) {
    d->hurt += d->mood != DOUBLE_well;
    if (d->mood == DOUBLE_failing)
        return false;
    d->options.on_effect(d->options.context, e);
    return true;
}

/* And so does what the client is told of it. */
static void effect_tell(struct double_server *d, struct client *c, const char *yes,
                        const char *no) {
    c->ending = d->mood == DOUBLE_lossy;
    if (c->ending)
        buf_clear(&c->out);
    else
        buf_put_text(&c->out, d->mood == DOUBLE_failing || d->mood == DOUBLE_lying ? no : yes);
    if (d->mood == DOUBLE_slow)
        c->silent_until_ms = clock_steady_ms(clock_real()) + SLOW_MS;
}

/* ---- mail */

static struct bytes message_id(struct bytes head) {
    struct bytes id = http_header(head, "Message-ID");
    bool framed = id.len > 2 && id.data[0] == '<' && id.data[id.len - 1] == '>';
    return framed ? bytes_of(id.data + 1, id.len - 2) : id;
}

static bool mail_take(struct double_server *d, struct client *c) {
    const uint8_t *end = memmem(c->in.data, c->in.len, "\r\n.\r\n", 5);
    if (!end)
        return false;
    size_t len = (size_t)(end - c->in.data);
    const uint8_t *body = memmem(c->in.data, len, "\r\n\r\n", 4);
    struct bytes head = bytes_of(c->in.data, body ? (size_t)(body - c->in.data) : len);
    struct double_effect effect = { .id = message_id(head), .content = bytes_of(c->in.data, len) };
    (void)effect_do(d, &effect);
    effect_tell(d, c, "250 taken\r\n", "451 not now\r\n");
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

static struct bytes word_at(struct bytes text, size_t from) {
    const uint8_t *end = from < text.len ? memchr(text.data + from, ' ', text.len - from) : NULL;
    return end ? bytes_of(text.data + from, (size_t)(end - text.data) - from) : bytes_of("", 0);
}

static void request_answer(struct double_server *d, struct client *c, struct double_effect *e) {
    struct double_answer a = { .status = 200 };
    struct buf yes = { 0 };
    e->method = word_at(e->head, 0);
    e->path = word_at(e->head, e->method.len + 1);
    if (effect_do(d, e) && d->options.answer)
        d->options.answer(d->options.context, e, &a);
    if (!a.body.len)
        buf_put_text(&a.body, "{}");
    buf_print(&yes,
              "HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
              a.status, a.body.len);
    buf_put_bytes(&yes, buf_bytes(&a.body));
    effect_tell(d, c, buf_text(&yes), "HTTP/1.1 503 Not now\r\nContent-Length: 2\r\n\r\n{}");
    buf_finish(&yes);
    buf_finish(&a.body);
}

static bool request_take(struct double_server *d, struct client *c) {
    const uint8_t *end = c->in.len ? memmem(c->in.data, c->in.len, "\r\n\r\n", 4) : NULL;
    if (!end)
        return false;
    struct bytes head = bytes_of(c->in.data, (size_t)(end - c->in.data));
    struct bytes length = http_header(head, "Content-Length");
    size_t body = 0;
    for (size_t i = 0; i < length.len && body < INPUT_MAX; i++)
        body = body * 10 + (size_t)(length.data[i] - '0') % 10;
    if (c->in.len < head.len + 4 + body)
        return false;
    struct double_effect effect = { .id = http_header(head, "Idempotency-Key"),
                                    .content = bytes_of(end + 4, body),
                                    .head = head };
    request_answer(d, c, &effect);
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
    if (c->out.len && clock_steady_ms(clock_real()) >= c->silent_until_ms) {
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
