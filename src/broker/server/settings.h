/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Settings of topics, as several APIs change and describe them. */
#ifndef OCTAVO_SERVER_SETTINGS_H
#define OCTAVO_SERVER_SETTINGS_H

#include "request.h"

enum { RESOURCE_TOPIC = 2, RESOURCE_BROKER = 4 };
enum { SET = 0, REMOVE = 1, APPEND = 2, SUBTRACT = 3 }; /* IncrementalAlterConfigs */

struct setting_change {
    struct bytes name;
    int8_t operation;
    struct bytes value;
};

/* What came of it, for the client; `message` is null when all is well. */
struct setting_outcome {
    enum kafka_error code;
    struct bytes message;
};

struct setting_outcome settings_refuse(struct request *r, enum kafka_error code, const char *why);
/* Changes `s`; when it is refused `s` may be half changed. */
struct setting_outcome settings_change(struct request *r, struct topic_settings *s,
                                       const struct setting_change *change);
/* The same for a list, on a topic: durable at *lsn unless it is only tried. Without `from_now` all
 * that is not named becomes the default. */
struct settings_order {
    int8_t type;
    struct bytes name;
    const struct setting_change *changes;
    size_t count;
    bool keeps_others;
    bool only_tries;
};
struct setting_outcome settings_alter(struct request *r, const struct settings_order *order,
                                      lsn_t *lsn);

/* The broker's own: what it was started with, and what may be changed while it runs, which is what
 * topics have that say nothing themselves. A level is meant by its name: "" all brokers. */
enum { BROKER_SETTINGS_MAX = 32 };
enum setting_source { /* as in Kafka */
                      FROM_TOPIC = 1,
                      FROM_BROKER = 2,
                      FROM_ALL_BROKERS = 3,
                      FROM_START = 4,
                      FROM_DEFAULT = 5,
};
struct broker_setting {
    struct bytes name; /* this and the value live as long as the request */
    struct bytes value;
    bool is_number;
    bool is_fixed; /* until the next start */
    enum setting_source source;
};
/* Where a topic's value comes from that it has not itself. */
enum setting_source setting_default_source(const struct storage *s, enum setting setting);
bool broker_level(struct bytes name, enum settings_level *level);
struct setting_outcome broker_settings_alter(struct request *r, const struct settings_order *order);
/* Of one level only what was given to it. */
size_t broker_settings_given(struct request *r, enum settings_level level,
                             struct broker_setting out[BROKER_SETTINGS_MAX]);
size_t broker_settings(struct request *r, struct broker_setting out[BROKER_SETTINGS_MAX]);

#endif
