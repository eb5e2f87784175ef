/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* FindCoordinator: of a group and of a transactional id it is this broker. */
#include "server/api/api.h"
#include "server/server.h"

enum { KEY_IS_GROUP = 0, KEY_IS_TRANSACTIONAL_ID = 1 };

static enum kafka_error check(int8_t key_type, struct bytes key) {
    if (key_type != KEY_IS_GROUP && key_type != KEY_IS_TRANSACTIONAL_ID)
        return KAFKA_INVALID_REQUEST;
    if (key.len)
        return KAFKA_NONE;
    return key_type == KEY_IS_GROUP ? KAFKA_INVALID_GROUP_ID : KAFKA_INVALID_REQUEST;
}

static void fill(struct request *r, int8_t key_type, struct bytes key,
                 struct find_coordinator_response_coordinator *out) {
    enum kafka_error code = check(key_type, key);
    out->key = key;
    out->error_code = (int16_t)code;
    out->node_id = code ? -1 : SERVER_NODE_ID;
    out->host = code ? bytes_text("") : request_broker_host(r);
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
    response.node_id = one.node_id;
    response.host = one.host;
    response.port = one.port;
    request_reply(r, &response);
}
