/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* SaslAuthenticate: one token of the mechanism that SaslHandshake chose. */
#include "server/api/api.h"
#include "server/server_inside.h"

void sasl_authenticate_on_request(struct request *r, const struct sasl_authenticate_request *body) {
    authentication_take(r, body->auth_bytes);
}
