/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* SCRAM (RFC 5802, RFC 7677), the server's side: who proves to know a password that we do not know.
 *
 * Pure: bytes in, bytes out; the nonce comes from whoever calls. */
#ifndef OCTAVO_SECURITY_SCRAM_H
#define OCTAVO_SECURITY_SCRAM_H

#include "base/bytes.h"
#include "values/digest.h"

enum {
    SCRAM_SALT_BYTES = 16,
    SCRAM_NONCE_BYTES = 18, /* 24 characters */
    SCRAM_ITERATIONS = 8192,
    SCRAM_ITERATIONS_LEAST = 4096,
    SCRAM_ITERATIONS_MOST = 16384,
    SASL_TOKEN_MAX = 4096,
    USER_NAME_MAX = 255,
};

/* All that is kept of a password. */
struct scram_keys {
    uint8_t salt[SCRAM_SALT_BYTES];
    int iterations;
    uint8_t stored[DIGEST_MAX];
    uint8_t server[DIGEST_MAX];
};

/* The salt and the iterations are set before. */
void scram_keys_make(enum digest kind, struct bytes password, struct scram_keys *keys);
bool scram_keys_fit(enum digest kind, struct bytes password, const struct scram_keys *keys);

struct scram {
    enum digest kind;
    char user[USER_NAME_MAX + 1];
    struct buf bare;   /* client-first-message-bare */
    struct buf header; /* gs2-header, which c= repeats */
    struct buf first;  /* server-first-message */
    size_t client_nonce_len;
    size_t nonce_len; /* both begin at 2 of `first` */
    struct scram_keys keys;
};

void scram_finish(struct scram *s);

/* The client's first message; false: it is none. Then `user` is set, and whoever calls sets `keys`,
 * which for somebody unknown are invented: nothing may tell him apart. */
bool scram_read_first(struct scram *s, struct bytes message);
/* Appends the answer to it. */
void scram_put_first(struct scram *s, struct bytes nonce, struct buf *out); /* in characters */
/* The client's last message; true: the proof is right, and the answer to it is appended. */
bool scram_read_last(struct scram *s, struct bytes message, struct buf *out);

#endif
