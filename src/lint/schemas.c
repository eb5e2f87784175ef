/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Schemas: against an older version of themselves, and whether they can be read at all. */
#include "lint/rule.h"

#include <string.h>

static const struct declared_event *event_before(const struct lint *l, const char *topic,
                                                 const char *event) {
    const struct declared_topic *t =
        l->options->against ? declaration_topic(l->options->against, topic) : NULL;
    for (size_t i = 0; t && i < t->event_count; i++)
        if (strcmp(t->events[i].name, event) == 0)
            return &t->events[i];
    return NULL;
}

/* A schema now and before; each rule looks at one of them beside the other. */
struct pair {
    const struct declared_event *event;
    const struct declared_schema *now, *before;
};

typedef void pair_look(struct lint *l, const struct pair *p);

static void pairs_each(struct lint *l, pair_look *look) {
    for (size_t i = 0; i < l->d->topic_count; i++)
        for (size_t k = 0; k < l->d->topics[i].event_count; k++) {
            const struct declared_event *e = &l->d->topics[i].events[k];
            const struct declared_event *before = event_before(l, l->d->topics[i].name, e->name);
            struct pair p = { e, event_schema(l, e),
                              before ? event_schema_before(l, before) : NULL };
            if (p.now && p.before)
                look(l, &p);
        }
}

/* ---- SCH1 */

static bool allows(const struct declared_property *p, const char *value) {
    for (size_t i = 0; i < p->allowed_count; i++)
        if (strcmp(p->allowed[i], value) == 0)
            return true;
    return p->allowed_count == 0;
}

static const char *allowed_lost(const struct declared_property *now,
                                const struct declared_property *before) {
    for (size_t i = 0; now->allowed_count && i < before->allowed_count; i++)
        if (!allows(now, before->allowed[i]))
            return before->allowed[i];
    return NULL;
}

static const char *bounds_changed(const struct declared_property *now,
                                  const struct declared_property *before) {
    if (now->minimum > before->minimum)
        return "takes larger numbers only";
    if (now->maximum < before->maximum)
        return "takes smaller numbers only";
    if (now->pattern && (!before->pattern || strcmp(now->pattern, before->pattern) != 0))
        return "takes texts of another pattern";
    return NULL;
}

static const char *changed(struct lint *l, const struct pair *p,
                           const struct declared_property *before) {
    const struct declared_property *now = declared_property(p->now, before->name);
    if (!now)
        return p->now->closed || before->required ? "went away" : NULL;
    if (before->types & ~now->types)
        return "no longer takes a type it had";
    const char *lost = allowed_lost(now, before);
    if (lost)
        return lint_print(l, "no longer takes \"%s\"", lost);
    if (now->allowed_count && !before->allowed_count)
        return "takes a few values only, it took any";
    if (now->max_length >= 0 && (before->max_length < 0 || now->max_length < before->max_length))
        return "takes shorter texts only";
    if (now->min_length > before->min_length && before->min_length > 0)
        return "takes longer texts only";
    return bounds_changed(now, before);
}

static void sch1_look(struct lint *l, const struct pair *p) {
    for (size_t i = 0; i < p->before->count; i++) {
        const struct declared_property *before = &p->before->properties[i];
        const struct declared_property *now = declared_property(p->now, before->name);
        const char *how = changed(l, p, before);
        if (!how)
            continue;
        struct lint_finding *f = finding_of(l, p->event->name);
        finding_place_in(f, p->now->file, now ? now->at : p->now->at,
                         lint_print(l, "%s.%s %s", p->event->name, before->name, how));
        finding_place_in(f, p->before->file, before->at, "as it was");
        finding_story(l, f,
                      "A reader of before, or a record of before, meets the new schema.\n"
                      "One of the two is refused, and its key is parked.");
    }
}

void rule_SCH1(struct lint *l) {
    pairs_each(l, sch1_look);
}

/* ---- SCH2 */

static void sch2_look(struct lint *l, const struct pair *p) {
    for (size_t i = 0; i < p->now->count; i++) {
        const struct declared_property *now = &p->now->properties[i];
        const struct declared_property *before = declared_property(p->before, now->name);
        if (!now->required || (before && before->required))
            continue;
        struct lint_finding *f = finding_of(l, p->event->name);
        finding_place_in(f, p->now->file, now->at,
                         lint_print(l, "%s.%s is required now", p->event->name, now->name));
        finding_place_in(f, p->before->file, before ? before->at : p->before->at,
                         before ? "it was not" : "it was not there");
        finding_story(l, f,
                      "The first old record that is read again does not have %s.\n"
                      "It is refused, although it was right when it was written.",
                      now->name);
    }
}

void rule_SCH2(struct lint *l) {
    pairs_each(l, sch2_look);
}

/* ---- SCH3 */

/* The story of reading it: its first line, and no indentation. */
static const char *first_line(struct lint *l, const char *story) {
    return lint_print(l, "%.*s", (int)strcspn(story, "\n"), story);
}

void rule_SCH3(struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++)
        for (size_t k = 0; k < l->d->topics[i].event_count; k++) {
            const struct declared_event *e = &l->d->topics[i].events[k];
            const char *wrong = event_schema_wrong(l, e);
            if (!wrong)
                continue;
            struct lint_finding *f = finding_of(l, e->name);
            finding_place(l, f,
                          declaration_at(l->d, "topics", l->d->topics[i].name, "events", e->name,
                                         "schema", NULL),
                          "%s: schema %s", e->name, e->schema);
            finding_story(l, f, "%s\nNothing of %s can be checked.", first_line(l, wrong), e->name);
        }
}
