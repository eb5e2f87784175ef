/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the rules share: the declaration, who writes and reads, schemas, and how to say a finding.
 * Only files of this room include it. */
#ifndef OCTAVO_LINT_RULE_H
#define OCTAVO_LINT_RULE_H

#include "base/arena.h"
#include "declaration/declared_schema.h"
#include "lint/lint.h"

enum { PROGRAMS_MAX = 128, DAY_MS = 86400000, RETENTION_USUAL_DAYS = 7 };

struct schema_slot; /* a schema that was read once */

struct lint {
    const struct lint_options *options;
    const struct declaration *d;
    const struct lint_rule *rule; /* the one that looks */
    struct arena arena;
    struct lint_finding *findings;
    size_t count, capacity;
    struct schema_slot *schemas;
};

/* Begins a finding of the rule that looks; what it is about is a name a waiver can use. */
struct lint_finding *finding_of(struct lint *l, const char *about);
void finding_place(struct lint *l, struct lint_finding *f, struct declared_at at, const char *what,
                   ...) PRINTF_LIKE(4, 5);
void finding_place_in(struct lint_finding *f, const char *file, struct declared_at at,
                      const char *what);
void finding_story(struct lint *l, struct lint_finding *f, const char *format, ...)
    PRINTF_LIKE(3, 4);
void finding_fix(struct lint *l, struct lint_finding *f, const char *format, ...) PRINTF_LIKE(3, 4);
const char *lint_print(struct lint *l, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- what was answered */
bool answer_is(const struct lint *l, int question, const char *choice);
struct declared_at answer_at(const struct lint *l, int question); /* of its choice */
/* Answer 6 asks for an order: key or partition. Then this is the place to show beside it. */
bool order_is_wanted(const struct lint *l);
void finding_order(struct lint *l, struct lint_finding *f);

/* ---- who writes and reads: services and what is outside */
struct program {
    const char *kind; /* "services" or "outside" */
    const char *name;
    const struct declared_service *service; /* or NULL */
    const struct declared_outside *outside; /* or NULL */
};

size_t programs_writing(const struct lint *l, const char *topic, struct program *out);
size_t programs_reading(const struct lint *l, const char *topic, struct program *out);
struct declared_at writing_at(const struct lint *l, struct program p, const char *topic);
struct declared_at reading_at(const struct lint *l, struct program p, const char *topic);
bool program_exists(const struct lint *l, const char *name);
int64_t program_downtime(struct program p); /* 0: not said */
/* Requests come in by it and are answered. */
bool edge_takes_requests(const struct declared_service *s, const struct declared_edge *e);
bool url_scheme_is(const char *url, const char *scheme);
const char *topic_entity(const struct declared_topic *t); /* NULL: not said */
bool topic_is_business(const struct lint *l, const struct declared_topic *t);

/* NULL: none is declared, it cannot be read (SCH3 says so), or nobody reads files here. */
const struct declared_schema *event_schema(struct lint *l, const struct declared_event *e);
const struct declared_schema *event_schema_before(struct lint *l, const struct declared_event *e);
/* Why the schema of `e` could not be read; NULL when it could. */
const char *event_schema_wrong(struct lint *l, const struct declared_event *e);

#define RULE(id, title, why, fix) void rule_##id(struct lint *l);
#include "lint/rules.def"
#undef RULE

#endif
