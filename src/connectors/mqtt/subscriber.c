/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One command at a time is on its way to a device; the next is asked for when it was taken, so that
 * nothing is kept here and commands keep their order. */
#include "subscriber.h"

#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- asking */

bool subscriber_ask(struct device *d) {
    struct subscriber *s = &d->subscribed;
    struct buf *json = &d->connector->json;
    buf_clear(json);
    json_begin(json);
    json_put_text(json, "client", bytes_text(d->client));
    json_put_int(json, "clean", d->clean_session);
    json_put_text(json, "device", bytes_text(s->device));
    json_put_int(json, "qos", s->qos);
    if (s->sent[0])
        json_put_text(json, "taken", bytes_text(s->sent));
    json_end(json);
    if (!device_ask(d, "commands-asked", MQTT_PUBLISH, 0))
        return false;
    s->waits = true;
    s->due = false;
    s->sent[0] = 0;
    return true;
}

static bool left_ask(struct device *d, bool unsubscribed) {
    struct subscriber *s = &d->subscribed;
    struct buf *json = &d->connector->json;
    buf_clear(json);
    json_begin(json);
    json_put_text(json, "client", bytes_text(d->client));
    json_put_text(json, "device", bytes_text(s->device));
    json_put_text(json, "asker", bytes_text(s->key));
    json_put_int(json, "unsubscribed", unsubscribed);
    json_end(json);
    return device_ask(d, "commands-left-asked", 0, 0);
}

static void forget(struct subscriber *s) {
    free(s->device);
    free(s->topic);
    *s = (struct subscriber){ 0 };
}

void subscriber_end(struct device *d, bool tell) {
    if (d->subscribed.device && d->subscribed.waits && tell)
        (void)left_ask(d, false); /* not taken: the next that subscribes takes its place */
    forget(&d->subscribed);
}

/* ---- subscribing */

static char *topic_of(const struct topic_template *t, struct bytes device) {
    struct buf text = { 0 };
    for (size_t i = 0; i < t->count; i++) {
        if (i)
            buf_put_byte(&text, '/');
        buf_put_bytes(&text, t->levels[i].kind == LEVEL_DEVICE ? device : t->levels[i].text);
    }
    char *topic = text_copy_bytes(buf_bytes(&text));
    buf_finish(&text);
    return topic;
}

void subscriber_keep(struct device *d, struct bytes device, int qos) {
    struct subscriber *s = &d->subscribed;
    if (!d->connector->commands.count)
        return; /* the edge was opened with commands, and is no more */
    s->device = text_copy_bytes(device);
    s->topic = topic_of(&d->connector->commands.templates[0], device);
    s->qos = qos > 0;
    s->due = true;
}

/* Whether the filter is the command topic of one device that this client may be. */
static bool is_granted(const struct device *d, struct bytes filter, struct topic_place *place) {
    const struct connector *c = d->connector;
    if (!c->commands.count || topic_templates_find(&c->commands, filter, place)
        || memchr(place->device.data, '+', place->device.len)
        || memchr(place->device.data, '#', place->device.len))
        return false;
    if (!device_is_own(d, place->device))
        return false;
    return !d->subscribed.device || bytes_is_text(place->device, d->subscribed.device);
}

bool subscriber_on_subscribe(struct device *d, const struct mqtt_packet *p) {
    struct connector *c = d->connector;
    struct mqtt_subscribe m;
    uint8_t codes[MQTT_FILTERS_MAX];
    if (!mqtt_subscribe_read(p, &m)) {
        device_close(d, "subscribe");
        return true;
    }
    for (size_t i = 0; i < m.count; i++) {
        struct topic_place place;
        bool granted = is_granted(d, m.filters[i], &place);
        codes[i] = granted ? m.qos[i] > 0 : MQTT_REFUSED;
        if (granted && !d->subscribed.device)
            subscriber_keep(d, place.device, m.qos[i]);
        else if (granted)
            d->subscribed.qos = m.qos[i] > 0;
    }
    if (d->subscribed.due && !subscriber_ask(d))
        return false;
    buf_clear(&c->out);
    mqtt_suback_put(&c->out, &m, codes);
    connection_send(d->connection, buf_bytes(&c->out));
    return true;
}

bool subscriber_on_unsubscribe(struct device *d, const struct mqtt_packet *p) {
    struct connector *c = d->connector;
    struct mqtt_subscribe m;
    if (!mqtt_subscribe_read(p, &m)) {
        device_close(d, "unsubscribe");
        return true;
    }
    for (size_t i = 0; i < m.count; i++)
        if (d->subscribed.topic && bytes_is_text(m.filters[i], d->subscribed.topic)) {
            if (!left_ask(d, true))
                return false;
            forget(&d->subscribed);
        }
    buf_clear(&c->out);
    mqtt_id_put(&c->out, MQTT_UNSUBACK, m.id);
    connection_send(d->connection, buf_bytes(&c->out));
    return true;
}

/* ---- commands */

/* What is acknowledged twice, or by a client that confuses its packets, changes nothing. */
bool subscriber_on_taken(struct device *d, const struct mqtt_packet *p) {
    uint16_t id;
    if (!mqtt_id_read(p, &id)) {
        device_close(d, "puback");
        return true;
    }
    return !d->subscribed.sent[0] || d->subscribed.waits || id != d->subscribed.id
           || subscriber_ask(d);
}

static void publish_send(struct device *d, struct bytes payload) {
    struct connector *c = d->connector;
    struct subscriber *s = &d->subscribed;
    s->id = s->id == UINT16_MAX ? 1 : (uint16_t)(s->id + 1);
    struct mqtt_publish publish = {
        .qos = s->qos,
        .topic = bytes_text(s->topic),
        .id = s->id,
        .payload = payload,
    };
    buf_clear(&c->out);
    mqtt_publish_put(&c->out, &publish);
    connection_send(d->connection, buf_bytes(&c->out));
}

void subscriber_tell(struct device *d, struct bytes json) {
    struct subscriber *s = &d->subscribed;
    struct json j;
    struct bytes command, payload;
    if (!s->device || !s->waits || json_read(&j, json))
        return;
    s->waits = false;
    if (json_get_text(&j, "command", &command) && json_get_text(&j, "payload", &payload)
        && command.len < sizeof(s->sent)) {
        (void)snprintf(s->sent, sizeof(s->sent), "%.*s", (int)command.len,
                       (const char *)command.data);
        publish_send(d, payload);
        s->due = s->qos == 0; /* there is nothing to wait for */
    } else {
        forget(s);
    }
    json_finish(&j);
}
