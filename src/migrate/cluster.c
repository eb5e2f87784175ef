/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* librdkafka's clients and admin calls. Only some of its calls name the broker that did not answer;
 * so every story here does. */
#include "cluster.h"

#include <stdlib.h>
#include <string.h>

enum { REASON_BYTES = 512, CLUSTER_ID_MS = 10000 };

static const struct client_setting common[] = {
    { "client.id", "octavo-migrate" },
    { "socket.nagle.disable", "true" },
    { "reconnect.backoff.ms", "20" },
    { "reconnect.backoff.max.ms", "500" },
    { "log_level", "0" },
    { NULL, NULL },
};

static const struct client_setting reading[] = {
    { "group.id", "octavo-migrate" },
    { "enable.auto.commit", "false" },
    { "enable.auto.offset.store", "false" },
    { "auto.offset.reset", "error" },
    { "enable.partition.eof", "true" },
    { "isolation.level", "read_committed" },
    { "check.crcs", "true" },
    { "queued.max.messages.kbytes", "16384" },
    { "fetch.wait.max.ms", "100" },
    { "allow.auto.create.topics", "false" },
    { NULL, NULL },
};

static enum error settings_take(rd_kafka_conf_t *conf, const struct client_setting *settings) {
    char reason[REASON_BYTES];
    for (; settings->name; settings++)
        if (rd_kafka_conf_set(conf, settings->name, settings->value, reason, sizeof(reason))
            != RD_KAFKA_CONF_OK)
            return fail(E_config, "Kafka setting %s: %s", settings->name, reason);
    return E_ok;
}

enum error cluster_client(const struct cluster *c, rd_kafka_t **out, rd_kafka_type_t type,
                          rd_kafka_conf_t *conf, const struct client_setting *settings) {
    char reason[REASON_BYTES];
    struct client_setting where[] = { { "bootstrap.servers", c->bootstrap }, { NULL, NULL } };
    enum error e = settings_take(conf, common);
    *out = NULL;
    if (!e)
        e = settings_take(conf, settings);
    if (!e && c->properties)
        e = settings_take(conf, c->properties);
    if (!e)
        e = settings_take(conf, where);
    if (!e) {
        *out = rd_kafka_new(type, conf, reason, sizeof(reason));
        e = *out ? E_ok : fail(E_config, "a client of %s: %s", c->bootstrap, reason);
    }
    if (e)
        rd_kafka_conf_destroy(conf);
    return e;
}

static enum error id_ask(struct cluster *c) {
    char *id = rd_kafka_clusterid(c->reader, CLUSTER_ID_MS);
    if (!id) {
        enum error e = fail(E_timed_out, "no broker answers at %s", c->bootstrap);
        fail_try("start it: of the embedded one `octavo broker --dir DIR/broker` is enough");
        return e;
    }
    c->id = text_copy(id);
    rd_kafka_mem_free(c->reader, id);
    return E_ok;
}

enum error cluster_open(struct cluster *c, const char *bootstrap,
                        const struct client_setting *properties) {
    c->bootstrap = text_copy(bootstrap);
    c->properties = properties;
    TRY(cluster_client(c, &c->reader, RD_KAFKA_CONSUMER, rd_kafka_conf_new(), reading));
    (void)rd_kafka_poll_set_consumer(c->reader);
    c->queue = rd_kafka_queue_new(c->reader);
    return id_ask(c);
}

void cluster_close(struct cluster *c) {
    if (c->queue)
        rd_kafka_queue_destroy(c->queue);
    if (c->reader)
        rd_kafka_destroy(c->reader);
    free(c->id);
    free(c->bootstrap);
    *c = (struct cluster){ 0 };
}

enum error cluster_bounds(rd_kafka_t *client, const char *topic, int32_t partition, int64_t *first,
                          int64_t *end) {
    rd_kafka_resp_err_t error =
        rd_kafka_query_watermark_offsets(client, topic, partition, first, end, ANSWER_MS);
    if (error)
        return fail(E_timed_out, "%s-%d: its first and last offset: %s", topic, partition,
                    rd_kafka_err2str(error));
    return E_ok;
}

/* The answer to the call before. */
static enum error answer_wait(struct cluster *c, const char *about, rd_kafka_event_t **out) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(c->queue, ANSWER_MS);
    enum error e = E_ok;
    *out = NULL;
    if (!event)
        return fail(E_timed_out, "%s: %s did not answer", about, c->bootstrap);
    if (rd_kafka_event_error(event))
        e = fail(E_timed_out, "%s: %s: %s", about, c->bootstrap,
                 rd_kafka_event_error_string(event));
    if (e)
        rd_kafka_event_destroy(event);
    else
        *out = event;
    return e;
}

/* ---- settings */

const char *settings_find(const struct topic_settings *s, const char *name) {
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->array[i].name, name) == 0)
            return s->array[i].value;
    return NULL;
}

void settings_drop(struct topic_settings *s, const char *name) {
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->array[i].name, name) != 0)
            continue;
        free((char *)s->array[i].name);
        free((char *)s->array[i].value);
        s->array[i] = s->array[--s->count];
        return;
    }
}

void settings_put(struct topic_settings *s, const char *name, const char *value) {
    settings_drop(s, name);
    s->array = memory_grow(s->array, s->count, &s->capacity, sizeof(*s->array));
    s->array[s->count++] = (struct client_setting){ text_copy(name), text_copy(value) };
}

void settings_finish(struct topic_settings *s) {
    while (s->count)
        settings_drop(s, s->array[0].name);
    free(s->array);
    *s = (struct topic_settings){ 0 };
}

/* Kafka tells a broker's own settings too, which are not the topic's. */
static bool is_set(const rd_kafka_ConfigEntry_t *entry) {
    return rd_kafka_ConfigEntry_source(entry) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG
           && rd_kafka_ConfigEntry_value(entry) && !rd_kafka_ConfigEntry_is_read_only(entry);
}

enum error cluster_settings(struct cluster *c, const char *topic, struct topic_settings *out) {
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_event_t *event;
    size_t count = 0, entries = 0;
    rd_kafka_DescribeConfigs(c->reader, &resource, 1, NULL, c->queue);
    rd_kafka_ConfigResource_destroy(resource);
    TRY(answer_wait(c, topic, &event));
    const rd_kafka_ConfigResource_t **found = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count);
    enum error e = E_ok;
    if (count != 1 || rd_kafka_ConfigResource_error(found[0]))
        e = fail(E_config, "topic %s: its settings cannot be read: %s", topic,
                 count ? rd_kafka_ConfigResource_error_string(found[0]) : "none");
    const rd_kafka_ConfigEntry_t **entry =
        e ? NULL : rd_kafka_ConfigResource_configs(found[0], &entries);
    for (size_t i = 0; i < entries; i++)
        if (is_set(entry[i]))
            settings_put(out, rd_kafka_ConfigEntry_name(entry[i]),
                         rd_kafka_ConfigEntry_value(entry[i]));
    rd_kafka_event_destroy(event);
    return e;
}

enum error cluster_set(struct cluster *c, const char *topic,
                       const struct topic_settings *settings) {
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_event_t *event;
    size_t count = 0;
    for (size_t i = 0; i < settings->count; i++)
        (void)rd_kafka_ConfigResource_set_config(resource, settings->array[i].name,
                                                 settings->array[i].value);
    rd_kafka_AlterConfigs(c->reader, &resource, 1, NULL, c->queue);
    rd_kafka_ConfigResource_destroy(resource);
    TRY(answer_wait(c, topic, &event));
    const rd_kafka_ConfigResource_t **changed =
        rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);
    enum error e = E_ok;
    if (count != 1 || rd_kafka_ConfigResource_error(changed[0]))
        e = fail(E_config, "topic %s: its settings: %s", topic,
                 count ? rd_kafka_ConfigResource_error_string(changed[0]) : "no answer");
    rd_kafka_event_destroy(event);
    return e;
}

/* ---- topics */

enum error cluster_partitions(struct cluster *c, const char *topic, int32_t *out) {
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t error = rd_kafka_metadata(c->reader, 1, NULL, &metadata, ANSWER_MS);
    *out = 0;
    if (error)
        return fail(E_timed_out, "%s did not answer: %s", c->bootstrap, rd_kafka_err2str(error));
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, topic) == 0 && !metadata->topics[i].err)
            *out = metadata->topics[i].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return E_ok;
}

enum error cluster_make(struct cluster *c, const char *topic, int32_t partitions, int replicas) {
    char reason[REASON_BYTES];
    rd_kafka_event_t *event;
    size_t count = 0;
    rd_kafka_NewTopic_t *new =
        rd_kafka_NewTopic_new(topic, partitions, replicas ? replicas : -1, reason, sizeof(reason));
    if (!new)
        return fail(E_config, "topic %s: %s", topic, reason);
    (void)rd_kafka_NewTopic_set_config(new, "cleanup.policy", "delete");
    (void)rd_kafka_NewTopic_set_config(new, "retention.ms", COPYING_RETENTION_MS);
    rd_kafka_CreateTopics(c->reader, &new, 1, NULL, c->queue);
    rd_kafka_NewTopic_destroy(new);
    TRY(answer_wait(c, topic, &event));
    const rd_kafka_topic_result_t **made =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    enum error e = E_ok;
    if (count != 1 || rd_kafka_topic_result_error(made[0]))
        e = fail(E_config, "topic %s cannot be made at %s: %s", topic, c->bootstrap,
                 count ? rd_kafka_topic_result_error_string(made[0]) : "no answer");
    rd_kafka_event_destroy(event);
    return e;
}

/* ---- groups */

enum error cluster_committed(struct cluster *c, const char *group,
                             rd_kafka_topic_partition_list_t **out) {
    rd_kafka_ListConsumerGroupOffsets_t *asked = rd_kafka_ListConsumerGroupOffsets_new(group, NULL);
    rd_kafka_event_t *event;
    size_t count = 0;
    *out = NULL;
    rd_kafka_ListConsumerGroupOffsets(c->reader, &asked, 1, NULL, c->queue);
    rd_kafka_ListConsumerGroupOffsets_destroy(asked);
    TRY(answer_wait(c, group, &event));
    const rd_kafka_group_result_t **found = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &count);
    enum error e = E_ok;
    if (count != 1 || rd_kafka_group_result_error(found[0]))
        e = fail(E_config, "group %s: what it has committed: %s", group,
                 count ? rd_kafka_error_string(rd_kafka_group_result_error(found[0]))
                       : "no answer");
    else
        *out = rd_kafka_topic_partition_list_copy(rd_kafka_group_result_partitions(found[0]));
    rd_kafka_event_destroy(event);
    return e;
}

static enum error commit_check(const rd_kafka_group_result_t *r, const char *group) {
    const rd_kafka_topic_partition_list_t *parts = rd_kafka_group_result_partitions(r);
    if (rd_kafka_group_result_error(r))
        return fail(E_config, "group %s cannot be written: %s", group,
                    rd_kafka_error_string(rd_kafka_group_result_error(r)));
    for (int i = 0; parts && i < parts->cnt; i++)
        if (parts->elems[i].err)
            return fail(E_config, "group %s: the offset of %s-%d cannot be written: %s", group,
                        parts->elems[i].topic, parts->elems[i].partition,
                        rd_kafka_err2str(parts->elems[i].err));
    return E_ok;
}

enum error cluster_commit(struct cluster *c, const char *group,
                          const rd_kafka_topic_partition_list_t *offsets) {
    rd_kafka_AlterConsumerGroupOffsets_t *asked =
        rd_kafka_AlterConsumerGroupOffsets_new(group, offsets);
    rd_kafka_event_t *event;
    size_t count = 0;
    rd_kafka_AlterConsumerGroupOffsets(c->reader, &asked, 1, NULL, c->queue);
    rd_kafka_AlterConsumerGroupOffsets_destroy(asked);
    TRY(answer_wait(c, group, &event));
    const rd_kafka_group_result_t **done = rd_kafka_AlterConsumerGroupOffsets_result_groups(
        rd_kafka_event_AlterConsumerGroupOffsets_result(event), &count);
    enum error e =
        count == 1 ? commit_check(done[0], group) : fail(E_timed_out, "group %s: no answer", group);
    rd_kafka_event_destroy(event);
    return e;
}
