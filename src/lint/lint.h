/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Holds a declaration against itself: its answers against what it declares.
 *
 * Reading a declaration (declaration.h) finds what cannot be meant; lint finds what can be meant
 * and will not work. Every rule stands in rules.def with its reason; a finding names the two places
 * that clash, tells in two lines what will happen, and what to do. A finding that a `waivers` entry
 * of the file names - RULE, or RULE and what it is about - is kept, as waived. */
#ifndef OCTAVO_LINT_LINT_H
#define OCTAVO_LINT_LINT_H

#include "declaration/declaration.h"

enum { LINT_PLACES = 2 };

struct lint_place {
    const char *file;
    struct declared_at at;
    const char *what; /* "answers.6: choice key" */
};

struct lint_rule {
    const char *id;    /* "AVD1" */
    const char *title; /* what it finds */
    const char *why;   /* what goes wrong, in general */
    const char *fix;
};

struct lint_finding {
    const struct lint_rule *rule;
    const char *about; /* a topic, a service, an edge, an answer's number */
    struct lint_place places[LINT_PLACES];
    int place_count;
    const char *story;
    const char *fix;
    const char *plain;  /* of AVD: the same without events, with its SQL; or NULL */
    const char *waived; /* the reason; or NULL */
};

/* Reads a schema's file, whose path is as the declaration has it. */
typedef enum error lint_read(void *context, const char *path, struct buf *out);

struct lint_options {
    const struct declaration *declaration;
    const char *file;                  /* its name */
    const struct declaration *against; /* an older version of it, or NULL */
    const char *against_file;
    lint_read *read; /* NULL: schemas are not looked at */
    void *read_context;
    lint_read *against_read;
    void *against_context;
    lint_read *read_handler; /* with read_context; NULL: handlers are not looked at */
    /* How many records a partition has now; -1: not known. NULL: nothing is measured. */
    int64_t (*records)(void *context, const char *topic, int32_t partition);
    void *records_context;
};

struct lint_report {
    const struct lint_finding *findings; /* by file and line */
    size_t count;
    size_t open; /* that no waiver names */
};

struct lint;
struct lint *lint_run(const struct lint_options *options); /* never NULL */
/* Valid until lint_destroy, which must come before the declaration's end. */
struct lint_report lint_report(const struct lint *l);
void lint_destroy(struct lint *l);

/* The rules, ended by one without an id. */
extern const struct lint_rule lint_rules[];
const struct lint_rule *lint_rule_find(const char *id); /* "avd1" is fine; NULL: none */

void lint_text(const struct lint_report *r, bool colour, struct buf *out);
void lint_json(const struct lint_report *r, const char *file, struct buf *out);
void lint_explain(const struct lint_rule *rule, struct buf *out);

#endif
