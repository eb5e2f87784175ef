/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The address of an MQTT edge; mqtt.h has its form. */
#ifndef OCTAVO_CONNECTORS_MQTT_ADDRESS_H
#define OCTAVO_CONNECTORS_MQTT_ADDRESS_H

#include "topics.h"

#include "net/address.h"

struct mqtt_address {
    char host[ADDRESS_TEXT_BYTES];
    int port; /* 0: any free one */
    int64_t connections_max;
    int64_t packet_max;              /* bytes */
    int64_t pending_max;             /* publishes of a connection */
    char certificate[256], key[256]; /* "": no TLS */
    char client_ca[256];             /* "": whoever speaks TLS */
    bool own;                        /* a user publishes as the device of its name alone */
};

struct mqtt_templates {
    struct topic_templates *topics;   /* what is published */
    struct topic_templates *commands; /* what is told to devices; of none: there is nothing */
    struct topic_templates *reported; /* what devices say of their state */
};

/* E_config with the remedy; the templates are to be finished either way. */
enum error mqtt_address_read(struct mqtt_address *out, const struct mqtt_templates *templates,
                             const char *url) MUST_CHECK;

#endif
