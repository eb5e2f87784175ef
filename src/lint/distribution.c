/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Distribution: which key, which partition, which topic. */
#include "lint/rule.h"

#include <string.h>

enum { RECORD_MAX = 1000000, TOMBSTONES_USUAL_MS = DAY_MS };

/* ---- DIS1 */

static void dis1_key(struct lint *l, const struct declared_topic *t) {
    struct lint_finding *f = finding_of(l, t->name);
    finding_place(l, f, declaration_at(l->d, "topics", t->name, "compacted", NULL),
                  "topics.%s is compacted", t->name);
    finding_place(l, f, declaration_at(l->d, "topics", t->name, NULL), "and has no key");
    finding_story(
        l, f,
        "Compaction keeps the newest record of every key. A record without one is refused,\n"
        "or replaces the others that have none.");
}

static void dis1_tombstones(struct lint *l, const struct declared_topic *t, struct program p) {
    int64_t stays_ms = t->tombstones_ms ? t->tombstones_ms : TOMBSTONES_USUAL_MS;
    if (program_downtime(p) <= stays_ms)
        return;
    struct lint_finding *f = finding_of(l, t->name);
    finding_place(l, f, declaration_at(l->d, "topics", t->name, "tombstones", NULL),
                  "topics.%s: tombstones stay %lld h%s", t->name, (long long)(stays_ms / 3600000),
                  t->tombstones_ms ? "" : ", the broker's default");
    finding_place(l, f, declaration_at(l->d, p.kind, p.name, "downtime", NULL),
                  "%s may be away %lld h", p.name, (long long)(program_downtime(p) / 3600000));
    finding_story(l, f,
                  "A key is deleted while %s is down, and the tombstone goes before it is back.\n"
                  "%s keeps what everybody else has deleted.",
                  p.name, p.name);
}

void rule_DIS1(struct lint *l) {
    struct program readers[PROGRAMS_MAX];
    for (size_t i = 0; i < l->d->topic_count; i++) {
        const struct declared_topic *t = &l->d->topics[i];
        if (!t->compacted)
            continue;
        if (!t->key)
            dis1_key(l, t);
        size_t count = programs_reading(l, t->name, readers);
        for (size_t k = 0; k < count; k++)
            dis1_tombstones(l, t, readers[k]);
    }
}

/* ---- DIS2 */

static void dis2_found(struct lint *l, const struct declared_topic *t) {
    struct lint_finding *f = finding_of(l, t->name);
    finding_place(l, f, declaration_at(l->d, "topics", t->name, "largest", NULL),
                  "topics.%s: values up to %lld bytes", t->name, (long long)t->largest_bytes);
    finding_story(
        l, f,
        "One value over the limit cannot be committed, and its key is parked.\n"
        "Those just under it are read by everybody, in groups that no longer fit into memory.");
}

static void dis2_schema(struct lint *l, const struct declared_topic *t,
                        const struct declared_event *e) {
    const struct declared_schema *schema = event_schema(l, e);
    for (size_t i = 0; schema && i < schema->count; i++) {
        const struct declared_property *p = &schema->properties[i];
        if (!p->is_binary || (p->max_length >= 0 && p->max_length <= RECORD_MAX))
            continue;
        struct lint_finding *f = finding_of(l, t->name);
        finding_place_in(f, schema->file, p->at,
                         lint_print(l, "%s.%s is binary, without a maxLength", e->name, p->name));
        finding_place(l, f, declaration_at(l->d, "topics", t->name, NULL),
                      "topics.%s has no claim check", t->name);
        finding_story(l, f,
                      "Today a picture, tomorrow a scan of a contract: it does not fit,\n"
                      "and the event that carries it can never be committed.");
    }
}

void rule_DIS2(struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++) {
        const struct declared_topic *t = &l->d->topics[i];
        if (t->claim_check)
            continue;
        if (t->largest_bytes > RECORD_MAX)
            dis2_found(l, t);
        for (size_t k = 0; !t->largest_bytes && k < t->event_count; k++)
            dis2_schema(l, t, &t->events[k]);
    }
}

/* ---- DIS3 */

void rule_DIS3(struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++) {
        const struct declared_topic *t = &l->d->topics[i];
        if (!t->keys || t->keys >= t->partitions)
            continue;
        struct lint_finding *f = finding_of(l, t->name);
        finding_place(l, f, declaration_at(l->d, "topics", t->name, "keys", NULL),
                      "topics.%s: %d keys", t->name, (int)t->keys);
        finding_place(l, f, declaration_at(l->d, "topics", t->name, "partitions", NULL),
                      "%d partitions", (int)t->partitions);
        finding_story(
            l, f,
            "%d of the %d partitions never get a record, and two of the %d keys may share one.\n"
            "It scales to fewer tasks than it has.",
            (int)(t->partitions - t->keys), (int)t->partitions, (int)t->keys);
    }
}

/* ---- DIS4: by `entity`, which is said for this; a common key alone is no common entity */

void rule_DIS4(struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct declared_topic *a = &l->d->topics[k], *b = &l->d->topics[i];
            if (!a->entity || !b->entity || strcmp(a->entity, b->entity) != 0)
                continue;
            if (a->merges_by_version && b->merges_by_version)
                continue;
            struct lint_finding *f = finding_of(l, b->name);
            finding_place(l, f, declaration_at(l->d, "topics", a->name, "entity", NULL),
                          "topics.%s is about %s", a->name, a->entity);
            finding_place(l, f, declaration_at(l->d, "topics", b->name, "entity", NULL),
                          "so is topics.%s", b->name);
            finding_story(
                l, f,
                "A reader that is fast in %s and slow in %s sees an update before its creation.\n"
                "Without a version it cannot tell what is newer.",
                b->name, a->name);
        }
}

/* ---- DIS5 */

void rule_DIS5(struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++)
        for (size_t k = 0; l->d->topics[i].key && k < l->d->topics[i].event_count; k++) {
            const struct declared_topic *t = &l->d->topics[i];
            const struct declared_schema *schema = event_schema(l, &t->events[k]);
            if (!schema || declared_property(schema, t->key))
                continue;
            struct lint_finding *f = finding_of(l, t->name);
            finding_place(l, f, declaration_at(l->d, "topics", t->name, "key", NULL),
                          "topics.%s: key %s", t->name, t->key);
            finding_place_in(f, schema->file, schema->at,
                             lint_print(l, "%s has no field %s", t->events[k].name, t->key));
            finding_story(l, f,
                          "%s is keyed by something else, and lands in another partition\n"
                          "than the other events about the same %s.",
                          t->events[k].name, t->key);
        }
}

/* ---- DIS6, measured: records of a running broker */

enum { SKEW_RECORDS_MIN = 1000, SKEW_TIMES = 2 };

static void dis6_found(struct lint *l, const struct declared_topic *t, int32_t fullest,
                       int64_t most, int64_t sum) {
    struct lint_finding *f = finding_of(l, t->name);
    finding_place(l, f, declaration_at(l->d, "topics", t->name, "partitions", NULL),
                  "topics.%s: partition %d has %lld of %lld records", t->name, (int)fullest,
                  (long long)most, (long long)sum);
    finding_place(l, f, declaration_at(l->d, "topics", t->name, "key", NULL), "key %s",
                  t->key ? t->key : "is not said");
    finding_story(l, f,
                  "One task of %d does %lld %% of the work of %s.\n"
                  "When it is behind, no replica and no partition more will help it.",
                  (int)t->partitions, (long long)(100 * most / sum), t->name);
}

void rule_DIS6(struct lint *l) {
    for (size_t i = 0; l->options->records && i < l->d->topic_count; i++) {
        const struct declared_topic *t = &l->d->topics[i];
        int64_t sum = 0, most = 0;
        int32_t fullest = 0;
        for (int32_t p = 0; p < t->partitions; p++) {
            int64_t count = l->options->records(l->options->records_context, t->name, p);
            sum += count > 0 ? count : 0;
            if (count > most) {
                most = count;
                fullest = p;
            }
        }
        if (t->partitions > 1 && sum >= SKEW_RECORDS_MIN && most > SKEW_TIMES * sum / t->partitions)
            dis6_found(l, t, fullest, most, sum);
    }
}
