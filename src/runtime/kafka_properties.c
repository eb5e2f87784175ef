/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Written once, while there is one thread, and only read by every client made later. */
#include "runtime/kafka_properties.h"

#include "base/bytes.h"
#include "runtime/kafka_inside.h"

#include <stdlib.h>
#include <string.h>

static struct {
    struct kafka_property *array;
    size_t count;
} used;

/* What neither loses nor repeats, and what names us. */
static const char *const our_own[] = {
    "bootstrap.servers",
    "metadata.broker.list",
    "client.id",
    "group.id",
    "group.instance.id",
    "enable.idempotence",
    "acks",
    "request.required.acks",
    "message.timeout.ms",
    "delivery.timeout.ms",
    "transactional.id",
    "transaction.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "auto.offset.reset",
    "isolation.level",
    "check.crcs",
    "partition.assignment.strategy",
    "partitioner",
    "allow.auto.create.topics",
    "enable.partition.eof",
    "enable.gapless.guarantee",
};

static enum error property_check(const struct kafka_property *p) {
    for (size_t i = 0; i < COUNT_OF(our_own); i++)
        if (strcmp(our_own[i], p->name) == 0) {
            enum error e =
                fail(E_config, "kafka: %s is Octavo's own: its promises rest on it", p->name);
            fail_try("take it out of `kafka`; docs/operate/kafka-settings.md says what is set");
            return e;
        }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum error e = kafka_setting_put(conf, p->name, p->value);
    rd_kafka_conf_destroy(conf);
    return e;
}

static void forget(void) {
    for (size_t i = 0; i < used.count; i++) {
        free((char *)used.array[i].name);
        free((char *)used.array[i].value);
    }
    free(used.array);
    used.array = NULL;
    used.count = 0;
}

enum error kafka_properties_use(const struct kafka_property *properties, size_t count) {
    for (size_t i = 0; i < count; i++)
        TRY(property_check(&properties[i]));
    forget();
    used.array = memory_get((count + 1) * sizeof(*used.array));
    for (used.count = 0; used.count < count; used.count++) {
        used.array[used.count].name = text_copy(properties[used.count].name);
        used.array[used.count].value = text_copy(properties[used.count].value);
    }
    return E_ok;
}

enum error kafka_properties_put(rd_kafka_conf_t *conf) {
    for (size_t i = 0; i < used.count; i++)
        TRY(kafka_setting_put(conf, used.array[i].name, used.array[i].value));
    return E_ok;
}
