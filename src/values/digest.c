/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Digests by libcrypto, written out in the short forms of ours. */
#include "values/digest.h"

#include "base/check.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { TOKEN_BYTES = 16, CARD_DIGITS_MAX = 19, MASK_FIRST = 6, MASK_LAST = 4, MASK_LEAST = 12 };

/* Looked up once: OpenSSL 3 searches its providers again for each use of EVP_sha256(). */
static const EVP_MD *sha256_kind(void) {
    static _Thread_local EVP_MD *kind;
    if (!kind)
        kind = EVP_MD_fetch(NULL, "SHA256", NULL);
    assert(kind != NULL);
    return kind;
}

void sha256(struct bytes data, uint8_t out[SHA256_BYTES]) {
    unsigned len = 0;
    int done = EVP_Digest(data.data, data.len, out, &len, sha256_kind(), NULL);
    assert(done == 1);
    assert(len == SHA256_BYTES);
}

void sha256_in_passing(struct bytes data, uint8_t out[SHA256_BYTES]) {
    unsigned len = 0;
    int done = EVP_Digest(data.data, data.len, out, &len, EVP_sha256(), NULL);
    assert(done == 1);
    assert(len == SHA256_BYTES);
}

/* EVP's context under our own name: those who hash need not see OpenSSL. */
struct sha256_running *sha256_begin(void) {
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    assert(c != NULL);
    int done = EVP_DigestInit_ex(c, EVP_sha256(), NULL);
    assert(done == 1);
    return (struct sha256_running *)c;
}

void sha256_add(struct sha256_running *r, struct bytes part) {
    int done = EVP_DigestUpdate((EVP_MD_CTX *)r, part.data, part.len);
    assert(done == 1);
}

void sha256_end(struct sha256_running *r, uint8_t out[SHA256_BYTES]) {
    unsigned len = 0;
    int done = EVP_DigestFinal_ex((EVP_MD_CTX *)r, out, &len);
    assert(done == 1);
    assert(len == SHA256_BYTES);
    sha256_forget(r);
}

void sha256_forget(struct sha256_running *r) {
    EVP_MD_CTX_free((EVP_MD_CTX *)r);
}

void sha256_hex(const uint8_t digest[SHA256_BYTES], char out[2 * SHA256_BYTES + 1]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[(size_t)2 * SHA256_BYTES] = 0;
}

void hmac_sha256(struct bytes key, struct bytes data, uint8_t out[SHA256_BYTES]) {
    digest_hmac(DIGEST_SHA256, key, data, out);
}

static const EVP_MD *openssl_kind(enum digest kind) {
    return kind == DIGEST_SHA256 ? EVP_sha256() : EVP_sha512();
}

size_t digest_size(enum digest kind) {
    return kind == DIGEST_SHA256 ? SHA256_BYTES : DIGEST_MAX;
}

void digest_hash(enum digest kind, struct bytes data, uint8_t *out) {
    unsigned len = 0;
    int done = EVP_Digest(data.data, data.len, out, &len, openssl_kind(kind), NULL);
    assert(done == 1);
    assert(len == digest_size(kind));
}

void digest_hmac(enum digest kind, struct bytes key, struct bytes data, uint8_t *out) {
    unsigned len = 0;
    assert(key.len <= INT_MAX);
    const void *done =
        HMAC(openssl_kind(kind), key.len ? key.data : (const uint8_t *)"", (int)key.len,
             data.len ? data.data : (const uint8_t *)"", data.len, out, &len);
    assert(done != NULL);
    assert(len == digest_size(kind));
}

void digest_password(enum digest kind, struct bytes password, const struct password_salt *salt,
                     uint8_t *out) {
    assert(password.len <= INT_MAX);
    int done = PKCS5_PBKDF2_HMAC(password.len ? (const char *)password.data : "", (int)password.len,
                                 salt->salt.data, (int)salt->salt.len, salt->iterations,
                                 openssl_kind(kind), (int)digest_size(kind), out);
    assert(done == 1);
}

bool secrets_equal(struct bytes a, struct bytes b) {
    return a.len == b.len && (!a.len || CRYPTO_memcmp(a.data, b.data, a.len) == 0);
}

void secret_forget(void *secret, size_t len) {
    if (len)
        OPENSSL_cleanse(secret, len);
}

/* 128 bits as one big-endian number in 26 digits of 5 bits: the first digit holds only 3 bits. */
void card_token(struct bytes key, struct bytes number, char out[CARD_TOKEN_CHARS + 1]) {
    static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint8_t digest[SHA256_BYTES];
    hmac_sha256(key, number, digest);
    unsigned held = 0, bits = 2; /* two zero bits before the first byte: 130 = 26 * 5 */
    size_t at = 0;
    for (size_t i = 0; i < TOKEN_BYTES; i++) {
        held = (held << 8 | digest[i]) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5)
            out[at++] = crockford[held >> (bits - 5) & 31];
    }
    assert(at == CARD_TOKEN_CHARS);
    out[at] = 0;
}

void card_mask(struct bytes number, char out[20]) {
    size_t count = 0;
    for (size_t i = 0; i < number.len && count < CARD_DIGITS_MAX; i++)
        if (number.data[i] >= '0' && number.data[i] <= '9')
            out[count++] = (char)number.data[i];
    size_t first = count < MASK_LEAST ? 0 : MASK_FIRST;
    size_t last = count < MASK_LEAST ? count : count - MASK_LAST;
    memset(out + first, '*', last - first);
    out[count] = 0;
}
