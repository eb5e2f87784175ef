/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One connection's TLS, as connection.c uses it: recv and send with a handshake before them. */
#ifndef OCTAVO_NET_TLS_SESSION_H
#define OCTAVO_NET_TLS_SESSION_H

#include "net/tls.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tls;

/* On a socket that does not block and stays the caller's. `name`: the server that a client means;
 * NULL for a listener's. */
struct tls *tls_create(struct tls_context *context, int fd, const char *name);
void tls_destroy(struct tls *t); /* NULL is fine */
/* Says that nothing more will be sent, when there is somebody to tell. */
void tls_end(struct tls *t);

enum tls_progress { TLS_DONE, TLS_WAITS, TLS_FAILED };
enum tls_progress tls_handshake(struct tls *t);
/* As recv and send: bytes moved, 0 at the peer's end, or -1 with errno, which is EAGAIN or EPROTO.
 */
ssize_t tls_receive(struct tls *t, void *to, size_t room);
ssize_t tls_send(struct tls *t, const void *data, size_t len);
bool tls_waits_to_write(const struct tls *t); /* what was last tried */
bool tls_holds_input(const struct tls *t);    /* that the socket no longer tells of */
const char *tls_trouble(const struct tls *t); /* why it has failed, in words with _ between */
/* How often one may be told of a failed handshake: at most once a second for all of a context. The
 * number of those not told of, this one among them; 0: be silent. */
int tls_failures_to_tell(struct tls *t, int64_t now_ms);

#endif
