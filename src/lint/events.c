/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Events: what they are called, who owns them, who makes them. */
#include "lint/rule.h"

#include <string.h>

/* ---- EVT1: tense */

static bool ends_with(const char *text, const char *end) {
    size_t text_len = strlen(text), end_len = strlen(end);
    return text_len >= end_len && strcmp(text + text_len - end_len, end) == 0;
}

static const char *last_word(const char *name) {
    const char *word = name;
    for (const char *c = name; *c; c++)
        if (*c == '-' || *c == '.' || *c == '_')
            word = c + 1;
    return word;
}

static bool is_wish(const char *name) {
    static const char *const wishes[] = { "requested", "request", "command", "asked", "wanted" };
    for (size_t i = 0; i < sizeof(wishes) / sizeof(*wishes); i++)
        if (strcmp(last_word(name), wishes[i]) == 0)
            return true;
    return false;
}

/* "order-placed", "OrderPlaced", "balance-told". In a compacted topic stands what is, not what
 * happened: its records may be called by a noun. */
static bool is_past(const char *name) {
    static const char *const irregular[] = {
        "sent",   "paid",  "made",   "sold",    "left",   "lost",   "found",     "told",
        "built",  "begun", "broken", "written", "taken",  "given",  "put",       "set",
        "met",    "known", "born",   "bought",  "caught", "chosen", "drawn",     "done",
        "driven", "gone",  "held",   "kept",    "read",   "risen",  "run",       "seen",
        "shown",  "shut",  "spent",  "stolen",  "thrown", "won",    "withdrawn", "hit",
    };
    const char *word = last_word(name);
    if (ends_with(word, "ed"))
        return true;
    for (size_t i = 0; i < sizeof(irregular) / sizeof(*irregular); i++)
        if (strcmp(word, irregular[i]) == 0)
            return true;
    return false;
}

static void evt1_found(struct lint *l, const struct declared_topic *t,
                       const struct declared_event *e, const char *is_named) {
    struct lint_finding *f = finding_of(l, e->name);
    finding_place(l, f, declaration_at(l->d, "topics", t->name, "events", e->name, "kind", NULL),
                  "%s is %s, and named as %s", e->name,
                  e->kind == KIND_COMMAND ? "a command" : "an event", is_named);
    if (declaration_answer(l->d, 2))
        finding_place(l, f, answer_at(l, 2), "answers.2: events or messages");
    finding_story(l, f,
                  "Somebody reads the name \"%s\" and takes it for %s.\n"
                  "They act on a wish that was refused, or wait for a fact that nobody tells.",
                  e->name, is_named);
}

void rule_EVT1(struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++)
        for (size_t k = 0; k < l->d->topics[i].event_count; k++) {
            const struct declared_event *e = &l->d->topics[i].events[k];
            if (e->kind == KIND_EVENT && is_wish(e->name))
                evt1_found(l, &l->d->topics[i], e, "a wish");
            else if (e->kind == KIND_EVENT && !is_past(e->name) && !l->d->topics[i].compacted)
                evt1_found(l, &l->d->topics[i], e, "something that is not past");
            else if (e->kind == KIND_COMMAND && is_past(e->name) && !is_wish(e->name))
                evt1_found(l, &l->d->topics[i], e, "a fact");
        }
}

/* ---- EVT2 */

static const char *evt2_lack(struct lint *l, const struct declared_event *e) {
    if (!e->owner)
        return "owner";
    if (!declaration_note(l->d->owners, e->owner))
        return "owner in `owners`";
    if (!e->schema)
        return "schema";
    return e->version ? NULL : "version";
}

void rule_EVT2(struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++)
        for (size_t k = 0; k < l->d->topics[i].event_count; k++) {
            const struct declared_topic *t = &l->d->topics[i];
            const struct declared_event *e = &t->events[k];
            const char *lack = e->is_business ? evt2_lack(l, e) : NULL;
            if (!lack)
                continue;
            struct lint_finding *f = finding_of(l, e->name);
            finding_place(
                l, f, declaration_at(l->d, "topics", t->name, "events", e->name, "business", NULL),
                "%s is a business event", e->name);
            finding_place(l, f, declaration_at(l->d, "topics", t->name, "events", e->name, NULL),
                          "and has no %s", lack);
            finding_story(l, f,
                          "Another department builds on %s. Then it changes.\n"
                          "Nobody knew of them, and nobody could have asked.",
                          e->name);
        }
}

/* ---- EVT3 */

static bool is_capture(struct lint *l, const struct declared_event *e, struct declared_at *at,
                       const char **file) {
    static const char *const marks[] = { "cdc", "row-", "-row", "change-capture", "table-changed" };
    const struct declared_schema *schema = event_schema(l, e);
    if (schema && declared_property(schema, "before") && declared_property(schema, "after")) {
        *at = declared_property(schema, "before")->at;
        *file = schema->file;
        return true;
    }
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        if (strstr(e->name, marks[i]))
            return true;
    return false;
}

void rule_EVT3(struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++)
        for (size_t k = 0; k < l->d->topics[i].event_count; k++) {
            const struct declared_topic *t = &l->d->topics[i];
            const struct declared_event *e = &t->events[k];
            struct declared_at at =
                declaration_at(l->d, "topics", t->name, "events", e->name, NULL);
            const char *file = l->options->file;
            if (!e->is_business || !is_capture(l, e, &at, &file))
                continue;
            struct lint_finding *f = finding_of(l, e->name);
            finding_place(
                l, f, declaration_at(l->d, "topics", t->name, "events", e->name, "business", NULL),
                "%s is a business event", e->name);
            finding_place_in(f, file, at, "and is the row of a table, before and after");
            finding_story(l, f,
                          "A column is renamed, and a report in another department is empty.\n"
                          "%s said how something is stored, not what happened.",
                          e->name);
        }
}

/* ---- EVT4 */

static bool writes(const struct lint *l, const char *program, const char *topic) {
    struct program writers[PROGRAMS_MAX];
    size_t count = programs_writing(l, topic, writers);
    for (size_t i = 0; i < count; i++)
        if (strcmp(writers[i].name, program) == 0)
            return true;
    return false;
}

void rule_EVT4(struct lint *l) {
    for (size_t i = 0; i < l->d->topic_count; i++)
        for (size_t k = 0; k < l->d->topics[i].event_count; k++) {
            const struct declared_topic *t = &l->d->topics[i];
            const struct declared_event *e = &t->events[k];
            if (!e->from || writes(l, e->from, t->name))
                continue;
            struct lint_finding *f = finding_of(l, e->name);
            finding_place(l, f,
                          declaration_at(l->d, "topics", t->name, "events", e->name, "from", NULL),
                          "%s comes from %s", e->name, e->from);
            if (program_exists(l, e->from))
                finding_place(l, f,
                              declaration_at(
                                  l->d, declaration_service(l->d, e->from) ? "services" : "outside",
                                  e->from, "produces", NULL),
                              "which does not produce %s", t->name);
            finding_story(l, f,
                          "%s is said to be the only one who makes %s, and cannot send it.\n"
                          "Either it never comes, or somebody else makes it.",
                          e->from, e->name);
        }
}
