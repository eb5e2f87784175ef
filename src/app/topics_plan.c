/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Safe is what loses nothing and moves nothing: a topic that is not there, records that stay
 * longer. */
#include "topics_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Rows that a service keeps by key are in the partition's task: a key that moves leaves them
 * behind. */
static bool rows_depend_on(const struct declaration *d, const struct declared_topic *t) {
    for (size_t i = 0; i < d->service_count; i++) {
        const struct declared_service *s = &d->services[i];
        for (size_t k = 0; s->table_count && !s->tasks && k < s->consumes_count; k++)
            if (strcmp(s->consumes[k], t->name) == 0)
                return true;
    }
    return false;
}

static struct topic_change partitions_change(const struct declaration *d,
                                             const struct declared_topic *t, int32_t found) {
    struct topic_change c = { .topic = t, .setting = "partitions" };
    (void)snprintf(c.declared, sizeof(c.declared), "%d", (int)t->partitions);
    (void)snprintf(c.found, sizeof(c.found), "%d", (int)found);
    if (!found) {
        c.kind = CHANGE_CREATE;
        return c;
    }
    c.kind = found > t->partitions ? CHANGE_IMPOSSIBLE : CHANGE_GROW;
    c.danger = found > t->partitions
                   ? "a topic never loses partitions: make another one and move to it"
               : rows_depend_on(d, t)
                   ? "keys move to other partitions, and the rows of services stay behind"
                   : "keys move to other partitions: the order of each is broken once";
    return c;
}

static struct topic_change time_change(const struct declared_topic *t, const char *setting,
                                       int64_t declared_ms, int64_t found_ms) {
    struct topic_change c = { .topic = t, .kind = CHANGE_SETTING, .setting = setting };
    bool is_longer = declared_ms == RETENTION_FOREVER
                     || (found_ms != RETENTION_FOREVER && declared_ms > found_ms);
    (void)snprintf(c.declared, sizeof(c.declared), "%" PRId64, declared_ms);
    (void)snprintf(c.found, sizeof(c.found), "%" PRId64, found_ms);
    if (!is_longer)
        c.danger = strcmp(setting, "retention.ms") == 0
                       ? "records older than that are deleted"
                       : "tombstones older than that go, and who has not read them keeps what was "
                         "deleted";
    return c;
}

static struct topic_change policy_change(const struct declared_topic *t) {
    struct topic_change c = {
        .topic = t,
        .kind = CHANGE_SETTING,
        .setting = "cleanup.policy",
        .danger = t->compacted ? "all but the newest record of each key go"
                               : "records that stay for ever now would be deleted by their age",
    };
    (void)snprintf(c.declared, sizeof(c.declared), "%s", t->compacted ? "compact" : "delete");
    (void)snprintf(c.found, sizeof(c.found), "%s", t->compacted ? "delete" : "compact");
    return c;
}

int topic_changes(const struct declaration *d, const struct declared_topic *t,
                  const struct kafka_topic_found *found, struct topic_change *out) {
    int count = 0;
    if (found->partitions != t->partitions)
        out[count++] = partitions_change(d, t, found->partitions);
    if (!found->partitions) /* it is made with all the rest */
        return count;
    if (found->compacted != t->compacted)
        out[count++] = policy_change(t);
    if (t->retention_ms && t->retention_ms != found->retention_ms)
        out[count++] = time_change(t, "retention.ms", t->retention_ms, found->retention_ms);
    if (t->tombstones_ms && t->tombstones_ms != found->tombstones_ms)
        out[count++] =
            time_change(t, "delete.retention.ms", t->tombstones_ms, found->tombstones_ms);
    return count;
}
