/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Our own Kafka client, on librdkafka: reads topics from outside every group, writes what no
 * service would, and asks what a group has committed. */
#ifndef OCTAVO_VERIFY_KAFKA_H
#define OCTAVO_VERIFY_KAFKA_H

#include "base/bytes.h"
#include "base/error.h"

enum { KAFKA_HEADERS_MAX = 16, KAFKA_PARTITIONS_MAX = 256 };

struct kafka_header {
    struct bytes name, value;
};

struct kafka_event {
    const char *topic;
    int32_t partition; /* -1: by the key, as Java's clients choose */
    int64_t offset;
    int64_t time_ms;         /* when it is written; 0: now */
    struct bytes key, value; /* null: data is NULL */
    struct kafka_header headers[KAFKA_HEADERS_MAX];
    size_t header_count;
};

struct kafka;
typedef void kafka_on_event(void *context, const struct kafka_event *event);

enum error kafka_open(struct kafka **out, const char *bootstrap) MUST_CHECK;
void kafka_close(struct kafka *k); /* NULL is fine */
/* Every record that is there now, partition by partition, in their order. `last`: of each partition
 * only so many of the newest; 0: all. */
struct kafka_reading {
    const char *topic;
    int32_t partitions;
    int64_t last;
    int limit_ms;
    kafka_on_event *on_event;
    void *context;
};
enum error kafka_read(struct kafka *k, const struct kafka_reading *reading) MUST_CHECK;
enum error kafka_write(struct kafka *k, const struct kafka_event *event) MUST_CHECK; /* queued */
enum error kafka_flush(struct kafka *k, int limit_ms) MUST_CHECK;
size_t kafka_unsent(struct kafka *k); /* written and neither acknowledged nor failed */
/* Offsets that the group has committed, -1: none. */
enum error kafka_committed(struct kafka *k, const char *group, const struct kafka_reading *of,
                           int64_t *offsets) MUST_CHECK;
enum error kafka_ends(struct kafka *k, const struct kafka_reading *of, int64_t *ends) MUST_CHECK;
struct bytes kafka_header_of(const struct kafka_event *e, const char *name); /* null: none */

#endif
