/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One HTTP server, one HTTP client, an array of orders. */
#include "agency.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"
#include "http_client.h"
#include "values/base64.h"
#include "values/digest.h"
#include "values/json.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ORDERS_MAX = 20000,
    NAME_MAX_CHARS = 40,
    SECRET_MAX = 4096,
    DONE_MS = 60,
    AGAIN_MS = 150,
    ANSWER_MS = 3000,
    LINE_MAX = 600
};

enum order_state { ORDER_pending, ORDER_complete, ORDER_canceled };

struct order {
    char reference[NAME_MAX_CHARS], employee[NAME_MAX_CHARS];
    enum order_state state;
    int64_t due_ms;    /* when it is complete */
    unsigned webhooks; /* still to be sent; each is sent until it is taken */
    int64_t call_ms;   /* not before */
};

struct agency {
    struct agency_options options;
    struct double_server *server;
    struct http_client client;
    struct random random;
    struct order *orders;
    size_t count;
    size_t called; /* the order that a webhook is on its way for, 1-based; 0: none */
    bool forged;   /* that one is not ours */
    uint64_t refused, fooled;
};

bool agency_finds(struct bytes employee) {
    return employee.len && employee.data[employee.len - 1] == '7';
}

static int64_t now_ms(void) {
    return clock_steady_ms(clock_real());
}

/* ---- orders */

static struct order *order_find(struct agency *v, struct bytes reference) {
    for (size_t i = v->count; i-- > 0;)
        if (bytes_is_text(reference, v->orders[i].reference))
            return &v->orders[i];
    return NULL;
}

static void order_tell(struct agency *v, const struct order *o, const char *what) {
    struct history_record r = {
        .kind = HISTORY_seen,
        .operation = HISTORY_order,
        .id = history_text(v->options.history, o->reference),
        .key = history_text(v->options.history, o->employee),
    };
    memcpy(r.code, what, 2);
    history_put(v->options.history, r);
}

static void name_copy(char out[NAME_MAX_CHARS], struct bytes from) {
    (void)snprintf(out, NAME_MAX_CHARS, "%.*s", (int)from.len, (const char *)from.data);
}

static int order_make(struct agency *v, struct bytes body, struct order **out) {
    struct json j;
    struct bytes reference, employee;
    int status = 400;
    if (json_read(&j, body))
        return status;
    if (json_get_text(&j, "reference", &reference) && json_get_text(&j, "employee", &employee)
        && reference.len < NAME_MAX_CHARS && employee.len < NAME_MAX_CHARS
        && v->count < ORDERS_MAX) {
        *out = order_find(v, reference);
        status = *out ? 409 : 201;
    }
    if (status == 201) {
        assert(v->orders);
        struct order *o = &v->orders[v->count++];
        *out = o;
        *o = (struct order){ .webhooks = 1 + (unsigned)random_below(&v->random, 2) };
        name_copy(o->reference, reference);
        name_copy(o->employee, employee);
        o->due_ms = now_ms() + (int64_t)random_below(&v->random, 3) * DONE_MS;
        order_tell(v, o, "mk");
    }
    json_finish(&j);
    return status;
}

static int order_cancel(struct agency *v, struct order *o) {
    if (o->state == ORDER_complete)
        return 409;
    if (o->state == ORDER_pending)
        order_tell(v, o, "cx");
    o->state = ORDER_canceled;
    o->webhooks = 0;
    return 200;
}

static void order_put(const struct order *o, struct buf *out) {
    static const char *const states[] = { "pending", "complete", "canceled" };
    json_begin(out);
    json_put_text(out, "reference", bytes_text(o->reference));
    json_put_text(out, "employee", bytes_text(o->employee));
    json_put_text(out, "status", bytes_text(states[o->state]));
    if (o->state == ORDER_complete)
        json_put_text(out, "result",
                      bytes_text(agency_finds(bytes_text(o->employee)) ? "consider" : "clear"));
    json_end(out);
}

static void on_effect(void *context, const struct double_effect *effect) {
    (void)context;
    (void)effect;
}

/* It is done here, as the server says so when it does what it is asked, whatever it tells. */
static void answer(void *context, const struct double_effect *effect, struct double_answer *out) {
    static const char orders[] = "/orders/";
    struct agency *v = context;
    struct order *o = NULL;
    size_t len = strlen(orders);
    if (effect->path.len > len && memcmp(effect->path.data, orders, len) == 0)
        o = order_find(v, bytes_of(effect->path.data + len, effect->path.len - len));
    if (bytes_is_text(effect->method, "POST"))
        out->status = order_make(v, effect->content, &o);
    else if (o && bytes_is_text(effect->method, "DELETE"))
        out->status = order_cancel(v, o);
    else
        out->status = o ? 200 : 404;
    if (o)
        order_put(o, &out->body);
}

/* ---- webhooks */

static void signature_put(struct buf *out, struct bytes key, const char *content) {
    uint8_t mac[SHA256_BYTES];
    hmac_sha256(key, bytes_text(content), mac);
    buf_put_text(out, "v1,");
    base64_put(out, bytes_of(mac, sizeof(mac)));
}

static void webhook_send(struct agency *v, const struct order *o, struct bytes secret,
                         int64_t at_s) {
    char content[2 * LINE_MAX], id[2 * NAME_MAX_CHARS], body[LINE_MAX];
    struct buf headers = { 0 };
    (void)snprintf(id, sizeof(id), "msg_%s%s", o->reference, v->forged ? "_forged" : "");
    (void)snprintf(body, sizeof(body), "{\"type\":\"report.complete\",\"reference\":\"%s\"}",
                   o->reference);
    (void)snprintf(content, sizeof(content), "%s.%lld.%s", id, (long long)at_s, body);
    buf_print(&headers,
              "Content-Type: application/json\r\nwebhook-id: %s\r\nwebhook-timestamp: %lld\r\n"
              "webhook-signature: ",
              id, (long long)at_s);
    signature_put(&headers, v->forged ? bytes_text("another") : secret, content);
    buf_put_text(&headers, "\r\n");
    struct http_request q = { "POST", "/webhooks", buf_text(&headers), bytes_text(body) };
    http_client_ask(&v->client, &q, now_ms() + ANSWER_MS);
    buf_finish(&headers);
}

static struct order *order_to_call(struct agency *v) {
    for (size_t i = 0; i < v->count; i++) {
        struct order *o = &v->orders[i];
        if (o->state == ORDER_complete && o->webhooks && now_ms() >= o->call_ms)
            return o;
    }
    return NULL;
}

static void webhook_begin(struct agency *v, int64_t ahead_s) {
    struct buf secret = { 0 };
    struct order *o = v->client.port ? order_to_call(v) : NULL;
    if (o && !disk_read_whole(disk_real(), v->options.secret_file, SECRET_MAX, &secret)) {
        v->called = (size_t)(o - v->orders) + 1;
        v->forged = random_below(&v->random, 6) == 0;
        webhook_send(v, o, buf_bytes(&secret), clock_wall_ms(clock_real()) / 1000 + ahead_s);
    }
    buf_finish(&secret);
}

static void webhook_end(struct agency *v, int status) {
    struct order *o = &v->orders[v->called - 1];
    bool taken = status >= 200 && status < 300;
    if (v->forged) {
        v->refused += status == 401;
        v->fooled += taken;
    } else if (taken)
        o->webhooks -= o->webhooks > 0;
    if (!taken && !v->forged)
        o->call_ms = now_ms() + AGAIN_MS;
    v->called = 0;
}

static void webhooks_turn(struct agency *v, int64_t ahead_s) {
    struct http_answer a;
    struct pollfd p = http_client_poll(&v->client);
    if (!v->called) {
        webhook_begin(v, ahead_s);
        return;
    }
    (void)poll(&p, 1, 0);
    enum http_state state = http_client_turn(&v->client, now_ms(), p.revents, &a);
    if (state == HTTP_waits)
        return;
    webhook_end(v, state == HTTP_answered ? a.status : 0);
    webhook_begin(v, ahead_s);
}

struct pollfd agency_poll(const struct agency *v) {
    return http_client_poll(&v->client);
}

/* ---- its life */

enum error agency_open(struct agency **out, const struct agency_options *options) {
    struct agency *v = *out = memory_get(sizeof(*v));
    v->options = *options;
    v->random = random_seeded(options->seed * 7 + 5);
    v->orders = memory_get(ORDERS_MAX * sizeof(*v->orders));
    http_client_init(&v->client, 0);
    struct double_options d = { DOUBLE_http, on_effect, answer, v };
    return double_open(&v->server, &d);
}

void agency_close(struct agency *v) {
    if (!v)
        return;
    http_client_finish(&v->client);
    double_close(v->server);
    free(v->orders);
    free(v);
}

int agency_port(const struct agency *v) {
    return double_port(v->server);
}

void agency_calls(struct agency *v, int webhook_port) {
    v->client.port = webhook_port;
}

void agency_turn(struct agency *v, enum double_mood mood, int64_t ahead_s) {
    double_turn(v->server, mood);
    for (size_t i = 0; i < v->count; i++)
        if (v->orders[i].state == ORDER_pending && now_ms() >= v->orders[i].due_ms)
            v->orders[i].state = ORDER_complete;
    webhooks_turn(v, ahead_s);
}

bool agency_is_idle(const struct agency *v) {
    for (size_t i = 0; i < v->count; i++)
        if (v->orders[i].state == ORDER_pending || v->orders[i].webhooks)
            return false;
    return !v->called;
}

uint64_t agency_orders(const struct agency *v) {
    return v->count;
}

uint64_t agency_refused(const struct agency *v) {
    return v->refused;
}

uint64_t agency_fooled(const struct agency *v) {
    return v->fooled;
}
