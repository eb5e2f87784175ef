/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One of the two clusters, by librdkafka: clients, and calls that wait for their answer. */
#ifndef OCTAVO_MIGRATE_CLUSTER_H
#define OCTAVO_MIGRATE_CLUSTER_H

#include "migrate.h"

#include <librdkafka/rdkafka.h>

enum { ANSWER_MS = 30000 };

/* Makes a topic be seen as one that is being copied, and keeps all its records until then. */
#define COPYING_RETENTION_MS "2000000000000000000"

struct cluster {
    char *bootstrap;
    const struct client_setting *properties; /* ends with a NULL; or NULL */
    char *id;
    rd_kafka_t *reader;      /* read committed; no group */
    rd_kafka_queue_t *queue; /* of admin answers */
};

/* `properties` of its clients, such as those of TLS, end with a NULL; NULL: none. They are
 * borrowed until the cluster is closed. */
enum error cluster_open(struct cluster *c, const char *bootstrap,
                        const struct client_setting *properties) MUST_CHECK;
void cluster_close(struct cluster *c);
/* Another client of the cluster. Takes `conf`, with what the caller has put into it, in any case.
 */
enum error cluster_client(const struct cluster *c, rd_kafka_t **out, rd_kafka_type_t type,
                          rd_kafka_conf_t *conf, const struct client_setting *settings) MUST_CHECK;

/* First and end of a partition, as who reads committed records sees them, or all records. */
enum error cluster_bounds(rd_kafka_t *client, const char *topic, int32_t partition, int64_t *first,
                          int64_t *end) MUST_CHECK;

/* A topic's settings as somebody has set them. */
struct topic_settings {
    struct client_setting *array; /* owned texts */
    size_t count, capacity;
};

const char *settings_find(const struct topic_settings *s, const char *name); /* NULL: not set */
void settings_put(struct topic_settings *s, const char *name, const char *value);
void settings_drop(struct topic_settings *s, const char *name);
void settings_finish(struct topic_settings *s);
enum error cluster_settings(struct cluster *c, const char *topic,
                            struct topic_settings *out) MUST_CHECK;
/* These and no others. */
enum error cluster_set(struct cluster *c, const char *topic,
                       const struct topic_settings *settings) MUST_CHECK;

/* How many partitions; 0: there is no such topic. */
enum error cluster_partitions(struct cluster *c, const char *topic, int32_t *out) MUST_CHECK;
/* With settings under which nothing leaves it. */
enum error cluster_make(struct cluster *c, const char *topic, int32_t partitions,
                        int replicas) MUST_CHECK;

/* What a group has committed, to be destroyed by the caller; and the same at this cluster. */
enum error cluster_committed(struct cluster *c, const char *group,
                             rd_kafka_topic_partition_list_t **out) MUST_CHECK;
enum error cluster_commit(struct cluster *c, const char *group,
                          const rd_kafka_topic_partition_list_t *offsets) MUST_CHECK;

#endif
