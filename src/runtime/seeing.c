/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Routes of a service's two doors. */
#include "runtime/seeing.h"

#include "net/address.h"
#include "net/http.h"
#include "runtime/control.h"
#include "runtime/openapi.h"
#include "runtime/service_state.h"
#include "values/json.h"

#include <stdlib.h>

struct seeing {
    struct http_server *socket;
    struct http_server *tcp; /* NULL: not asked for */
};

static void on_livez(void *context, struct http_request *r) {
    (void)context;
    http_answer(r, &(struct http_answer){ 200, NULL, bytes_text("{\"live\":true}\n"), NULL });
}

static void on_readyz(void *context, struct http_request *r) {
    struct buf body = { 0 };
    json_begin(&body);
    bool ready = service_is_ready(context, NULL);
    json_put_bool(&body, "ready", ready);
    json_open(&body, "reasons", '[');
    (void)service_is_ready(context, &body);
    json_close(&body, ']');
    json_end(&body);
    buf_put_byte(&body, '\n');
    http_answer(r, &(struct http_answer){ ready ? 200 : 503, NULL, buf_bytes(&body), NULL });
    buf_finish(&body);
}

static void on_system(void *context, struct http_request *r) {
    struct buf body = { 0 };
    system_report(context, &body);
    http_answer(r, &(struct http_answer){ 200, NULL, buf_bytes(&body), NULL });
    buf_finish(&body);
}

static void on_openapi(void *context, struct http_request *r) {
    (void)context;
    http_answer(r, &(struct http_answer){ 200, NULL, openapi_document(), NULL });
}

static void on_metrics(void *context, struct http_request *r) {
    static const char type[] = "text/plain; version=0.0.4; charset=utf-8";
    struct buf body = { 0 };
    service_metrics(context, &body);
    http_answer(r, &(struct http_answer){ 200, type, buf_bytes(&body), NULL });
    buf_finish(&body);
}

static int status_of(enum error e) {
    if (e == E_usage || e == E_malformed || e == E_too_large)
        return 400;
    if (e == E_not_found)
        return 404;
    return error_action(e) == RETRY ? 503 : 409;
}

static void on_control(void *context, struct http_request *r) {
    struct buf reply = { 0 };
    enum error e = service_control(context, http_rest(r), http_body(r), &reply);
    if (e)
        http_answer_error(r, status_of(e), error_story());
    else
        http_answer(r, &(struct http_answer){ 200, NULL, buf_bytes(&reply), NULL });
    buf_finish(&reply);
}

/* clang-format off */
#define READ_ONLY                                                                                  \
    { "GET", "/livez", on_livez },                                                                 \
    { "GET", "/readyz", on_readyz },                                                               \
    { "GET", "/metrics", on_metrics },                                                             \
    { "GET", "/api/system", on_system },                                                           \
    { "GET", "/api/openapi.json", on_openapi }
/* clang-format on */

static const struct http_route socket_routes[] = {
    READ_ONLY,
    { "POST", "/control/*", on_control },
    { NULL, NULL, NULL },
};
static const struct http_route tcp_routes[] = { READ_ONLY, { NULL, NULL, NULL } };

static enum error socket_open(struct seeing *g, struct service *s) {
    const struct service_options *o = &s->options;
    char *path = text_format("%s/%s.%s.sock", o->data_dir, o->declared->name,
                             o->instance ? o->instance : "0");
    struct http_options options = { .path = path, .routes = socket_routes, .context = s };
    enum error e = http_open(&g->socket, o->loop, &options);
    if (e == E_exists)
        fail_try("--instance with another name: this one runs already");
    free(path);
    return e;
}

static enum error tcp_open(struct seeing *g, struct service *s) {
    char host[ADDRESS_TEXT_BYTES];
    struct http_options options = { .host = host, .routes = tcp_routes, .context = s };
    TRY_WHILE(address_split(s->options.http, host, &options.port), "reading --http");
    return http_open(&g->tcp, s->options.loop, &options);
}

enum error seeing_open(struct seeing **out, struct service *s) {
    struct seeing *g = memory_get(sizeof(*g));
    enum error e = socket_open(g, s);
    if (!e && s->options.http)
        e = tcp_open(g, s);
    if (e) {
        seeing_close(g);
        g = NULL;
    }
    *out = g;
    return e;
}

int seeing_port(const struct seeing *g) {
    return g->tcp ? http_port(g->tcp) : 0;
}

void seeing_close(struct seeing *g) {
    if (!g)
        return;
    http_close(g->socket);
    http_close(g->tcp);
    free(g);
}
