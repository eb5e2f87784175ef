/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Scale: partitions, replicas, groups and time. */
#include "lint/rule.h"

#include <stdlib.h>
#include <string.h>

enum { POLL_INTERVAL_MS = 300000 };

/* The partitions that a group's replicas share; 0: it is no group. */
static int32_t partitions_of(const struct lint *l, const struct declared_service *s) {
    if (s->tasks || !s->consumes_count)
        return 0;
    return declaration_topic(l->d, s->consumes[0])->partitions;
}

static struct lint_finding *replicas_found(struct lint *l, const struct declared_service *s,
                                           int32_t partitions) {
    struct lint_finding *f = finding_of(l, s->name);
    finding_place(l, f, declaration_at(l->d, "services", s->name, "replicas", NULL),
                  "services.%s: %d replicas", s->name, (int)s->replicas);
    finding_place(l, f, declaration_at(l->d, "topics", s->consumes[0], "partitions", NULL),
                  "topics.%s: %d partitions", s->consumes[0], (int)partitions);
    return f;
}

void rule_SCA1(struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++) {
        const struct declared_service *s = &l->d->services[i];
        int32_t partitions = partitions_of(l, s);
        if (!partitions || s->replicas <= partitions)
            continue;
        struct lint_finding *f = replicas_found(l, s, partitions);
        finding_story(l, f,
                      "%d processes of %s are started and never get a partition.\n"
                      "When the load grows, a %dth replica changes nothing.",
                      (int)(s->replicas - partitions), s->name, (int)s->replicas + 1);
    }
}

void rule_SCA2(struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++) {
        const struct declared_service *s = &l->d->services[i];
        int32_t partitions = partitions_of(l, s);
        if (!partitions || s->replicas > partitions || partitions % s->replicas == 0)
            continue;
        struct lint_finding *f = replicas_found(l, s, partitions);
        finding_story(l, f,
                      "Under full load one replica of %s has %d partitions, another %d.\n"
                      "The first is behind, the other idles, and more of them do not help.",
                      s->name, (int)(partitions / s->replicas) + 1,
                      (int)(partitions / s->replicas));
    }
}

/* ---- SCA3, with an older version beside it */

static const struct declared_service *state_reader(const struct lint *l, const char *topic) {
    struct program readers[PROGRAMS_MAX];
    size_t count = programs_reading(l, topic, readers);
    for (size_t i = 0; i < count; i++)
        if (readers[i].service && readers[i].service->table_count)
            return readers[i].service;
    return NULL;
}

void rule_SCA3(struct lint *l) {
    for (size_t i = 0; l->options->against && i < l->d->topic_count; i++) {
        const struct declared_topic *now = &l->d->topics[i];
        const struct declared_topic *before = declaration_topic(l->options->against, now->name);
        const struct declared_service *reader = state_reader(l, now->name);
        if (!before || before->partitions == now->partitions || !reader || reader->tasks)
            continue;
        struct lint_finding *f = finding_of(l, now->name);
        finding_place(l, f, declaration_at(l->d, "topics", now->name, "partitions", NULL),
                      "topics.%s: %d partitions", now->name, (int)now->partitions);
        finding_place_in(
            f, l->options->against_file,
            declaration_at(l->options->against, "topics", now->name, "partitions", NULL),
            lint_print(l, "it had %d, and %s has rows by them", (int)before->partitions,
                       reader->name));
        finding_story(l, f,
                      "The next event of a key goes to another partition, to a task of %s\n"
                      "that has never heard of it. Its rows are in the old one.",
                      reader->name);
    }
}

/* ---- SCA4 */

static int64_t poll_interval_ms(const struct lint *l) {
    const char *given = declaration_note(l->d->kafka, "max.poll.interval.ms");
    int64_t ms = given ? strtoll(given, NULL, 10) : 0;
    return ms > 0 ? ms : POLL_INTERVAL_MS;
}

void rule_SCA4(struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++) {
        const struct declared_service *s = &l->d->services[i];
        int64_t whole_ms = s->budget_ms * s->group_max, most_ms = poll_interval_ms(l);
        if (whole_ms <= most_ms)
            continue;
        struct lint_finding *f = finding_of(l, s->name);
        finding_place(l, f, declaration_at(l->d, "services", s->name, "budget", NULL),
                      "services.%s: %lld ms an event", s->name, (long long)s->budget_ms);
        finding_place(l, f, declaration_at(l->d, "services", s->name, "group_max", NULL),
                      "%d events a group: %lld s, max.poll.interval is %lld s", (int)s->group_max,
                      (long long)(whole_ms / 1000), (long long)(most_ms / 1000));
        finding_story(
            l, f,
            "A full group of %s takes longer than the broker waits: it is put out of its group\n"
            "before it commits, and the next owner begins the same events again.",
            s->name);
    }
}

/* ---- SCA5 */

static void sca5_found(struct lint *l, const struct declared_outside *o, const char *other,
                       struct declared_at at) {
    struct lint_finding *f = finding_of(l, o->name);
    finding_place(l, f, declaration_at(l->d, "outside", o->name, "group", NULL),
                  "outside.%s: group %s", o->name, o->group);
    finding_place(l, f, at, "the group of %s, too", other);
    finding_story(l, f,
                  "A record that %s gets never reaches %s, and the reverse.\n"
                  "Each does half of its work, and nobody reports an error.",
                  o->name, other);
}

void rule_SCA5(struct lint *l) {
    for (size_t i = 0; i < l->d->outside_count; i++) {
        const struct declared_outside *o = &l->d->outside[i];
        for (size_t k = 0; o->group && k < l->d->service_count; k++) {
            const char *service = l->d->services[k].name;
            if (!l->d->services[k].tasks
                && strcmp(lint_print(l, "%s.%s", l->d->system, service), o->group) == 0)
                sca5_found(l, o, service, declaration_at(l->d, "services", service, NULL));
        }
        for (size_t k = 0; o->group && k < i; k++)
            if (l->d->outside[k].group && strcmp(l->d->outside[k].group, o->group) == 0)
                sca5_found(l, o, l->d->outside[k].name,
                           declaration_at(l->d, "outside", l->d->outside[k].name, "group", NULL));
    }
}

/* ---- SCA6: such a declaration does not start; reading it for lint lets it pass to be told here */

void rule_SCA6(struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++) {
        const struct declared_service *s = &l->d->services[i];
        for (size_t k = 1; s->tasks == 0 && k < s->consumes_count; k++) {
            const struct declared_topic *first = declaration_topic(l->d, s->consumes[0]);
            const struct declared_topic *other = declaration_topic(l->d, s->consumes[k]);
            if (first->partitions == other->partitions)
                continue;
            struct lint_finding *f = finding_of(l, s->name);
            finding_place(l, f, declaration_at(l->d, "topics", first->name, "partitions", NULL),
                          "topics.%s: %d partitions", first->name, (int)first->partitions);
            finding_place(l, f, declaration_at(l->d, "topics", other->name, "partitions", NULL),
                          "topics.%s: %d partitions, read by %s too", other->name,
                          (int)other->partitions, s->name);
            finding_story(l, f,
                          "A key is in partition 1 of %s and in partition 5 of %s.\n"
                          "Two tasks of %s each have half of what belongs together.",
                          first->name, other->name, s->name);
        }
    }
}
