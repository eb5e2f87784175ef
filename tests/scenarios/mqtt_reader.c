// rooms: connectors/mqtt
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* mqtt_reader: what our reader of MQTT makes of packets, for mqtt_peer.js to hold against
 * another's.
 *
 * A line of standard input is a packet in hexadecimal; a line of standard output is what was read
 * of it, names and values with tabs between, texts in hexadecimal; or "bad". Behind "write" stands
 * what we write ourselves: write connack 1 0, write id TYPE ID, write suback ID COUNT CODE,
 * write publish QOS ID BYTES. */
#include "mqtt/packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_CHARS = 1 << 20, PACKET_MAX = 1 << 19 };

static void hex_print(const char *name, struct bytes b) {
    (void)printf("\t%s=", name);
    for (size_t i = 0; i < b.len; i++)
        (void)printf("%02x", b.data[i]);
}

static bool connect_print(const struct mqtt_packet *p) {
    struct mqtt_connect c;
    if (!mqtt_connect_read(p, &c))
        return false;
    (void)printf("connect\tother=%d\tclean=%d\tkeepalive=%d\twill=%d\tqos=%d", c.other_protocol,
                 c.clean_session, c.keep_alive_s, c.has_will, c.will_qos);
    hex_print("client", c.client);
    hex_print("topic", c.will_topic);
    hex_print("payload", c.will_payload);
    hex_print("user", c.user);
    hex_print("password", c.password);
    return true;
}

static bool publish_print(const struct mqtt_packet *p) {
    struct mqtt_publish m;
    if (!mqtt_publish_read(p, &m))
        return false;
    (void)printf("publish\tqos=%d\tdup=%d\tretain=%d\tid=%d", m.qos, m.duplicate, m.retain, m.id);
    hex_print("topic", m.topic);
    hex_print("payload", m.payload);
    return true;
}

static bool subscribe_print(const struct mqtt_packet *p) {
    struct mqtt_subscribe s;
    if (!mqtt_subscribe_read(p, &s))
        return false;
    (void)printf("%s\tid=%d", p->type == MQTT_SUBSCRIBE ? "subscribe" : "unsubscribe", s.id);
    for (size_t i = 0; i < s.count; i++)
        hex_print("filter", s.filters[i]);
    for (size_t i = 0; i < s.count && p->type == MQTT_SUBSCRIBE; i++)
        (void)printf("\tqos=%d", s.qos[i]);
    return true;
}

static bool packet_print(const struct mqtt_packet *p) {
    uint16_t id;
    switch (p->type) {
    case MQTT_CONNECT:
        return connect_print(p);
    case MQTT_PUBLISH:
        return publish_print(p);
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE:
        return subscribe_print(p);
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP:
        return mqtt_id_read(p, &id) && printf("type%d\tid=%d", p->type, id) > 0;
    default:
        return mqtt_is_empty(p) && printf("type%d", p->type) > 0;
    }
}

static void line_read(const char *line, size_t len) {
    struct buf bytes = { 0 };
    struct mqtt_packet packet;
    for (size_t i = 0; i + 1 < len; i += 2) {
        const char pair[3] = { line[i], line[i + 1], 0 };
        buf_put_byte(&bytes, (uint8_t)strtoul(pair, NULL, 16));
    }
    if (mqtt_frame_find(buf_bytes(&bytes), PACKET_MAX, &packet) != MQTT_WHOLE
        || packet.size != bytes.len || !packet_print(&packet))
        (void)printf("bad");
    buf_finish(&bytes);
}

static void line_write(const char *line) {
    struct buf out = { 0 };
    struct mqtt_subscribe s = { 0 };
    char *at = strchr(line, ' ');
    long one = at ? strtol(at, &at, 10) : 0, two = at ? strtol(at, &at, 10) : 0;
    long three = at ? strtol(at, &at, 10) : 0;
    if (strncmp(line, "connack", 7) == 0) {
        mqtt_connack_put(&out, one != 0, (int)two);
    } else if (strncmp(line, "id", 2) == 0) {
        mqtt_id_put(&out, (enum mqtt_type)one, (uint16_t)two);
    } else if (strncmp(line, "suback", 6) == 0) {
        s.id = (uint16_t)one;
        s.count = (size_t)two;
        uint8_t codes[MQTT_FILTERS_MAX];
        memset(codes, (int)three, sizeof(codes));
        mqtt_suback_put(&out, &s, codes);
    } else if (strncmp(line, "publish", 7) == 0) { /* QoS, packet id, bytes of payload */
        static uint8_t zeros[PACKET_MAX];
        struct mqtt_publish p = { .qos = (int)one, .id = (uint16_t)two };
        p.topic = bytes_text("devices/pump/command");
        p.payload = bytes_of(zeros, (size_t)three);
        mqtt_publish_put(&out, &p);
    } else {
        mqtt_pingresp_put(&out);
    }
    for (size_t i = 0; i < out.len; i++)
        (void)printf("%02x", out.data[i]);
    buf_finish(&out);
}

int main(void) {
    static char line[LINE_MAX_CHARS];
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "write ", 6) == 0)
            line_write(line + 6);
        else
            line_read(line, strlen(line));
        (void)putchar('\n');
    }
    return 0;
}
