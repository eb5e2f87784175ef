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
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EDGES_MAX = 8, EDGE_NAME_MAX = 64 };

struct requests {
    struct requests *next;
    struct service *service;
    const struct connector_service *kind;
    const struct declared_edge *declared;
    struct connector *connector;
    struct connector_route *routes;
    struct buf secret;
    char topic[EDGE_NAME_MAX + 8]; /* edge:NAME, which its schemas are found by */
    uint64_t place;                /* in the order of the declaration */
    uint64_t unsealable;           /* requests refused for keys of persons */
};

static bool take(struct requests *edge, const struct connector_request *r, struct bytes json) {
    struct connector_request placed = *r;
    placed.ticket = r->ticket * EDGES_MAX + edge->place;
    placed.json = json;
    return turn_take_request(edge->service, &placed);
}

static enum error seal(const struct requests *edge, struct bytes json, struct buf *sealed) {
    const struct seals how = { &edge->declared->seals, edge->declared->person, { 0 } };
    return sealing_seal(edge->service->sealing, &how, json, sealed);
}

/* It is of this request alone, and as long as nobody mends the key: told at 1, 2, 4, 8... */
static bool is_never_sealed(struct requests *edge, enum error e) {
    edge->unsealable += sealing_is_lost(e);
    if (sealing_is_lost(e) && (edge->unsealable & (edge->unsealable - 1)) == 0)
        event_log(EV_personal_data_refused, "edge=%s count=%" PRIu64 " error=%s",
                  edge->declared->name, edge->unsealable, error_name(e));
    return sealing_is_lost(e) || e == E_malformed;
}

/* What is personal is sealed before anything of ours sees it. */
static bool take_sealed(struct requests *edge, const struct connector_request *r) {
    struct buf sealed = { 0 };
    enum error e = seal(edge, r->json, &sealed);
    if (e && !is_never_sealed(edge, e))
        service_fail(edge->service);
    bool taken = !e && take(edge, r, buf_bytes(&sealed));
    buf_finish(&sealed);
    return taken;
}

static bool on_request(void *context, const struct connector_request *r) {
    struct requests *edge = context;
    return edge->declared->seals.count ? take_sealed(edge, r) : take(edge, r, r->json);
}

/* Found out before it is promised a place: it would be asked again for ever. */
static bool is_sealable(struct requests *edge, struct bytes json, struct buf *why) {
    struct buf sealed = { 0 };
    enum error e = edge->declared->seals.count ? seal(edge, json, &sealed) : E_ok;
    buf_finish(&sealed);
    if (!e || !is_never_sealed(edge, e)) /* what harms all is found when it is taken */
        return true;
    const char *story = error_story();
    buf_put(why, story, strcspn(story, "\n"));
    return false;
}

/* Looked for in the texts themselves: a brace may be written \u007b. What is no flat object is
 * refused by whoever reads it next. */
static bool looks_sealed(struct bytes json) {
    struct json j;
    bool found = sealed_is_in(json);
    if (found || json_read(&j, json))
        return found;
    for (size_t i = 0; i < j.count && !found; i++)
        found = j.members[i].kind == JSON_TEXT && sealed_is_in(j.members[i].text);
    json_finish(&j);
    return found;
}

static bool judge(void *context, const struct connector_request *r, struct buf *why) {
    struct requests *edge = context;
    if (edge->service->sealing && looks_sealed(r->json)) {
        buf_put_text(why, "a text must not look as sealed data does");
        return false;
    }
    return schemas_accept(edge->service->options.schemas, bytes_text(edge->topic),
                          bytes_text(r->type), r->json, why)
           && is_sealable(edge, r->json, why);
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
    r->declared = edge;
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

static void reply(struct requests *r, uint64_t ticket, struct bytes json) {
    struct buf opened = { 0 };
    struct sealing *sealing = r->declared->opens.count ? r->service->sealing : NULL;
    if (sealing_unseal_rest(sealing, &r->declared->opens, json, &opened))
        service_fail(r->service);
    else
        (void)r->kind->reply(r->connector, ticket, buf_bytes(&opened));
    buf_finish(&opened);
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
    reply(r, placed / EDGES_MAX, json);
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
