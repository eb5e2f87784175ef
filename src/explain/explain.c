/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The answers, told. */
#include "explain/explain.h"

#include "explain/mechanism.h"
#include "values/json.h"

#include <inttypes.h>
#include <string.h>

/* ---- for people */

enum { TEXT_WIDTH = 86 };

/* Wrapped behind a heading, which stands before the first line. A line end begins a new sentence;
 * what of a sentence does not fit goes on two blanks further in. */
static void wrapped_put(struct buf *out, const char *heading, const char *text) {
    bool goes_on = false;
    do {
        size_t len = strcspn(text, "\n"), room = goes_on ? TEXT_WIDTH - 2 : TEXT_WIDTH;
        bool is_cut = len > room;
        if (is_cut) {
            size_t at = room;
            while (at && text[at] != ' ')
                at--;
            len = at ? at : room;
        }
        buf_print(out, "   %-10s %s%.*s\n", heading, goes_on ? "  " : "", (int)len, text);
        heading = "";
        goes_on = is_cut;
        text += len + (text[len] == '\n' || text[len] == ' ');
    } while (*text);
}

static const char *colour_of(const char *state) {
    if (!state || strcmp(state, "HELD") != 0)
        return state && strcmp(state, "BROKEN") == 0 ? "\033[1;31m" : "\033[33m";
    return "\033[32m";
}

static void evidence_put(const struct explain_options *o, int question, struct buf *out) {
    const struct evidences *all = o->evidences;
    const struct evidence *e = all ? &all->of[question - 1] : NULL;
    struct buf text = { 0 };
    if (!all || !all->when)
        buf_print(&text, "none: octavo verify %s has not run here", o->declaration->system);
    else if (!e->state)
        buf_put_text(&text, "none: the last verification says nothing about it");
    else
        buf_print(&text, "%s%s%s%s%s (%s, seed %" PRId64 ", %" PRId64 " s)",
                  o->colour ? colour_of(e->state) : "", e->state, o->colour ? "\033[0m" : "",
                  e->text && *e->text ? ": " : "", e->text ? e->text : "", all->when, all->seed,
                  all->seconds);
    wrapped_put(out, "evidence", buf_text(&text));
    buf_finish(&text);
}

static void answer_put(const struct explain_options *o, int question, struct buf *out) {
    const struct declared_answer *a = declaration_answer(o->declaration, question);
    struct buf mechanism = { 0 }, breaks = { 0 };
    mechanism_put(o->declaration, question, &mechanism);
    breaks_put(o->declaration, question, &breaks);
    buf_print(out, "%d. %s\n", question, a ? a->question : declaration_question(question)->text);
    wrapped_put(out, "answer", a && a->value ? a->value : "none");
    if (a && a->choice)
        wrapped_put(out, "choice", a->choice);
    if (a && a->reason)
        wrapped_put(out, "reason", a->reason);
    if (mechanism.len)
        wrapped_put(out, "mechanism", buf_text(&mechanism));
    else
        wrapped_put(out, "mechanism", "none: nothing that is declared makes it true");
    evidence_put(o, question, out);
    wrapped_put(out, "breaks by", buf_text(&breaks));
    buf_finish(&mechanism);
    buf_finish(&breaks);
}

void explain_text(const struct explain_options *options, struct buf *out) {
    for (int n = 1; n <= ANSWERS; n++)
        if (!options->question || options->question == n) {
            answer_put(options, n, out);
            if (!options->question && n < ANSWERS)
                buf_put_text(out, "\n");
        }
}

/* ---- for programs */

static void put_field(struct buf *out, const char *name, const char *text) {
    if (text)
        json_put_text(out, name, bytes_text(text));
}

static void list_json(struct buf *out, const char *name, struct buf *lines) {
    json_open(out, name, '[');
    for (const char *at = buf_text(lines); *at;) {
        size_t len = strcspn(at, "\n");
        json_put_text(out, NULL, bytes_of(at, len));
        at += len + (at[len] == '\n');
    }
    json_close(out, ']');
}

static void answer_json(const struct explain_options *o, int question, struct buf *out) {
    const struct declared_answer *a = declaration_answer(o->declaration, question);
    const struct evidence *e = o->evidences ? &o->evidences->of[question - 1] : NULL;
    struct buf mechanism = { 0 }, breaks = { 0 };
    mechanism_put(o->declaration, question, &mechanism);
    breaks_put(o->declaration, question, &breaks);
    json_open(out, NULL, '{');
    json_put_int(out, "answer", question);
    put_field(out, "question", a ? a->question : declaration_question(question)->text);
    put_field(out, "choice", a ? a->choice : NULL);
    put_field(out, "value", a ? a->value : NULL);
    put_field(out, "reason", a ? a->reason : NULL);
    list_json(out, "mechanism", &mechanism);
    list_json(out, "breaks", &breaks);
    put_field(out, "state", e ? e->state : NULL);
    put_field(out, "evidence", e ? e->text : NULL);
    json_close(out, '}');
    buf_finish(&mechanism);
    buf_finish(&breaks);
}

void explain_json(const struct explain_options *options, struct buf *out) {
    json_begin(out);
    put_field(out, "system", options->declaration->system);
    put_field(out, "verified", options->evidences ? options->evidences->when : NULL);
    json_open(out, "answers", '[');
    for (int n = 1; n <= ANSWERS; n++)
        if (!options->question || options->question == n)
            answer_json(options, n, out);
    json_close(out, ']');
    json_end(out);
    buf_put_byte(out, '\n');
}
