/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Templates of topics: which device a publish is of, and of which metric.
 *
 *   devices/{device}/{metric},devices/{device},plant/+/{device}/{metric}
 *
 * A level is a text, {device}, {metric}, or + for any. The first template that fits decides. Every
 * template names the device once; without {metric} the payload names its metrics. */
#ifndef OCTAVO_CONNECTORS_MQTT_TOPICS_H
#define OCTAVO_CONNECTORS_MQTT_TOPICS_H

#include "base/bytes.h"
#include "base/error.h"

enum { TOPIC_TEMPLATES_MAX = 16, TOPIC_LEVELS_MAX = 16, DEVICE_CHARS = 200, METRIC_CHARS = 128 };

struct topic_templates {
    char *text; /* owned; the levels borrow it */
    struct topic_template {
        struct topic_level {
            enum { LEVEL_TEXT, LEVEL_DEVICE, LEVEL_METRIC, LEVEL_ANY } kind;
            struct bytes text;
        } levels[TOPIC_LEVELS_MAX];
        size_t count;
    } templates[TOPIC_TEMPLATES_MAX];
    size_t count;
};

struct topic_place {
    struct bytes device;
    struct bytes metric; /* len 0: the template has none */
};

enum error topic_templates_read(struct topic_templates *out, const char *text) MUST_CHECK;
void topic_templates_finish(struct topic_templates *t);
/* NULL: it fits one and *out is what it says; else why it does not. */
const char *topic_templates_find(const struct topic_templates *t, struct bytes topic,
                                 struct topic_place *out);
/* What names of devices and metrics may be: at most so many bytes, none of control, none of ; "
 * \ */
bool topic_name_is_good(struct bytes name, size_t max);

#endif
