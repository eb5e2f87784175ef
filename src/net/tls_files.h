/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a context is, for the two files that know OpenSSL. */
#ifndef OCTAVO_NET_TLS_FILES_H
#define OCTAVO_NET_TLS_FILES_H

#include "net/tls.h"

#include <openssl/ssl.h>
#include <stdint.h>

struct tls_context {
    SSL_CTX *openssl;
    bool asks_clients;
    int failures_unsaid;
    int64_t quiet_until_ms;
};

#endif
