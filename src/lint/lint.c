/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Runs every rule over a declaration, then holds the waivers against what was found. */
#include "lint/lint.h"

#include "lint/rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct lint_rule lint_rules[] = {
#define RULE(id, title, why, fix) { #id, title, why, fix },
#include "lint/rules.def"
#undef RULE
    { NULL, NULL, NULL, NULL },
};

static void (*const looks[])(struct lint *l) = {
#define RULE(id, title, why, fix) rule_##id,
#include "lint/rules.def"
#undef RULE
};

const struct lint_rule *lint_rule_find(const char *id) {
    for (const struct lint_rule *r = lint_rules; r->id; r++)
        if (strcasecmp(r->id, id) == 0)
            return r;
    return NULL;
}

/* ---- a finding */

static const char *print_args(struct lint *l, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = arena_get(&l->arena, (size_t)len + 1);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    return text;
}

const char *lint_print(struct lint *l, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = print_args(l, format, args);
    va_end(args);
    return text;
}

struct lint_finding *finding_of(struct lint *l, const char *about) {
    if (l->count == l->capacity) {
        l->capacity = l->capacity ? 2 * l->capacity : 32;
        l->findings = memory_resize(l->findings, l->capacity * sizeof(*l->findings));
    }
    struct lint_finding *f = &l->findings[l->count++];
    *f = (struct lint_finding){ .rule = l->rule, .about = about, .fix = l->rule->fix };
    return f;
}

void finding_place_in(struct lint_finding *f, const char *file, struct declared_at at,
                      const char *what) {
    if (f->place_count < LINT_PLACES)
        f->places[f->place_count++] = (struct lint_place){ file, at, what };
}

void finding_place(struct lint *l, struct lint_finding *f, struct declared_at at, const char *what,
                   ...) {
    va_list args;
    va_start(args, what);
    finding_place_in(f, l->options->file, at, print_args(l, what, args));
    va_end(args);
}

void finding_story(struct lint *l, struct lint_finding *f, const char *format, ...) {
    va_list args;
    va_start(args, format);
    f->story = print_args(l, format, args);
    va_end(args);
}

void finding_fix(struct lint *l, struct lint_finding *f, const char *format, ...) {
    va_list args;
    va_start(args, format);
    f->fix = print_args(l, format, args);
    va_end(args);
}

/* ---- waivers: "RULE" is for all findings of a rule, "RULE ABOUT" for those about one thing */

static bool waiver_is_for(const char *name, const struct lint_finding *f) {
    size_t len = strlen(f->rule->id);
    if (strncmp(name, f->rule->id, len) != 0)
        return false;
    return !name[len] || (name[len] == ' ' && strcmp(name + len + 1, f->about) == 0);
}

static void waivers_apply(struct lint *l) {
    for (size_t i = 0; i < l->d->waivers.count; i++)
        for (size_t k = 0; k < l->count; k++)
            if (waiver_is_for(l->d->waivers.array[i].name, &l->findings[k]))
                l->findings[k].waived = l->d->waivers.array[i].text;
}

/* The last rule, since it looks at what the others found. */
void rule_WAI1(struct lint *l) {
    size_t found = l->count;
    for (size_t i = 0; i < l->d->waivers.count; i++) {
        const char *name = l->d->waivers.array[i].name;
        bool used = strncmp(name, "WAI1", 4) == 0; /* they come after this */
        for (size_t k = 0; k < found; k++)
            used = used || waiver_is_for(name, &l->findings[k]);
        if (used)
            continue;
        struct lint_finding *f = finding_of(l, name);
        finding_place(l, f, declaration_at(l->d, "waivers", name, NULL), "waivers.%s", name);
        finding_story(l, f,
                      "Nothing is found that \"%s\" names.\n"
                      "It hides nothing today, and will hide the wrong thing tomorrow.",
                      name);
    }
}

/* ---- the run */

static int by_place(const void *a, const void *b) {
    const struct lint_finding *x = a, *y = b;
    struct declared_at p = x->places[0].at, q = y->places[0].at;
    if (p.line != q.line)
        return p.line < q.line ? -1 : 1;
    return strcmp(x->rule->id, y->rule->id);
}

struct lint *lint_run(const struct lint_options *options) {
    struct lint *l = memory_get(sizeof(*l));
    l->options = options;
    l->d = options->declaration;
    for (size_t i = 0; lint_rules[i].id; i++) {
        l->rule = &lint_rules[i];
        looks[i](l);
    }
    waivers_apply(l);
    if (l->count)
        qsort(l->findings, l->count, sizeof(*l->findings), by_place);
    return l;
}

struct lint_report lint_report(const struct lint *l) {
    struct lint_report r = { l->findings, l->count, 0 };
    for (size_t i = 0; i < l->count; i++)
        r.open += l->findings[i].waived == NULL;
    return r;
}
