/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* librdkafka's own mock broker, for the tests of this room: one node, in memory, may go away. */
#ifndef OCTAVO_RUNTIME_MOCK_BROKER_H
#define OCTAVO_RUNTIME_MOCK_BROKER_H

#include "base/test.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

static rd_kafka_t *mock_owner;
static rd_kafka_mock_cluster_t *mock;

static inline const char *mock_start(void) {
    char reason[256];
    rd_kafka_conf_t *quiet = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(quiet, "log_level", "0", reason, sizeof(reason));
    mock_owner = rd_kafka_new(RD_KAFKA_PRODUCER, quiet, reason, sizeof(reason));
    CHECK(mock_owner);
    mock = rd_kafka_mock_cluster_new(mock_owner, 1);
    CHECK(mock);
    CHECK_INT(rd_kafka_mock_topic_create(mock, "orders", 4, 1), 0);
    return rd_kafka_mock_cluster_bootstraps(mock);
}

static inline void mock_stop(void) {
    rd_kafka_mock_cluster_destroy(mock);
    rd_kafka_destroy(mock_owner);
}

#endif
