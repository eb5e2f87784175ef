// rooms: broker/security
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes of somebody who has not authenticated, and as a file of users. The first byte chooses;
 * tokens are apart by a byte of 0xff. Nobody ever gets in: the password is nowhere in the corpus
 * in the form that would be a proof, and PLAIN's is longer than a fuzzer guesses. */
#include "base/check.h"
#include "security/sasl.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct users *somebody(void) {
    static struct users *users;
    if (!users) {
        enum error e;
        users = users_create();
        e = users_put(users, "alice", bytes_text("a password that nobody guesses, 0123456789"));
        assert(!e);
    }
    return users;
}

static void authenticate(enum sasl_mechanism mechanism, struct bytes rest) {
    struct buf answer = { 0 };
    struct sasl *x = sasl_create(mechanism);
    enum sasl_verdict verdict = SASL_GOES_ON;
    while (verdict == SASL_GOES_ON && rest.len) {
        const uint8_t *end = memchr(rest.data, 0xff, rest.len);
        size_t len = end ? (size_t)(end - rest.data) : rest.len;
        struct bytes token = bytes_part(rest, 0, len);
        rest = bytes_part(rest, len + (end ? 1 : 0), rest.len - len - (end ? 1 : 0));
        if (sasl_costs(x, somebody(), token))
            break; /* a derivation is slow, and not what is looked at here */
        verdict = sasl_take(x, somebody(), token, &answer);
    }
    assert(verdict != SASL_DONE);
    sasl_destroy(x);
    buf_finish(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct users *users = NULL;
    if (!size)
        return 0;
    struct bytes rest = bytes_of(data + 1, size - 1);
    if (data[0] % 4 < SASL_MECHANISM_COUNT)
        authenticate((enum sasl_mechanism)(data[0] % 4), rest);
    else if (users_read(&users, rest) == E_ok)
        users_destroy(users);
    return 0;
}
