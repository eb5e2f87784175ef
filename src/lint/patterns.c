/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The patterns a system names must have their mechanism in its declaration. docs/patterns.md tells
 * what each is, how it fails and which test shows it. */
#include "lint/rule.h"

#include "store/store.h"

#include <string.h>

/* ---- what shows that a pattern is there */

static bool has_group_of_many(const struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++) {
        const struct declared_service *s = &l->d->services[i];
        if (!s->tasks && s->consumes_count
            && declaration_topic(l->d, s->consumes[0])->partitions > 1)
            return true;
    }
    return false;
}

static bool has_fan_out(const struct lint *l) {
    struct program readers[PROGRAMS_MAX];
    for (size_t i = 0; i < l->d->topic_count; i++)
        if (programs_reading(l, l->d->topics[i].name, readers) > 1)
            return true;
    return false;
}

static bool has_versions(const struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++)
        if (l->d->topics[i].merges_by_version || l->d->topics[i].compacted)
            return true;
    return false;
}

static bool has_saga(const struct lint *l) {
    return l->d->saga_count > 0;
}

static bool has_outbox(const struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++)
        if (l->d->services[i].produces_count)
            return true;
    return false;
}

static bool has_request_edge(const struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++)
        for (size_t k = 0; k < l->d->services[i].edge_count; k++)
            if (edge_takes_requests(&l->d->services[i], &l->d->services[i].edges[k]))
                return true;
    return false;
}

static bool has_compacted(const struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++)
        if (l->d->topics[i].compacted)
            return true;
    return false;
}

static bool has_claim_check(const struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++)
        if (l->d->topics[i].claim_check)
            return true;
    return false;
}

static bool has_rows(const struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++)
        if (l->d->services[i].state == STATE_ROWS && l->d->services[i].consumes_count)
            return true;
    return false;
}

static bool has_effects(const struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++)
        for (size_t k = 0; k < l->d->services[i].edge_count; k++)
            if (l->d->services[i].edges[k].effects.class != CLASS_NONE)
                return true;
    return false;
}

static bool has_log(const struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++)
        for (size_t k = 0; k < l->d->services[i].table_count; k++)
            if (l->d->services[i].tables[k].table.log)
                return true;
    return false;
}

static bool has_services(const struct lint *l) {
    return l->d->service_count > 0;
}

static const struct pattern {
    const char *name;
    bool (*is_there)(const struct lint *l);
    const char *mechanism;
} patterns[] = {
    { "competing-consumers", has_group_of_many,
      "a service without `tasks` on more than one partition" },
    { "fan-out", has_fan_out, "a topic that two programs read" },
    { "event-carried-state", has_versions, "a topic with `merge: version` or `compacted`" },
    { "saga", has_saga, "`sagas`" },
    { "outbox", has_outbox, "a service that produces" },
    { "request-reply", has_request_edge, "an edge that takes requests" },
    { "compacted-table", has_compacted, "a topic with `compacted: true`" },
    { "claim-check", has_claim_check, "a topic with `claim_check`" },
    { "parking", has_rows, "a service with `state: rows` that consumes" },
    { "replay", has_services, "a service" },
    { "keyed-effect", has_effects, "an edge with a `class`" },
    { "ledger", has_log, "a table with `log: true`" },
    { NULL, NULL, NULL },
};

static const struct pattern *pattern_find(const char *name) {
    const struct pattern *p = patterns;
    while (p->name && strcmp(p->name, name) != 0)
        p++;
    return p->name ? p : NULL;
}

void rule_PAT1(struct lint *l) {
    for (size_t i = 0; i < l->d->patterns.count; i++) {
        const char *name = l->d->patterns.array[i].name;
        const struct pattern *p = pattern_find(name);
        if (p && p->is_there(l))
            continue;
        struct lint_finding *f = finding_of(l, name);
        finding_place(l, f, declaration_at(l->d, "patterns", name, NULL), "patterns.%s", name);
        finding_story(l, f, "%s\n%s",
                      p ? lint_print(l, "It needs %s, and there is none.", p->mechanism)
                        : "No pattern of this name is known (docs/patterns.md has those that are).",
                      "Somebody will rely on the name.");
    }
}
