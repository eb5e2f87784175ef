/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Order: what a reader may rely on, and what breaks it. */
#include "lint/rule.h"

#include <string.h>

/* ---- ORD1 */

static bool same_entity(const struct declared_topic *a, const struct declared_topic *b) {
    const char *x = topic_entity(a), *y = topic_entity(b);
    return x && y && strcmp(x, y) == 0;
}

static void ord1_look(struct lint *l, struct program p, const char *const *topics, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++) {
            const struct declared_topic *a = declaration_topic(l->d, topics[k]);
            const struct declared_topic *b = declaration_topic(l->d, topics[i]);
            if (!same_entity(a, b) || (a->merges_by_version && b->merges_by_version))
                continue;
            struct lint_finding *f = finding_of(l, p.name);
            finding_order(l, f);
            finding_place(l, f, reading_at(l, p, b->name), "%s reads %s beside %s, both about %s",
                          p.name, b->name, a->name, topic_entity(a));
            finding_story(l, f,
                          "%s sends to %s, then to %s; %s meets the second first.\n"
                          "It acts on a state that is not there yet, and the first undoes it.",
                          "Somebody", a->name, b->name, p.name);
        }
}

void rule_ORD1(struct lint *l) {
    if (!order_is_wanted(l))
        return;
    for (size_t i = 0; i < l->d->service_count; i++) {
        const struct declared_service *s = &l->d->services[i];
        struct program p = { "services", s->name, s, NULL };
        ord1_look(l, p, s->consumes, s->consumes_count);
    }
    for (size_t i = 0; i < l->d->outside_count; i++) {
        const struct declared_outside *o = &l->d->outside[i];
        struct program p = { "outside", o->name, NULL, o };
        ord1_look(l, p, o->consumes, o->consumes_count);
    }
}

/* ---- ORD2 */

static const char *key_weakness(const struct declared_property *p) {
    if (!p->required)
        return "not required";
    if (p->types & TYPE_NULL)
        return "nullable";
    if ((p->types & TYPE_STRING) && p->min_length < 1)
        return "possibly empty: it has no minLength of 1";
    return NULL;
}

static void ord2_schema(struct lint *l, const struct declared_topic *t,
                        const struct declared_event *e) {
    const struct declared_schema *schema = event_schema(l, e);
    const struct declared_property *p = schema ? declared_property(schema, t->key) : NULL;
    const char *weakness = p ? key_weakness(p) : NULL;
    if (!weakness)
        return;
    struct lint_finding *f = finding_of(l, e->name);
    finding_order(l, f);
    finding_place_in(f, schema->file, p->at,
                     lint_print(l, "%s.%s is %s", e->name, t->key, weakness));
    finding_story(l, f,
                  "One %s comes without %s and lands in any partition.\n"
                  "It is before or after its neighbours by chance, and nobody notices.",
                  e->name, t->key);
}

void rule_ORD2(struct lint *l) {
    if (!answer_is(l, 6, "key"))
        return;
    for (size_t i = 0; i < l->d->topic_count; i++) {
        const struct declared_topic *t = &l->d->topics[i];
        for (size_t k = 0; t->key && k < t->event_count; k++)
            ord2_schema(l, t, &t->events[k]);
        if (t->key || t->compacted || t->merges_by_version) /* DIS1 has a word for compacted ones */
            continue;
        struct lint_finding *f = finding_of(l, t->name);
        finding_order(l, f);
        finding_place(l, f, declaration_at(l->d, "topics", t->name, NULL), "topics.%s has no key",
                      t->name);
        finding_story(l, f,
                      "Records without a key are spread over the %d partitions of %s.\n"
                      "Two of one entity are read in any order.",
                      (int)t->partitions, t->name);
    }
}

/* ---- ORD3 */

static const char *goes_around(const char *topic) {
    static const char *const marks[] = { "retry", "dead-letter", "dlq", "DLQ", ".DLT", "-dlt" };
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        if (strstr(topic, marks[i]))
            return marks[i];
    return NULL;
}

static void ord3_topic(struct lint *l, const struct declared_topic *t) {
    struct program writers[PROGRAMS_MAX];
    size_t count = goes_around(t->name) ? programs_writing(l, t->name, writers) : 0;
    if (!count)
        return;
    struct lint_finding *f = finding_of(l, t->name);
    finding_order(l, f);
    finding_place(l, f, writing_at(l, writers[0], t->name), "%s sends what failed to %s",
                  writers[0].name, t->name);
    finding_story(l, f,
                  "A record fails and goes to %s; the next of its key succeeds.\n"
                  "The first comes back later and is done last: the order is turned around.",
                  t->name);
}

static void ord3_outside(struct lint *l, const struct declared_outside *o) {
    if (!o->failed || strcmp(o->failed, "park") == 0 || strcmp(o->failed, "stop") == 0)
        return;
    struct lint_finding *f = finding_of(l, o->name);
    finding_order(l, f);
    finding_place(l, f, declaration_at(l->d, "outside", o->name, "failed", NULL),
                  "outside.%s: failed records go to a %s", o->name, o->failed);
    finding_story(l, f,
                  "%s puts a failed record aside and goes on with the next of its key.\n"
                  "When the first is tried again it is done last: the order is turned around.",
                  o->name);
}

void rule_ORD3(struct lint *l) {
    if (!order_is_wanted(l))
        return;
    for (size_t i = 0; i < l->d->topic_count; i++)
        ord3_topic(l, &l->d->topics[i]);
    for (size_t i = 0; i < l->d->outside_count; i++)
        ord3_outside(l, &l->d->outside[i]);
}

/* ---- ORD4 */

void rule_ORD4(struct lint *l) {
    for (size_t i = 0; order_is_wanted(l) && i < l->d->outside_count; i++) {
        const struct declared_outside *o = &l->d->outside[i];
        if (!o->parallel || strcmp(o->parallel, "any") != 0)
            continue;
        struct lint_finding *f = finding_of(l, o->name);
        finding_order(l, f);
        finding_place(l, f, declaration_at(l->d, "outside", o->name, "parallel", NULL),
                      "outside.%s: parallel any", o->name);
        finding_story(l, f,
                      "Two threads of %s take two records of one key; the second is done first.\n"
                      "The topic was in order, the result is not.",
                      o->name);
    }
}

/* ---- ORD5 */

static bool is_murmur2(const char *partitioner) {
    return strcmp(partitioner, "murmur2") == 0 || strcmp(partitioner, "murmur2_random") == 0;
}

static void ord5_found(struct lint *l, const char *about, struct declared_at at, const char *what) {
    struct lint_finding *f = finding_of(l, about);
    finding_order(l, f);
    finding_place(l, f, at, "%s", what);
    finding_story(
        l, f,
        "A batch is sent again after a lost answer and lands behind its successor, or a key\n"
        "lands in another partition than its earlier records. Either way the order is gone.");
}

static void ord5_outside(struct lint *l, const struct declared_outside *o) {
    if (o->produces_count == 0)
        return;
    struct declared_at at = declaration_at(l->d, "outside", o->name, "produces", NULL);
    if (!o->idempotent)
        ord5_found(l, o->name,
                   o->idempotent_said ? declaration_at(l->d, "outside", o->name, "idempotent", NULL)
                                      : at,
                   lint_print(l, "outside.%s: its producer is not said to be idempotent", o->name));
    if (!o->partitioner || !is_murmur2(o->partitioner))
        ord5_found(l, o->name,
                   o->partitioner ? declaration_at(l->d, "outside", o->name, "partitioner", NULL)
                                  : at,
                   lint_print(l, "outside.%s: partitioner %s", o->name,
                              o->partitioner ? o->partitioner : "not said"));
}

void rule_ORD5(struct lint *l) {
    if (!order_is_wanted(l))
        return;
    const char *idempotent = declaration_note(l->d->kafka, "enable.idempotence");
    const char *partitioner = declaration_note(l->d->kafka, "partitioner");
    if (idempotent && strcmp(idempotent, "false") == 0)
        ord5_found(l, "enable.idempotence",
                   declaration_at(l->d, "kafka", "enable.idempotence", NULL),
                   "kafka: enable.idempotence false");
    if (partitioner && !is_murmur2(partitioner))
        ord5_found(l, "partitioner", declaration_at(l->d, "kafka", "partitioner", NULL),
                   lint_print(l, "kafka: partitioner %s", partitioner));
    for (size_t i = 0; i < l->d->outside_count; i++)
        ord5_outside(l, &l->d->outside[i]);
}

/* ---- ORD6 */

static const struct declared_event *event_of_nobody(const struct declared_topic *t) {
    for (size_t i = 0; i < t->event_count; i++)
        if (!t->events[i].from)
            return &t->events[i];
    return NULL;
}

void rule_ORD6(struct lint *l) {
    struct program writers[PROGRAMS_MAX];
    for (size_t i = 0; order_is_wanted(l) && i < l->d->topic_count; i++) {
        const struct declared_topic *t = &l->d->topics[i];
        size_t count = programs_writing(l, t->name, writers);
        const struct declared_event *open = event_of_nobody(t);
        if (count < 2 || t->merges_by_version || (t->event_count && !open))
            continue;
        struct lint_finding *f = finding_of(l, t->name);
        finding_place(l, f, writing_at(l, writers[0], t->name), "%s writes %s", writers[0].name,
                      t->name);
        finding_place(l, f, writing_at(l, writers[1], t->name), "so does %s%s%s", writers[1].name,
                      open ? ", and nobody is said to make " : "", open ? open->name : "");
        finding_story(l, f,
                      "%s and %s both say something about one key at the same moment.\n"
                      "Which comes first is chance, and a reader cannot tell who is right.",
                      writers[0].name, writers[1].name);
    }
}
