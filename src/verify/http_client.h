/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A caller of a request edge: one request after the other on a line that is kept, and never waits.
 * It does not ask again by itself: who asks knows under which identity. */
#ifndef OCTAVO_VERIFY_HTTP_CLIENT_H
#define OCTAVO_VERIFY_HTTP_CLIENT_H

#include "base/bytes.h"

#include <poll.h>

struct http_request {
    const char *method, *path;
    const char *headers; /* lines, each ended by \r\n; NULL: none */
    struct bytes body;
};

struct http_answer {
    int status;
    struct bytes head, body; /* until the next turn or ask */
};

enum http_state {
    HTTP_rests,
    HTTP_waits,    /* for the line, or for the answer */
    HTTP_answered, /* for one turn */
    HTTP_lost,     /* for one turn: nobody knows whether it was done */
};

struct http_client {
    int port; /* at 127.0.0.1; may change between two requests */
    int fd;   /* -1: no line */
    bool connected;
    enum http_state state;
    int64_t until_ms;
    struct buf in, out;
};

void http_client_init(struct http_client *c, int port);
void http_client_finish(struct http_client *c);
void http_client_ask(struct http_client *c, const struct http_request *q, int64_t until_ms);
struct pollfd http_client_poll(const struct http_client *c);
/* `revents` of its pollfd, of this turn. */
enum http_state http_client_turn(struct http_client *c, int64_t now_ms, short revents,
                                 struct http_answer *out);
/* The value of a header of a head, without blanks around it; empty: there is none. */
struct bytes http_header(struct bytes head, const char *name);

#endif
