/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* CreateTopics: each topic by itself; the reply waits until all are durable.
 *
 * Settings: retention and compaction do not exist yet. A setting is taken only when it asks for
 * what the broker does anyway; anything else is refused by name rather than ignored. */
#include "server/api/api.h"
#include "server/server.h"

#include <string.h>

struct setting {
    const char *name;
    const char *value; /* the only one there is; NULL: any, it changes nothing here */
};

static const struct setting settings[] = {
    { "cleanup.policy", "delete" }, { "compression.type", "producer" },
    { "retention.ms", "-1" },       { "retention.bytes", "-1" },
    { "min.insync.replicas", "1" }, { "message.timestamp.type", "CreateTime" },
    { "flush.messages", "1" },      { "unclean.leader.election.enable", NULL },
};

struct creation {
    enum kafka_error code;
    const char *message; /* in the arena, or a constant; NULL: none */
    lsn_t lsn;           /* 0: nothing was created */
};

static struct creation refuse(enum kafka_error code, const char *message) {
    return (struct creation){ code, message, 0 };
}

static bool setting_is_known(const struct create_topics_request_config *config) {
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (bytes_is_text(config->name, settings[i].name))
            return !settings[i].value || bytes_is_text(config->value, settings[i].value);
    return false;
}

static const char *setting_story(struct request *r, struct bytes name) {
    static const char story[] = ": this value is not supported yet";
    char *text = arena_get(&r->arena, name.len + sizeof(story));
    memcpy(text, name.data, name.len);
    memcpy(text + name.len, story, sizeof(story));
    return text;
}

static struct creation check_assignments(const struct create_topics_request_topic *topic) {
    if (topic->partition_count != -1 || topic->replication_factor != -1)
        return refuse(KAFKA_INVALID_REQUEST, "give either counts or assignments");
    for (size_t i = 0; i < topic->assignments_count; i++) {
        const struct create_topics_request_assignment *a = &topic->assignments[i];
        bool seen = a->index < 0 || (size_t)a->index >= topic->assignments_count;
        for (size_t j = 0; j < i && !seen; j++)
            seen = topic->assignments[j].index == a->index;
        if (seen || a->broker_ids_count != 1 || a->broker_ids[0] != SERVER_NODE_ID)
            return refuse(KAFKA_INVALID_REPLICA_ASSIGNMENT, "there is one broker, id 1");
    }
    return refuse(KAFKA_NONE, NULL);
}

static struct creation check(struct request *r, const struct create_topics_request_topic *topic) {
    if (!topic_name_is_valid(topic->name))
        return refuse(KAFKA_INVALID_TOPIC_EXCEPTION, "a name has 1 to 249 of a-z A-Z 0-9 . _ -");
    if (topic_find(server_storage(r->server), topic->name))
        return refuse(KAFKA_TOPIC_ALREADY_EXISTS, "the topic exists");
    for (size_t i = 0; i < topic->configs_count; i++)
        if (!setting_is_known(&topic->configs[i]))
            return refuse(KAFKA_INVALID_CONFIG, setting_story(r, topic->configs[i].name));
    if (topic->assignments_count)
        return check_assignments(topic);
    if (topic->partition_count < -1 || topic->partition_count == 0)
        return refuse(KAFKA_INVALID_PARTITIONS, "a topic has at least one partition");
    if (topic->replication_factor != -1 && topic->replication_factor != 1)
        return refuse(KAFKA_INVALID_REPLICATION_FACTOR, "there is one broker");
    return refuse(KAFKA_NONE, NULL);
}

static bool is_repeated(const struct create_topics_request *body, size_t at) {
    for (size_t i = 0; i < body->topics_count; i++)
        if (i != at && bytes_equal(body->topics[i].name, body->topics[at].name))
            return true;
    return false;
}

static struct creation create(struct request *r, const struct create_topics_request *body,
                              size_t at) {
    const struct create_topics_request_topic *topic = &body->topics[at];
    if (is_repeated(body, at))
        return refuse(KAFKA_INVALID_REQUEST, "the request names the topic twice");
    struct creation done = check(r, topic);
    if (done.code || body->validate_only)
        return done;
    int32_t count =
        topic->assignments_count ? (int32_t)topic->assignments_count : topic->partition_count;
    done.code = server_create_topic(r->server, topic->name, count, &done.lsn);
    if (done.code == KAFKA_POLICY_VIOLATION)
        done.message = "more partitions than this broker takes";
    return done;
}

void create_topics_on_request(struct request *r, const struct create_topics_request *body) {
    struct create_topics_response response = { .topics_count = body->topics_count };
    lsn_t last = 0;
    response.topics =
        message_items(&message_create_topics_response_topic, body->topics_count, &r->arena);
    for (size_t i = 0; i < body->topics_count; i++) {
        const struct create_topics_request_topic *in = &body->topics[i];
        struct create_topics_response_topic *out = &response.topics[i];
        struct creation done = create(r, body, i);
        last = done.lsn ? done.lsn : last;
        out->name = in->name;
        out->error_code = (int16_t)done.code;
        out->error_message = done.message ? bytes_text(done.message) : (struct bytes){ 0 };
        out->configs = message_items(&message_create_topics_response_config, 0, &r->arena);
        if (done.code)
            continue;
        out->replication_factor = 1;
        out->partition_count = in->assignments_count ? (int32_t)in->assignments_count
                               : in->partition_count > 0
                                   ? in->partition_count
                                   : server_settings(r->server)->partitions_default;
    }
    request_reply_synced(r, &response, last);
}
