/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How the embedded broker shows itself: on BROKERDIR/broker.sock, and on TCP where that was asked
 * for: GET /livez, /readyz, /metrics. */
#ifndef OCTAVO_APP_BROKER_SHOW_H
#define OCTAVO_APP_BROKER_SHOW_H

#include "server/server.h"

struct broker_show;

/* `http` is HOST:PORT, or NULL: the socket alone. */
enum error broker_show_open(struct broker_show **out, const struct server *server,
                            const struct server_options *options, const char *http) MUST_CHECK;
int broker_show_port(const struct broker_show *b); /* of TCP; 0: none */
void broker_show_close(struct broker_show *b);     /* NULL is fine */

#endif
