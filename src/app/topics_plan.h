/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What has to change on a broker so that its topics are as declared, and whether that is safe. */
#ifndef OCTAVO_APP_TOPICS_PLAN_H
#define OCTAVO_APP_TOPICS_PLAN_H

#include "declaration/declaration.h"
#include "runtime/kafka_topics.h"

enum change_kind { CHANGE_CREATE, CHANGE_GROW, CHANGE_SETTING, CHANGE_IMPOSSIBLE };

struct topic_change {
    const struct declared_topic *topic;
    enum change_kind kind;
    const char *setting; /* "partitions", "retention.ms", ... */
    char declared[24], found[24];
    const char *danger; /* why not without being told; NULL: it is safe */
};

enum { TOPIC_CHANGES_MAX = 4 };

/* How many of them there are. A setting that is not declared is the broker's business. */
int topic_changes(const struct declaration *d, const struct declared_topic *t,
                  const struct kafka_topic_found *found, struct topic_change *out);

#endif
