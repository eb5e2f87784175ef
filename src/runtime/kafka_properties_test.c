/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/kafka_properties.h"

#include "base/test.h"
#include "runtime/kafka.h"

static enum error use(const char *name, const char *value) {
    struct kafka_property property = { name, value };
    return kafka_properties_use(&property, 1);
}

static enum error producer_made(void) {
    struct kafka_producer *p;
    struct kafka_producer_options options = { .bootstrap = "127.0.0.1:1", .client_id = "test" };
    enum error e = kafka_producer_create(&p, &options);
    kafka_producer_destroy(p);
    return e;
}

TEST(what_the_promises_rest_on_cannot_be_passed_on) {
    CHECK_ERROR(use("enable.idempotence", "false"), E_config);
    CHECK_STORY("kafka: enable.idempotence is Octavo's own");
    CHECK_ERROR(use("auto.offset.reset", "latest"), E_config);
    CHECK_ERROR(use("isolation.level", "read_uncommitted"), E_config);
    CHECK_ERROR(use("partitioner", "random"), E_config);
}

TEST(a_property_that_is_none_or_has_a_wrong_value_is_named) {
    CHECK_ERROR(use("lingering.ms", "1"), E_config);
    CHECK_STORY("lingering.ms");
    CHECK_ERROR(use("linger.ms", "long"), E_config);
    CHECK_STORY("linger.ms");
}

TEST(properties_reach_every_client_made_later) {
    CHECK_OK(use("linger.ms", "7"));
    CHECK_OK(producer_made());
    /* what only a whole client can tell shows that it was given: a mechanism without its name */
    CHECK_OK(use("ssl.ca.location", "/nowhere/ca.pem"));
    CHECK_OK(producer_made()); /* not asked for while the protocol is plain */
    struct kafka_property secure[] = { { "security.protocol", "ssl" },
                                       { "ssl.ca.location", "/nowhere/ca.pem" } };
    CHECK_OK(kafka_properties_use(secure, 2));
    CHECK_ERROR(producer_made(), E_config);
    CHECK_STORY("ssl.ca.location failed");
    CHECK_OK(kafka_properties_use(NULL, 0));
    CHECK_OK(producer_made());
}
