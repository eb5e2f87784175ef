/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* CreatePartitions: topics grow, each by itself; the answer names every topic that was asked for
 * and waits until all growth is durable. */
#include "server/api/api.h"

struct growth {
    enum kafka_error code;
    const char *message; /* NULL: none */
};

static struct growth refuse(enum kafka_error code, const char *message) {
    return (struct growth){ code, message };
}

/* Where a client says itself which broker has the new ones, it can only be this one. */
static bool assignments_fit(const struct create_partitions_request_topic *in,
                            const struct topic *topic) {
    if (!in->assignments)
        return true;
    for (size_t i = 0; i < in->assignments_count; i++)
        if (in->assignments[i].broker_ids_count != 1
            || in->assignments[i].broker_ids[0] != SERVER_NODE_ID)
            return false;
    return (int64_t)in->assignments_count == (int64_t)in->count - topic->partition_count;
}

static struct growth grow(struct request *r, const struct create_partitions_request *body,
                          size_t at, lsn_t *lsn) {
    const struct create_partitions_request_topic *in = &body->topics[at];
    struct storage *storage = server_storage(r->server);
    struct topic *topic = topic_find(storage, in->name);
    if (!topic)
        return refuse(KAFKA_UNKNOWN_TOPIC_OR_PARTITION, "there is no such topic");
    if (in->count <= topic->partition_count)
        return refuse(KAFKA_INVALID_PARTITIONS, "the topic has as many partitions, or more");
    if (!assignments_fit(in, topic))
        return refuse(KAFKA_INVALID_REPLICA_ASSIGNMENT, "there is one broker, id 1");
    if (body->validate_only)
        return refuse(KAFKA_NONE, NULL);
    enum error e = topic_grow(storage, topic, in->count, lsn);
    if (e == E_too_large)
        return refuse(KAFKA_INVALID_PARTITIONS, "more partitions than this broker takes");
    return refuse(e ? KAFKA_KAFKA_STORAGE_ERROR : KAFKA_NONE, NULL);
}

void create_partitions_on_request(struct request *r, const struct create_partitions_request *body) {
    struct create_partitions_response response = { .results_count = body->topics_count };
    struct topic_names names = { 0 };
    lsn_t lsn = 0;
    for (size_t i = 0; i < body->topics_count; i++)
        topic_names_add(&names, body->topics[i].name);
    response.results =
        message_items(&message_create_partitions_response_topic, body->topics_count, &r->arena);
    for (size_t i = 0; i < body->topics_count; i++) {
        struct create_partitions_response_topic *out = &response.results[i];
        struct growth done =
            topic_name_is_repeated(&names, body->topics[i].name)
                ? refuse(KAFKA_INVALID_REQUEST, "the request names the topic twice")
                : grow(r, body, i, &lsn);
        out->name = body->topics[i].name;
        out->error_code = (int16_t)done.code;
        out->error_message = done.message ? bytes_text(done.message) : (struct bytes){ 0 };
    }
    topic_names_finish(&names);
    request_reply_synced(r, &response, lsn);
}
