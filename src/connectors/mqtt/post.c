/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A post waits until each of its messages is acknowledged. Who goes away before that is forgotten;
 * its messages are not. Owned by the loop's thread. */
#include "post.h"

#include "messages.h"
#include "users.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/table.h"
#include "connectors/url.h"
#include "net/address.h"
#include "net/http.h"
#include "net/tls.h"
#include "values/base64.h"
#include "values/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    BODY_MAX = 1 << 20,
    KEPT_MAX = 64 * 1024, /* of what cannot be read */
    CONNECTIONS_MAX = 1000,
    PORT_TRIES = 32,
    ANSWER_MS = 30 * 1000,
    KEY_CHARS = 48,
    CLIENT_CHARS = 64,
};

struct connector {
    struct connector_options options;
    struct tls_context *tls; /* or NULL */
    struct buf users;        /* lines of the secret file; empty: whoever comes */
    struct buf user;         /* of the request that is being read; empty: it has shown none */
    bool own;                /* a user posts as the device of its name alone */
    struct http_server *server;
    struct table tickets; /* ticket -> struct posting */
    uint64_t ticket_last, nonce;
    struct messages batch;
    struct arena arena;
    struct buf json, why;
};

struct posting {
    struct connector *connector;
    struct http_request *request; /* NULL: it went away */
    struct loop_timer *timer;
    size_t owed;
    uint64_t tickets[MESSAGES_MAX];
    size_t count;
};

static struct bytes ticket_key(const uint64_t *ticket) {
    return bytes_of(ticket, sizeof(*ticket));
}

/* ---- who waits */

static void posting_end(struct posting *p) {
    for (size_t i = 0; i < p->count; i++)
        (void)table_remove(&p->connector->tickets, ticket_key(&p->tickets[i]));
    loop_timer_destroy(p->timer);
    free(p);
}

static void on_gone(void *context) {
    posting_end(context);
}

static void on_deadline(void *context) {
    struct posting *p = context;
    http_answer_error(p->request, 504, "not acknowledged in time; what happened is not known");
    posting_end(p);
}

static struct posting *posting_begin(struct connector *c, struct http_request *r) {
    struct posting *p = memory_get(sizeof(*p));
    p->connector = c;
    p->request = r;
    p->timer = loop_timer_create(c->options.loop, on_deadline, p);
    loop_timer_start(p->timer, ANSWER_MS);
    http_on_gone(r, on_gone, p);
    return p;
}

static bool post_reply(struct connector *c, uint64_t ticket, struct bytes json) {
    struct posting *p = table_remove(&c->tickets, ticket_key(&ticket));
    (void)json;
    if (!p)
        return false;
    if (--p->owed)
        return true;
    http_answer(p->request, &(struct http_answer){ .status = 204 });
    posting_end(p);
    return true;
}

/* ---- asking */

static bool ask(struct connector *c, const char *type, uint64_t *ticket) {
    char key[KEY_CHARS];
    *ticket = ++c->ticket_last;
    int len = snprintf(key, sizeof(key), "%016" PRIx64 "-%" PRIu64, c->nonce, *ticket);
    struct connector_request request = {
        .type = type,
        .key = bytes_of(key, (size_t)len),
        .json = buf_bytes(&c->json),
        .ticket = *ticket,
    };
    return c->options.on_request(c->options.context, &request);
}

static void request_begin(struct connector *c, struct http_request *r) {
    buf_clear(&c->json);
    json_begin(&c->json);
    json_put_text(&c->json, "client", bytes_text("http"));
    json_put_text(&c->json, "topic", http_path(r));
    json_put_int(&c->json, "qos", 0);
    json_put_int(&c->json, "packet", 0);
}

static void message_put(struct connector *c, struct http_request *r, const struct message *m) {
    const uint8_t *text = c->batch.text.data;
    request_begin(c, r);
    json_put_text(&c->json, "device", bytes_of(text + m->device, m->device_len));
    json_put_text(&c->json, "points", bytes_of(text + m->points, m->points_len));
    if (m->has_boot)
        json_put_int(&c->json, "boot", m->boot);
    if (m->has_identity)
        json_put_int(&c->json, "seq", m->sequence);
    json_end(&c->json);
}

/* NULL: each is as its type is declared. */
static const char *messages_judge(struct connector *c, struct http_request *r) {
    for (size_t i = 0; c->options.judge && i < c->batch.count; i++) {
        message_put(c, r, &c->batch.messages[i]);
        struct connector_request request = { .type = "publish-asked", .json = buf_bytes(&c->json) };
        buf_clear(&c->why);
        if (!c->options.judge(c->options.context, &request, &c->why))
            return messages_say(&c->batch, "message", i + 1, buf_text(&c->why));
    }
    return NULL;
}

static bool message_ask(struct connector *c, struct posting *p, const struct message *m) {
    message_put(c, p->request, m);
    uint64_t *ticket = &p->tickets[p->count];
    if (!ask(c, "publish-asked", ticket))
        return false;
    (void)table_put(&c->tickets, ticket_key(ticket), p);
    p->count++;
    p->owed++;
    return true;
}

static void batch_ask(struct connector *c, struct http_request *r) {
    struct posting *p = posting_begin(c, r);
    char why[120];
    for (size_t i = 0; i < c->batch.count; i++) {
        if (message_ask(c, p, &c->batch.messages[i]))
            continue;
        (void)snprintf(why, sizeof(why), "%zu of %zu messages were taken: send it again", i,
                       c->batch.count);
        http_answer_error(r, 503, why);
        posting_end(p);
        return;
    }
}

/* Its sender knows; whoever sets devices up shall too. */
static void unread_keep(struct connector *c, struct http_request *r, const char *why) {
    struct buf kept = { 0 };
    struct bytes body = http_body(r);
    uint64_t ticket;
    base64_put(&kept, bytes_part(body, 0, body.len < KEPT_MAX ? body.len : KEPT_MAX));
    request_begin(c, r);
    json_put_text(&c->json, "reason", bytes_text(why));
    json_put_text(&c->json, "bytes", buf_bytes(&kept));
    json_end(&c->json);
    (void)ask(c, "unread-asked", &ticket); /* nobody waits for it */
    buf_finish(&kept);
}

/* ---- routes */

static bool is_known(struct connector *c, const struct http_request *r) {
    static const char scheme[] = "Basic ";
    struct bytes shown = http_field(r, "authorization");
    struct buf both = { 0 };
    buf_clear(&c->user);
    bool known = c->users.len == 0;
    if (!known && shown.len > strlen(scheme)
        && strncasecmp((const char *)shown.data, scheme, strlen(scheme)) == 0
        && base64_read(bytes_part(shown, strlen(scheme), shown.len - strlen(scheme)), &both)) {
        const uint8_t *colon = both.len ? memchr(both.data, ':', both.len) : NULL;
        size_t user = colon ? (size_t)(colon - both.data) : 0;
        known = colon
                && users_know(buf_bytes(&c->users), bytes_part(buf_bytes(&both), 0, user),
                              bytes_part(buf_bytes(&both), user + 1, both.len - user - 1));
        if (known)
            buf_put(&c->user, both.data, user);
    }
    if (both.data)
        explicit_bzero(both.data, both.len);
    buf_finish(&both);
    return known;
}

static bool refuse_stranger(struct connector *c, struct http_request *r) {
    if (is_known(c, r))
        return false;
    http_answer(r,
                &(struct http_answer){ 401, "application/problem+json",
                                       bytes_text("{\"title\":\"Unauthorized\",\"status\":401}\n"),
                                       "WWW-Authenticate: Basic realm=\"telemetry\"\r\n" });
    return true;
}

/* NULL: all of it is the user's own. */
static const char *owner_judge(struct connector *c) {
    for (size_t i = 0; c->own && i < c->batch.count; i++) {
        const struct message *m = &c->batch.messages[i];
        if (!bytes_equal(bytes_of(c->batch.text.data + m->device, m->device_len),
                         buf_bytes(&c->user)))
            return messages_say(&c->batch, "message", i + 1, "its device is not the user");
    }
    return NULL;
}

static void read_answer(struct connector *c, struct http_request *r, const char *wrong) {
    if (!wrong)
        wrong = owner_judge(c);
    if (!wrong)
        wrong = messages_judge(c, r);
    if (!wrong) {
        batch_ask(c, r);
        return;
    }
    unread_keep(c, r, wrong);
    http_answer_error(r, 400, wrong);
}

static int64_t now_ms(const struct connector *c) {
    return clock_wall_ms(loop_clock(c->options.loop));
}

/* 0: no such unit. */
static int64_t unit_of(const struct http_request *r) {
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = { { "ns", 1 },   { "n", 1 },        { "us", 1000 },
                  { "u", 1000 }, { "ms", 1000000 }, { "s", 1000000000 } };
    struct buf name = { 0 };
    int64_t ns = http_query(r, "precision", &name) ? 0 : 1;
    for (size_t i = 0; !ns && i < sizeof(units) / sizeof(*units); i++)
        if (bytes_is_text(buf_bytes(&name), units[i].name))
            ns = units[i].ns;
    buf_finish(&name);
    return ns;
}

static void on_write(void *context, struct http_request *r) {
    struct connector *c = context;
    int64_t unit_ns = unit_of(r);
    if (refuse_stranger(c, r))
        return;
    if (unit_ns)
        read_answer(c, r, messages_read_lines(&c->batch, http_body(r), unit_ns, now_ms(c)));
    else
        http_answer_error(r, 400, "precision is ns, us, ms or s");
}

static void json_take(struct connector *c, struct http_request *r,
                      const struct topic_place *place) {
    const char *wrong = messages_read_json(&c->batch, &c->arena, http_body(r), place, now_ms(c));
    read_answer(c, r, wrong);
    arena_reset(&c->arena);
}

static void on_telemetry(void *context, struct http_request *r) {
    if (!refuse_stranger(context, r))
        json_take(context, r, &(struct topic_place){ 0 });
}

static void on_device(void *context, struct http_request *r) {
    struct bytes rest = http_rest(r);
    const uint8_t *slash = rest.len ? memchr(rest.data, '/', rest.len) : NULL;
    size_t len = slash ? (size_t)(slash - rest.data) : rest.len;
    struct topic_place place = { .device = bytes_part(rest, 0, len) };
    if (slash)
        place.metric = bytes_part(rest, len + 1, rest.len - len - 1);
    if (refuse_stranger(context, r))
        return;
    if (topic_name_is_good(place.device, DEVICE_CHARS)
        && (!slash || topic_name_is_good(place.metric, METRIC_CHARS)))
        json_take(context, r, &place);
    else
        http_answer_error(r, 400, "its path is not /devices/DEVICE or /devices/DEVICE/METRIC");
}

static void on_ping(void *context, struct http_request *r) {
    (void)context;
    http_answer(r, &(struct http_answer){ .status = 204 });
}

static const struct http_route routes[] = {
    { "POST", "/write", on_write },
    { "POST", "/api/v2/write", on_write },
    { "POST", "/telemetry", on_telemetry },
    { "POST", "/devices/*", on_device },
    { "GET", "/ping", on_ping },
    { NULL, NULL, NULL },
};

/* ---- the service */

static void post_close(struct connector *c) {
    if (!c)
        return;
    http_close(c->server); /* who waits is told by on_gone */
    assert(c->tickets.count == 0);
    table_finish(&c->tickets);
    tls_context_destroy(c->tls);
    if (c->users.data)
        explicit_bzero(c->users.data, c->users.len);
    buf_finish(&c->users);
    buf_finish(&c->user);
    messages_finish(&c->batch);
    arena_finish(&c->arena);
    buf_finish(&c->json);
    buf_finish(&c->why);
    free(c);
}

static enum error listen_at(struct connector *c, const struct url *u) {
    const struct tls_files files = { url_get(u, "certificate"), url_get(u, "key"),
                                     url_get(u, "client_ca") };
    char host[ADDRESS_TEXT_BYTES];
    struct http_options options = {
        .knows_its_clients = c->users.len || files.ca,
        .problems = true,
        .host = host,
        .port_tries = PORT_TRIES,
        .routes = routes,
        .context = c,
        .body_max_bytes = BODY_MAX,
        .connections_max = CONNECTIONS_MAX,
    };
    const char *where = strncmp(u->where, "//", 2) == 0 ? u->where + 2 : u->where;
    if (address_split(where, host, &options.port))
        return url_wrong(u, "it is not HOST:PORT");
    const char *own = url_get(u, "own");
    c->own = own && strcmp(own, "yes") == 0;
    if (own && !c->own && strcmp(own, "no") != 0)
        return url_wrong(u, "own is yes or no");
    if (!files.certificate != !files.key || (files.ca && !files.key))
        return url_wrong(u, "TLS wants certificate and key, and client_ca wants TLS");
    if (files.key)
        TRY(tls_context_listen(&c->tls, &files));
    options.tls = c->tls;
    return http_open(&c->server, c->options.loop, &options);
}

static enum error post_open(struct connector **out, const struct connector_options *options) {
    static const char *const known[] = { "certificate", "key", "client_ca", "own", NULL };
    static const struct url_form form = { "telemetry", known, "telemetry://127.0.0.1:8086" };
    struct connector *c = memory_get(sizeof(*c));
    struct url u = { 0 };
    c->options = *options;
    c->options.url = c->options.secret = NULL; /* the caller's, and may go */
    buf_put(&c->users, options->secret, options->secret ? options->secret_len : 0);
    random_system(&c->nonce, sizeof(c->nonce));
    enum error e = url_read(&u, &form, options->url);
    if (!e)
        e = listen_at(c, &u);
    url_finish(&u);
    if (e) {
        post_close(c);
        c = NULL;
    }
    *out = c;
    return e;
}

static int post_port(const struct connector *c) {
    return http_port(c->server);
}

const struct connector_service telemetry_connector = {
    .scheme = "telemetry",
    .after_log = true,
    .open = post_open,
    .reply = post_reply,
    .port = post_port,
    .close = post_close,
};
