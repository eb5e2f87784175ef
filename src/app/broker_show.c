/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The broker's doors. It is ready as long as it serves: a log that cannot be written ends it. */
#include "broker_show.h"

#include "net/address.h"
#include "net/http.h"

#include <stdlib.h>

struct broker_show {
    const struct server *server;
    struct http_server *socket;
    struct http_server *tcp; /* NULL: not asked for */
};

static void on_livez(void *context, struct http_request *r) {
    (void)context;
    http_answer(r, &(struct http_answer){ 200, NULL, bytes_text("{\"live\":true}\n"), NULL });
}

static void on_readyz(void *context, struct http_request *r) {
    static const char ready[] = "{\"ready\":true,\"reasons\":[]}\n";
    (void)context;
    http_answer(r, &(struct http_answer){ 200, NULL, bytes_text(ready), NULL });
}

static void on_metrics(void *context, struct http_request *r) {
    static const char type[] = "text/plain; version=0.0.4; charset=utf-8";
    const struct broker_show *b = context;
    struct buf body = { 0 };
    struct metric_page page = { .out = &body };
    server_metrics(b->server, &page);
    metric_process(&page);
    http_answer(r, &(struct http_answer){ 200, type, buf_bytes(&body), NULL });
    buf_finish(&body);
}

static const struct http_route routes[] = {
    { "GET", "/livez", on_livez },
    { "GET", "/readyz", on_readyz },
    { "GET", "/metrics", on_metrics },
    { NULL, NULL, NULL },
};

static enum error doors_open(struct broker_show *b, const struct server_options *o,
                             const char *http) {
    char host[ADDRESS_TEXT_BYTES];
    char *path = text_format("%s/broker.sock", o->dir);
    struct http_options socket = { .path = path, .routes = routes, .context = b };
    struct http_options tcp = { .host = host, .routes = routes, .context = b };
    enum error e = http_open(&b->socket, o->loop, &socket);
    if (!e && http)
        e = address_split(http, host, &tcp.port);
    if (!e && http)
        e = http_open(&b->tcp, o->loop, &tcp);
    free(path);
    return e;
}

enum error broker_show_open(struct broker_show **out, const struct server *server,
                            const struct server_options *options, const char *http) {
    struct broker_show *b = memory_get(sizeof(*b));
    b->server = server;
    enum error e = doors_open(b, options, http);
    if (e) {
        broker_show_close(b);
        b = NULL;
    }
    *out = b;
    return e;
}

int broker_show_port(const struct broker_show *b) {
    return b->tcp ? http_port(b->tcp) : 0;
}

void broker_show_close(struct broker_show *b) {
    if (!b)
        return;
    http_close(b->socket);
    http_close(b->tcp);
    free(b);
}
