/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Who a client is: asked before anything else when the broker has users.
 *
 * Until then a client has ten seconds, frames of 64 KiB, and three requests: ApiVersions,
 * SaslHandshake, SaslAuthenticate. A failure is told after a moment, and ends the connection. A
 * session ends when its user is removed or gets another password, and, where the operator limits
 * it, with its time unless the same user has authenticated again. */
#ifndef OCTAVO_SERVER_AUTHENTICATION_H
#define OCTAVO_SERVER_AUTHENTICATION_H

#include "base/bytes.h"
#include "base/error.h"
#include "security/sasl.h"
#include "wire/kafka_errors.h"

struct client;
struct request;
struct server;

enum authentication_state {
    AUTHENTICATION_NOT_ASKED, /* the broker has no users */
    AUTHENTICATION_WANTED,
    AUTHENTICATION_STARTED, /* a mechanism is agreed on: SaslAuthenticate carries tokens */
    AUTHENTICATION_TOKENS,  /* the same by SaslHandshake 0: bare tokens come */
    AUTHENTICATION_DONE,
};

struct authentication {
    enum authentication_state state;
    struct sasl *sasl; /* the exchange that runs, also a repeated one */
    bool again;        /* it is repeated: until it ends the session goes on */
    char *user;        /* who it is; NULL before */
    enum sasl_mechanism mechanism;
    uint8_t salt[SCRAM_SALT_BYTES]; /* of the password it was */
    int64_t since_ms;               /* of the connection, later of the session */
    int64_t ends_ms;                /* INT64_MAX: with the connection */
};

enum { AUTHENTICATION_FRAME_MAX = 64 * 1024 };

enum error authentication_open(struct server *s) MUST_CHECK; /* reads the users */
void authentication_close(struct server *s);
void authentication_begin(struct client *c); /* a new connection */
void authentication_finish(struct client *c);

bool authentication_is_done(const struct client *c);
bool authentication_takes_tokens(const struct client *c);
/* NULL: the request may be answered; else why not. */
const char *authentication_refuses(const struct client *c, int16_t api_key);

bool authentication_offers(const struct server *s, enum sasl_mechanism mechanism);
/* SaslHandshake chose `name`. */
enum kafka_error authentication_choose(struct request *r, struct bytes name);
/* The token of a SaslAuthenticate, which ends the request. */
void authentication_take(struct request *r, struct bytes token);
/* A bare token came on the connection. */
void authentication_on_token(struct client *c, struct bytes token);

#endif
