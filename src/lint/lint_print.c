/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A report as text for people and as JSON for programs; a rule's explanation. */
#include "lint/lint.h"

#include "values/json.h"

#include <string.h>

/* Every line of `text` behind `before`. */
static void lines_print(struct buf *out, const char *before, const char *text) {
    while (*text) {
        size_t len = strcspn(text, "\n");
        buf_print(out, "%s%.*s\n", before, (int)len, text);
        text += len + (text[len] == '\n');
    }
}

static void finding_text(struct buf *out, const struct lint_finding *f, bool colour) {
    const struct lint_place *p = &f->places[0];
    buf_print(out, "%s:%zu:%zu: %s%s%s %s\n", p->file, p->at.line, p->at.column,
              colour ? (f->waived ? "\033[2m" : "\033[1;31m") : "", f->rule->id,
              colour ? "\033[0m" : "", f->rule->title);
    for (int i = 0; i < f->place_count; i++)
        buf_print(out, "    %s:%zu:%zu  %s\n", f->places[i].file, f->places[i].at.line,
                  f->places[i].at.column, f->places[i].what);
    if (f->waived) {
        buf_print(out, "  waived: %s\n\n", f->waived);
        return;
    }
    lines_print(out, "  ", f->story);
    buf_print(out, "  fix: %s\n", f->fix);
    if (f->plain) {
        buf_put_text(out, "  the same without events:\n");
        lines_print(out, "    ", f->plain);
    }
    buf_put_byte(out, '\n');
}

void lint_text(const struct lint_report *r, bool colour, struct buf *out) {
    for (size_t i = 0; i < r->count; i++)
        finding_text(out, &r->findings[i], colour);
}

static void put_text(struct buf *out, const char *name, const char *text) {
    json_put_text(out, name, bytes_text(text));
}

static void place_json(struct buf *out, const struct lint_place *p) {
    json_open(out, NULL, '{');
    put_text(out, "file", p->file);
    json_put_int(out, "line", (int64_t)p->at.line);
    json_put_int(out, "column", (int64_t)p->at.column);
    put_text(out, "what", p->what);
    json_close(out, '}');
}

static void finding_json(struct buf *out, const struct lint_finding *f) {
    json_open(out, NULL, '{');
    put_text(out, "rule", f->rule->id);
    put_text(out, "title", f->rule->title);
    put_text(out, "about", f->about);
    json_open(out, "places", '[');
    for (int i = 0; i < f->place_count; i++)
        place_json(out, &f->places[i]);
    json_close(out, ']');
    put_text(out, "story", f->story);
    put_text(out, "fix", f->fix);
    if (f->plain)
        put_text(out, "plain", f->plain);
    if (f->waived)
        put_text(out, "waived", f->waived);
    json_close(out, '}');
}

void lint_json(const struct lint_report *r, const char *file, struct buf *out) {
    json_open(out, NULL, '{');
    put_text(out, "file", file);
    json_put_int(out, "open", (int64_t)r->open);
    json_put_int(out, "waived", (int64_t)(r->count - r->open));
    json_open(out, "findings", '[');
    for (size_t i = 0; i < r->count; i++)
        finding_json(out, &r->findings[i]);
    json_close(out, ']');
    json_close(out, '}');
}

void lint_explain(const struct lint_rule *rule, struct buf *out) {
    buf_print(out, "%s finds: %s\n\n  why: %s\n  fix: %s\n", rule->id, rule->title, rule->why,
              rule->fix);
    buf_print(out,
              "  meant so? waivers: { \"%s\": why }, or { \"%s NAME\": why } for one finding\n",
              rule->id, rule->id);
}
