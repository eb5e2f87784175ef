/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the files of the MQTT edge share: the edge, a connection, and what is owed to it. Private to
 * the room. */
#ifndef OCTAVO_CONNECTORS_MQTT_INSIDE_H
#define OCTAVO_CONNECTORS_MQTT_INSIDE_H

#include "address.h"
#include "packet.h"
#include "payload.h"

#include "base/table.h"
#include "connectors/connector.h"
#include "net/listener.h"

enum { KEY_CHARS = 40, COMMAND_CHARS = 64 };

struct connector {
    struct connector_options options;
    struct topic_templates topics, commands, reported;
    struct buf users; /* lines of the secret file; empty: whoever comes */
    bool own;
    struct tls_context *tls; /* or NULL */
    struct listener *listener;
    struct loop_timer *again, *sweep;
    struct table clients; /* client id -> struct device, of those that have connected */
    struct table pending; /* ticket -> struct pending */
    struct device *devices;
    uint64_t ticket_last;
    uint64_t nonce; /* of this run: makes keys of requests unique */
    size_t packet_max, pending_max;
    uint64_t dropped; /* publishes of QoS 0 that were not taken, since the last sweep */
    int lines;
    struct buf json, out, why;
    struct payload payload;
    struct arena arena;
    bool again_waits;
};

/* A connection's wait for what its device is told: one at a time, asked for again when it was
 * taken.
 */
struct subscriber {
    char *device, *topic;     /* NULL: it has not subscribed */
    int qos;                  /* granted */
    bool waits;               /* it was asked for, and has not come */
    bool due;                 /* it is to be asked for as soon as may be */
    uint64_t ticket;          /* of the request that waits, */
    char key[KEY_CHARS];      /* and its key */
    char sent[COMMAND_CHARS]; /* what was sent last; "": nothing that waits to be taken */
    uint16_t id;              /* the packet it was sent in */
};

/* One connection. */
struct device {
    struct connector *connector;
    struct connection *connection;
    struct device *previous, *next;
    char *user;        /* NULL: it has named none */
    char *client;      /* NULL: it has not said CONNECT */
    bool connected;    /* CONNACK was sent */
    bool taken;        /* `clients` has it */
    bool stalled;      /* its next packet was not taken */
    bool gone;         /* it is being closed */
    int64_t silent_ms; /* by its keep-alive, 0: for ever */
    int64_t heard_ms;
    struct buf will_topic, will_payload;
    bool has_will, clean_session;
    int will_qos;
    struct pending *first;
    size_t pending_count;         /* without the one that waits for a command */
    struct subscriber subscribed; /* to the commands of one device */
};

/* What is owed. */
struct pending {
    uint64_t ticket;
    struct device *device;
    struct pending *previous, *next;
    enum mqtt_type answer;
    uint16_t id;
};

/* Asks the gateway, under a key of its own, which `key` (or NULL) gets. `answer`: what is owed for
 * it; 0: nothing; MQTT_PUBLISH: a command. False: not taken now. The JSON is in c->json. */
bool device_ask(struct device *d, const char *type, enum mqtt_type answer, uint16_t id);
void device_close(struct device *d, const char *reason);
/* Whether the connection may speak for, and hear, this device: with own=yes its user's alone. */
bool device_is_own(const struct device *d, struct bytes device);

#endif
