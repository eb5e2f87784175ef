/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* CreateTopics: each topic by itself; the reply waits until all are durable. A setting that is not
 * known, or not kept here, is refused by name rather than ignored. */
#include "server/api/api.h"
#include "server/server.h"
#include "server/settings.h"

struct creation {
    enum kafka_error code;
    const char *message; /* in the arena, or a constant; NULL: none */
    lsn_t lsn;           /* 0: nothing was created */
};

static struct creation refuse(enum kafka_error code, const char *message) {
    return (struct creation){ code, message, 0 };
}

/* Fills the settings; the message names the one that is wrong. */
static struct creation read_settings(struct request *r,
                                     const struct create_topics_request_topic *topic,
                                     struct topic_settings *out) {
    for (size_t i = 0; i < topic->configs_count; i++) {
        const struct create_topics_request_config *in = &topic->configs[i];
        struct setting_outcome done =
            settings_change(r, out, &(struct setting_change){ in->name, SET, in->value });
        if (done.code)
            return refuse(done.code, arena_text(&r->arena, done.message));
    }
    return refuse(KAFKA_NONE, NULL);
}

static struct creation check_assignments(struct request *r,
                                         const struct create_topics_request_topic *topic) {
    bool *seen = arena_get(&r->arena, topic->assignments_count * sizeof(*seen));
    if (topic->partition_count != -1 || topic->replication_factor != -1)
        return refuse(KAFKA_INVALID_REQUEST, "give either counts or assignments");
    for (size_t i = 0; i < topic->assignments_count; i++) {
        const struct create_topics_request_assignment *a = &topic->assignments[i];
        bool outside = a->index < 0 || (size_t)a->index >= topic->assignments_count;
        if (outside || seen[a->index] || a->broker_ids_count != 1
            || a->broker_ids[0] != SERVER_NODE_ID)
            return refuse(KAFKA_INVALID_REPLICA_ASSIGNMENT, "there is one broker, id 1");
        seen[a->index] = true;
    }
    return refuse(KAFKA_NONE, NULL);
}

static struct creation check(struct request *r, const struct create_topics_request_topic *topic,
                             struct topic_settings *settings) {
    if (!topic_name_is_valid(topic->name))
        return refuse(KAFKA_INVALID_TOPIC_EXCEPTION, "a name has 1 to 249 of a-z A-Z 0-9 . _ -");
    if (topic_find(server_storage(r->server), topic->name))
        return refuse(KAFKA_TOPIC_ALREADY_EXISTS, "the topic exists");
    struct creation done = read_settings(r, topic, settings);
    if (done.code)
        return done;
    if (topic->assignments_count)
        return check_assignments(r, topic);
    if (topic->partition_count < -1 || topic->partition_count == 0)
        return refuse(KAFKA_INVALID_PARTITIONS, "a topic has at least one partition");
    int16_t most = server_settings(r->server)->replicas_accepted;
    if (topic->replication_factor != -1
        && (topic->replication_factor < 1 || topic->replication_factor > (most ? most : 1)))
        return refuse(KAFKA_INVALID_REPLICATION_FACTOR, "there is one broker");
    return refuse(KAFKA_NONE, NULL);
}

static struct creation create_with(struct request *r, const struct create_topics_request *body,
                                   size_t at, struct topic_settings *settings) {
    const struct create_topics_request_topic *topic = &body->topics[at];
    struct creation done = check(r, topic, settings);
    if (done.code || body->validate_only)
        return done;
    struct new_topic wanted = { .name = topic->name,
                                .partitions = topic->partition_count,
                                .settings = topic->configs_count ? settings : NULL };
    if (topic->assignments_count)
        wanted.partitions = (int32_t)topic->assignments_count;
    done.code = server_create_topic(r->server, &wanted, &done.lsn);
    if (done.code == KAFKA_POLICY_VIOLATION)
        done.message = "more partitions than this broker takes";
    return done;
}

static struct creation create(struct request *r, const struct create_topics_request *body,
                              size_t at) {
    struct topic_settings settings;
    topic_settings_init_from(&settings, storage_defaults(server_storage(r->server)));
    struct creation done = create_with(r, body, at, &settings);
    topic_settings_finish(&settings);
    return done;
}

void create_topics_on_request(struct request *r, const struct create_topics_request *body) {
    struct create_topics_response response = { .topics_count = body->topics_count };
    struct topic_names names = { 0 };
    lsn_t last = 0;
    for (size_t i = 0; i < body->topics_count; i++)
        topic_names_add(&names, body->topics[i].name);
    response.topics =
        message_items(&message_create_topics_response_topic, body->topics_count, &r->arena);
    for (size_t i = 0; i < body->topics_count; i++) {
        const struct create_topics_request_topic *in = &body->topics[i];
        struct create_topics_response_topic *out = &response.topics[i];
        struct creation done =
            topic_name_is_repeated(&names, in->name)
                ? refuse(KAFKA_INVALID_REQUEST, "the request names the topic twice")
                : create(r, body, i);
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
    topic_names_finish(&names);
    request_reply_synced(r, &response, last);
}
