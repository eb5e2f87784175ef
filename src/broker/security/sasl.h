/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One client's authentication, token by token, whatever carries the tokens.
 *
 * Whoever fails learns only that: a name that nobody has goes the same way in the same time. */
#ifndef OCTAVO_SECURITY_SASL_H
#define OCTAVO_SECURITY_SASL_H

#include "users.h"

enum sasl_mechanism { SASL_PLAIN, SASL_SCRAM_SHA_256, SASL_SCRAM_SHA_512 };
enum { SASL_MECHANISM_COUNT = 3 };

const char *sasl_name(enum sasl_mechanism mechanism); /* "SCRAM-SHA-256" */
bool sasl_named(struct bytes name, enum sasl_mechanism *out);

enum sasl_verdict { SASL_GOES_ON, SASL_DONE, SASL_FAILED };

struct sasl; /* one exchange */

struct sasl *sasl_create(enum sasl_mechanism mechanism);
void sasl_destroy(struct sasl *x); /* NULL is fine */
enum sasl_mechanism sasl_mechanism_of(const struct sasl *x);
const char *sasl_user(const struct sasl *x); /* whom it claims to be; "" before it says so */
/* Whether this token will take as long as a password's derivation: it may be made to wait. */
bool sasl_costs(struct sasl *x, struct users *users, struct bytes token);
/* Takes the client's next token and appends the answer to it, which may be empty. */
enum sasl_verdict sasl_take(struct sasl *x, struct users *users, struct bytes token,
                            struct buf *answer);

#endif
