/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A value before a schema. The first thing that is wrong ends it; where a schema may be wrong
 * without harm (anyOf, not, if) what it says is forgotten. Steps are counted over the whole value,
 * so that no schema of schemas of schemas keeps anybody busy. */
#include "inside.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct judge {
    struct schema *schema;
    struct buf path; /* a JSON pointer */
    struct buf *why; /* NULL: nobody wants to know */
    int64_t steps;
    int depth;
    bool exhausted; /* too much work, or too deep: refused whatever else is said */
};

static bool accepts(struct judge *j, const struct json_tree *node, const struct json_tree *v);

/* ---- saying why */

static bool refuse(struct judge *j, const char *format, ...) PRINTF_LIKE(2, 3);
static bool refuse(struct judge *j, const char *format, ...) {
    char text[256];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    if (!j->why)
        return false;
    buf_clear(j->why);
    buf_print(j->why, "%s: %s", j->path.len ? buf_text(&j->path) : "/",
              j->exhausted ? "too much to judge" : text);
    return false;
}

static size_t path_push(struct judge *j, struct bytes name) {
    size_t before = j->path.len;
    buf_put_byte(&j->path, '/');
    for (size_t i = 0; i < name.len && i < 200; i++)
        buf_put_byte(&j->path, name.data[i] > ' ' ? name.data[i] : '?');
    return before;
}

static bool child_accepts(struct judge *j, const struct json_tree *node, const struct json_tree *v,
                          struct bytes name) {
    size_t before = path_push(j, name);
    bool good = accepts(j, node, v);
    j->path.len = before;
    return good;
}

static bool item_accepts(struct judge *j, const struct json_tree *node, const struct json_tree *v,
                         size_t index) {
    char name[24];
    (void)snprintf(name, sizeof(name), "%zu", index);
    return child_accepts(j, node, v, bytes_text(name));
}

/* In silence: what it says is no reason yet. */
static bool would_accept(struct judge *j, const struct json_tree *node, const struct json_tree *v) {
    struct buf *why = j->why;
    j->why = NULL;
    bool good = accepts(j, node, v);
    j->why = why;
    return good;
}

static const struct json_tree *of_kind(const struct json_tree *node, const char *name, int kind) {
    const struct json_tree *v = json_tree_find(node, name);
    return v && (int)v->kind == kind ? v : NULL;
}

static const char *shown(struct bytes text, char out[64]) {
    (void)snprintf(out, 64, "%.*s", (int)(text.len < 60 ? text.len : 60), (const char *)text.data);
    return out;
}

/* ---- any value */

static bool is_whole(const struct json_tree *v) {
    return v->is_integer
           || (isfinite(v->number) && !(v->number < floor(v->number))
               && !(v->number > floor(v->number)));
}

static bool has_type(const struct json_tree *v, struct bytes type) {
    switch (v->kind) {
    case TREE_NULL:
        return bytes_is_text(type, "null");
    case TREE_FALSE:
    case TREE_TRUE:
        return bytes_is_text(type, "boolean");
    case TREE_NUMBER:
        return bytes_is_text(type, "number") || (bytes_is_text(type, "integer") && is_whole(v));
    case TREE_TEXT:
        return bytes_is_text(type, "string");
    case TREE_LIST:
        return bytes_is_text(type, "array");
    case TREE_OBJECT:
        return bytes_is_text(type, "object");
    }
    return false;
}

static bool type_is_met(struct judge *j, const struct json_tree *node, const struct json_tree *v) {
    const struct json_tree *type = json_tree_find(node, "type");
    char text[64];
    if (!type)
        return true;
    if (type->kind == TREE_TEXT)
        return has_type(v, type->text) || refuse(j, "not of type %s", shown(type->text, text));
    for (const struct json_tree *t = type->first; t; t = t->next)
        if (has_type(v, t->text))
            return true;
    return refuse(j, "of none of the types that are allowed");
}

static bool values_are_met(struct judge *j, const struct json_tree *node,
                           const struct json_tree *v) {
    const struct json_tree *one = json_tree_find(node, "const");
    const struct json_tree *some = of_kind(node, "enum", TREE_LIST);
    if (one && !json_tree_equal(one, v))
        return refuse(j, "not the value that is wanted");
    if (!some)
        return true;
    for (const struct json_tree *item = some->first; item; item = item->next) {
        j->steps += (int64_t)item->count;
        if (json_tree_equal(item, v))
            return true;
    }
    return refuse(j, "none of the values that are allowed");
}

/* ---- numbers */

/* Exact between integers; else as near as doubles come, as 0.0075 is 75 times 0.0001. */
static int numbers_compare(const struct json_tree *a, const struct json_tree *b) {
    if (a->is_integer && b->is_integer)
        return (a->integer > b->integer) - (a->integer < b->integer);
    return (a->number > b->number) - (a->number < b->number);
}

static bool is_multiple(const struct json_tree *v, const struct json_tree *of) {
    if (v->is_integer && of->is_integer)
        return of->integer && v->integer % of->integer == 0;
    double times = v->number / of->number;
    double rounding = fmin(1e-3, fabs(times) * 4 * DBL_EPSILON); /* of both, and of dividing */
    return isfinite(times)
           && fabs(times - nearbyint(times)) <= fmax(rounding, fabs(times) > 1 ? 1e-9 : 1e-12);
}

static bool number_is_met(struct judge *j, const struct json_tree *node,
                          const struct json_tree *v) {
    static const struct {
        const char *name, *what;
        int least, most; /* of the comparison */
    } bounds[] = {
        { "minimum", "below the minimum", 0, 1 },
        { "maximum", "above the maximum", -1, 0 },
        { "exclusiveMinimum", "not above", 1, 1 },
        { "exclusiveMaximum", "not below", -1, -1 },
    };
    char text[64];
    for (size_t i = 0; i < 4; i++) {
        const struct json_tree *bound = of_kind(node, bounds[i].name, TREE_NUMBER);
        int way = bound ? numbers_compare(v, bound) : 0;
        if (bound && (way < bounds[i].least || way > bounds[i].most))
            return refuse(j, "%s %s", bounds[i].what, shown(bound->text, text));
    }
    const struct json_tree *of = of_kind(node, "multipleOf", TREE_NUMBER);
    return !of || is_multiple(v, of) || refuse(j, "no multiple of %s", shown(of->text, text));
}

/* ---- texts */

static bool count_is_met(struct judge *j, const struct json_tree *node, const char *names[2],
                         size_t count) {
    const struct json_tree *least = of_kind(node, names[0], TREE_NUMBER);
    const struct json_tree *most = of_kind(node, names[1], TREE_NUMBER);
    if (least && (double)count < least->number)
        return refuse(j, "%s is %.0f", names[0], least->number);
    if (most && (double)count > most->number)
        return refuse(j, "%s is %.0f", names[1], most->number);
    return true;
}

static size_t characters(struct bytes text) {
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += (text.data[i] & 0xc0) != 0x80;
    return count;
}

/* A pattern that cannot be compiled stands where schema_read did not look: it matches nothing. */
static bool matches(struct judge *j, struct bytes pattern, struct bytes text) {
    bool good = false;
    j->steps += (int64_t)(text.len / 16);
    return !pattern_matches(j->schema, pattern, text, &good) && good;
}

static bool text_is_met(struct judge *j, const struct json_tree *node, const struct json_tree *v) {
    const char *lengths[2] = { "minLength", "maxLength" };
    const struct json_tree *pattern = of_kind(node, "pattern", TREE_TEXT);
    const struct json_tree *format = of_kind(node, "format", TREE_TEXT);
    char text[64];
    if (!count_is_met(j, node, lengths, characters(v->text)))
        return false;
    if (pattern && !matches(j, pattern->text, v->text))
        return refuse(j, "does not match %s", shown(pattern->text, text));
    return !(format && j->schema->formats) || format_is_met(format->text, v->text)
           || refuse(j, "no %s", shown(format->text, text));
}

/* ---- lists */

static bool unique_is_met(struct judge *j, const struct json_tree *v) {
    for (const struct json_tree *a = v->first; a; a = a->next)
        for (const struct json_tree *b = a->next; b; b = b->next) {
            if ((j->steps += 1 + (int64_t)a->count) > SCHEMA_STEPS_MAX)
                return refuse(j, "too much to compare");
            if (json_tree_equal(a, b))
                return refuse(j, "holds an item twice");
        }
    return true;
}

static bool items_are_met(struct judge *j, const struct json_tree *node,
                          const struct json_tree *v) {
    const struct json_tree *items = json_tree_find(node, "items");
    const struct json_tree *rest = json_tree_find(node, "additionalItems");
    const struct json_tree *each = items && items->kind == TREE_LIST ? items->first : NULL;
    size_t index = 0;
    if (!items)
        return true;
    for (const struct json_tree *item = v->first; item; item = item->next, index++) {
        const struct json_tree *by = items->kind == TREE_LIST ? (each ? each : rest) : items;
        if (by && !item_accepts(j, by, item, index))
            return false;
        each = each ? each->next : NULL;
    }
    return true;
}

static bool contains_is_met(struct judge *j, const struct json_tree *node,
                            const struct json_tree *v) {
    const struct json_tree *contains = json_tree_find(node, "contains");
    if (!contains)
        return true;
    for (const struct json_tree *item = v->first; item; item = item->next)
        if (would_accept(j, contains, item))
            return true;
    return refuse(j, "holds no item that is wanted");
}

static bool list_is_met(struct judge *j, const struct json_tree *node, const struct json_tree *v) {
    const char *counts[2] = { "minItems", "maxItems" };
    return count_is_met(j, node, counts, v->count) && items_are_met(j, node, v)
           && contains_is_met(j, node, v)
           && (!of_kind(node, "uniqueItems", TREE_TRUE) || unique_is_met(j, v));
}

/* ---- objects */

static const struct json_tree *member(const struct json_tree *object, struct bytes name) {
    const struct json_tree *m = object->first;
    while (m && !bytes_equal(m->name, name))
        m = m->next;
    return m;
}

static bool names_are_there(struct judge *j, const struct json_tree *names,
                            const struct json_tree *v) {
    for (const struct json_tree *name = names ? names->first : NULL; name; name = name->next)
        if (name->kind == TREE_TEXT && !member(v, name->text)) {
            size_t before = path_push(j, name->text);
            (void)refuse(j, "is missing");
            j->path.len = before;
            return false;
        }
    return true;
}

/* A member by all that speaks of its name, and by the rest where nothing does. */
static bool member_is_met(struct judge *j, const struct json_tree *node,
                          const struct json_tree *m) {
    const struct json_tree *properties = of_kind(node, "properties", TREE_OBJECT);
    const struct json_tree *patterns = of_kind(node, "patternProperties", TREE_OBJECT);
    const struct json_tree *rest = json_tree_find(node, "additionalProperties");
    const struct json_tree *own = properties ? member(properties, m->name) : NULL;
    bool spoken_of = own != NULL;
    if (own && !child_accepts(j, own, m, m->name))
        return false;
    for (const struct json_tree *p = patterns ? patterns->first : NULL; p; p = p->next)
        if (matches(j, p->name, m->name)) {
            spoken_of = true;
            if (!child_accepts(j, p, m, m->name))
                return false;
        }
    if (spoken_of || !rest)
        return true;
    return child_accepts(j, rest, m, m->name);
}

static bool dependencies_are_met(struct judge *j, const struct json_tree *node,
                                 const struct json_tree *v) {
    const struct json_tree *all = of_kind(node, "dependencies", TREE_OBJECT);
    for (const struct json_tree *d = all ? all->first : NULL; d; d = d->next) {
        if (!member(v, d->name))
            continue;
        if (d->kind == TREE_LIST ? !names_are_there(j, d, v) : !accepts(j, d, v))
            return false;
    }
    return true;
}

static bool name_is_met(struct judge *j, const struct json_tree *by, struct bytes name) {
    struct json_tree text = { .kind = TREE_TEXT, .text = name };
    return child_accepts(j, by, &text, name);
}

static bool object_is_met(struct judge *j, const struct json_tree *node,
                          const struct json_tree *v) {
    const char *counts[2] = { "minProperties", "maxProperties" };
    const struct json_tree *names = json_tree_find(node, "propertyNames");
    if (!count_is_met(j, node, counts, v->count)
        || !names_are_there(j, of_kind(node, "required", TREE_LIST), v))
        return false;
    for (const struct json_tree *m = v->first; m; m = m->next)
        if (!member_is_met(j, node, m) || (names && !name_is_met(j, names, m->name)))
            return false;
    return dependencies_are_met(j, node, v);
}

/* ---- schemas of schemas */

static size_t count_accepting(struct judge *j, const struct json_tree *list,
                              const struct json_tree *v) {
    size_t count = 0;
    for (const struct json_tree *node = list->first; node; node = node->next)
        count += would_accept(j, node, v);
    return count;
}

static bool combined_is_met(struct judge *j, const struct json_tree *node,
                            const struct json_tree *v) {
    const struct json_tree *all = of_kind(node, "allOf", TREE_LIST);
    const struct json_tree *any = of_kind(node, "anyOf", TREE_LIST);
    const struct json_tree *one = of_kind(node, "oneOf", TREE_LIST);
    const struct json_tree *no = json_tree_find(node, "not");
    const struct json_tree *condition = json_tree_find(node, "if");
    for (const struct json_tree *each = all ? all->first : NULL; each; each = each->next)
        if (!accepts(j, each, v))
            return false;
    if (any && !count_accepting(j, any, v))
        return refuse(j, "none of anyOf");
    if (one && count_accepting(j, one, v) != 1)
        return refuse(j, "not exactly one of oneOf");
    if (no && would_accept(j, no, v))
        return refuse(j, "what `not` says it must not be");
    if (!condition)
        return true;
    const struct json_tree *then =
        json_tree_find(node, would_accept(j, condition, v) ? "then" : "else");
    return !then || accepts(j, then, v);
}

static bool by_kind_is_met(struct judge *j, const struct json_tree *node,
                           const struct json_tree *v) {
    switch (v->kind) {
    case TREE_NUMBER:
        return number_is_met(j, node, v);
    case TREE_TEXT:
        return text_is_met(j, node, v);
    case TREE_LIST:
        return list_is_met(j, node, v);
    case TREE_OBJECT:
        return object_is_met(j, node, v);
    case TREE_NULL:
    case TREE_FALSE:
    case TREE_TRUE:
        break;
    }
    return true;
}

static bool node_is_met(struct judge *j, const struct json_tree *node, const struct json_tree *v) {
    const struct json_tree *ref = of_kind(node, "$ref", TREE_TEXT);
    if (ref) {
        const struct json_tree *there = schema_find(j->schema, ref->text);
        return there ? accepts(j, there, v) : refuse(j, "by a $ref that points at nothing");
    }
    return type_is_met(j, node, v) && values_are_met(j, node, v) && by_kind_is_met(j, node, v)
           && combined_is_met(j, node, v);
}

static bool accepts(struct judge *j, const struct json_tree *node, const struct json_tree *v) {
    if (node->kind == TREE_TRUE)
        return true;
    if (node->kind != TREE_OBJECT)
        return refuse(j, "not allowed here");
    j->exhausted = j->exhausted || ++j->steps > SCHEMA_STEPS_MAX || j->depth == SCHEMA_DEPTH_MAX;
    if (j->exhausted)
        return refuse(j, "too much to judge");
    j->depth++;
    bool good = node_is_met(j, node, v);
    j->depth--;
    return good;
}

bool schema_accepts(struct schema *s, const struct json_tree *value, struct buf *why) {
    struct judge j = { .schema = s, .why = why };
    bool good = accepts(&j, s->root, value);
    if (j.exhausted && good) /* behind a `not` */
        good = refuse(&j, "too much to judge");
    buf_finish(&j.path);
    return good;
}

bool schema_accepts_text(struct schema *s, struct bytes json, struct buf *why) {
    struct arena arena = { 0 };
    struct json_tree *tree;
    bool good = !json_tree_read(&tree, &arena, json);
    if (!good && why) {
        buf_clear(why);
        buf_put_text(why, error_story());
    }
    good = good && schema_accepts(s, tree, why);
    arena_finish(&arena);
    return good;
}
