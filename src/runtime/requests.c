/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Each connector counts its tickets by itself, so what waits under a request's key is the ticket
 * and the place of its edge in the list. */
#include "runtime/requests.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "base/event.h"
#include "runtime/query.h"
#include "runtime/schemas.h"
#include "runtime/secret.h"
#include "runtime/service_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EDGES_MAX = 8, EDGE_NAME_MAX = 64 };

struct requests {
    struct requests *next;
    struct service *service;
    const struct connector_service *kind;
    struct connector *connector;
    struct connector_route *routes;
    struct buf secret;
    char topic[EDGE_NAME_MAX + 8]; /* edge:NAME, which its schemas are found by */
    uint64_t place;                /* in the order of the declaration */
};

static bool on_request(void *context, const struct connector_request *r) {
    struct requests *edge = context;
    struct connector_request placed = *r;
    placed.ticket = r->ticket * EDGES_MAX + edge->place;
    return turn_take_request(edge->service, &placed);
}

static bool judge(void *context, const struct connector_request *r, struct buf *why) {
    const struct requests *edge = context;
    return schemas_accept(edge->service->options.schemas, bytes_text(edge->topic),
                          bytes_text(r->type), r->json, why);
}

static const struct connector_service *kind_of(const struct service *s, const char *url) {
    const struct connector_service *const *kind = s->options.connectors->services;
    size_t len = strcspn(url, ":");
    while (*kind && (strlen((*kind)->scheme) != len || strncmp((*kind)->scheme, url, len) != 0))
        kind++;
    return *kind;
}

static struct requests *edge_add(struct service *s) {
    struct requests **end = &s->requests;
    uint64_t place = 0;
    for (; *end; end = &(*end)->next)
        place++;
    struct requests *r = *end = memory_get(sizeof(*r));
    r->service = s;
    r->place = place;
    return r;
}

enum error requests_open(struct service *s, const struct declared_edge *edge) {
    const struct connector_service *kind = kind_of(s, edge->url);
    if (!kind)
        return fail(E_config, "edge %s: no connector for %s", edge->name, edge->url);
    struct requests *r = edge_add(s);
    if (r->place >= EDGES_MAX)
        return fail(E_config, "a service has at most %d edges that take requests", EDGES_MAX);
    if (edge->secret_file)
        TRY(secret_load(disk_real(), s->options.data_dir, edge->secret_file, &r->secret));
    r->kind = kind;
    (void)snprintf(r->topic, sizeof(r->topic), "edge:%s", edge->name);
    r->routes = query_routes(edge);
    struct connector_options options = {
        .loop = s->options.loop,
        .url = edge->url,
        .secret = (const char *)r->secret.data,
        .secret_len = r->secret.len,
        .on_request = on_request,
        .judge = judge,
        .context = r,
        .routes = r->routes,
        .route_count = edge->route_count,
    };
    TRY(kind->open(&r->connector, &options));
    if (r->place)
        event_log(EV_edge_listens, "edge=%s port=%d", edge->name, kind->port(r->connector));
    return E_ok;
}

bool requests_has(const struct service *s) {
    return s->requests != NULL;
}

bool requests_wait_for_log(const struct service *s) {
    for (const struct requests *r = s->requests; r; r = r->next)
        if (r->kind && r->kind->after_log)
            return true;
    return false;
}

int requests_port(const struct service *s) {
    const struct requests *first = s->requests;
    return first && first->connector ? first->kind->port(first->connector) : 0;
}

void requests_reply(struct service *s, struct bytes key, struct bytes json) {
    uint64_t placed = (uint64_t)(uintptr_t)table_remove(&s->tickets, key);
    struct requests *r = s->requests;
    if (!placed)
        return; /* nobody waits: the answer is stored for the repeat */
    for (uint64_t place = placed % EDGES_MAX; place && r; place--)
        r = r->next;
    if (!r || !r->connector)
        return;
    CRASH_POINT(reply_before_send);
    (void)r->kind->reply(r->connector, placed / EDGES_MAX, json);
    CRASH_POINT(reply_after_send);
}

void requests_close(struct service *s) {
    while (s->requests) {
        struct requests *r = s->requests;
        s->requests = r->next;
        if (r->connector)
            r->kind->close(r->connector);
        buf_finish(&r->secret);
        free(r->routes);
        free(r);
    }
}
