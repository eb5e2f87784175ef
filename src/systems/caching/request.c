/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a caller says of an entity's fields. A name that is no field is refused, not passed by: a
 * misspelt field would be lost without a word. */
#include "caching.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The runtime has read the object: it is whole and flat, so a quote ends a name or begins one. */
struct walk {
    const char *at, *end;
};

static void skip_to(struct walk *w, char c) {
    for (; w->at < w->end && *w->at != c; w->at++)
        if (*w->at == '\\')
            w->at++;
}

static char value_first(struct walk *w) {
    while (w->at < w->end && (*w->at == ':' || (unsigned char)*w->at <= ' '))
        w->at++;
    return w->at < w->end ? *w->at : 0;
}

/* The next name, and the first character of its value; false: there is none. */
static bool member_next(struct walk *w, struct octavo_text *name, char *kind) {
    skip_to(w, '"');
    if (w->at >= w->end)
        return false;
    const char *from = ++w->at;
    skip_to(w, '"');
    if (w->at >= w->end)
        return false;
    *name = (struct octavo_text){ from, (size_t)(w->at - from) };
    w->at++;
    *kind = value_first(w);
    if (*kind == '"') {
        w->at++;
        skip_to(w, '"');
        w->at += w->at < w->end;
    }
    return true;
}

static bool is_about_the_request(struct octavo_text name) {
    return octavo_text_is(name, "id") || octavo_text_is(name, "if_match");
}

static int field_find(const struct entity *e, struct octavo_text name) {
    for (size_t i = 0; i < e->count; i++)
        if (entity_is_field(e, i) && octavo_text_is(name, e->columns[i].name))
            return (int)i;
    return -1;
}

/* NULL, or what it should have been. */
static const char *field_set(struct octavo_step *s, const struct octavo_column *c, char kind,
                             struct octavo_value *value) {
    int64_t number;
    struct octavo_text text;
    *value = (struct octavo_value){ .kind = OCTAVO_NULL };
    if (kind == 'n')
        return NULL;
    if (c->is_int && octavo_event_int(s, c->name, &number)) {
        *value = octavo_int_value(number);
        return NULL;
    }
    if (!c->is_int && octavo_event_text(s, c->name, &text)) {
        *value = octavo_text_value(text);
        return NULL;
    }
    return c->is_int ? "an integer" : "a text";
}

const char *request_over(struct octavo_step *s, const struct entity *e, struct octavo_value *values,
                         char wrong[160]) {
    struct octavo_text json = octavo_event_json(s);
    struct walk w = { json.data, json.data + json.len };
    struct octavo_text name;
    char kind;
    while (member_next(&w, &name, &kind)) {
        int len = (int)(name.len < 60 ? name.len : 60);
        if (is_about_the_request(name))
            continue;
        int place = field_find(e, name);
        const char *wanted =
            place < 0 ? NULL : field_set(s, &e->columns[place], kind, &values[place]);
        if (place < 0)
            (void)snprintf(wrong, 160, "a %s has no field %.*s", e->name, len, name.data);
        else if (wanted)
            (void)snprintf(wrong, 160, "field %.*s is %s", len, name.data, wanted);
        if (place < 0 || wanted)
            return wrong;
    }
    return NULL;
}

/* ---- what a source says */

/* A value that is no text ends before a comma, a bracket or a blank. */
static struct octavo_text token_at(const struct walk *w) {
    const char *end = w->at;
    while (end < w->end && *end != ',' && *end != '}' && (unsigned char)*end > ' ')
        end++;
    return (struct octavo_text){ w->at, (size_t)(end - w->at) };
}

static bool integer_of(struct octavo_text text, int64_t *out) {
    char digits[24], *end;
    if (!text.len || text.len >= sizeof(digits))
        return false;
    memcpy(digits, text.data, text.len);
    digits[text.len] = 0;
    errno = 0;
    *out = strtoll(digits, &end, 10);
    return !*end && !errno;
}

/* NULL, or what it should have been. */
static const char *column_set(struct octavo_step *s, const struct octavo_column *c,
                              struct octavo_text token, struct octavo_value *value) {
    char kind = token.len ? token.data[0] : '"';
    struct octavo_text text;
    int64_t number;
    if (!field_set(s, c, kind, value))
        return NULL;
    if (!c->is_int && kind != '"') {
        *value = octavo_text_value(token);
        return NULL;
    }
    if (!c->is_int || !octavo_event_text(s, c->name, &text) || !integer_of(text, &number))
        return c->is_int ? "an integer" : "a text";
    *value = octavo_int_value(number);
    return NULL;
}

const char *captured_over(struct octavo_step *s, const struct entity *e,
                          struct octavo_value *values, char wrong[160]) {
    struct octavo_text json = octavo_event_json(s);
    struct walk w = { json.data, json.data + json.len };
    struct octavo_text name;
    char kind;
    while (member_next(&w, &name, &kind)) {
        int place = field_find(e, name);
        struct octavo_text token = kind == '"' ? (struct octavo_text){ NULL, 0 } : token_at(&w);
        const char *wanted =
            place < 0 ? NULL : column_set(s, &e->columns[place], token, &values[place]);
        if (!wanted)
            continue;
        (void)snprintf(wrong, 160, "column %s is %s in octavo.yaml", e->columns[place].name,
                       wanted);
        return wrong;
    }
    return NULL;
}
