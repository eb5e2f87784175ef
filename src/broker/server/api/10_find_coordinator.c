/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* FindCoordinator: of a group it is this broker. Transactions do not exist yet; asking for their
 * coordinator fails for good with TRANSACTIONAL_ID_AUTHORIZATION_FAILED: the retriable
 * COORDINATOR_NOT_AVAILABLE would keep a client trying until its own time is up. */
#include "server/api/api.h"
#include "server/server.h"

enum { KEY_IS_GROUP = 0 };

static enum kafka_error check(int8_t key_type, struct bytes key) {
    if (key_type != KEY_IS_GROUP)
        return KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    return key.len ? KAFKA_NONE : KAFKA_INVALID_GROUP_ID;
}

static struct bytes message_of(enum kafka_error code) {
    if (code == KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
        return bytes_text("this broker has no transactions yet");
    return (struct bytes){ 0 };
}

static void fill(struct request *r, int8_t key_type, struct bytes key,
                 struct find_coordinator_response_coordinator *out) {
    enum kafka_error code = check(key_type, key);
    out->key = key;
    out->error_code = (int16_t)code;
    out->error_message = message_of(code);
    out->node_id = code ? -1 : SERVER_NODE_ID;
    out->host = bytes_text(code ? "" : server_settings(r->server)->host);
    out->port = code ? -1 : server_port(r->server);
}

void find_coordinator_on_request(struct request *r, const struct find_coordinator_request *body) {
    struct find_coordinator_response_coordinator one = { 0 };
    struct find_coordinator_response response = { .coordinators_count = body->keys_count };
    response.coordinators =
        message_items(&message_find_coordinator_response_coordinator, body->keys_count, &r->arena);
    for (size_t i = 0; i < body->keys_count; i++)
        fill(r, body->key_type, body->keys[i], &response.coordinators[i]);
    fill(r, body->key_type, body->key, &one);
    response.error_code = one.error_code;
    response.error_message = one.error_message;
    response.node_id = one.node_id;
    response.host = one.host;
    response.port = one.port;
    request_reply(r, &response);
}
