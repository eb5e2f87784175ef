/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Who writes and reads what: services and programs outside, seen alike; and what was answered. */
#include "lint/rule.h"

#include <string.h>

bool answer_is(const struct lint *l, int question, const char *choice) {
    const struct declared_answer *a = declaration_answer(l->d, question);
    return a && a->choice && strcmp(a->choice, choice) == 0;
}

struct declared_at answer_at(const struct lint *l, int question) {
    char number[] = { (char)('0' + question), 0 };
    return declaration_at(l->d, "answers", number, "choice", NULL);
}

bool order_is_wanted(const struct lint *l) {
    return answer_is(l, 6, "key") || answer_is(l, 6, "partition");
}

void finding_order(struct lint *l, struct lint_finding *f) {
    finding_place(l, f, answer_at(l, 6), "answers.6: ordering, choice %s",
                  declaration_answer(l->d, 6)->choice);
}

static bool is_among(const char *const *names, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static size_t programs_of(const struct lint *l, const char *topic, bool writing,
                          struct program *out) {
    size_t count = 0;
    for (size_t i = 0; i < l->d->service_count && count < PROGRAMS_MAX; i++) {
        const struct declared_service *s = &l->d->services[i];
        if (writing ? is_among(s->produces, s->produces_count, topic)
                    : is_among(s->consumes, s->consumes_count, topic))
            out[count++] = (struct program){ "services", s->name, s, NULL };
    }
    for (size_t i = 0; i < l->d->outside_count && count < PROGRAMS_MAX; i++) {
        const struct declared_outside *o = &l->d->outside[i];
        if (writing ? is_among(o->produces, o->produces_count, topic)
                    : is_among(o->consumes, o->consumes_count, topic))
            out[count++] = (struct program){ "outside", o->name, NULL, o };
    }
    return count;
}

size_t programs_writing(const struct lint *l, const char *topic, struct program *out) {
    return programs_of(l, topic, true, out);
}

size_t programs_reading(const struct lint *l, const char *topic, struct program *out) {
    return programs_of(l, topic, false, out);
}

struct declared_at writing_at(const struct lint *l, struct program p, const char *topic) {
    return declaration_at(l->d, p.kind, p.name, "produces", topic, NULL);
}

struct declared_at reading_at(const struct lint *l, struct program p, const char *topic) {
    return declaration_at(l->d, p.kind, p.name, "consumes", topic, NULL);
}

bool program_exists(const struct lint *l, const char *name) {
    for (size_t i = 0; i < l->d->outside_count; i++)
        if (strcmp(l->d->outside[i].name, name) == 0)
            return true;
    return declaration_service(l->d, name) != NULL;
}

int64_t program_downtime(struct program p) {
    return p.service ? p.service->downtime_ms : p.outside->downtime_ms;
}

bool url_scheme_is(const char *url, const char *scheme) {
    size_t len = strlen(scheme);
    return strncmp(url, scheme, len) == 0 && url[len] == ':';
}

/* A source's edge has items, not requests; its scheme tells. */
bool edge_takes_requests(const struct declared_service *s, const struct declared_edge *e) {
    return e->effects.class == CLASS_NONE && !e->asks_queries && s->tasks > 0
           && strncmp(e->url, "sql+", 4) != 0;
}

const char *topic_entity(const struct declared_topic *t) {
    return t->entity ? t->entity : t->key;
}

bool topic_is_business(const struct lint *l, const struct declared_topic *t) {
    for (size_t i = 0; i < t->event_count; i++)
        if (t->events[i].is_business)
            return true;
    return t->event_count == 0 && answer_is(l, 8, "yes");
}
