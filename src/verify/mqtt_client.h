/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A client of an MQTT 3.1.1 server that only publishes: a window of messages which nobody has
 * acknowledged yet, sent again in their order on each new connection of the same session. */
#ifndef OCTAVO_VERIFY_MQTT_CLIENT_H
#define OCTAVO_VERIFY_MQTT_CLIENT_H

#include "base/bytes.h"

#include <poll.h>

enum { MQTT_WINDOW = 20, MQTT_TOPIC_MAX = 48, MQTT_PAYLOAD_MAX = 200 };

enum mqtt_state { MQTT_free, MQTT_sent, MQTT_released };

struct mqtt_message {
    char topic[MQTT_TOPIC_MAX], payload[MQTT_PAYLOAD_MAX];
    uint64_t id; /* the caller's own */
    uint64_t order;
    uint16_t packet;
    uint8_t qos; /* 1 or 2 */
    enum mqtt_state state;
};

struct mqtt_client {
    int port; /* at 127.0.0.1 */
    char name[16];
    int fd; /* -1: no line */
    bool connected, accepted;
    int64_t wake_ms, heard_ms;
    struct buf in, out;
    struct mqtt_message window[MQTT_WINDOW];
    uint64_t orders;
    uint16_t packet;
    uint64_t connects;
    void (*on_acknowledged)(void *context, const struct mqtt_message *m);
    void *context;
};

/* on_acknowledged and context are the caller's to set. */
void mqtt_client_init(struct mqtt_client *c, const char *name, int port);
void mqtt_client_finish(struct mqtt_client *c);
/* A free place of the window, to be filled with topic, payload, id and qos; NULL: none. */
struct mqtt_message *mqtt_client_free(struct mqtt_client *c);
void mqtt_client_publish(struct mqtt_client *c, struct mqtt_message *m);
size_t mqtt_client_open(const struct mqtt_client *c); /* messages not acknowledged yet */
struct pollfd mqtt_client_poll(const struct mqtt_client *c);
void mqtt_client_turn(struct mqtt_client *c, int64_t now_ms, short revents);

#endif
