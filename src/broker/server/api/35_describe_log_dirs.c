/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* DescribeLogDirs: our one directory and how much of it each partition takes. */
#include "server/api/api.h"
#include "server/server.h"

static void fill_topic(struct request *r, const struct topic *topic,
                       struct describe_log_dirs_response_topic *out) {
    out->name = arena_copy(&r->arena, bytes_text(topic->name));
    out->partitions_count = (size_t)topic->partition_count;
    out->partitions = message_items(&message_describe_log_dirs_response_partition,
                                    out->partitions_count, &r->arena);
    for (size_t i = 0; i < out->partitions_count; i++) {
        out->partitions[i].index = (int32_t)i;
        out->partitions[i].size_bytes = partition_size_bytes(topic->partitions[i]);
    }
}

static void fill_all(struct request *r, struct describe_log_dirs_response_dir *out) {
    struct storage *storage = server_storage(r->server);
    struct topic *topic;
    size_t count = 0;
    for (size_t at = 0; topic_next(storage, &at);)
        count++;
    out->topics = message_items(&message_describe_log_dirs_response_topic, count, &r->arena);
    for (size_t at = 0; (topic = topic_next(storage, &at));)
        fill_topic(r, topic, &out->topics[out->topics_count++]);
}

static void fill_asked_topic(struct request *r, const struct describe_log_dirs_request_topic *in,
                             struct describe_log_dirs_response_topic *out) {
    out->name = in->name;
    out->partitions = message_items(&message_describe_log_dirs_response_partition,
                                    in->partitions_count, &r->arena);
    for (size_t i = 0; i < in->partitions_count; i++) {
        const struct partition *p = server_partition(r->server, in->name, in->partitions[i]);
        struct describe_log_dirs_response_partition *to = &out->partitions[out->partitions_count];
        if (!p)
            continue;
        to->index = in->partitions[i];
        to->size_bytes = partition_size_bytes(p);
        out->partitions_count++;
    }
}

/* A partition that is not here is left out, as in Kafka. */
static void fill_asked(struct request *r, const struct describe_log_dirs_request *body,
                       struct describe_log_dirs_response_dir *out) {
    out->topics =
        message_items(&message_describe_log_dirs_response_topic, body->topics_count, &r->arena);
    for (size_t t = 0; t < body->topics_count && !request_asks_too_much(r); t++)
        if (topic_find(server_storage(r->server), body->topics[t].name))
            fill_asked_topic(r, &body->topics[t], &out->topics[out->topics_count++]);
}

void describe_log_dirs_on_request(struct request *r, const struct describe_log_dirs_request *body) {
    struct describe_log_dirs_response response = { .dirs_count = 1 };
    response.dirs = message_items(&message_describe_log_dirs_response_dir, 1, &r->arena);
    response.dirs[0].log_dir = bytes_text(server_settings(r->server)->dir);
    if (body->topics)
        fill_asked(r, body, &response.dirs[0]);
    else
        fill_all(r, &response.dirs[0]);
    if (request_asks_too_much(r))
        request_refuse(r, "asks_too_much");
    else
        request_reply(r, &response);
}
