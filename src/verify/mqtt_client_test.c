/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "mqtt_client.h"

#include "base/clock.h"
#include "base/test.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT_MS = 20000, CONNECT_LEN = 22 };

struct server {
    int listener, fd;
    struct mqtt_client client;
    struct buf in;
    uint64_t told; /* ids, one decimal digit each */
};

static void on_acknowledged(void *context, const struct mqtt_message *m) {
    struct server *s = context;
    s->told = s->told * 10 + m->id;
}

static void given_server(struct server *s) {
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof(at);
    *s = (struct server){ .fd = -1 };
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    CHECK(!bind(s->listener, (struct sockaddr *)&at, sizeof(at)) && !listen(s->listener, 4)
          && !getsockname(s->listener, (struct sockaddr *)&at, &len));
    mqtt_client_init(&s->client, "verify-0", ntohs(at.sin_port));
    s->client.on_acknowledged = on_acknowledged;
    s->client.context = s;
}

static void server_finish(struct server *s) {
    mqtt_client_finish(&s->client);
    buf_finish(&s->in);
    (void)close(s->fd);
    (void)close(s->listener);
}

static void turn(struct server *s) {
    struct pollfd p = mqtt_client_poll(&s->client);
    (void)poll(&p, 1, 1);
    mqtt_client_turn(&s->client, clock_steady_ms(clock_real()), p.revents);
    if (s->fd < 0)
        s->fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (s->fd < 0)
        return;
    ssize_t got = recv(s->fd, buf_extend(&s->in, 4096), 4096, 0);
    s->in.len -= got > 0 ? (size_t)(4096 - got) : 4096;
}

/* Until the client has sent so many bytes. */
static void until_sent(struct server *s, size_t len) {
    int64_t limit = clock_steady_ms(clock_real()) + LIMIT_MS;
    while (s->in.len < len) {
        turn(s);
        CHECK(clock_steady_ms(clock_real()) < limit);
    }
}

static void until_told(struct server *s, uint64_t told) {
    int64_t limit = clock_steady_ms(clock_real()) + LIMIT_MS;
    while (s->told != told) {
        turn(s);
        CHECK(clock_steady_ms(clock_real()) < limit);
    }
}

static void say(struct server *s, uint8_t head, uint8_t first, uint8_t second) {
    uint8_t packet[4] = { head, 2, first, second };
    CHECK(send(s->fd, packet, sizeof(packet), MSG_NOSIGNAL) == 4);
}

static void break_line(struct server *s) {
    int64_t limit = clock_steady_ms(clock_real()) + LIMIT_MS;
    (void)close(s->fd);
    s->fd = -1;
    buf_clear(&s->in);
    while (s->client.connected || s->client.accepted) {
        struct pollfd p = mqtt_client_poll(&s->client);
        (void)poll(&p, 1, 1);
        mqtt_client_turn(&s->client, clock_steady_ms(clock_real()), p.revents);
        CHECK(clock_steady_ms(clock_real()) < limit);
    }
}

static void publish(struct server *s, uint64_t id, uint8_t qos) {
    struct mqtt_message *m = mqtt_client_free(&s->client);
    CHECK(m);
    (void)snprintf(m->topic, sizeof(m->topic), "t");
    (void)snprintf(m->payload, sizeof(m->payload), "%llu", (unsigned long long)id);
    m->id = id;
    m->qos = qos;
    mqtt_client_publish(&s->client, m);
}

static const uint8_t hello[CONNECT_LEN] = "\x10\x14\0\4MQTT\4\0\2\x58\0\x8verify-0";

TEST(what_is_not_acknowledged_is_sent_again_in_its_order) {
    struct server s;
    given_server(&s);
    publish(&s, 1, 1);
    publish(&s, 2, 2);
    until_sent(&s, CONNECT_LEN);
    CHECK(s.in.len == CONNECT_LEN && memcmp(s.in.data, hello, CONNECT_LEN) == 0);
    buf_clear(&s.in);
    say(&s, 0x20, 0, 0);
    until_sent(&s, 16);
    CHECK(memcmp(s.in.data, "\x3a\6\0\1t\0\1\x31\x3c\6\0\1t\0\2\x32", 16) == 0);
    break_line(&s);
    until_sent(&s, CONNECT_LEN);
    buf_clear(&s.in);
    say(&s, 0x20, 1, 0);
    until_sent(&s, 16);
    CHECK(memcmp(s.in.data, "\x3a\6\0\1t\0\1\x31\x3c\6\0\1t\0\2\x32", 16) == 0);
    say(&s, 0x40, 0, 1);
    until_told(&s, 1);
    CHECK(mqtt_client_open(&s.client) == 1 && s.client.connects == 2);
    server_finish(&s);
}

TEST(what_is_received_is_only_released_on_a_new_line) {
    struct server s;
    given_server(&s);
    publish(&s, 7, 2);
    until_sent(&s, CONNECT_LEN);
    say(&s, 0x20, 0, 0);
    until_sent(&s, CONNECT_LEN + 8);
    buf_clear(&s.in);
    say(&s, 0x50, 0, 1);
    until_sent(&s, 4);
    CHECK(memcmp(s.in.data, "\x62\2\0\1", 4) == 0 && s.told == 0);
    break_line(&s);
    until_sent(&s, CONNECT_LEN);
    buf_clear(&s.in);
    say(&s, 0x20, 1, 0);
    until_sent(&s, 4);
    CHECK(memcmp(s.in.data, "\x62\2\0\1", 4) == 0);
    say(&s, 0x70, 0, 1);
    until_told(&s, 7);
    server_finish(&s);
}

TEST(a_window_is_never_more_than_full) {
    struct server s;
    given_server(&s);
    for (uint64_t i = 0; i < MQTT_WINDOW; i++)
        publish(&s, i, 1);
    CHECK(!mqtt_client_free(&s.client) && mqtt_client_open(&s.client) == MQTT_WINDOW);
    server_finish(&s);
}
