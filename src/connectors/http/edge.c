/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Both kinds: a request becomes a flat JSON object - its body, and the named segments of its path -
 * under the type of its route.
 *
 * The service kind waits: the answer comes when the handler's reply is committed, or 504 when the
 * deadline is over. What then happened is not known to the caller, so a request has an identity of
 * the caller's, its Idempotency-Key: asked again with it, it is the same request, and the handler
 * answers it from its rows. Nothing of this is remembered here.
 *
 * An edge with signed=webhook is for machines that call us back: who they are is shown by a
 * signature over the body as it came, and a call's identity is its webhook-id.
 *
 * The query kind answers at once. A body must say that it is JSON: a page in a browser cannot say
 * so to another host without asking first, and that question is not answered. */
#include "http_edge.h"

#include "body.h"
#include "conditional.h"
#include "list.h"
#include "document.h"
#include "page.h"
#include "refusal.h"
#include "route.h"
#include "signature.h"
#include "token.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/table.h"
#include "connectors/url.h"
#include "net/address.h"
#include "net/http.h"
#include "net/tls.h"
#include "values/digest.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    ROUTES_MAX = 64,
    KEY_MAX = 200,
    BODY_MAX = 256 * 1024,
    CONNECTIONS_MAX = 1000,
    PORT_TRIES = 32,
    DEADLINE_MS = 10 * 1000,
    DEADLINE_MOST_MS = 300 * 1000,
    READ_KEY_CHARS = 5 + 32,
};

struct connector {
    struct connector_options options;
    bool asks_queries;
    struct tls_context *tls; /* or NULL */
    char *token;             /* what callers show; NULL: nothing */
    bool is_signed;          /* callers sign instead (signature.h), with the declared secret */
    struct http_server *server;
    struct route *routes;
    size_t route_count;
    int64_t deadline_ms;
    uint64_t tickets;    /* given so far */
    struct table asking; /* ticket -> struct asking */
    struct table keys;   /* the request's key -> the same */
    struct buf document; /* what the edge is, as OpenAPI */
    char *hide, *mask;   /* of queries: columns that are not told, or as stars */
    struct http_shown shown;
};

/* A request that waits for its reply. */
struct asking {
    struct connector *connector;
    struct http_request *request;
    uint64_t ticket;
    struct loop_timer *timer;
    char *key;
    uint8_t body[SHA256_BYTES]; /* of what is asked */
};

/* ---- who waits */

static struct bytes ticket_key(const uint64_t *ticket) {
    return bytes_of(ticket, sizeof(*ticket));
}

static void asking_end(struct asking *a) {
    (void)table_remove(&a->connector->asking, ticket_key(&a->ticket));
    (void)table_remove(&a->connector->keys, bytes_text(a->key));
    loop_timer_destroy(a->timer);
    free(a->key);
    free(a);
}

static void on_gone(void *context) {
    asking_end(context);
}

static void on_deadline(void *context) {
    struct asking *a = context;
    http_answer_error(a->request, 504,
                      "no answer in time; what happened is not known: ask again with the same "
                      "Idempotency-Key");
    asking_end(a);
}

static void body_digest(const struct connector_request *r, uint8_t out[SHA256_BYTES]) {
    struct buf all = { 0 };
    buf_print(&all, "%s ", r->type);
    buf_put_bytes(&all, r->json);
    sha256(buf_bytes(&all), out);
    buf_finish(&all);
}

static struct asking *asking_begin(struct connector *c, struct http_request *r,
                                   const struct connector_request *request) {
    struct asking *a = memory_get(sizeof(*a));
    a->key = text_copy_bytes(request->key);
    body_digest(request, a->body);
    (void)table_put(&c->keys, bytes_text(a->key), a);
    a->connector = c;
    a->request = r;
    a->ticket = ++c->tickets;
    a->timer = loop_timer_create(c->options.loop, on_deadline, a);
    loop_timer_start(a->timer, c->deadline_ms);
    (void)table_put(&c->asking, ticket_key(&a->ticket), a);
    http_on_gone(r, on_gone, a);
    return a;
}

/* A reply may name the status it is told with. */
static int status_of(struct bytes json) {
    struct json j;
    int64_t status = 200;
    if (json_read(&j, json))
        return 500;
    if (json_get_int(&j, "status", &status) && (status < 200 || status > 599))
        status = 200;
    json_finish(&j);
    return (int)status;
}

static void answer_json(struct http_request *r, struct bytes json) {
    conditional_answer(r, status_of(json), json);
}

static bool edge_reply(struct connector *c, uint64_t ticket, struct bytes json) {
    struct asking *a = table_find(&c->asking, ticket_key(&ticket));
    if (!a)
        return false;
    struct http_request *r = a->request;
    asking_end(a);
    answer_json(r, json);
    return true;
}

/* ---- what is asked */

static bool is_json(struct bytes type) {
    static const char json[] = "application/json";
    size_t len = sizeof(json) - 1;
    return type.len >= len && strncasecmp((const char *)type.data, json, len) == 0
           && (type.len == len || type.data[len] == ';' || type.data[len] == ' ');
}

static bool put_names(struct buf *out, const struct json *body, const struct route *route,
                      const struct bytes *values) {
    for (size_t i = 0; i < route->count; i++) {
        if (!route->segments[i].is_name)
            continue;
        char *name = text_copy_bytes(route->segments[i].text);
        bool twice = body && json_has(body, name);
        if (!twice)
            json_put_text(out, name, values[i]);
        free(name);
        if (twice)
            return false;
    }
    return true;
}

struct asked {
    const struct route *route;
    struct bytes values[ROUTE_SEGMENTS_MAX];
    struct buf json;
    struct buf why; /* the body cannot be taken */
};

/* NULL, or why the body cannot be taken. */
static const char *body_take(struct asked *a, struct http_request *r) {
    struct bytes body = http_body(r);
    struct json j;
    const char *why = NULL;
    if (json_read(&j, body))
        return body_fault(&a->why, &j);
    size_t end = body.len;
    while (body.data[end - 1] != '}')
        end--;
    buf_put(&a->json, body.data, end - 1);
    while (a->json.data[a->json.len - 1] <= ' ') /* its last byte tells json_put where it stands */
        a->json.len--;
    if (!put_names(&a->json, &j, a->route, a->values))
        why = "the body has a field that the path names";
    conditional_put(r, &j, &a->json);
    json_end(&a->json);
    json_finish(&j);
    return why;
}

/* 0, or the status to refuse with; why is its reason. */
static int request_take(struct asked *a, struct http_request *r, const char **why) {
    struct bytes body = http_body(r);
    if (!body.len) {
        json_begin(&a->json);
        (void)put_names(&a->json, NULL, a->route, a->values);
        conditional_put(r, NULL, &a->json);
        json_end(&a->json);
        return 0;
    }
    *why = "a body is application/json";
    if (!is_json(http_field(r, "content-type")))
        return 415;
    *why = body_take(a, r);
    return *why ? 400 : 0;
}

/* The caller's identity of the request: printable, and without the quotes that some put around. */
static bool key_take(const struct connector *c, struct http_request *r, struct bytes *key) {
    *key = http_field(r, c->is_signed ? "webhook-id" : "idempotency-key");
    if (key->len >= 2 && key->data[0] == '"' && key->data[key->len - 1] == '"')
        *key = bytes_part(*key, 1, key->len - 2);
    for (size_t i = 0; i < key->len; i++)
        if (key->data[i] <= ' ' || key->data[i] >= 0x7f)
            return false;
    return key->len > 0 && key->len <= KEY_MAX;
}

/* A read has no need of a key: asked twice it is two requests. */
static bool key_find(const struct connector *c, struct http_request *r,
                     struct connector_request *request, char made[READ_KEY_CHARS + 1]) {
    if (key_take(c, r, &request->key))
        return true;
    bool reads = bytes_is_text(http_method(r), "GET") || bytes_is_text(http_method(r), "HEAD");
    if (!reads || http_field(r, "idempotency-key").data)
        return false;
    uint64_t random[2];
    random_system(random, sizeof(random));
    (void)snprintf(made, READ_KEY_CHARS + 1, "read-%016" PRIx64 "%016" PRIx64, random[0],
                   random[1]);
    request->key = bytes_text(made);
    return true;
}

/* The same key while its first request is still being handled. True: it is answered. */
static bool refuse_second(struct connector *c, struct http_request *r,
                          const struct connector_request *request) {
    uint8_t body[SHA256_BYTES];
    const struct asking *first = table_find(&c->keys, request->key);
    if (!first)
        return false;
    body_digest(request, body);
    if (memcmp(body, first->body, sizeof(body)) == 0)
        http_answer_error(r, 409, "the request with this Idempotency-Key is being handled");
    else
        http_answer_error(r, 422, "another request was made with this Idempotency-Key");
    return true;
}

/* Is the body as it is declared? If not, it is answered with the place that is wrong. */
static bool judge(struct connector *c, struct http_request *r,
                  const struct connector_request *request) {
    struct buf why = { 0 };
    bool good = !c->options.judge || c->options.judge(c->options.context, request, &why);
    if (!good)
        http_answer_error(r, 400, buf_text(&why));
    buf_finish(&why);
    return good;
}

static void serve_request(struct connector *c, struct http_request *r, struct asked *asked) {
    struct connector_request request = { .type = asked->route->type,
                                         .json = buf_bytes(&asked->json) };
    char made[READ_KEY_CHARS + 1];
    if (!key_find(c, r, &request, made)) {
        http_answer_error(r, 400,
                          "an Idempotency-Key of 1 to 200 printable characters is wanted: by it a "
                          "request that is sent again is known");
        return;
    }
    if (refuse_second(c, r, &request) || !judge(c, r, &request))
        return;
    struct asking *a = asking_begin(c, r, &request);
    request.ticket = a->ticket;
    if (c->options.on_request(c->options.context, &request))
        return;
    asking_end(a);
    http_on_gone(r, NULL, NULL);
    static const char body[] = "{\"title\":\"Service Unavailable\",\"status\":503,\"detail\":\"not "
                               "taken: nothing was committed; ask again\"}\n";
    http_answer(r, &(struct http_answer){ 503, "application/problem+json", bytes_text(body),
                                          "Retry-After: 1\r\n" });
}

static void query_reply(const struct connector *c, struct http_request *r, struct bytes reply) {
    struct buf shown = { 0 };
    if (c->shown.hide || c->shown.mask) {
        http_shown_put(&c->shown, reply, &shown);
        reply = buf_bytes(&shown);
    }
    if (!page_answer(r, reply))
        answer_json(r, reply);
    buf_finish(&shown);
}

static void serve_query(struct connector *c, struct http_request *r, struct asked *asked) {
    struct connector_request request = { .type = asked->route->type };
    struct buf reply = { 0 };
    request.json = buf_bytes(&asked->json);
    if (conditional_refuses(r, c->options.rows))
        return;
    if (c->options.rows && !route_has_name(asked->route, "key")) {
        http_list_answer(&c->options, &c->shown, asked->route->type, r);
        return;
    }
    for (size_t i = 0; i < asked->route->count; i++)
        if (asked->route->segments[i].is_name
            && bytes_is_text(asked->route->segments[i].text, "key"))
            request.key = asked->values[i];
    enum error e = c->options.on_query(c->options.context, &request, &reply);
    if (e)
        http_answer_error(r, query_status(e), error_story());
    else
        query_reply(c, r, buf_bytes(&reply));
    buf_finish(&reply);
}

/* ---- routes */

static bool route_find(const struct connector *c, struct http_request *r, struct asked *asked,
                       struct buf *allowed) {
    for (size_t i = 0; i < c->route_count; i++) {
        const struct route *route = &c->routes[i];
        if (!route_matches(route, http_path(r), asked->values))
            continue;
        asked->route = route;
        if (bytes_equal(http_method(r), route->method)
            || (bytes_is_text(http_method(r), "HEAD") && bytes_is_text(route->method, "GET")))
            return true;
        buf_print(allowed, "%s%.*s", allowed->len ? ", " : "", (int)route->method.len,
                  (const char *)route->method.data);
    }
    return false;
}

static void refuse_stranger(struct http_request *r) {
    static const char body[] = "{\"title\":\"Unauthorized\",\"status\":401,\"detail\":\"a bearer "
                               "token is wanted\"}\n";
    http_answer(r, &(struct http_answer){ 401, "application/problem+json", bytes_text(body),
                                          "WWW-Authenticate: Bearer\r\n" });
}

/* Whether the caller is one of ours; if not, it is answered. */
static bool is_known(const struct connector *c, struct http_request *r) {
    if (c->is_signed) {
        const struct signed_request request = {
            http_field(r, "webhook-id"),
            http_field(r, "webhook-timestamp"),
            http_field(r, "webhook-signature"),
            http_body(r),
        };
        const char *fault = signature_fault(bytes_of(c->options.secret, c->options.secret_len),
                                            &request, clock_wall_ms(loop_clock(c->options.loop)));
        if (fault)
            http_answer_error(r, 401, fault);
        return !fault;
    }
    bool known = token_is_shown(c->token, http_field(r, "authorization"));
    if (!known)
        refuse_stranger(r);
    return known;
}

static void on_http(void *context, struct http_request *r) {
    struct connector *c = context;
    struct asked asked = { 0 };
    struct buf allowed = { 0 };
    const char *why = NULL;
    if (!is_known(c, r))
        return;
    if (bytes_is_text(http_path(r), "/openapi.json") && bytes_is_text(http_method(r), "GET")) {
        http_answer(r, &(struct http_answer){ .status = 200, .body = buf_bytes(&c->document) });
        return;
    }
    bool found = route_find(c, r, &asked, &allowed);
    int refused = found ? request_take(&asked, r, &why) : 0;
    if (!found)
        refuse_path(r, &allowed);
    else if (refused)
        http_answer_error(r, refused, why);
    else if (c->asks_queries)
        serve_query(c, r, &asked);
    else
        serve_request(c, r, &asked);
    buf_finish(&allowed);
    buf_finish(&asked.json);
    buf_finish(&asked.why);
}

/* The routes of the declaration are told apart in on_http, where names are known. */
static const struct http_route every_path[] = {
    { "GET", "/*", on_http },   { "POST", "/*", on_http },   { "PUT", "/*", on_http },
    { "PATCH", "/*", on_http }, { "DELETE", "/*", on_http }, { NULL, NULL, NULL },
};

/* ---- opening */

static enum error routes_read(struct connector *c, const struct connector_options *o) {
    if (!o->route_count || o->route_count > ROUTES_MAX)
        return fail(E_config, "an http edge declares 1 to %d `routes`", ROUTES_MAX);
    c->routes = memory_get(o->route_count * sizeof(*c->routes));
    for (size_t i = 0; i < o->route_count; i++) {
        const struct connector_route *given = &o->routes[i];
        struct route *r = &c->routes[c->route_count++];
        TRY(route_read(r, given->pattern, given->type));
        if (c->asks_queries && !bytes_is_text(r->method, "GET"))
            return fail(E_config, "route \"%s\": a query changes nothing, so it is a GET",
                        given->pattern);
        if (c->asks_queries && o->keyed && !route_has_name(r, "key"))
            return fail(E_config, "route \"%s\": a query of a consumer group names its {key}",
                        given->pattern);
    }
    return E_ok;
}

static enum error deadline_read(struct connector *c, const struct url *u) {
    const char *text = url_get(u, "deadline");
    char *end = NULL;
    long seconds = text ? strtol(text, &end, 10) : 0;
    c->deadline_ms = DEADLINE_MS;
    if (!text)
        return E_ok;
    c->deadline_ms = seconds * 1000;
    bool good =
        end != text && strcmp(end, "s") == 0 && seconds >= 1 && c->deadline_ms <= DEADLINE_MOST_MS;
    return good ? E_ok : url_wrong(u, "its deadline is not 1s to 300s");
}

static enum error server_open(struct connector *c, const struct url *u) {
    char host[ADDRESS_TEXT_BYTES];
    struct http_options options = {
        .tls = c->tls,
        .knows_its_clients = c->token || c->is_signed || url_get(u, "client_ca"),
        .problems = true,
        .host = host,
        .port_tries = PORT_TRIES,
        .routes = every_path,
        .context = c,
        .body_max_bytes = BODY_MAX,
        .connections_max = CONNECTIONS_MAX,
        .idle_ms = c->deadline_ms + 120 * 1000,
    };
    const char *where = strncmp(u->where, "//", 2) == 0 ? u->where + 2 : u->where;
    if (address_split(where, host, &options.port))
        return url_wrong(u, "it is not HOST:PORT");
    return http_open(&c->server, c->options.loop, &options);
}

static enum error tls_open(struct connector *c, const struct url *u) {
    const struct tls_files files = { url_get(u, "certificate"), url_get(u, "key"),
                                     url_get(u, "client_ca") };
    if (!files.certificate && !files.key && !files.ca)
        return E_ok;
    if (!files.certificate || !files.key)
        return url_wrong(u, "TLS wants certificate and key");
    return tls_context_listen(&c->tls, &files);
}

static enum error signed_read(struct connector *c, const struct url *u) {
    const char *text = url_get(u, "signed");
    if (!text)
        return E_ok;
    if (strcmp(text, "webhook") != 0)
        return url_wrong(u, "signed=webhook is the one way to sign that is known");
    if (!c->options.secret_len)
        return url_wrong(u, "signed=webhook wants the edge's `secret_file`");
    c->is_signed = true;
    return E_ok;
}

static enum error shown_read(struct connector *c, const struct url *u) {
    const char *hide = url_get(u, "hide"), *mask = url_get(u, "mask");
    if ((hide || mask) && !c->asks_queries)
        return url_wrong(u, "hide and mask are for routes of queries");
    c->shown.hide = c->hide = hide ? text_copy(hide) : NULL;
    c->shown.mask = c->mask = mask ? text_copy(mask) : NULL;
    return E_ok;
}

static enum error open_at(struct connector *c, const struct connector_options *options) {
    static const char *const known[] = { "deadline", "certificate", "key",  "client_ca",
                                         "signed",   "hide",        "mask", NULL };
    static const struct url_form form = { "http", known, "http://127.0.0.1:8080?deadline=10s" };
    struct url u = { 0 };
    TRY(routes_read(c, options));
    enum error e = url_read(&u, &form, options->url);
    if (!e)
        e = deadline_read(c, &u);
    if (!e)
        e = tls_open(c, &u);
    if (!e)
        e = signed_read(c, &u);
    if (!e)
        e = shown_read(c, &u);
    if (!e && options->secret_len && !c->is_signed)
        c->token = token_of(bytes_of(options->secret, options->secret_len));
    if (!e)
        document_write(&c->document, c->routes, c->route_count);
    if (!e)
        e = server_open(c, &u);
    url_finish(&u);
    return e;
}

static void edge_close(struct connector *c) {
    if (!c)
        return;
    http_close(c->server); /* who waits is told by on_gone */
    assert(c->asking.count == 0 && c->keys.count == 0);
    table_finish(&c->asking);
    table_finish(&c->keys);
    tls_context_destroy(c->tls);
    buf_finish(&c->document);
    if (c->token)
        secret_forget(c->token, strlen(c->token));
    free(c->token);
    free(c->hide);
    free(c->mask);
    free(c->routes);
    free(c);
}

static enum error edge_open(struct connector **out, const struct connector_options *options,
                            bool asks_queries) {
    struct connector *c = memory_get(sizeof(*c));
    c->options = *options;
    c->asks_queries = asks_queries;
    enum error e = open_at(c, options);
    if (e) {
        edge_close(c);
        c = NULL;
    }
    *out = c;
    return e;
}

static enum error service_open(struct connector **out, const struct connector_options *options) {
    return edge_open(out, options, false);
}

static enum error query_open(struct connector **out, const struct connector_options *options) {
    return edge_open(out, options, true);
}

static int edge_port(const struct connector *c) {
    return http_port(c->server);
}

const struct connector_service http_service_kind = {
    .scheme = "http",
    .open = service_open,
    .reply = edge_reply,
    .port = edge_port,
    .close = edge_close,
};
const struct connector_query http_query_kind = { "http", query_open, edge_port, edge_close };
