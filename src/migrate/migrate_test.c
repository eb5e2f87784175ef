/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a migration refuses before it has touched anything, over librdkafka's mock of a cluster. The
 * whole way is tests/scenarios/315_migrate.sh. */
#include "migrate.h"

#include "base/test.h"
#include "cluster.h"

#include <librdkafka/rdkafka_mock.h>

static rd_kafka_t *owner;
static rd_kafka_mock_cluster_t *mock;

static const char *mock_start(void) {
    char reason[256];
    rd_kafka_conf_t *quiet = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(quiet, "log_level", "0", reason, sizeof(reason));
    owner = rd_kafka_new(RD_KAFKA_PRODUCER, quiet, reason, sizeof(reason));
    CHECK(owner);
    mock = rd_kafka_mock_cluster_new(owner, 1);
    CHECK(mock);
    return rd_kafka_mock_cluster_bootstraps(mock);
}

static void mock_stop(void) {
    rd_kafka_mock_cluster_destroy(mock);
    rd_kafka_destroy(owner);
}

TEST(a_cluster_does_not_move_to_itself) {
    const char *at = mock_start();
    struct migration_options options = { .from = at, .to = at };
    struct migration *m;
    CHECK_ERROR(migration_open(&m, &options), E_usage);
    CHECK_STORY("are one cluster");
    CHECK_STORY("try: --to names the cluster that is to take over");
    CHECK(!m);
    mock_stop();
}

TEST(a_broker_that_is_not_there_is_named) {
    struct migration_options options = { .from = "127.0.0.1:1", .to = "127.0.0.1:1" };
    struct migration *m;
    CHECK_ERROR(migration_open(&m, &options), E_timed_out);
    CHECK_STORY("no broker answers at 127.0.0.1:1");
    CHECK(!m);
}

TEST(a_property_of_the_target_is_the_targets_alone_and_named_when_it_is_none) {
    struct client_setting properties[] = { { "no.such.thing", "1" }, { NULL, NULL } };
    const char *at = mock_start();
    struct migration_options options = { .from = at, .to = at, .properties = properties };
    struct migration *m;
    CHECK_ERROR(migration_open(&m, &options), E_config);
    CHECK_STORY("Kafka setting no.such.thing");
    properties[0] = (struct client_setting){ "security.protocol", "ssl" };
    options.to = "127.0.0.1:1";
    CHECK_ERROR(migration_open(&m, &options), E_timed_out); /* the source was reached without */
    CHECK_STORY("no broker answers at 127.0.0.1:1");
    mock_stop();
}

TEST(a_setting_is_put_once_and_dropped) {
    struct topic_settings s = { 0 };
    settings_put(&s, "retention.ms", "1");
    settings_put(&s, "cleanup.policy", "compact");
    settings_put(&s, "retention.ms", "2");
    CHECK_INT((long long)s.count, 2);
    CHECK_TEXT(settings_find(&s, "retention.ms"), "2");
    settings_drop(&s, "retention.ms");
    CHECK(!settings_find(&s, "retention.ms"));
    CHECK_TEXT(settings_find(&s, "cleanup.policy"), "compact");
    settings_finish(&s);
}
