/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "http_client.h"

#include "base/clock.h"
#include "base/test.h"
#include "double.h"

#include <string.h>

enum { LIMIT_MS = 10000 };

struct vendor {
    struct double_server *server;
    struct http_client client;
    enum double_mood mood;
    size_t taken;
    struct buf said;
};

static void on_effect(void *context, const struct double_effect *effect) {
    struct vendor *v = context;
    v->taken++;
    buf_print(&v->said, "%.*s %.*s %.*s %.*s\n", (int)effect->method.len,
              (const char *)effect->method.data, (int)effect->path.len,
              (const char *)effect->path.data, (int)effect->id.len, (const char *)effect->id.data,
              (int)effect->content.len, (const char *)effect->content.data);
}

static void answer(void *context, const struct double_effect *effect, struct double_answer *out) {
    bool known = bytes_is_text(effect->path, "/orders/7");
    (void)context;
    out->status = known ? 200 : 404;
    buf_put_text(&out->body, known ? "{\"order\":7}" : "{}");
}

static void given_vendor(struct vendor *v) {
    struct double_options options = {
        .speaks = DOUBLE_http, .on_effect = on_effect, .answer = answer, .context = v
    };
    CHECK_OK(double_open(&v->server, &options));
    http_client_init(&v->client, double_port(v->server));
}

static void vendor_finish(struct vendor *v) {
    http_client_finish(&v->client);
    double_close(v->server);
    buf_finish(&v->said);
}

static enum http_state until_end(struct vendor *v, struct http_answer *out) {
    int64_t limit = clock_steady_ms(clock_real()) + LIMIT_MS;
    for (;;) {
        struct pollfd p = http_client_poll(&v->client);
        (void)poll(&p, 1, 1);
        double_turn(v->server, v->mood);
        enum http_state state =
            http_client_turn(&v->client, clock_steady_ms(clock_real()), p.revents, out);
        if (state != HTTP_waits)
            return state;
        CHECK(clock_steady_ms(clock_real()) < limit + LIMIT_MS);
    }
}

static void ask(struct vendor *v, const char *method, const char *path, const char *body) {
    struct http_request q = { method, path, "Idempotency-Key: k-1\r\n", bytes_text(body) };
    http_client_ask(&v->client, &q, clock_steady_ms(clock_real()) + LIMIT_MS);
}

TEST(a_request_is_answered_as_the_double_was_told) {
    struct vendor v = { 0 };
    struct http_answer a;
    given_vendor(&v);
    ask(&v, "PUT", "/orders/7", "{\"pieces\":2}");
    CHECK_INT(until_end(&v, &a), HTTP_answered);
    CHECK_INT(a.status, 200);
    CHECK_BYTES(a.body, bytes_text("{\"order\":7}"));
    ask(&v, "GET", "/orders/8", "");
    CHECK_INT(until_end(&v, &a), HTTP_answered);
    CHECK_INT(a.status, 404);
    CHECK_TEXT(buf_text(&v.said), "PUT /orders/7 k-1 {\"pieces\":2}\nGET /orders/8 k-1 \n");
    vendor_finish(&v);
}

TEST(what_was_done_and_not_said_is_lost_to_the_caller) {
    struct vendor v = { .mood = DOUBLE_lossy };
    struct http_answer a;
    given_vendor(&v);
    ask(&v, "POST", "/orders/7", "{}");
    CHECK_INT(until_end(&v, &a), HTTP_lost);
    CHECK_INT((long long)v.taken, 1);
    v.mood = DOUBLE_well;
    ask(&v, "POST", "/orders/7", "{}");
    CHECK_INT(until_end(&v, &a), HTTP_answered);
    CHECK_INT((long long)v.taken, 2);
    vendor_finish(&v);
}

TEST(a_failing_vendor_says_so_and_does_nothing) {
    struct vendor v = { .mood = DOUBLE_failing };
    struct http_answer a;
    given_vendor(&v);
    ask(&v, "POST", "/orders/7", "{}");
    CHECK_INT(until_end(&v, &a), HTTP_answered);
    CHECK_INT(a.status, 503);
    CHECK_INT((long long)v.taken, 0);
    vendor_finish(&v);
}

TEST(nobody_there_is_lost_at_once) {
    struct vendor v = { 0 };
    struct http_answer a;
    given_vendor(&v);
    v.mood = DOUBLE_away;
    ask(&v, "GET", "/", "");
    CHECK_INT(until_end(&v, &a), HTTP_lost);
    CHECK_BYTES(http_header(bytes_text("HTTP/1.1 200 OK\r\nETag:  \"a\" \r\n"), "etag"),
                bytes_text("\"a\""));
    vendor_finish(&v);
}
