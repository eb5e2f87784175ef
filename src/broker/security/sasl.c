/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* PLAIN (RFC 4616) and SCRAM behind one door. */
#include "sasl.h"

#include "base/check.h"
#include "base/random.h"
#include "values/base64.h"

#include <stdlib.h>
#include <string.h>

struct sasl {
    enum sasl_mechanism mechanism;
    int tokens; /* taken */
    char user[USER_NAME_MAX + 1];
    struct scram scram;
};

static const char *const names[SASL_MECHANISM_COUNT] = {
    [SASL_PLAIN] = "PLAIN",
    [SASL_SCRAM_SHA_256] = "SCRAM-SHA-256",
    [SASL_SCRAM_SHA_512] = "SCRAM-SHA-512",
};

const char *sasl_name(enum sasl_mechanism mechanism) {
    return names[mechanism];
}

bool sasl_named(struct bytes name, enum sasl_mechanism *out) {
    for (int i = 0; i < SASL_MECHANISM_COUNT; i++) {
        *out = (enum sasl_mechanism)i;
        if (bytes_is_text(name, names[i]))
            return true;
    }
    return false;
}

struct sasl *sasl_create(enum sasl_mechanism mechanism) {
    struct sasl *x = memory_get(sizeof(*x));
    x->mechanism = mechanism;
    x->scram.kind = mechanism == SASL_SCRAM_SHA_512 ? DIGEST_SHA512 : DIGEST_SHA256;
    return x;
}

void sasl_destroy(struct sasl *x) {
    if (!x)
        return;
    scram_finish(&x->scram);
    free(x);
}

enum sasl_mechanism sasl_mechanism_of(const struct sasl *x) {
    return x->mechanism;
}

const char *sasl_user(const struct sasl *x) {
    return x->user;
}

/* ---- PLAIN: [whom to act for] NUL user NUL password */

static bool copy_name(struct bytes text, char name[USER_NAME_MAX + 1]) {
    if (!text.len || text.len > USER_NAME_MAX)
        return false;
    memcpy(name, text.data, text.len);
    name[text.len] = 0;
    return true;
}

static struct bytes take_to_zero(struct bytes *rest) {
    const uint8_t *zero = rest->len ? memchr(rest->data, 0, rest->len) : NULL;
    size_t len = zero ? (size_t)(zero - rest->data) : rest->len;
    struct bytes part = bytes_of(rest->data, len);
    *rest = zero ? bytes_of(zero + 1, rest->len - len - 1) : bytes_of(NULL, 0);
    return part;
}

static bool plain_read(struct bytes token, char name[USER_NAME_MAX + 1], struct bytes *password) {
    struct bytes rest = token;
    if (token.len > SASL_TOKEN_MAX)
        return false;
    struct bytes acts_for = take_to_zero(&rest);
    struct bytes user = take_to_zero(&rest);
    *password = rest;
    if (!rest.data || !rest.len || rest.len > PASSWORD_MAX || memchr(rest.data, 0, rest.len))
        return false;
    return copy_name(user, name) && (!acts_for.len || bytes_equal(acts_for, user));
}

static enum sasl_verdict plain_take(struct sasl *x, struct users *users, struct bytes token) {
    struct bytes password;
    if (!plain_read(token, x->user, &password))
        return SASL_FAILED;
    return users_check_plain(users, x->user, password) ? SASL_DONE : SASL_FAILED;
}

bool sasl_costs(struct sasl *x, struct users *users, struct bytes token) {
    char name[USER_NAME_MAX + 1];
    struct bytes password;
    return x->mechanism == SASL_PLAIN && plain_read(token, name, &password)
           && users_plain_costs(users, name, password);
}

/* ---- SCRAM */

static enum sasl_verdict scram_take(struct sasl *x, struct users *users, struct bytes token,
                                    struct buf *answer) {
    uint8_t nonce[SCRAM_NONCE_BYTES];
    struct buf text = { 0 };
    struct scram *s = &x->scram;
    if (x->tokens == 2)
        return scram_read_last(s, token, answer) ? SASL_DONE : SASL_FAILED;
    if (!scram_read_first(s, token))
        return SASL_FAILED;
    memcpy(x->user, s->user, sizeof(x->user));
    users_keys(users, s->kind, s->user, &s->keys);
    random_system(nonce, sizeof(nonce));
    base64_put(&text, bytes_of(nonce, sizeof(nonce)));
    scram_put_first(s, buf_bytes(&text), answer);
    buf_finish(&text);
    return SASL_GOES_ON;
}

enum sasl_verdict sasl_take(struct sasl *x, struct users *users, struct bytes token,
                            struct buf *answer) {
    x->tokens++;
    assert(x->tokens <= 2);
    if (x->mechanism == SASL_PLAIN)
        return plain_take(x, users, token);
    return scram_take(x, users, token, answer);
}
