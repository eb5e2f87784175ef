/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The MQTT edge: devices publish, and are told when what they published is kept.
 *
 *   mqtt://127.0.0.1:1883?topics=devices/{device}/{metric},devices/{device}
 *
 * Parameters: topics (topics.h), connections_max, packet_max (bytes), pending_max (publishes of one
 * connection that wait for the log; over it nothing is read from it); certificate, key and
 * client_ca, PEM files of TLS; own (yes: a user is the device of its name); commands and reported,
 * a template each (subscriber.h, report.h). A secret file has lines USER:PASSWORD of those who are
 * let in.
 *
 * MQTT 3.1.1. A publish becomes a request of type publish-asked {client, topic,
 * qos, packet, device, points, boot?, seq?}; one that cannot be read unread-asked {client, topic,
 * qos, packet, reason, bytes in base64}. PUBACK and PUBREC go out when the broker has synced
 * what the handler sent (after_log); PUBREL is release-asked {client, packet}, CONNECT
 * session-asked {client, clean, reply {present}}. Key and id of a request are this connector's own:
 * a device that repeats a publish is known by `boot` and `seq` in its payload, and with QoS 2 by
 * its packet. */
#ifndef OCTAVO_CONNECTORS_MQTT_H
#define OCTAVO_CONNECTORS_MQTT_H

#include "connectors/connector.h"

extern const struct connector_service mqtt_connector;

#endif
