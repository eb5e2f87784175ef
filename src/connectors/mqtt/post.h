/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The same edge by HTTP: devices and collectors post batches (messages.h).
 *
 *   telemetry://127.0.0.1:8086
 *
 *   POST /write?precision=s            the line protocol; also /api/v2/write
 *   POST /telemetry                    JSON objects that name their device
 *   POST /devices/DEVICE[/METRIC]      a payload as MQTT has them
 *
 * 204: the broker has synced all of it. 400: nothing of it was taken, and why; it is kept with its
 * reason. 503: not all of it was taken: send it again, `boot` and `seq` count a message once. 504:
 * not known. Parameters: certificate, key and client_ca, PEM files of TLS; own (yes: a user posts
 * as the device of its name alone). A secret file has lines USER:PASSWORD of those who are let in,
 * by HTTP's Basic. What comes becomes the requests that mqtt.h names, with qos 0. */
#ifndef OCTAVO_CONNECTORS_MQTT_POST_H
#define OCTAVO_CONNECTORS_MQTT_POST_H

#include "connectors/connector.h"

extern const struct connector_service telemetry_connector;

#endif
