/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The server: a connection is read head first, then body, then waits for its answer.
 *
 * The head is copied and taken as soon as it is whole; the body stays in the connection until all
 * of it is there, so that a peer that drips it has the same deadline as for the head. While an
 * answer is awaited the connection is paused: what follows waits in it, bounded. */
#include "net/http.h"

#include "base/check.h"
#include "base/event.h"
#include "net/address.h"
#include "net/http_head.h"
#include "net/listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OUTPUT_MAX = 1 << 20, BODY_MAX = 1 << 20, REPORT_EVERY_MS = 1000 };

struct http_server {
    struct loop *loop;
    struct listener *listener;
    struct http_options options;
    int64_t quiet_until_ms; /* http_refused is logged at most once a second */
};

struct http_request {
    struct http_server *server;
    struct connection *connection;
    enum { AT_HEAD, AT_BODY, AT_ANSWER, AT_END } at;
    struct buf head_bytes;
    struct http_head head;
    struct buf body;
    struct bytes rest;
    bool is_head; /* HEAD: the answer's body is only counted */
    void (*on_gone)(void *context);
    void *gone_context;
};

const char *http_reason(int status) {
    static const struct {
        int status;
        const char *reason;
    } known[] = {
        { 200, "OK" },
        { 201, "Created" },
        { 202, "Accepted" },
        { 304, "Not Modified" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 402, "Payment Required" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 409, "Conflict" },
        { 411, "Length Required" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 415, "Unsupported Media Type" },
        { 421, "Misdirected Request" },
        { 422, "Unprocessable Content" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
        { 505, "HTTP Version Not Supported" },
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].status == status)
            return known[i].reason;
    return "Unknown";
}

/* ---- what a route reads */

struct bytes http_method(const struct http_request *r) {
    return r->head.method;
}

struct bytes http_path(const struct http_request *r) {
    return buf_bytes(&r->head.path);
}

struct bytes http_rest(const struct http_request *r) {
    return r->rest;
}

struct bytes http_body(const struct http_request *r) {
    return buf_bytes(&r->body);
}

struct bytes http_field(const struct http_request *r, const char *name) {
    return http_head_field(&r->head, name);
}

bool http_query(const struct http_request *r, const char *name, struct buf *out) {
    return http_query_find(r->head.query, name, out);
}

void http_on_gone(struct http_request *r, void (*on_gone)(void *context), void *context) {
    r->on_gone = on_gone;
    r->gone_context = context;
}

/* ---- answering */

static void put_date(struct buf *out, struct clock *clock) {
    char text[40];
    time_t seconds = clock_wall_ms(clock) / 1000;
    struct tm utc;
    (void)gmtime_r(&seconds, &utc);
    (void)strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    buf_print(out, "Date: %s\r\n", text);
}

static void request_clear(struct http_request *r) {
    http_head_finish(&r->head);
    r->head = (struct http_head){ 0 };
    buf_clear(&r->head_bytes);
    buf_finish(&r->body);
    r->rest = (struct bytes){ 0 };
    r->is_head = false;
    r->on_gone = NULL;
}

void http_answer(struct http_request *r, const struct http_answer *answer) {
    struct buf out = { 0 };
    bool stays = r->head.keep_alive && !r->head.refused;
    assert(r->at == AT_ANSWER);
    buf_print(&out, "HTTP/1.1 %d %s\r\n", answer->status, http_reason(answer->status));
    put_date(&out, loop_clock(r->server->loop));
    buf_print(&out, "Content-Type: %s\r\n", answer->type ? answer->type : "application/json");
    buf_print(&out, "Content-Length: %zu\r\n", answer->body.len);
    buf_put_text(&out, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
    buf_put_text(&out, answer->fields ? answer->fields : "");
    buf_put_text(&out, stays ? "\r\n" : "Connection: close\r\n\r\n");
    if (!r->is_head)
        buf_put_bytes(&out, answer->body);
    connection_send_buf(r->connection, &out);
    request_clear(r);
    r->at = stays ? AT_HEAD : AT_END;
    if (stays)
        connection_pause(r->connection, false);
    else
        connection_close_after_sending(r->connection);
}

/* The texts are ours or error stories; what JSON cannot hold as it is becomes a blank. */
static void put_plain(struct buf *out, const char *text) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_put_byte(out, '\\');
        buf_put_byte(out, (uint8_t)*text < ' ' ? ' ' : (uint8_t)*text);
    }
}

void http_answer_error(struct http_request *r, int status, const char *reason) {
    struct buf body = { 0 };
    bool problem = r->server->options.problems;
    if (problem)
        buf_print(&body, "{\"title\":\"%s\",\"status\":%d,\"detail\":\"", http_reason(status),
                  status);
    else
        buf_print(&body, "{\"error\":\"%s\",\"reason\":\"", http_reason(status));
    put_plain(&body, reason);
    buf_put_text(&body, "\"}\n");
    http_answer(r, &(struct http_answer){ .status = status,
                                          .type = problem ? "application/problem+json" : NULL,
                                          .body = buf_bytes(&body) });
    buf_finish(&body);
}

static void refuse(struct http_request *r, int status, const char *why) {
    struct http_server *s = r->server;
    int64_t now_ms = clock_steady_ms(loop_clock(s->loop));
    if (now_ms >= s->quiet_until_ms) {
        s->quiet_until_ms = now_ms + REPORT_EVERY_MS;
        event_log(EV_http_refused, "peer=%s status=%d why=\"%s\"", connection_peer(r->connection),
                  status, why);
    }
    r->head.refused = status; /* what follows on this connection cannot be trusted to be a head */
    r->at = AT_ANSWER;
    http_answer_error(r, status, why);
}

/* ---- finding who answers */

static bool path_matches(const struct http_route *route, struct bytes path, struct bytes *rest) {
    size_t len = strlen(route->path);
    bool open = len && route->path[len - 1] == '*';
    *rest = (struct bytes){ 0 };
    if (!open)
        return bytes_is_text(path, route->path);
    if (path.len < len - 1 || memcmp(path.data, route->path, len - 1) != 0)
        return false;
    *rest = bytes_part(path, len - 1, path.len - len + 1);
    return true;
}

static void answer_not_allowed(struct http_request *r, struct buf *allowed) {
    static const char body[] = "{\"error\":\"Method Not Allowed\"}\n";
    char *fields = text_format("Allow: %s\r\n", buf_text(allowed));
    http_answer(r,
                &(struct http_answer){ .status = 405, .body = bytes_text(body), .fields = fields });
    free(fields);
}

static void route_request(struct http_request *r) {
    struct buf allowed = { 0 };
    struct bytes path = http_path(r), method = r->head.method;
    r->is_head = bytes_is_text(method, "HEAD");
    r->at = AT_ANSWER;
    for (const struct http_route *route = r->server->options.routes; route->method; route++) {
        if (!path_matches(route, path, &r->rest))
            continue;
        if (bytes_is_text(method, route->method)
            || (r->is_head && strcmp(route->method, "GET") == 0)) {
            buf_finish(&allowed);
            route->run(r->server->options.context, r); /* it may answer: r is used no more */
            return;
        }
        buf_print(&allowed, "%s%s", allowed.len ? ", " : "", route->method);
    }
    if (allowed.len)
        answer_not_allowed(r, &allowed);
    else
        http_answer_error(r, 404, "no such path");
    buf_finish(&allowed);
}

/* ---- reading */

/* HOST, HOST:PORT or [HOST]:PORT, where HOST is an address or localhost. */
static bool names_an_address(struct bytes host) {
    char text[ADDRESS_TEXT_BYTES];
    struct address parsed;
    bool six = host.len && host.data[0] == '[';
    struct bytes name = six ? bytes_part(host, 1, host.len - 1) : host;
    const uint8_t *end = name.len ? memchr(name.data, six ? ']' : ':', name.len) : NULL;
    if (end)
        name.len = (size_t)(end - name.data);
    if (!name.len || name.len >= sizeof(text))
        return false;
    (void)snprintf(text, sizeof(text), "%.*s", (int)name.len, (const char *)name.data);
    return address_parse(&parsed, text, 0) == E_ok;
}

static bool host_is_ours(const struct http_request *r) {
    struct bytes host = http_head_field(&r->head, "host");
    return r->server->options.path || r->server->options.tls || !host.data
           || names_an_address(host);
}

static void take_head(struct http_request *r, struct bytes head) {
    buf_clear(&r->head_bytes);
    buf_put_bytes(&r->head_bytes, head);
    http_head_read(&r->head, buf_bytes(&r->head_bytes));
    if (r->head.refused)
        refuse(r, r->head.refused, r->head.why);
    else if (!host_is_ours(r))
        refuse(r, 421, "Host names another machine");
    else if (r->head.body_len > r->server->options.body_max_bytes)
        refuse(r, 413, "the body is over the limit");
    else
        r->at = AT_BODY;
    if (r->at == AT_BODY && r->head.expects_continue && r->head.body_len)
        connection_send(r->connection, bytes_text("HTTP/1.1 100 Continue\r\n\r\n"));
}

static size_t on_head(struct http_request *r, struct bytes data) {
    size_t blank = 0; /* an empty line before a request is passed by (RFC 9112, 2.2) */
    while (data.len >= blank + 2 && memcmp(data.data + blank, "\r\n", 2) == 0)
        blank += 2;
    if (blank)
        return blank;
    size_t len = http_head_find(data);
    if (len > HTTP_HEAD_MAX || (!len && data.len > HTTP_HEAD_MAX)) {
        refuse(r, 431, "the head is over 16 KiB");
        return data.len;
    }
    if (len)
        take_head(r, bytes_part(data, 0, len));
    return len;
}

static void run_request(struct http_request *r) {
    struct connection *c = r->connection;
    route_request(r); /* a later answer comes by the loop, so r is still there */
    if (r->at == AT_ANSWER)
        connection_pause(c, true);
}

static size_t on_data(void *context, struct bytes data) {
    struct http_request *r = context;
    size_t used = 0;
    if (r->at == AT_END)
        return data.len;
    if (r->at == AT_HEAD)
        used = on_head(r, data);
    if (r->at != AT_BODY || data.len - used < r->head.body_len)
        return used;
    size_t len = (size_t)r->head.body_len;
    buf_put_bytes(&r->body, bytes_part(data, used, len));
    run_request(r);
    return used + len;
}

/* ---- connections */

static void *on_open(void *context, struct connection *c) {
    struct http_request *r = memory_get(sizeof(*r));
    r->server = context;
    r->connection = c;
    return r;
}

static void on_closed(void *context) {
    struct http_request *r = context;
    if (r->at == AT_ANSWER && r->on_gone)
        r->on_gone(r->gone_context);
    request_clear(r);
    buf_finish(&r->head_bytes);
    free(r);
}

enum error http_open(struct http_server **out, struct loop *l, const struct http_options *options) {
    struct http_server *s = memory_get(sizeof(*s));
    s->loop = l;
    s->options = *options;
    if (!s->options.body_max_bytes)
        s->options.body_max_bytes = BODY_MAX;
    struct listener_options listener = {
        .path = options->path,
        .host = options->host,
        .port = options->port,
        .port_tries = options->port_tries,
        .tls = options->tls,
        .knows_its_clients = options->knows_its_clients,
        .connections_max = options->connections_max ? options->connections_max : 100,
        .input_max_bytes = s->options.body_max_bytes + HTTP_HEAD_MAX + 64 * (size_t)1024,
        .output_max_bytes = OUTPUT_MAX,
        .partial_ms = options->request_ms ? options->request_ms : 10 * 1000,
        .idle_ms = options->idle_ms ? options->idle_ms : 120 * 1000,
        .handlers = { on_open, on_data, on_closed },
        .context = s,
    };
    enum error e = listener_open(&s->listener, l, &listener);
    if (e) {
        free(s);
        s = NULL;
    }
    *out = s;
    return e;
}

int http_port(const struct http_server *s) {
    return listener_port(s->listener);
}

void http_close(struct http_server *s) {
    if (!s)
        return;
    listener_close(s->listener);
    free(s);
}
