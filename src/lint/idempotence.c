/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Idempotence: a fact is named once, by whoever repeats it, and every effect has a class. */
#include "lint/rule.h"

#include <string.h>

/* ---- IDE1 */

static bool is_sink(const char *url) {
    static const char *const schemes[] = { "file", "smtp", "smtps", "smtp+folder", "sftp",
                                           "s3",   "ldap", "ldaps", "webhook" };
    for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
        if (url_scheme_is(url, schemes[i]))
            return true;
    return false;
}

void rule_IDE1(struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++)
        for (size_t k = 0; k < l->d->services[i].edge_count; k++) {
            const struct declared_service *s = &l->d->services[i];
            const struct declared_edge *e = &s->edges[k];
            if (e->effects.class != CLASS_NONE || !is_sink(e->url))
                continue;
            struct lint_finding *f = finding_of(l, e->name);
            finding_place(l, f, declaration_at(l->d, "services", s->name, "edges", e->name, NULL),
                          "services.%s.edges.%s: no class", s->name, e->name);
            if (declaration_answer(l->d, 3))
                finding_place(l, f, declaration_at(l->d, "answers", "3", NULL),
                              "answers.3: idempotence");
            finding_story(
                l, f,
                "%s dies after %s has taken something and before it is noted: it is sent again.\n"
                "Whether that is harmless depends on the receiver, and nobody said.",
                s->name, e->name);
        }
}

/* ---- IDE2 */

static void ide2_found(struct lint *l, const struct declared_outside *o,
                       const struct declared_topic *t) {
    struct lint_finding *f = finding_of(l, t->name);
    finding_place(l, f, declaration_at(l->d, "topics", t->name, "dedupe", NULL),
                  t->dedupe_ms ? "topics.%s: its dedupe window is too short"
                               : "topics.%s has no dedupe window",
                  t->name);
    finding_place(l, f, declaration_at(l->d, "outside", o->name, "offline", NULL),
                  o->offline_ms ? "outside.%s may send what is %lld days old"
                                : "outside.%s sends again what got no answer",
                  o->name, (long long)(o->offline_ms / DAY_MS));
    finding_story(l, f,
                  "%s sends something, hears nothing, and sends it again when it is back.\n"
                  "By then its id is forgotten, and it is taken as new.",
                  o->name);
}

void rule_IDE2(struct lint *l) {
    for (size_t i = 0; !answer_is(l, 3, "none") && i < l->d->outside_count; i++)
        for (size_t k = 0; k < l->d->outside[i].produces_count; k++) {
            const struct declared_outside *o = &l->d->outside[i];
            const struct declared_topic *t = declaration_topic(l->d, o->produces[k]);
            if (t->merges_by_version || answer_is(l, 3, "natural") || answer_is(l, 3, "version"))
                continue;
            if (t->dedupe_ms == 0 || t->dedupe_ms < o->offline_ms)
                ide2_found(l, o, t);
        }
}

/* ---- IDE3 */

static void ide3_edges(struct lint *l, const struct declared_service *s) {
    for (size_t i = 0; i < s->edge_count; i++) {
        const struct declared_edge *e = &s->edges[i];
        if (!e->names_requests)
            continue;
        struct lint_finding *f = finding_of(l, e->name);
        finding_place(l, f,
                      declaration_at(l->d, "services", s->name, "edges", e->name, "identity", NULL),
                      "services.%s.edges.%s: the edge names requests", s->name, e->name);
        finding_story(
            l, f,
            "A caller hears nothing, asks again, and gets another identity: two requests.\n"
            "Nobody behind %s can tell that it was one.",
            e->name);
    }
}

void rule_IDE3(struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++)
        ide3_edges(l, &l->d->services[i]);
    for (size_t i = 0; i < l->d->outside_count; i++) {
        const struct declared_outside *o = &l->d->outside[i];
        bool said = o->ids != NULL;
        if (!o->produces_count || (said && strcmp(o->ids, "gateway") != 0))
            continue;
        struct lint_finding *f = finding_of(l, o->name);
        finding_place(l, f,
                      declaration_at(l->d, "outside", o->name, said ? "ids" : "produces", NULL),
                      said ? "outside.%s: ids are made by a gateway"
                           : "outside.%s: whose ids its records have is not said",
                      o->name);
        finding_story(l, f,
                      "What %s sends again after a timeout may have a new id.\n"
                      "Then it is a second fact, and is done a second time.",
                      o->name);
    }
}

/* ---- IDE4 */

void rule_IDE4(struct lint *l) {
    for (size_t i = 0; i < l->d->outside_count; i++) {
        const struct declared_outside *o = &l->d->outside[i];
        if (!o->produces_count || !o->ids || strcmp(o->ids, "random") != 0)
            continue;
        struct lint_finding *f = finding_of(l, o->name);
        finding_place(l, f, declaration_at(l->d, "outside", o->name, "ids", NULL),
                      "outside.%s: ids random", o->name);
        finding_place(l, f, declaration_at(l->d, "outside", o->name, "produces", NULL),
                      "it writes %s", o->produces[0]);
        finding_story(l, f,
                      "%s restarts and says the same again, under another id.\n"
                      "Nobody behind it can know that it is the same.",
                      o->name);
    }
}

/* ---- IDE5 */

static const struct declared_topic *business_topic(const struct lint *l,
                                                   const struct declared_service *s) {
    for (size_t i = 0; i < s->consumes_count; i++) {
        const struct declared_topic *t = declaration_topic(l->d, s->consumes[i]);
        if (topic_is_business(l, t))
            return t;
    }
    return NULL;
}

void rule_IDE5(struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++) {
        const struct declared_service *s = &l->d->services[i];
        const struct declared_topic *t = business_topic(l, s);
        for (size_t k = 0; t && k < s->edge_count; k++) {
            const struct declared_edge *e = &s->edges[k];
            if (e->effects.class != CLASS_BLIND || !e->effects.at_most_once)
                continue;
            struct lint_finding *f = finding_of(l, e->name);
            finding_place(
                l, f, declaration_at(l->d, "services", s->name, "edges", e->name, "blind", NULL),
                "services.%s.edges.%s: at_most_once", s->name, e->name);
            finding_place(l, f, declaration_at(l->d, "topics", t->name, NULL),
                          "topics.%s carries business events", t->name);
            finding_story(l, f,
                          "%s dies while it tells %s of a business event: it is never told again.\n"
                          "Somebody waits for it.",
                          s->name, e->name);
        }
    }
}
