/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For tests: SCRAM's other side, as librdkafka or anybody would be. */
#ifndef OCTAVO_SECURITY_SCRAM_FIXTURE_H
#define OCTAVO_SECURITY_SCRAM_FIXTURE_H

#include "base/test.h"
#include "values/base64.h"
#include "values/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct scram_client {
    enum digest kind;
    const char *user;
    const char *password;
    const char *nonce;
    bool says_nonce_twice; /* librdkafka before 2.6.1 */
};

/* The value of an attribute such as "s=" in the server's message; copied. */
static inline char *scram_value(const char *message, const char *name) {
    const char *at = strstr(message, name);
    CHECK(at);
    return text_copy_bytes(bytes_of(at + 2, strcspn(at + 2, ",")));
}

static inline void scram_proof(const struct scram_client *c, const char *server_first,
                               struct bytes exchange, uint8_t proof[DIGEST_MAX]) {
    uint8_t salted[DIGEST_MAX], key[DIGEST_MAX], stored[DIGEST_MAX];
    size_t size = digest_size(c->kind);
    struct buf salt = { 0 };
    char *text = scram_value(server_first, "s="), *count = scram_value(server_first, "i=");
    CHECK(base64_read(bytes_text(text), &salt));
    struct password_salt stretch = { buf_bytes(&salt), (int)strtol(count, NULL, 10) };
    digest_password(c->kind, bytes_text(c->password), &stretch, salted);
    digest_hmac(c->kind, bytes_of(salted, size), bytes_text("Client Key"), key);
    digest_hash(c->kind, bytes_of(key, size), stored);
    digest_hmac(c->kind, bytes_of(stored, size), exchange, proof);
    for (size_t i = 0; i < size; i++)
        proof[i] ^= key[i];
    buf_finish(&salt);
    free(text);
    free(count);
}

static inline void scram_client_first(const struct scram_client *c, struct buf *out) {
    buf_print(out, "n,,n=%s,r=%s", c->user, c->nonce);
}

/* The answer to the server's first message. */
static inline void scram_client_last(const struct scram_client *c, struct bytes server_first,
                                     struct buf *out) {
    uint8_t proof[DIGEST_MAX];
    struct buf exchange = { 0 };
    char *first = text_copy_bytes(server_first);
    char *nonce = scram_value(first, "r=");
    buf_print(out, "c=biws,r=%s%s", c->says_nonce_twice ? c->nonce : "", nonce);
    buf_print(&exchange, "n=%s,r=%s,%s,", c->user, c->nonce, first);
    buf_put_bytes(&exchange, buf_bytes(out));
    scram_proof(c, first, buf_bytes(&exchange), proof);
    buf_put_text(out, ",p=");
    base64_put(out, bytes_of(proof, digest_size(c->kind)));
    buf_finish(&exchange);
    free(nonce);
    free(first);
}

#endif
