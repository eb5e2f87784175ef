/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading a schema: it is checked as far as it can be reached, so that a mistake in it is found
 * when it is declared, not when the first value comes. */
#include "inside.h"

#include <stdlib.h>
#include <string.h>

/* What a keyword's value must be, and which of it are schemas again. */
enum shape {
    SHAPE_ANY,
    SHAPE_NUMBER,
    SHAPE_POSITIVE,
    SHAPE_COUNT,
    SHAPE_BOOL,
    SHAPE_TEXT,
    SHAPE_PATTERN,
    SHAPE_TYPE,
    SHAPE_LIST,
    SHAPE_NAMES,
    SHAPE_SCHEMA,
    SHAPE_SCHEMAS,    /* a list, not empty */
    SHAPE_SCHEMA_MAP, /* { name: schema } */
    SHAPE_ITEMS,      /* a schema, or a list of them */
    SHAPE_DEPENDENCIES,
};

static const struct keyword {
    const char *name;
    enum shape shape;
} keywords[] = {
    { "type", SHAPE_TYPE },
    { "enum", SHAPE_LIST },
    { "const", SHAPE_ANY },
    { "multipleOf", SHAPE_POSITIVE },
    { "minimum", SHAPE_NUMBER },
    { "maximum", SHAPE_NUMBER },
    { "exclusiveMinimum", SHAPE_NUMBER },
    { "exclusiveMaximum", SHAPE_NUMBER },
    { "minLength", SHAPE_COUNT },
    { "maxLength", SHAPE_COUNT },
    { "pattern", SHAPE_PATTERN },
    { "format", SHAPE_TEXT },
    { "items", SHAPE_ITEMS },
    { "additionalItems", SHAPE_SCHEMA },
    { "minItems", SHAPE_COUNT },
    { "maxItems", SHAPE_COUNT },
    { "uniqueItems", SHAPE_BOOL },
    { "contains", SHAPE_SCHEMA },
    { "minProperties", SHAPE_COUNT },
    { "maxProperties", SHAPE_COUNT },
    { "required", SHAPE_NAMES },
    { "properties", SHAPE_SCHEMA_MAP },
    { "patternProperties", SHAPE_SCHEMA_MAP },
    { "additionalProperties", SHAPE_SCHEMA },
    { "dependencies", SHAPE_DEPENDENCIES },
    { "propertyNames", SHAPE_SCHEMA },
    { "if", SHAPE_SCHEMA },
    { "then", SHAPE_SCHEMA },
    { "else", SHAPE_SCHEMA },
    { "allOf", SHAPE_SCHEMAS },
    { "anyOf", SHAPE_SCHEMAS },
    { "oneOf", SHAPE_SCHEMAS },
    { "not", SHAPE_SCHEMA },
    { "definitions", SHAPE_SCHEMA_MAP },
};

static enum error node_check(struct schema *s, const struct json_tree *node);

static bool is_type(const struct json_tree *v) {
    static const char *const types[] = { "null",   "boolean", "integer", "number",
                                         "string", "array",   "object" };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (json_tree_is_text(v, types[i]))
            return true;
    return false;
}

static bool is_list_of(const struct json_tree *v, bool (*check)(const struct json_tree *)) {
    if (v->kind != TREE_LIST)
        return false;
    for (const struct json_tree *item = v->first; item; item = item->next)
        if (!check(item))
            return false;
    return true;
}

static bool is_text(const struct json_tree *v) {
    return v->kind == TREE_TEXT;
}

/* 2.0 is a count as well: by value it is a whole number. */
static bool is_count(const struct json_tree *v) {
    return v->kind == TREE_NUMBER && v->number >= 0
           && (v->is_integer || (v->number < 1e15 && v->number <= (double)(int64_t)v->number));
}

static enum error children_check(struct schema *s, const struct json_tree *v) {
    for (const struct json_tree *child = v->first; child; child = child->next)
        TRY(node_check(s, child));
    return E_ok;
}

static enum error dependencies_check(struct schema *s, const struct json_tree *v, bool *good) {
    *good = v->kind == TREE_OBJECT;
    for (const struct json_tree *child = v->first; child && *good; child = child->next)
        if (child->kind == TREE_LIST)
            *good = is_list_of(child, is_text);
        else
            TRY(node_check(s, child));
    return E_ok;
}

static enum error pattern_check(struct schema *s, struct bytes pattern) {
    bool matches;
    return pattern_matches(s, pattern, bytes_text(""), &matches);
}

static enum error patterns_check(struct schema *s, const struct json_tree *map) {
    for (const struct json_tree *m = map->first; m; m = m->next)
        TRY(pattern_check(s, m->name));
    return E_ok;
}

static enum error schemas_check(struct schema *s, enum shape shape, const struct json_tree *v,
                                bool *good) {
    bool is_list = v->kind == TREE_LIST, is_object = v->kind == TREE_OBJECT;
    *good = shape == SHAPE_SCHEMAS      ? is_list && v->count > 0
            : shape == SHAPE_SCHEMA_MAP ? is_object
                                        : true;
    if (!*good)
        return E_ok;
    return shape == SHAPE_SCHEMA || (shape == SHAPE_ITEMS && !is_list) ? node_check(s, v)
                                                                       : children_check(s, v);
}

static enum error value_check(struct schema *s, enum shape shape, const struct json_tree *v,
                              bool *good) {
    *good = true;
    switch (shape) {
    case SHAPE_ANY:
        return E_ok;
    case SHAPE_NUMBER:
        *good = v->kind == TREE_NUMBER;
        return E_ok;
    case SHAPE_POSITIVE:
        *good = v->kind == TREE_NUMBER && v->number > 0;
        return E_ok;
    case SHAPE_COUNT:
        *good = is_count(v);
        return E_ok;
    case SHAPE_BOOL:
        *good = v->kind == TREE_TRUE || v->kind == TREE_FALSE;
        return E_ok;
    case SHAPE_TEXT:
        *good = is_text(v);
        return E_ok;
    case SHAPE_PATTERN:
        *good = is_text(v);
        return *good ? pattern_check(s, v->text) : E_ok;
    case SHAPE_TYPE:
        *good = is_type(v) || is_list_of(v, is_type);
        return E_ok;
    case SHAPE_LIST:
        *good = v->kind == TREE_LIST;
        return E_ok;
    case SHAPE_NAMES:
        *good = is_list_of(v, is_text);
        return E_ok;
    case SHAPE_DEPENDENCIES:
        return dependencies_check(s, v, good);
    case SHAPE_SCHEMA:
    case SHAPE_SCHEMAS:
    case SHAPE_SCHEMA_MAP:
    case SHAPE_ITEMS:
        return schemas_check(s, shape, v, good);
    }
    return E_ok;
}

static enum error reference_check(struct schema *s, const struct json_tree *ref) {
    if (ref->text.len == 0 || ref->text.data[0] != '#')
        return fail(E_unsupported, "%s: $ref \"%.*s\" is not in the same file", s->name,
                    (int)(ref->text.len < 120 ? ref->text.len : 120), (const char *)ref->text.data);
    if (!schema_find(s, ref->text))
        return fail(E_malformed, "%s: $ref \"%.*s\" points at nothing", s->name,
                    (int)(ref->text.len < 120 ? ref->text.len : 120), (const char *)ref->text.data);
    return E_ok;
}

/* The tree is at most TREE_DEPTH_MAX deep, and so is this. */
static enum error node_check(struct schema *s, const struct json_tree *node) {
    if (node->kind == TREE_TRUE || node->kind == TREE_FALSE)
        return E_ok;
    if (node->kind != TREE_OBJECT)
        return fail(E_malformed, "%s: a schema is an object, true or false", s->name);
    const struct json_tree *ref = json_tree_find(node, "$ref");
    if (ref && ref->kind == TREE_TEXT)
        return reference_check(s, ref); /* what stands beside it does not count */
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        const struct json_tree *v = json_tree_find(node, keywords[i].name);
        bool good;
        if (!v)
            continue;
        TRY(value_check(s, keywords[i].shape, v, &good));
        if (!good)
            return fail(E_malformed, "%s: the value of \"%s\" is not what draft-07 wants", s->name,
                        keywords[i].name);
        if (strcmp(keywords[i].name, "patternProperties") == 0)
            TRY(patterns_check(s, v));
    }
    return E_ok;
}

/* ---- references */

/* One step of a JSON pointer, as it is in a URI's fragment: %25 is a %, ~1 a /, ~0 a ~. */
static void step_decode(struct buf *out, struct bytes step) {
    buf_clear(out);
    for (size_t i = 0; i < step.len; i++) {
        uint8_t c = step.data[i];
        if (c == '%' && i + 2 < step.len && hex_digit(step.data[i + 1]) >= 0
            && hex_digit(step.data[i + 2]) >= 0) {
            c = (uint8_t)(hex_digit(step.data[i + 1]) * 16 + hex_digit(step.data[i + 2]));
            i += 2;
        } else if (c == '~' && i + 1 < step.len) {
            c = step.data[++i] == '1' ? '/' : '~';
        }
        buf_put_byte(out, c);
    }
}

static const struct json_tree *child_of(const struct json_tree *node, struct bytes step) {
    if (node->kind == TREE_OBJECT) {
        const struct json_tree *m = node->first;
        while (m && !bytes_equal(m->name, step))
            m = m->next;
        return m;
    }
    size_t index = 0;
    if (node->kind != TREE_LIST || !step.len || step.len > 6)
        return NULL;
    for (size_t i = 0; i < step.len; i++) {
        if (step.data[i] < '0' || step.data[i] > '9')
            return NULL;
        index = index * 10 + (size_t)(step.data[i] - '0');
    }
    const struct json_tree *item = node->first;
    while (item && index--)
        item = item->next;
    return item;
}

const struct json_tree *schema_find(const struct schema *s, struct bytes reference) {
    const struct json_tree *node = s->root;
    struct buf step = { 0 };
    size_t at = 1;
    while (node && at < reference.len) {
        if (reference.data[at++] != '/') {
            node = NULL;
            break;
        }
        size_t from = at;
        while (at < reference.len && reference.data[at] != '/')
            at++;
        step_decode(&step, bytes_part(reference, from, at - from));
        node = child_of(node, buf_bytes(&step));
    }
    buf_finish(&step);
    return node;
}

/* ---- open and close */

enum error schema_read(struct schema **out, const char *name, struct bytes text) {
    struct schema *s = memory_get(sizeof(*s));
    s->name = text_copy(name);
    buf_put_bytes(&s->text, text);
    enum error e = json_tree_read(&s->root, &s->arena, buf_bytes(&s->text));
    if (e)
        fail_while("reading the schema %s", name);
    else
        e = node_check(s, s->root);
    *out = e ? NULL : s;
    if (e)
        schema_destroy(s);
    return e;
}

void schema_destroy(struct schema *s) {
    if (!s)
        return;
    patterns_finish(s);
    arena_finish(&s->arena);
    buf_finish(&s->text);
    free(s->name);
    free(s);
}

void schema_check_formats(struct schema *s) {
    s->formats = true;
}
