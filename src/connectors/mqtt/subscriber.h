/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Subscriptions: a connection may hear what one device is told, and nothing else. The edge has the
 * parameter commands=devices/{device}/command; a filter of that form, without wildcards, is granted
 * QoS 0 or 1; with own=yes the device must be the user. Everything else is refused (0x80).
 *
 * What waits for a device is rows of the gateway. A subscribed connection has one request open at
 * any time, commands-asked {client, device, subscribe, clean, taken}: it is answered {command,
 * payload} when there is something, and asked again when that was taken - by PUBACK, or with QoS 0
 * when it was sent - with `taken` its name. An answer without a command: another connection hears
 * the device now. commands-left-asked {client, device, asker, unsubscribed} ends it.
 *
 * What was not taken is sent again to the next that subscribes, so a command may come twice: its
 * name is the same. */
#ifndef OCTAVO_CONNECTORS_MQTT_SUBSCRIBER_H
#define OCTAVO_CONNECTORS_MQTT_SUBSCRIBER_H

#include "inside.h"

/* Packets; false: to be handed out again. */
bool subscriber_on_subscribe(struct device *d, const struct mqtt_packet *p);
bool subscriber_on_unsubscribe(struct device *d, const struct mqtt_packet *p);
bool subscriber_on_taken(struct device *d, const struct mqtt_packet *p);
/* A session that was kept is subscribed as it was; it is due. */
void subscriber_keep(struct device *d, struct bytes device, int qos);
/* Asks for what is next; false: not taken, it stays due. */
bool subscriber_ask(struct device *d);
void subscriber_tell(struct device *d, struct bytes json); /* the answer to it */
/* The connection is gone; `tell`: the gateway is told. */
void subscriber_end(struct device *d, bool tell);

#endif
