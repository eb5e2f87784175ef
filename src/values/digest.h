/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Digests: SHA-2 (FIPS 180-4), HMAC (RFC 2104) and PBKDF2 (RFC 8018) through libcrypto, and the
 * short forms that ids and card tokens use. */
#ifndef OCTAVO_VALUES_DIGEST_H
#define OCTAVO_VALUES_DIGEST_H

#include "base/bytes.h"

enum { SHA256_BYTES = 32, CARD_TOKEN_CHARS = 26 };

void sha256(struct bytes data, uint8_t out[SHA256_BYTES]);
/* The same in a thread that ends: what speeds up the next call is not kept (and lost) in it. */
void sha256_in_passing(struct bytes data, uint8_t out[SHA256_BYTES]);
/* SHA-256 of what comes in parts. `running` is given back by sha256_end, or by sha256_forget. */
struct sha256_running;
struct sha256_running *sha256_begin(void);
void sha256_add(struct sha256_running *r, struct bytes part);
void sha256_end(struct sha256_running *r, uint8_t out[SHA256_BYTES]);
void sha256_forget(struct sha256_running *r); /* NULL is fine */
void sha256_hex(const uint8_t digest[SHA256_BYTES], char out[2 * SHA256_BYTES + 1]);
void hmac_sha256(struct bytes key, struct bytes data, uint8_t out[SHA256_BYTES]);
/* The first 128 bits of HMAC(key, number) in Crockford base32, closed by a zero: what stands for a
 * card number everywhere behind the connector. Equal numbers give equal tokens under one key. */
void card_token(struct bytes key, struct bytes number, char out[CARD_TOKEN_CHARS + 1]);
/* First six and last four digits, stars between; at most 19 digits are read, other bytes are
 * skipped. Fewer than 12 digits give only stars. */
void card_mask(struct bytes number, char out[20]);

/* The same for those who choose: `out` has digest_size() bytes, at most DIGEST_MAX. */
enum digest { DIGEST_SHA256, DIGEST_SHA512 };
enum { DIGEST_MAX = 64 };
size_t digest_size(enum digest kind);
void digest_hash(enum digest kind, struct bytes data, uint8_t *out);
void digest_hmac(enum digest kind, struct bytes key, struct bytes data, uint8_t *out);
/* Slow on purpose: about 0.5 microseconds an iteration. */
struct password_salt {
    struct bytes salt;
    int iterations;
};
void digest_password(enum digest kind, struct bytes password, const struct password_salt *salt,
                     uint8_t *out);
/* In a time that tells nothing about where they differ; different lengths are different. */
bool secrets_equal(struct bytes a, struct bytes b);
void secret_forget(void *secret, size_t len); /* overwritten, however clever the compiler is */

#endif
