/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A connection as its listener sees it. What everybody else may do is in listener.h. */
#ifndef OCTAVO_NET_CONNECTION_H
#define OCTAVO_NET_CONNECTION_H

#include "net/address.h"
#include "net/listener.h"

struct connection_limits {
    size_t input_max_bytes;
    size_t output_max_bytes;
    int64_t first_byte_ms;
    int64_t partial_ms;
    int64_t idle_ms;
};

struct connection_options {
    int fd; /* not blocking; the connection's from here on */
    bool connecting;
    struct address peer;
    struct connection_limits limits;
    struct tls_context *tls;                    /* NULL: plain */
    const char *tls_name;                       /* the server that is meant; NULL on a listener's */
    const struct connection_handlers *handlers; /* copied */
    void *context;
    void (*on_gone)(void *owner, struct connection *c); /* just before it is freed; may be NULL */
    void *owner;
};

struct connection *connection_create(struct loop *l, const struct connection_options *options);
void connection_set_context(struct connection *c, void *context);
/* Closes and tells on_closed now; a connection without context tells nobody. */
void connection_destroy(struct connection *c);

#endif
