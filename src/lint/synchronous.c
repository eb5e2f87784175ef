/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The synchronous edge, and being away. */
#include "lint/rule.h"

#include <string.h>

void rule_SYN1(struct lint *l) {
    for (size_t i = 0; i < l->d->service_count; i++)
        for (size_t k = 0; k < l->d->services[i].edge_count; k++) {
            const struct declared_service *s = &l->d->services[i];
            const struct declared_edge *e = &s->edges[k];
            if (!edge_takes_requests(s, e) || e->unknown || !s->produces_count)
                continue;
            struct lint_finding *f = finding_of(l, e->name);
            finding_place(l, f, declaration_at(l->d, "services", s->name, "edges", e->name, NULL),
                          "services.%s.edges.%s answers its callers", s->name, e->name);
            if (declaration_answer(l->d, 1))
                finding_place(l, f, answer_at(l, 1), "answers.1: synchronous or asynchronous");
            finding_story(
                l, f,
                "The answer does not come in time; it may have happened, or happen in a minute.\n"
                "What the caller is told now decides whether it is done twice or never.");
        }
}

/* ---- OFF1 */

static void off1_reader(struct lint *l, const struct declared_topic *t, struct program p) {
    int64_t stays_ms = t->retention_ms ? t->retention_ms : (int64_t)RETENTION_USUAL_DAYS * DAY_MS;
    if (t->compacted || stays_ms == RETENTION_FOREVER || program_downtime(p) <= stays_ms)
        return;
    struct lint_finding *f = finding_of(l, t->name);
    finding_place(l, f, declaration_at(l->d, "topics", t->name, "retention", NULL),
                  "topics.%s: records stay %lld h%s", t->name, (long long)(stays_ms / 3600000),
                  t->retention_ms ? "" : ", the broker's default");
    finding_place(l, f, declaration_at(l->d, p.kind, p.name, "downtime", NULL),
                  "%s may be away %lld h", p.name, (long long)(program_downtime(p) / 3600000));
    finding_story(l, f,
                  "%s comes back, and what it has not read is deleted.\n"
                  "There is a hole in what it knows, and nothing can fill it.",
                  p.name);
}

void rule_OFF1(struct lint *l) {
    struct program readers[PROGRAMS_MAX];
    for (size_t i = 0; i < l->d->topic_count; i++) {
        size_t count = programs_reading(l, l->d->topics[i].name, readers);
        for (size_t k = 0; k < count; k++)
            off1_reader(l, &l->d->topics[i], readers[k]);
    }
    const char *reset = declaration_note(l->d->kafka, "auto.offset.reset");
    if (!reset || strcmp(reset, "error") == 0)
        return;
    struct lint_finding *f = finding_of(l, "auto.offset.reset");
    finding_place(l, f, declaration_at(l->d, "kafka", "auto.offset.reset", NULL),
                  "kafka: auto.offset.reset %s", reset);
    finding_story(
        l, f,
        "The position is beyond what the topic has; the client quietly takes another one.\n"
        "What lies between is skipped or done again.");
    finding_fix(l, f,
                "remove the property: Octavo keeps its positions itself and stops with a remedy");
}
