/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The token by which callers of an edge are known: what its secret file holds. */
#ifndef OCTAVO_CONNECTORS_HTTP_TOKEN_H
#define OCTAVO_CONNECTORS_HTTP_TOKEN_H

#include "base/bytes.h"

/* A line of printable characters stands for itself; other bytes, as a file has that the runtime
 * made, for themselves in hexadecimal. Owned by the caller. */
char *token_of(struct bytes secret);
/* Whether the Authorization field is "Bearer TOKEN"; true for a token of NULL. */
bool token_is_shown(const char *token, struct bytes authorization);

#endif
