/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Connectors turn bytes of an outside world into requests and back; they remember nothing across
 * restarts. Four kinds exist in the design; only *service* is here yet:
 *
 *   source   has positions: a database, a folder that is read
 *   sink     performs effects and says what it can do: rename, keep keys, be asked
 *   service  asks and answers: ISO 8583, HTTP, MQTT         <- struct connector_service
 *   query    request -> pure function over owned state -> reply: RESP, HTTP reads
 *
 * What must survive - stored answers, sessions, pending requests - is rows of the gateway service.
 * A connector tokenises secrets (card numbers) before anything leaves it. */
#ifndef OCTAVO_CONNECTORS_CONNECTOR_H
#define OCTAVO_CONNECTORS_CONNECTOR_H

#include "net/loop.h"

struct connector;

/* One request of the outside world: a flat JSON object and what the runtime must know about it. */
struct connector_request {
    const char *type;  /* event name of the request, e.g. "withdrawal-asked" */
    struct bytes key;  /* the request's own identity: equal for a repeat */
    struct bytes json; /* valid during the call */
    uint64_t ticket;   /* names the place to answer; never reused in a process; 0 is never given */
};

struct connector_options {
    struct loop *loop;
    const char *url;    /* iso8583://127.0.0.1:8583?dialect=... */
    const char *secret; /* what a declared secret file held, e.g. the key of card tokens; or NULL */
    size_t secret_len;
    /* Called on the loop's thread. False: refused now (not committed); the connector answers so. */
    bool (*on_request)(void *context, const struct connector_request *r);
    void *context;
};

/* The service kind. reply: json is the answer's flat object; a ticket whose asker is gone is
 * ignored and false is returned. pause stops taking requests (outbox full, broker away). */
struct connector_service {
    const char *scheme;
    enum error (*open)(struct connector **out, const struct connector_options *options);
    bool (*reply)(struct connector *c, uint64_t ticket, struct bytes json);
    int (*port)(const struct connector *c); /* where it listens, for the ready line; 0: nowhere */
    void (*close)(struct connector *c);
};

#endif
