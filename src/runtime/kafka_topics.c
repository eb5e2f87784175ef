/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Looking at topics and changing them, by librdkafka's admin calls.
 *
 * librdkafka 2.0.2 has no incremental change of settings: AlterConfigs replaces all that were set.
 * So those that were are read first and sent again with the one that changes. Between the two calls
 * somebody else's change would be lost; that is said in docs/operate/topics.md. */
#include "runtime/kafka_topics.h"

#include "runtime/kafka_inside.h"

#include <stdlib.h>
#include <string.h>

struct kafka_topics {
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int timeout_ms;
};

enum error kafka_topics_open(struct kafka_topics **out, const char *bootstrap, int timeout_ms) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_t *rk = NULL;
    enum error e = kafka_conf_begin(conf, bootstrap, "octavo-topics");
    if (e)
        rd_kafka_conf_destroy(conf);
    else
        e = kafka_handle_create(&rk, RD_KAFKA_PRODUCER, conf);
    *out = NULL;
    if (e)
        return e;
    struct kafka_topics *t = memory_get(sizeof(*t));
    *t = (struct kafka_topics){ rk, rd_kafka_queue_new(rk), timeout_ms };
    *out = t;
    return E_ok;
}

void kafka_topics_close(struct kafka_topics *t) {
    if (!t)
        return;
    rd_kafka_queue_destroy(t->queue);
    rd_kafka_destroy(t->rk);
    free(t);
}

/* The answer to the call before; NULL and a story: there was none, or it is an error. */
static enum error answer_wait(struct kafka_topics *t, const char *topic, rd_kafka_event_t **out) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(t->queue, t->timeout_ms);
    enum error e = E_ok;
    *out = NULL;
    if (!event)
        return fail(E_timed_out, "topic %s: the broker did not answer", topic);
    if (rd_kafka_event_error(event))
        e = fail(E_timed_out, "topic %s: %s", topic, rd_kafka_event_error_string(event));
    if (e)
        rd_kafka_event_destroy(event);
    else
        *out = event;
    return e;
}

int64_t kafka_topics_records(struct kafka_topics *t, const char *topic, int32_t partition) {
    int64_t begin = 0, end = 0;
    if (rd_kafka_query_watermark_offsets(t->rk, topic, partition, &begin, &end, t->timeout_ms))
        return -1;
    return end - begin;
}

/* ---- settings */

/* Those of one topic, from a description; valid until the event is destroyed. */
struct described {
    rd_kafka_event_t *event;
    const rd_kafka_ConfigEntry_t **entries;
    size_t count;
};

static enum error describe(struct kafka_topics *t, const char *topic, struct described *out) {
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    size_t count = 0;
    *out = (struct described){ 0 };
    rd_kafka_DescribeConfigs(t->rk, &resource, 1, NULL, t->queue);
    rd_kafka_ConfigResource_destroy(resource);
    TRY(answer_wait(t, topic, &out->event));
    const rd_kafka_ConfigResource_t **found = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(out->event), &count);
    if (count == 1 && !rd_kafka_ConfigResource_error(found[0])) {
        out->entries = rd_kafka_ConfigResource_configs(found[0], &out->count);
        return E_ok;
    }
    enum error e = fail(E_io, "topic %s: its settings cannot be read: %s", topic,
                        count ? rd_kafka_ConfigResource_error_string(found[0]) : "none");
    rd_kafka_event_destroy(out->event);
    return e;
}

static const char *described_value(const struct described *d, const char *name) {
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(d->entries[i]), name) == 0)
            return rd_kafka_ConfigEntry_value(d->entries[i]);
    return NULL;
}

static int64_t described_number(const struct described *d, const char *name) {
    const char *value = described_value(d, name);
    return value ? strtoll(value, NULL, 10) : 0;
}

static enum error alter(struct kafka_topics *t, const char *topic,
                        rd_kafka_ConfigResource_t *resource) {
    rd_kafka_event_t *event;
    size_t count = 0;
    rd_kafka_AlterConfigs(t->rk, &resource, 1, NULL, t->queue);
    TRY(answer_wait(t, topic, &event));
    const rd_kafka_ConfigResource_t **changed =
        rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);
    enum error e = E_ok;
    if (count != 1 || rd_kafka_ConfigResource_error(changed[0]))
        e = fail(E_config, "topic %s: %s", topic,
                 count ? rd_kafka_ConfigResource_error_string(changed[0]) : "no answer");
    rd_kafka_event_destroy(event);
    return e;
}

enum error kafka_topics_set(struct kafka_topics *t, const char *topic, const char *name,
                            const char *value) {
    struct described d;
    TRY(describe(t, topic, &d));
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    for (size_t i = 0; i < d.count; i++) {
        const char *kept = rd_kafka_ConfigEntry_value(d.entries[i]);
        if (strcmp(rd_kafka_ConfigEntry_name(d.entries[i]), name) == 0)
            continue; /* Apache Kafka refuses a name that stands twice */
        if (kept && !rd_kafka_ConfigEntry_is_default(d.entries[i])
            && !rd_kafka_ConfigEntry_is_read_only(d.entries[i]))
            (void)rd_kafka_ConfigResource_set_config(resource,
                                                     rd_kafka_ConfigEntry_name(d.entries[i]), kept);
    }
    (void)rd_kafka_ConfigResource_set_config(resource, name, value);
    enum error e = alter(t, topic, resource);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_event_destroy(d.event);
    return e;
}

/* ---- topics */

static enum error partitions_find(struct kafka_topics *t, const char *topic, int32_t *out) {
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t error = rd_kafka_metadata(t->rk, 1, NULL, &metadata, t->timeout_ms);
    *out = 0;
    if (error)
        return fail(E_timed_out, "the broker did not answer: %s", rd_kafka_err2str(error));
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (strcmp(metadata->topics[i].topic, topic) == 0 && !metadata->topics[i].err)
            *out = metadata->topics[i].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return E_ok;
}

enum error kafka_topics_find(struct kafka_topics *t, const char *topic,
                             struct kafka_topic_found *out) {
    struct described d;
    *out = (struct kafka_topic_found){ 0 };
    TRY(partitions_find(t, topic, &out->partitions));
    if (!out->partitions)
        return E_ok;
    TRY(describe(t, topic, &d));
    const char *policy = described_value(&d, "cleanup.policy");
    out->compacted = policy && strstr(policy, "compact");
    out->retention_ms = described_number(&d, "retention.ms");
    out->tombstones_ms = described_number(&d, "delete.retention.ms");
    rd_kafka_event_destroy(d.event);
    return E_ok;
}

static enum error topic_result(const rd_kafka_topic_result_t **results, size_t count,
                               const char *topic) {
    if (count == 1 && !rd_kafka_topic_result_error(results[0]))
        return E_ok;
    return fail(E_config, "topic %s: %s", topic,
                count ? rd_kafka_topic_result_error_string(results[0]) : "no answer");
}

enum error kafka_topics_create(struct kafka_topics *t, const struct kafka_topic_wanted *wanted) {
    return kafka_topic_make(t->rk, wanted);
}

enum error kafka_topics_grow(struct kafka_topics *t, const char *topic, int32_t partitions) {
    char reason[256];
    rd_kafka_event_t *event;
    size_t count = 0;
    rd_kafka_NewPartitions_t *more =
        rd_kafka_NewPartitions_new(topic, (size_t)partitions, reason, sizeof(reason));
    if (!more)
        return fail(E_config, "topic %s: %s", topic, reason);
    rd_kafka_CreatePartitions(t->rk, &more, 1, NULL, t->queue);
    rd_kafka_NewPartitions_destroy(more);
    TRY(answer_wait(t, topic, &event));
    const rd_kafka_topic_result_t **results = rd_kafka_CreatePartitions_result_topics(
        rd_kafka_event_CreatePartitions_result(event), &count);
    enum error e = topic_result(results, count, topic);
    rd_kafka_event_destroy(event);
    return e;
}
