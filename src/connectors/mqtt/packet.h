/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* MQTT 3.1.1 control packets: bytes <-> structs, of what a server reads and writes. Pure.
 *
 *   type and flags (1 byte) | remaining length (1 to 4 bytes, 7 bits each) | the rest
 *
 * Everything read borrows the bytes. Texts are checked: UTF-8 without a zero. */
#ifndef OCTAVO_CONNECTORS_MQTT_PACKET_H
#define OCTAVO_CONNECTORS_MQTT_PACKET_H

#include "base/bytes.h"

enum mqtt_type {
    MQTT_CONNECT = 1,
    MQTT_CONNACK,
    MQTT_PUBLISH,
    MQTT_PUBACK,
    MQTT_PUBREC,
    MQTT_PUBREL,
    MQTT_PUBCOMP,
    MQTT_SUBSCRIBE,
    MQTT_SUBACK,
    MQTT_UNSUBSCRIBE,
    MQTT_UNSUBACK,
    MQTT_PINGREQ,
    MQTT_PINGRESP,
    MQTT_DISCONNECT,
};

enum mqtt_frame { MQTT_PARTIAL, MQTT_WHOLE, MQTT_BAD, MQTT_TOO_LARGE };

struct mqtt_packet {
    int type;  /* 0 and 15 are no types, and BAD */
    int flags; /* the low four bits */
    struct bytes rest;
    size_t size; /* of all of it */
};

/* Looks for one packet at the start of `data`; its rest is at most `max` bytes. */
enum mqtt_frame mqtt_frame_find(struct bytes data, size_t max, struct mqtt_packet *out);

struct mqtt_connect {
    bool other_protocol; /* not "MQTT" 4: to be answered with 1, and nothing else of it was read */
    bool clean_session;
    int keep_alive_s; /* 0: none */
    struct bytes client;
    bool has_will;
    int will_qos;
    struct bytes will_topic, will_payload;
    bool has_user, has_password;
    struct bytes user, password;
};

struct mqtt_publish {
    int qos;
    bool duplicate, retain;
    struct bytes topic;
    uint16_t id; /* of qos 1 and 2 */
    struct bytes payload;
};

enum { MQTT_FILTERS_MAX = 64, MQTT_REFUSED = 0x80 };

struct mqtt_subscribe {
    uint16_t id;
    size_t count;
    struct bytes filters[MQTT_FILTERS_MAX];
    uint8_t qos[MQTT_FILTERS_MAX]; /* asked for; of UNSUBSCRIBE nothing */
};

/* False: malformed, the connection must be closed. */
bool mqtt_connect_read(const struct mqtt_packet *p, struct mqtt_connect *out);
bool mqtt_publish_read(const struct mqtt_packet *p, struct mqtt_publish *out);
/* PUBACK, PUBREC, PUBREL, PUBCOMP. */
bool mqtt_id_read(const struct mqtt_packet *p, uint16_t *id);
/* SUBSCRIBE and UNSUBSCRIBE. */
bool mqtt_subscribe_read(const struct mqtt_packet *p, struct mqtt_subscribe *out);
bool mqtt_is_empty(const struct mqtt_packet *p); /* PINGREQ, DISCONNECT: nothing behind the head */

void mqtt_connack_put(struct buf *out, bool session_present, int code);
/* PUBACK, PUBREC, PUBCOMP, UNSUBACK. */
void mqtt_id_put(struct buf *out, enum mqtt_type type, uint16_t id);
/* A code for each filter: the QoS that is granted, or MQTT_REFUSED. */
void mqtt_suback_put(struct buf *out, const struct mqtt_subscribe *s, const uint8_t *codes);
void mqtt_publish_put(struct buf *out, const struct mqtt_publish *p);
void mqtt_pingresp_put(struct buf *out);

#endif
