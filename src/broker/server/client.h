/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One connected client: frames in, replies out, in order. */
#ifndef OCTAVO_SERVER_CLIENT_H
#define OCTAVO_SERVER_CLIENT_H

#include "net/listener.h"
#include "authentication.h"
#include "request.h"

struct client {
    struct server *server;
    struct connection *connection;
    uint64_t number;                /* counts up from 1: a later connection has a greater one */
    struct client *next, *previous; /* all of the server */
    struct request *first, *last;   /* not yet answered, in order */
    int waiting_count;              /* of them, produces and others */
    int others_count;               /* of them, not produces */
    size_t held_bytes;              /* of their log frames */
    struct loop_timer *timer;       /* of the parked request */
    struct request *parked;
    void (*on_time)(struct request *r);
    struct authentication authentication;
    bool blocked; /* a request lies in the input and may not start yet */
    bool refused;
};

extern const struct connection_handlers client_handlers; /* context: the server */

void client_send_done(struct client *c); /* replies that are next and done; then goes on reading */
void client_unblock(struct client *c);
void client_refuse(struct client *c, const char *why);

#endif
