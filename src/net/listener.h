/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Listening sockets, TCP or unix, and their connections.
 *
 * A listener binds to loopback; any other address is refused with E_refused unless it speaks TLS
 * and its owner says that it lets nobody in unknown. When the port is taken the next free one is
 * used and the event port_taken says so; port 0 lets the system choose. A unix socket is its
 * owner's alone (mode 0600); the file that a dead process left is replaced, and E_exists says that
 * a living one listens.
 *
 * A connection hands its bytes to on_data, which returns how many it used (the rest comes again: at
 * once after some were used, else with more). When the peer ends its side, what came before is
 * handed out first, then the connection is closed. Reading stops while the unsent output is over
 * output_max and resumes below half of it. on_closed is the last call for a connection; it comes
 * exactly once, also after connection_close, never from inside connection_send or connection_close
 * but at the end of the turn; until then the pointer is valid. Only listener_close calls it at
 * once, so that must not be called by a connection's handler. Output is written once, at the end of
 * the turn. */
#ifndef OCTAVO_NET_LISTENER_H
#define OCTAVO_NET_LISTENER_H

#include "net/loop.h"

struct listener;
struct connection;
struct tls_context;

struct connection_handlers {
    /* Returns the context of the new connection, or NULL to refuse it. */
    void *(*on_open)(void *listener_context, struct connection *c);
    size_t (*on_data)(void *context, struct bytes data); /* data is valid during the call */
    void (*on_closed)(void *context);
};

struct listener_options {
    const char *path;       /* of a unix socket; NULL: TCP */
    const char *host;       /* default 127.0.0.1; "localhost" and ::1 are loopback too */
    int port;               /* 0: any */
    int port_tries;         /* how many following ports to try when taken; 0: fail with E_exists */
    int connections_max;    /* default 1000; more are closed; connection_limit is logged at most
                               once a second */
    int address_max;        /* of them from one address; default: as many as in all */
    size_t input_max_bytes; /* unused input a connection may hold; more closes it; default 16 MiB */
    struct tls_context *tls; /* NULL: plain; the owner's, as long as the listener lives */
    bool knows_its_clients;  /* the owner does nothing for a client before it has authenticated */
    size_t output_max_bytes; /* default 32 MiB */
    int64_t first_byte_ms;   /* closed when nothing came for so long after opening; default 10 s */
    int64_t partial_ms;      /* closed when input stays incomplete for so long; default 30 s */
    int64_t idle_ms;         /* closed when silent for so long; default 600 s */
    struct connection_handlers handlers;
    void *context;
};

enum error listener_open(struct listener **out, struct loop *l,
                         const struct listener_options *options) MUST_CHECK;
int listener_port(const struct listener *l);
void listener_close(struct listener *l); /* closes its connections too; NULL is fine */

/* on_open is not called: `context` is the connection's. Output waits until the peer has answered; a
 * peer that cannot be reached is on_closed. Host is an address or "localhost". */
enum error connection_connect(struct connection **out, struct loop *l, const char *host, int port,
                              const struct connection_handlers *handlers, void *context) MUST_CHECK;
enum error connection_connect_path(struct connection **out, struct loop *l, const char *path,
                                   const struct connection_handlers *handlers,
                                   void *context) MUST_CHECK;
/* The same with TLS: the server must prove that it is `host`, or `name` when that is not NULL. */
struct connection_target {
    const char *host;
    int port;
    struct tls_context *tls;
    const char *name;
};
enum error connection_connect_tls(struct connection **out, struct loop *l,
                                  const struct connection_target *target,
                                  const struct connection_handlers *handlers,
                                  void *context) MUST_CHECK;
void connection_send(struct connection *c, struct bytes data); /* copies */
/* Takes the buf's memory without copying; the buf is empty afterwards. For large replies. */
void connection_send_buf(struct connection *c, struct buf *data);
bool connection_is_plain(const struct connection *c); /* without TLS */
/* Takes the descriptor. The bytes go from the file to a plain connection without being copied. */
void connection_send_file(struct connection *c, int fd, int64_t position, size_t len);
void connection_close(struct connection *c); /* at once, unsent output is dropped */
void connection_close_after_sending(struct connection *c);
void connection_pause(struct connection *c, bool paused); /* stops handing out input */
const char *connection_peer(const struct connection *c);  /* "127.0.0.1:40312", "unix" */
/* The address that the peer has reached us by, without the port. */
void connection_local(const struct connection *c, char host[64]);
size_t connection_unsent(const struct connection *c);

#endif
