/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/kafka_topics.h"

#include "base/test.h"

/* What a broker answers is told by tests/scenarios/314_topics.sh: librdkafka's mock has no
 * settings. */

TEST(a_broker_that_is_not_there_is_not_waited_for_longer_than_told) {
    struct kafka_topics *t;
    struct kafka_topic_found found;
    CHECK_OK(kafka_topics_open(&t, "127.0.0.1:1", 200));
    CHECK_ERROR(kafka_topics_find(t, "orders", &found), E_timed_out);
    CHECK_STORY("the broker did not answer");
    CHECK_INT(found.partitions, 0);
    CHECK_ERROR(kafka_topics_grow(t, "orders", 8), E_timed_out);
    CHECK_STORY("topic orders: the broker did not answer");
    CHECK_ERROR(kafka_topics_set(t, "orders", "retention.ms", "1"), E_timed_out);
    CHECK_ERROR(kafka_topics_grow(t, "orders", 0), E_config);
    kafka_topics_close(t);
    kafka_topics_close(NULL);
}
