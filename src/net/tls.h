/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* TLS 1.2 and 1.3 under a connection: what a listener or a client of TLS is made with.
 *
 * The context is read from files once and outlives everything made with it. A listener asks its
 * clients for certificates when it is given a CA for them, and then lets in nobody without one. A
 * client always checks the certificate of whom it reaches, and its name. */
#ifndef OCTAVO_NET_TLS_H
#define OCTAVO_NET_TLS_H

#include "base/error.h"

#include <stdbool.h>

struct tls_context;

/* PEM files; NULL: none. */
struct tls_files {
    const char *certificate; /* followed by those that lead to its CA */
    const char *key;         /* not encrypted, and not readable by everybody */
    const char *ca;          /* whom to trust: a listener's clients; the servers of a client, for
                                whom NULL means the system's */
};

/* E_config with the remedy when a file is missing, is no PEM, or key and certificate differ. */
enum error tls_context_listen(struct tls_context **out, const struct tls_files *files) MUST_CHECK;
enum error tls_context_connect(struct tls_context **out, const struct tls_files *files) MUST_CHECK;
bool tls_context_asks_clients(const struct tls_context *context); /* for their certificates */
void tls_context_destroy(struct tls_context *context);            /* NULL is fine */

#endif
