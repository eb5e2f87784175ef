/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* DescribeCluster: this broker, which is also its own controller. */
#include "server/api/api.h"
#include "server/server.h"

enum { ENDPOINT_IS_BROKERS = 1 };

void describe_cluster_on_request(struct request *r, const struct describe_cluster_request *body) {
    struct server *s = r->server;
    struct describe_cluster_response response;
    message_init(&message_describe_cluster_response, &response);
    response.cluster_id = bytes_text(storage_cluster_id(server_storage(s)));
    response.endpoint_type = body->endpoint_type;
    if (body->endpoint_type != ENDPOINT_IS_BROKERS) {
        response.error_code = KAFKA_MISMATCHED_ENDPOINT_TYPE;
        response.error_message = bytes_text("this address is a broker's, not a controller's");
        request_reply(r, &response);
        return;
    }
    response.controller_id = SERVER_NODE_ID;
    response.brokers_count = 1;
    response.brokers = message_items(&message_describe_cluster_response_broker, 1, &r->arena);
    response.brokers[0].broker_id = SERVER_NODE_ID;
    response.brokers[0].host = request_broker_host(r);
    response.brokers[0].port = server_port(s);
    request_reply(r, &response);
}
