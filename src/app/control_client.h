/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How commands ask running services: over the control sockets in the data directory, one call at a
 * time, each with a deadline. A socket whose process has died is passed by. */
#ifndef OCTAVO_APP_CONTROL_CLIENT_H
#define OCTAVO_APP_CONTROL_CLIENT_H

#include "place.h"

/* A running process, or what one has left. All text is owned by the list. */
struct control_peer {
    char *path;
    char *service;
    char *instance;
};

struct control_peers {
    struct control_peer *peers; /* by service, then instance */
    size_t count;
};

/* The sockets of a system's services; `service` NULL: of all. None is no error. */
enum error control_peers_find(struct control_peers *out, const struct place *place,
                              const char *system, const char *service) MUST_CHECK;
void control_peers_finish(struct control_peers *p);

/* Runs the verb there. E_network: nobody listens any more. E_usage, E_not_found, E_busy, E_refused:
 * what the service said, its reason in the story. The reply is the caller's to finish. */
enum error control_call(const struct control_peer *peer, const char *verb, struct bytes json,
                        struct buf *reply) MUST_CHECK;

#endif
