/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a terminal is told: which fields of its request come back, and what the gateway decided.
 *
 * The card number never comes back: only fields 3 4 7 11 12 13 37 41 49 70 are echoed. */
#ifndef OCTAVO_CONNECTORS_ISO8583_ANSWER_H
#define OCTAVO_CONNECTORS_ISO8583_ANSWER_H

#include "message.h"

/* What must be kept of a request until its answer comes. Freed with free(). */
struct kept;

/* False: there is no answer to this type of message (it is one itself). */
bool answer_is_due(const struct iso_message *request);
/* The answer's type and the echoed fields, borrowed from the request; and its code. */
void answer_at_once(const struct iso_message *request, const char *code, struct iso_message *out);

struct kept *answer_keep(const struct iso_message *request, const char *request_id);
/* The answer to a kept request, as the gateway's JSON says: {code, balance?, currency?, approval?}.
 * JSON that cannot be read or says nothing that can be told answers 96. *out borrows `kept`. */
void answer_decided(const struct kept *kept, struct bytes json, struct iso_message *out);

/* E_config: the dialect lacks a field that requests or answers need. */
enum error answer_dialect_check(const struct iso_dialect *d) MUST_CHECK;

#endif
