/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Metadata: one broker, which leads everything; a missing topic is created if the client wants.
 *
 * Whoever creates a topic hears of it when it is durable. Others may see it a moment earlier, and
 * what they do with it stands behind it in the log. They are not made to wait: metadata is what a
 * client asks first, also of a broker whose disk is full. */
#include "server/api/api.h"
#include "server/server.h"
#include "server/server_inside.h"

#include <string.h>

static int32_t *list_of_us(struct request *r) {
    int32_t *nodes = arena_get(&r->arena, sizeof(*nodes));
    nodes[0] = SERVER_NODE_ID;
    return nodes;
}

static void describe_partition(struct request *r, const struct partition *p,
                               struct metadata_response_partition *out) {
    out->index = partition_index(p);
    out->leader_id = SERVER_NODE_ID;
    out->leader_epoch = partition_leader_epoch(p);
    out->replica_nodes = out->isr_nodes = list_of_us(r);
    out->replica_nodes_count = out->isr_nodes_count = 1;
}

static void describe_topic(struct request *r, const struct topic *topic,
                           struct metadata_response_topic *out) {
    size_t count = (size_t)topic->partition_count;
    out->name = bytes_text(topic->name);
    out->partitions_count = count;
    out->partitions = message_items(&message_metadata_response_partition, count, &r->arena);
    for (size_t i = 0; i < count; i++)
        describe_partition(r, topic->partitions[i], &out->partitions[i]);
}

static bool may_create(const struct request *r, const struct metadata_request *body) {
    if (server_settings(r->server)->topics_not_created)
        return false;
    return r->header.api_version < 4 || body->allow_auto_topic_creation;
}

/* Returns the LSN of the creation; 0: nothing was created. */
static lsn_t answer_topic(struct request *r, struct bytes name, bool create,
                          struct metadata_response_topic *out) {
    lsn_t lsn = 0;
    out->name = name;
    struct topic *topic = topic_find(server_storage(r->server), name);
    if (!topic && !topic_name_is_valid(name)) {
        out->error_code = KAFKA_INVALID_TOPIC_EXCEPTION;
    } else if (!topic && create) {
        out->error_code = (int16_t)server_create_topic(
            r->server, &(struct new_topic){ .name = name, .partitions = -1 }, &lsn);
        topic = topic_find(server_storage(r->server), name);
    } else if (!topic) {
        out->error_code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    if (topic)
        describe_topic(r, topic, out);
    return lsn;
}

static void answer_all(struct request *r, struct metadata_response *response) {
    struct storage *storage = server_storage(r->server);
    struct topic *topic;
    size_t count = 0;
    for (size_t at = 0; topic_next(storage, &at);)
        count++;
    response->topics_count = count;
    response->topics = message_items(&message_metadata_response_topic, count, &r->arena);
    count = 0;
    for (size_t at = 0; (topic = topic_next(storage, &at));)
        describe_topic(r, topic, &response->topics[count++]);
}

static lsn_t answer_asked(struct request *r, const struct metadata_request *body,
                          struct metadata_response *response) {
    bool create = may_create(r, body);
    lsn_t last = 0;
    response->topics_count = body->topics_count;
    response->topics =
        message_items(&message_metadata_response_topic, body->topics_count, &r->arena);
    for (size_t i = 0; i < body->topics_count && !request_asks_too_much(r); i++) {
        lsn_t lsn = answer_topic(r, body->topics[i].name, create, &response->topics[i]);
        last = lsn ? lsn : last;
    }
    return last;
}

void metadata_on_request(struct request *r, const struct metadata_request *body) {
    struct server *s = r->server;
    struct metadata_response response;
    lsn_t lsn = 0;
    message_init(&message_metadata_response, &response);
    response.brokers_count = 1;
    response.brokers = message_items(&message_metadata_response_broker, 1, &r->arena);
    response.brokers[0].node_id = SERVER_NODE_ID;
    response.brokers[0].host = request_broker_host(r);
    response.brokers[0].port = server_port(s);
    response.cluster_id = bytes_text(storage_cluster_id(server_storage(s)));
    response.controller_id = SERVER_NODE_ID;
    if (!body->topics || (!body->topics_count && r->header.api_version == 0))
        answer_all(r, &response);
    else
        lsn = answer_asked(r, body, &response);
    if (request_asks_too_much(r))
        request_refuse(r, "asks_too_much");
    else
        request_reply_synced(r, &response, lsn);
}
