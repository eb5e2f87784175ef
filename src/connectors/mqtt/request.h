/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the gateway is asked, as flat JSON. */
#ifndef OCTAVO_CONNECTORS_MQTT_REQUEST_H
#define OCTAVO_CONNECTORS_MQTT_REQUEST_H

#include "packet.h"
#include "payload.h"

struct request_publish {
    const char *client;
    const struct mqtt_publish *publish;
    const struct topic_place *place; /* these two, when it could be read */
    const struct payload *payload;
    const char *wrong; /* else why it could not */
    bool reports;      /* the payload is of a state (report.h) */
};

/* publish-asked, report-asked or unread-asked; `json` is cleared before. */
void request_publish_put(struct buf *json, const struct request_publish *r);
/* {client, NAME: number} */
void request_client_put(struct buf *json, const char *client, const char *name, int64_t number);

#endif
