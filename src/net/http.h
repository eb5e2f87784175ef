/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A small HTTP/1.1 server on the loop, TCP or unix socket, and one blocking call for commands.
 *
 * For machines and people beside us: status, metrics, commands, and the http connector; not for the
 * open internet. Every size and every wait has a bound. A request is answered at once or later, in
 * any order between connections; one connection has one request at a time. docs/decisions/0005
 * tells why it is not libevent's evhttp.
 *
 * Over TCP without TLS a request must name this machine in Host (an address or localhost): a page
 * in a browser whose name was bent to 127.0.0.1 is answered 421. */
#ifndef OCTAVO_NET_HTTP_H
#define OCTAVO_NET_HTTP_H

#include "net/loop.h"

struct http_server;
struct http_request;
struct tls_context;

struct http_route {
    const char *method;
    const char *path; /* "/readyz", or "/control/" + "*": whatever follows */
    /* Answers with http_answer, now or later. Who keeps the request for later sets on_gone. */
    void (*run)(void *context, struct http_request *r);
};

struct http_options {
    const char *path; /* of a unix socket; NULL: TCP */
    const char *host; /* default 127.0.0.1; another only with TLS and known clients (listener.h) */
    struct tls_context *tls; /* NULL: plain; the owner's, as long as the server lives */
    bool knows_its_clients;  /* its routes answer nobody who has not authenticated */
    bool problems;           /* errors are told as RFC 9457 says: application/problem+json */
    int port;                /* 0: any */
    int port_tries;
    const struct http_route *routes; /* ends with a NULL method; HEAD comes with GET */
    void *context;
    size_t body_max_bytes; /* default 1 MiB; more is answered 413 */
    int connections_max;   /* default 100 */
    int64_t request_ms;    /* a request must be whole after so long; default 10 s */
    int64_t idle_ms;       /* default 120 s; longer than any answer takes */
};

enum error http_open(struct http_server **out, struct loop *l,
                     const struct http_options *options) MUST_CHECK;
int http_port(const struct http_server *s);
void http_close(struct http_server *s); /* not from a route; NULL is fine */

/* What was asked; valid until the answer. */
struct bytes http_method(const struct http_request *r);
struct bytes http_path(const struct http_request *r); /* decoded */
struct bytes http_rest(const struct http_request *r); /* what the route's * stands for */
struct bytes http_body(const struct http_request *r);
struct bytes http_field(const struct http_request *r, const char *name); /* small letters */
bool http_query(const struct http_request *r, const char *name, struct buf *out);
/* The asker went away before the answer: no answer may follow. NULL on_gone: told nothing. */
void http_on_gone(struct http_request *r, void (*on_gone)(void *context), void *context);

struct http_answer {
    int status;
    const char *type; /* default application/json */
    struct bytes body;
    const char *fields; /* more header lines, each closed by \r\n; NULL: none */
};

void http_answer(struct http_request *r, const struct http_answer *answer);
/* {"error": "...", "reason": "..."} with the status; or title, status and detail of a problem. */
void http_answer_error(struct http_request *r, int status, const char *reason);
const char *http_reason(int status);

/* ---- the other end, for commands: one call, waited for. */
struct http_call {
    const char *path; /* of a unix socket; NULL: host and port */
    const char *host;
    int port;
    const char *method; /* default GET */
    const char *target;
    struct bytes body; /* sent as application/json when not empty */
    int timeout_ms;    /* default 5 s */
};

struct http_result {
    int status;
    struct buf body; /* the caller's to finish, also after an error */
};

/* E_network: nobody listens or the peer left. E_timed_out. A status is no error. */
enum error http_call(const struct http_call *call, struct http_result *out) MUST_CHECK;

#endif
