/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Strict where the standard says that a server must close: flags that are reserved, a packet id of
 * zero, a topic with wildcards, text that is no UTF-8. */
#include "packet.h"

#include "values/utf8.h"

#include <string.h>

enum {
    LENGTH_BYTES_MAX = 4,
    CONNECT_RESERVED = 1,
    NOT_BRIDGE =
        127, /* bits of the level: the other one is how Mosquitto says that it is a broker itself */
};

enum mqtt_frame mqtt_frame_find(struct bytes data, size_t max, struct mqtt_packet *out) {
    size_t len = 0, at = 1;
    int shift = 0;
    if (data.len < 2)
        return MQTT_PARTIAL;
    *out = (struct mqtt_packet){ .type = data.data[0] >> 4, .flags = data.data[0] & 15 };
    if (out->type == 0 || out->type == 15)
        return MQTT_BAD;
    for (;; at++, shift += 7) {
        if (at > LENGTH_BYTES_MAX)
            return MQTT_BAD;
        if (at == data.len)
            return MQTT_PARTIAL;
        len |= (size_t)(data.data[at] & 127) << shift;
        if (!(data.data[at] & 128))
            break;
    }
    if (len > max)
        return MQTT_TOO_LARGE;
    out->size = at + 1 + len;
    if (out->size > data.len)
        return MQTT_PARTIAL;
    out->rest = bytes_part(data, at + 1, len);
    return MQTT_WHOLE;
}

/* ---- what packets are made of */

struct reading {
    struct bytes left;
    bool bad;
};

static unsigned number_take(struct reading *r, size_t bytes) {
    unsigned number = 0;
    if (r->left.len < bytes) {
        r->bad = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | r->left.data[i];
    r->left = bytes_part(r->left, bytes, r->left.len - bytes);
    return number;
}

static struct bytes data_take(struct reading *r) {
    size_t len = number_take(r, 2);
    if (r->bad || r->left.len < len) {
        r->bad = true;
        return bytes_of("", 0);
    }
    struct bytes out = bytes_part(r->left, 0, len);
    r->left = bytes_part(r->left, len, r->left.len - len);
    return out;
}

static bool is_text(struct bytes text) {
    for (size_t at = 0; at < text.len;) {
        size_t len = utf8_sequence_len(text.data + at, text.len - at);
        if (!len || !text.data[at])
            return false;
        at += len;
    }
    return true;
}

static struct bytes text_take(struct reading *r) {
    struct bytes text = data_take(r);
    r->bad = r->bad || !is_text(text);
    return text;
}

static bool has_wildcard(struct bytes topic) {
    return memchr(topic.data, '+', topic.len) || memchr(topic.data, '#', topic.len);
}

/* ---- CONNECT */

enum { HAS_USER = 128, HAS_PASSWORD = 64, WILL_RETAIN = 32, HAS_WILL = 4, CLEAN = 2 };

static void will_take(struct reading *r, int flags, struct mqtt_connect *out) {
    out->has_will = flags & HAS_WILL;
    out->will_qos = flags >> 3 & 3;
    if (out->will_qos == 3 || (!out->has_will && (out->will_qos || flags & WILL_RETAIN)))
        r->bad = true;
    if (!out->has_will)
        return;
    out->will_topic = text_take(r);
    out->will_payload = data_take(r);
    r->bad = r->bad || !out->will_topic.len || has_wildcard(out->will_topic);
}

bool mqtt_connect_read(const struct mqtt_packet *p, struct mqtt_connect *out) {
    struct reading r = { .left = p->rest };
    *out = (struct mqtt_connect){ 0 };
    struct bytes protocol = data_take(&r);
    unsigned level = number_take(&r, 1);
    out->other_protocol = !r.bad && (!bytes_is_text(protocol, "MQTT") || (level & NOT_BRIDGE) != 4);
    if (r.bad || p->flags || out->other_protocol)
        return !r.bad && !p->flags;
    int flags = (int)number_take(&r, 1);
    out->clean_session = flags & CLEAN;
    out->keep_alive_s = (int)number_take(&r, 2);
    out->client = text_take(&r);
    will_take(&r, flags, out);
    out->has_user = flags & HAS_USER;
    out->has_password = flags & HAS_PASSWORD;
    if (out->has_user)
        out->user = text_take(&r);
    if (out->has_password)
        out->password = data_take(&r);
    return !r.bad && !r.left.len && !(flags & CONNECT_RESERVED)
           && (out->has_user || !out->has_password);
}

/* ---- the others */

bool mqtt_publish_read(const struct mqtt_packet *p, struct mqtt_publish *out) {
    struct reading r = { .left = p->rest };
    *out = (struct mqtt_publish){
        .qos = p->flags >> 1 & 3,
        .duplicate = p->flags & 8,
        .retain = p->flags & 1,
    };
    out->topic = text_take(&r);
    if (out->qos)
        out->id = (uint16_t)number_take(&r, 2);
    out->payload = r.left;
    return !r.bad && out->qos != 3 && (out->qos || !out->duplicate) && (!out->qos || out->id)
           && out->topic.len && !has_wildcard(out->topic);
}

bool mqtt_id_read(const struct mqtt_packet *p, uint16_t *id) {
    struct reading r = { .left = p->rest };
    *id = (uint16_t)number_take(&r, 2);
    return !r.bad && !r.left.len && *id && p->flags == (p->type == MQTT_PUBREL ? 2 : 0);
}

bool mqtt_subscribe_read(const struct mqtt_packet *p, struct mqtt_subscribe *out) {
    struct reading r = { .left = p->rest };
    out->count = 0;
    out->id = (uint16_t)number_take(&r, 2);
    while (!r.bad && r.left.len) {
        struct bytes filter = text_take(&r);
        unsigned qos = p->type == MQTT_SUBSCRIBE ? number_take(&r, 1) : 0;
        if (qos > 2 || !filter.len || out->count == MQTT_FILTERS_MAX)
            return false;
        out->qos[out->count] = (uint8_t)qos;
        out->filters[out->count++] = filter;
    }
    return !r.bad && out->id && out->count && p->flags == 2;
}

bool mqtt_is_empty(const struct mqtt_packet *p) {
    return !p->rest.len && !p->flags;
}

/* ---- written */

static void length_put(struct buf *out, size_t len) {
    for (; len > 127; len /= 128)
        buf_put_byte(out, (uint8_t)(len % 128 | 128));
    buf_put_byte(out, (uint8_t)len);
}

static void head_put(struct buf *out, enum mqtt_type type, size_t len) {
    buf_put_byte(out, (uint8_t)(type << 4));
    length_put(out, len);
}

void mqtt_connack_put(struct buf *out, bool session_present, int code) {
    head_put(out, MQTT_CONNACK, 2);
    buf_put_byte(out, session_present && !code);
    buf_put_byte(out, (uint8_t)code);
}

void mqtt_id_put(struct buf *out, enum mqtt_type type, uint16_t id) {
    head_put(out, type, 2);
    buf_put_be16(out, id);
}

void mqtt_suback_put(struct buf *out, const struct mqtt_subscribe *s, const uint8_t *codes) {
    head_put(out, MQTT_SUBACK, 2 + s->count);
    buf_put_be16(out, s->id);
    for (size_t i = 0; i < s->count; i++)
        buf_put_byte(out, codes[i]);
}

void mqtt_publish_put(struct buf *out, const struct mqtt_publish *p) {
    int flags = p->qos << 1 | p->duplicate << 3 | p->retain;
    buf_put_byte(out, (uint8_t)(MQTT_PUBLISH << 4 | flags));
    length_put(out, 2 + p->topic.len + (p->qos ? 2 : 0) + p->payload.len);
    buf_put_be16(out, (uint16_t)p->topic.len);
    buf_put_bytes(out, p->topic);
    if (p->qos)
        buf_put_be16(out, p->id);
    buf_put_bytes(out, p->payload);
}

void mqtt_pingresp_put(struct buf *out) {
    head_put(out, MQTT_PINGRESP, 0);
}
