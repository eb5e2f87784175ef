/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* As much of MQTT 3.1.1 as a device needs. */
#include "mqtt_client.h"

#include "base/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PART = 4096, INPUT_MAX = 64 << 10, AGAIN_MS = 60, SILENCE_MS = 6000, KEEP_ALIVE_S = 600 };
enum { CONNACK = 0x20, PUBACK = 0x40, PUBREC = 0x50, PUBREL = 0x62, PUBCOMP = 0x70 };

void mqtt_client_init(struct mqtt_client *c, const char *name, int port) {
    *c = (struct mqtt_client){ .port = port, .fd = -1 };
    (void)snprintf(c->name, sizeof(c->name), "%s", name);
}

static void line_close(struct mqtt_client *c) {
    if (c->fd >= 0)
        (void)close(c->fd);
    c->fd = -1;
    c->connected = c->accepted = false;
    buf_clear(&c->in);
    buf_clear(&c->out);
}

void mqtt_client_finish(struct mqtt_client *c) {
    line_close(c);
    buf_finish(&c->in);
    buf_finish(&c->out);
}

/* ---- packets */

static void put_int16(struct buf *out, size_t n) {
    buf_put_byte(out, (uint8_t)(n >> 8));
    buf_put_byte(out, (uint8_t)n);
}

static void put_text(struct buf *out, const char *text) {
    put_int16(out, strlen(text));
    buf_put_text(out, text);
}

static void packet_put(struct buf *out, uint8_t head, const struct buf *body) {
    size_t left = body->len;
    buf_put_byte(out, head);
    do {
        buf_put_byte(out, (uint8_t)(left % 128 | (left > 127 ? 128 : 0)));
        left /= 128;
    } while (left);
    buf_put(out, body->data, body->len);
}

static void connect_put(struct mqtt_client *c) {
    struct buf body = { 0 };
    put_text(&body, "MQTT");
    buf_put_byte(&body, 4); /* 3.1.1 */
    buf_put_byte(&body, 0); /* the session stays */
    put_int16(&body, KEEP_ALIVE_S);
    put_text(&body, c->name);
    packet_put(&c->out, 0x10, &body);
    buf_finish(&body);
}

static void message_put(struct mqtt_client *c, const struct mqtt_message *m, bool again) {
    struct buf body = { 0 };
    if (m->state == MQTT_sent)
        put_text(&body, m->topic);
    put_int16(&body, m->packet);
    if (m->state == MQTT_sent)
        buf_put_text(&body, m->payload);
    unsigned head = 0x30U | (unsigned)m->qos << 1 | (again ? 8 : 0);
    packet_put(&c->out, m->state == MQTT_released ? PUBREL : (uint8_t)head, &body);
    buf_finish(&body);
}

/* ---- the window */

struct mqtt_message *mqtt_client_free(struct mqtt_client *c) {
    for (size_t i = 0; i < MQTT_WINDOW; i++)
        if (c->window[i].state == MQTT_free)
            return &c->window[i];
    return NULL;
}

size_t mqtt_client_open(const struct mqtt_client *c) {
    size_t open = 0;
    for (size_t i = 0; i < MQTT_WINDOW; i++)
        open += c->window[i].state != MQTT_free;
    return open;
}

static struct mqtt_message *message_find(struct mqtt_client *c, unsigned packet) {
    for (size_t i = 0; i < MQTT_WINDOW; i++)
        if (c->window[i].state != MQTT_free && c->window[i].packet == packet)
            return &c->window[i];
    return NULL;
}

void mqtt_client_publish(struct mqtt_client *c, struct mqtt_message *m) {
    assert(m->state == MQTT_free);
    c->packet = (uint16_t)(c->packet % 60000 + 1);
    m->packet = c->packet;
    m->order = ++c->orders;
    m->state = MQTT_sent;
    if (c->accepted)
        message_put(c, m, false);
}

static int by_order(const void *a, const void *b) {
    const struct mqtt_message *const *x = a, *const *y = b;
    return ((*x)->order > (*y)->order) - ((*x)->order < (*y)->order);
}

/* In the order in which they were sent first, as the standard wants it. */
static void window_send(struct mqtt_client *c) {
    struct mqtt_message *open[MQTT_WINDOW] = { NULL };
    size_t count = 0;
    for (size_t i = 0; i < MQTT_WINDOW; i++)
        if (c->window[i].state != MQTT_free)
            open[count++] = &c->window[i];
    qsort(open, count, sizeof(open[0]), by_order);
    for (size_t i = 0; i < count; i++)
        message_put(c, open[i], true);
}

/* ---- what comes */

static void acknowledged(struct mqtt_client *c, uint8_t head, unsigned packet) {
    struct mqtt_message *m = message_find(c, packet);
    if (!m)
        return;
    if (head == PUBREC && m->qos == 2) {
        m->state = MQTT_released;
        message_put(c, m, false);
    } else if ((head == PUBACK && m->qos == 1) || (head == PUBCOMP && m->state == MQTT_released)) {
        m->state = MQTT_free;
        c->on_acknowledged(c->context, m);
    }
}

/* Every packet for one who only publishes has less than 128 bytes. False: this is none. */
static bool packets_take(struct mqtt_client *c) {
    while (c->in.len >= 2 && c->in.len >= 2U + c->in.data[1]) {
        uint8_t head = c->in.data[0], len = c->in.data[1];
        if (len > 127 || len < 2)
            return false;
        unsigned number = (unsigned)c->in.data[2] << 8 | c->in.data[3];
        if (head == CONNACK && (number & 0xff) != 0)
            return false;
        buf_drop_front(&c->in, 2U + len);
        if (head == CONNACK) {
            c->accepted = true;
            c->connects++;
            window_send(c);
        } else
            acknowledged(c, head, number);
    }
    return c->in.len < INPUT_MAX;
}

/* ---- the line */

static void line_open(struct mqtt_client *c, int64_t now_ms) {
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)c->port) };
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->wake_ms = now_ms + AGAIN_MS;
    c->heard_ms = now_ms;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        return;
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(c->fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS) {
        line_close(c);
        return;
    }
    connect_put(c);
}

struct pollfd mqtt_client_poll(const struct mqtt_client *c) {
    bool writes = c->fd >= 0 && c->out.len;
    return (struct pollfd){ c->fd, (short)(writes ? POLLIN | POLLOUT : POLLIN), 0 };
}

/* False: it is gone. */
static bool line_turn(struct mqtt_client *c, int64_t now_ms, short revents) {
    if (revents & POLLOUT && c->out.len) {
        ssize_t sent = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (sent > 0)
            buf_drop_front(&c->out, (size_t)sent);
    }
    if (!(revents & (POLLIN | POLLHUP | POLLERR)))
        return true;
    ssize_t got = recv(c->fd, buf_extend(&c->in, PART), PART, 0);
    c->in.len -= got > 0 ? (size_t)(PART - got) : PART;
    c->heard_ms = got > 0 ? now_ms : c->heard_ms;
    return (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) && packets_take(c);
}

/* Who hears nothing for long though it waits dials again. */
void mqtt_client_turn(struct mqtt_client *c, int64_t now_ms, short revents) {
    bool waits = c->fd >= 0 && (!c->accepted || mqtt_client_open(c));
    if (!waits)
        c->heard_ms = now_ms;
    if (c->fd >= 0
        && (!line_turn(c, now_ms, revents) || (waits && now_ms > c->heard_ms + SILENCE_MS)))
        line_close(c);
    if (c->fd < 0 && now_ms >= c->wake_ms)
        line_open(c, now_ms);
}
