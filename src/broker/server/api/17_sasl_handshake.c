/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* SaslHandshake: the client names a mechanism, we say which there are. */
#include "server/api/api.h"
#include "server/server_inside.h"

void sasl_handshake_on_request(struct request *r, const struct sasl_handshake_request *body) {
    struct sasl_handshake_response response = { 0 };
    struct client *c = r->client;
    enum kafka_error code = authentication_choose(r, body->mechanism);
    response.error_code = (int16_t)code;
    response.mechanisms = arena_get(&r->arena, SASL_MECHANISM_COUNT * sizeof(struct bytes));
    for (int i = 0; i < SASL_MECHANISM_COUNT; i++)
        if (authentication_offers(r->server, (enum sasl_mechanism)i))
            response.mechanisms[response.mechanisms_count++] =
                bytes_text(sasl_name((enum sasl_mechanism)i));
    request_reply(r, &response);
    if (code == KAFKA_UNSUPPORTED_SASL_MECHANISM)
        client_refuse(c, "unsupported_mechanism");
}
