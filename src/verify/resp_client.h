/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A reader of a cache in Redis's protocol: version and purchases of one customer after the other,
 * over one line, and it never waits. */
#ifndef OCTAVO_VERIFY_RESP_CLIENT_H
#define OCTAVO_VERIFY_RESP_CLIENT_H

#include "base/bytes.h"

enum resp_state {
    RESP_rests, /* nothing is asked, or it was not told: loading, stale, the line was lost */
    RESP_waits,
    RESP_answered
};

struct resp_row {
    bool found;
    int64_t version, purchases;
};

struct resp_client {
    int port; /* at 127.0.0.1 */
    int fd;   /* -1: no line */
    bool waits;
    struct buf in, out;
};

void resp_client_init(struct resp_client *c, int port);
void resp_client_finish(struct resp_client *c);
bool resp_client_ask(struct resp_client *c, const char *key); /* true: over a new line */
enum resp_state resp_client_turn(struct resp_client *c, struct resp_row *out);

#endif
