/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For the tests of the service: terminals and connector share one loop, the gateway is a function
 * that remembers what it was asked. */
#ifndef OCTAVO_CONNECTORS_ISO8583_CONNECTOR_FIXTURE_H
#define OCTAVO_CONNECTORS_ISO8583_CONNECTOR_FIXTURE_H

#include "iso8583.h"

#include "message.h"

#include "base/event.h"
#include "base/test.h"
#include "net/listener.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CARD "9999990000005765"

enum { ASKED_MAX = 4096, PATIENCE_MS = 5000 };

static struct loop *loop;
static struct connector *connector;
static struct iso_dialect dialect;
static struct iso_message message;

/* What the gateway was asked. */
static int asked_count;
static uint64_t tickets[ASKED_MAX];
static char asked_type[32];
static char asked_key[96];
static struct buf asked_json;
static bool accepting = true;

struct client {
    struct connection *connection;
    struct buf received;
    bool closed;
};

static bool as_declared = true;

static inline bool judge(void *context, const struct connector_request *r, struct buf *why) {
    (void)context;
    (void)r;
    buf_put_text(why, as_declared ? "" : "/amount: below the minimum 1");
    return as_declared;
}

static inline bool on_request(void *context, const struct connector_request *r) {
    (void)context;
    CHECK(r->ticket != 0);
    if (!accepting)
        return false;
    tickets[asked_count++ % ASKED_MAX] = r->ticket;
    (void)snprintf(asked_type, sizeof asked_type, "%s", r->type);
    (void)snprintf(asked_key, sizeof asked_key, "%.*s", (int)r->key.len, (const char *)r->key.data);
    buf_clear(&asked_json);
    buf_put_bytes(&asked_json, r->json);
    return true;
}

static inline size_t client_on_data(void *context, struct bytes data) {
    buf_put_bytes(&((struct client *)context)->received, data);
    return data.len;
}

static inline void client_on_closed(void *context) {
    ((struct client *)context)->closed = true;
}

static inline void given_connector(const char *parameters) {
    char url[320];
    (void)snprintf(url, sizeof url, "iso8583://127.0.0.1:0?dialect=%s", parameters);
    struct connector_options options = {
        .url = url, .secret = "a key", .secret_len = 5, .on_request = on_request, .judge = judge
    };
    CHECK_OK(loop_create(&loop, clock_real()));
    options.loop = loop;
    CHECK_OK(iso8583_connector.open(&connector, &options));
    url[strcspn(url, "&")] = 0;
    CHECK_OK(iso_dialect_open(&dialect, disk_real(), strchr(url, '=') + 1));
}

static inline void finish(void) {
    iso8583_connector.close(connector);
    loop_destroy(loop);
    buf_finish(&asked_json);
}

static inline void client_open(struct client *c) {
    static const struct connection_handlers handlers = { NULL, client_on_data, client_on_closed };
    *c = (struct client){ 0 };
    CHECK_OK(connection_connect(&c->connection, loop, "127.0.0.1",
                                iso8583_connector.port(connector), &handlers, c));
}

static inline void client_close(struct client *c) {
    if (!c->closed)
        connection_close(c->connection);
    while (!c->closed)
        loop_turn(loop, 10);
    buf_finish(&c->received);
}

static inline void client_send(struct client *c) {
    struct buf wire = { 0 };
    CHECK_OK(iso_pack(&dialect, &message, &wire));
    connection_send(c->connection, buf_bytes(&wire));
    buf_finish(&wire);
}

/* Waits for one whole answer and reads it into `message`, whose fields borrow `kept`. */
static inline void answer_wait(struct client *c) {
    static struct buf kept;
    struct bytes found;
    size_t used = 0;
    int64_t end = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (iso_frame_find(&dialect, buf_bytes(&c->received), &found, &used) != ISO_FRAME_WHOLE) {
        CHECK(!c->closed);
        CHECK(clock_steady_ms(clock_real()) < end);
        loop_turn(loop, 10);
    }
    buf_clear(&kept);
    buf_put_bytes(&kept, found);
    buf_drop_front(&c->received, used);
    CHECK_OK(iso_unpack(&dialect, buf_bytes(&kept), &message));
}

static inline void asked_wait(int count) {
    int64_t end = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (asked_count < count) {
        CHECK(clock_steady_ms(clock_real()) < end);
        loop_turn(loop, 10);
    }
}

static inline void closed_wait(struct client *c) {
    int64_t end = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (!c->closed) {
        CHECK(clock_steady_ms(clock_real()) < end);
        loop_turn(loop, 10);
    }
}

static inline void message_put(int number, const char *text) {
    message.fields[number] = bytes_text(text);
}

static inline void withdrawal_make(const char *stan) {
    iso_message_init(&message);
    memcpy(message.mti, "0200", 5);
    message_put(2, CARD);
    message_put(3, "010000");
    message_put(4, "000000123450");
    message_put(7, "1122153000");
    message_put(11, stan);
    message_put(13, "1122");
    message_put(35, CARD "=2812101");
    message_put(37, "ABCDEF000001");
    message_put(41, "ATM00001");
    message_put(49, "203");
    message_put(52, "\x01\x02\x03\x04\x05\x06\x07\x08");
}

static inline void check_answer(const char *mti, const char *code) {
    CHECK_TEXT(message.mti, mti);
    CHECK_BYTES(message.fields[39], bytes_text(code));
    CHECK(!message.fields[2].data && !message.fields[35].data && !message.fields[52].data);
}

static inline bool reply(uint64_t ticket, const char *json) {
    return iso8583_connector.reply(connector, ticket, bytes_text(json));
}

static inline void network_send(struct client *c, const char *code) {
    iso_message_init(&message);
    memcpy(message.mti, "0800", 5);
    message_put(11, "000009");
    message_put(70, code);
    client_send(c);
    answer_wait(c);
}

static inline void withdrawal_send(struct client *c, const char *stan) {
    withdrawal_make(stan);
    client_send(c);
}

#endif
