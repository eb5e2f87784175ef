/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One call over a connection of its own, on a loop of its own, until the answer or the deadline.
 *
 * It asks our own server, so it knows one way to end a body: Content-Length. Anything else is said
 * to be malformed. */
#include "net/http.h"

#include "net/listener.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEAD_MAX = 16 * 1024, ANSWER_MAX = 64 << 20, TIMEOUT_MS = 5000 };

struct call {
    struct http_result *out;
    enum { READING_HEAD, READING_BODY, WHOLE, MALFORMED } at;
    size_t body_len;
    bool closed;
};

static bool read_number(const char *text, long long max, long long *out) {
    char *end;
    *out = strtoll(text, &end, 10);
    return end != text && (*end == '\r' || *end == ' ') && *out >= 0 && *out <= max;
}

/* `head` is closed by a zero. */
static bool read_head(struct call *c, const char *head) {
    long long number;
    if (strncmp(head, "HTTP/1.1 ", 9) != 0 || !read_number(head + 9, 999, &number))
        return false;
    c->out->status = (int)number;
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, "content-length:", 15) == 0) {
            bool good = read_number(line + 17, ANSWER_MAX, &number);
            c->body_len = (size_t)number;
            return good;
        }
    return false;
}

static size_t on_head(struct call *c, struct bytes data) {
    const uint8_t *end = memmem(data.data, data.len, "\r\n\r\n", 4);
    if (!end) {
        c->at = data.len > HEAD_MAX ? MALFORMED : c->at;
        return 0;
    }
    size_t len = (size_t)(end - data.data) + 4;
    char *head = text_copy_bytes(bytes_part(data, 0, len));
    bool good = read_head(c, head);
    c->at = !good ? MALFORMED : c->out->status == 100 ? READING_HEAD : READING_BODY;
    free(head);
    return len;
}

static size_t on_data(void *context, struct bytes data) {
    struct call *c = context;
    if (c->at == READING_HEAD)
        return on_head(c, data);
    if (c->at != READING_BODY)
        return data.len;
    size_t wanted = c->body_len - c->out->body.len;
    size_t len = data.len < wanted ? data.len : wanted;
    buf_put(&c->out->body, data.data, len);
    c->at = len == wanted ? WHOLE : c->at;
    return len;
}

static void on_closed(void *context) {
    ((struct call *)context)->closed = true;
}

static void put_request(struct buf *out, const struct http_call *call) {
    buf_print(out, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
              call->method ? call->method : "GET", call->target);
    if (call->body.len)
        buf_print(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", call->body.len);
    else if (call->method && strcmp(call->method, "GET") != 0)
        buf_put_text(out, "Content-Length: 0\r\n");
    buf_put_text(out, "\r\n");
    buf_put_bytes(out, call->body);
}

static bool is_whole(const struct call *c) {
    return c->at == WHOLE || (c->at == READING_BODY && c->out->body.len == c->body_len);
}

static enum error outcome(const struct call *c, const struct http_call *call) {
    const char *where = call->path ? call->path : call->host;
    if (is_whole(c))
        return E_ok;
    if (c->at == MALFORMED)
        return fail(E_malformed, "%s: what answered is not Octavo", where);
    if (c->closed)
        return fail(E_network, "%s: nobody answers", where);
    return fail(E_timed_out, "%s: no answer to %s", where, call->target);
}

static void wait_for_answer(struct loop *l, struct call *c, int timeout_ms) {
    struct clock *clock = loop_clock(l);
    int64_t until_ms = clock_steady_ms(clock) + (timeout_ms ? timeout_ms : TIMEOUT_MS);
    while (!c->closed && !is_whole(c) && c->at != MALFORMED) {
        int64_t left_ms = until_ms - clock_steady_ms(clock);
        if (left_ms <= 0)
            break;
        loop_turn(l, (int)left_ms);
    }
}

static enum error call_on(struct loop *l, const struct http_call *call, struct call *c) {
    const struct connection_handlers handlers = { .on_data = on_data, .on_closed = on_closed };
    struct connection *connection;
    struct buf request = { 0 };
    if (call->path)
        TRY(connection_connect_path(&connection, l, call->path, &handlers, c));
    else
        TRY(connection_connect(&connection, l, call->host, call->port, &handlers, c));
    put_request(&request, call);
    connection_send_buf(connection, &request);
    wait_for_answer(l, c, call->timeout_ms);
    enum error e = outcome(c, call);
    if (!c->closed)
        connection_close(connection);
    return e;
}

enum error http_call(const struct http_call *call, struct http_result *out) {
    struct call c = { .out = out };
    struct loop *l;
    *out = (struct http_result){ 0 };
    TRY(loop_create(&l, clock_real()));
    enum error e = call_on(l, call, &c);
    loop_destroy(l); /* tells what was closed: `c` must still be there */
    return e;
}
