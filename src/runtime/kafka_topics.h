/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Topics as a broker has them, and changing them: for `octavo topics`. Each call blocks until the
 * broker has answered, at most as long as it is told. */
#ifndef OCTAVO_RUNTIME_KAFKA_TOPICS_H
#define OCTAVO_RUNTIME_KAFKA_TOPICS_H

#include "runtime/kafka.h"

struct kafka_topic_found {
    int32_t partitions; /* 0: there is no such topic */
    bool compacted;
    int64_t retention_ms;  /* -1: for ever */
    int64_t tombstones_ms; /* delete.retention.ms */
};

struct kafka_topics; /* a connection for these calls */
enum error kafka_topics_open(struct kafka_topics **out, const char *bootstrap,
                             int timeout_ms) MUST_CHECK;
void kafka_topics_close(struct kafka_topics *t); /* NULL is fine */
enum error kafka_topics_find(struct kafka_topics *t, const char *topic,
                             struct kafka_topic_found *out) MUST_CHECK;
/* Those between the beginning and the end of its log; -1: the broker does not tell. */
int64_t kafka_topics_records(struct kafka_topics *t, const char *topic, int32_t partition);
enum error kafka_topics_create(struct kafka_topics *t,
                               const struct kafka_topic_wanted *wanted) MUST_CHECK;
enum error kafka_topics_grow(struct kafka_topics *t, const char *topic,
                             int32_t partitions) MUST_CHECK;
/* One setting; what else was set of the topic stays as it is. */
enum error kafka_topics_set(struct kafka_topics *t, const char *topic, const char *name,
                            const char *value) MUST_CHECK;

#endif
