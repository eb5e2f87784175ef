/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* JSON is YAML to libyaml, so a schema is read into the same bounded tree as a declaration; what of
 * it is not about the fields of an object is passed by. */
#include "declaration/declared_schema.h"

#include "declaration/declared_node.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct schema_held {
    struct declared_schema schema; /* first: its address is the whole's */
    struct arena arena;
};

static struct declared_at place_of(const struct node *n) {
    return n->name ? (struct declared_at){ n->name->line, n->name->column }
                   : (struct declared_at){ n->line, n->column };
}

static const struct node *child_of(const struct node *n, const char *name, int kind) {
    const struct node *child = n->kind == NODE_MAPPING ? node_find(n, name) : NULL;
    return child && (int)child->kind == kind ? child : NULL;
}

static unsigned type_bit(const struct node *n) {
    static const struct {
        const char *name;
        unsigned bit;
    } types[] = {
        { "string", TYPE_STRING },
        { "integer", TYPE_INTEGER },
        { "number", TYPE_NUMBER | TYPE_INTEGER },
        { "boolean", TYPE_BOOLEAN },
        { "null", TYPE_NULL },
        { "object", TYPE_OBJECT },
        { "array", TYPE_ARRAY },
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
        if (bytes_is_text(n->text, types[i].name))
            return types[i].bit;
    return 0;
}

static unsigned types_of(const struct node *property) {
    const struct node *type = property->kind == NODE_MAPPING ? node_find(property, "type") : NULL;
    unsigned types = 0;
    if (!type)
        return TYPE_ANY;
    if (type->kind == NODE_TEXT)
        return type_bit(type);
    for (const struct node *n = type->first; n; n = n->next)
        types |= type_bit(n);
    return types;
}

static int64_t length_of(const struct node *property, const char *name) {
    const struct node *n = child_of(property, name, NODE_TEXT);
    return n ? strtoll((const char *)n->text.data, NULL, 10) : -1;
}

static double bound_of(const struct node *property, const char *name, const char *exclusive,
                       double absent) {
    const struct node *n = child_of(property, name, NODE_TEXT);
    const struct node *x = child_of(property, exclusive, NODE_TEXT);
    double bound = n ? strtod((const char *)n->text.data, NULL) : absent;
    double other = x ? strtod((const char *)x->text.data, NULL) : absent;
    return absent < 0 ? (other > bound ? other : bound) : (other < bound ? other : bound);
}

static void allowed_read(struct arena *a, const struct node *property,
                         struct declared_property *out) {
    const struct node *list = child_of(property, "enum", NODE_LIST);
    const struct node *single = child_of(property, "const", NODE_TEXT);
    size_t count = list ? list->count : single != NULL;
    out->allowed = arena_get(a, (count + 1) * sizeof(*out->allowed));
    if (!list && single)
        out->allowed[out->allowed_count++] = (const char *)single->text.data;
    for (const struct node *n = list ? list->first : NULL; n; n = n->next)
        if (n->kind == NODE_TEXT)
            out->allowed[out->allowed_count++] = (const char *)n->text.data;
}

static void property_read(struct arena *a, const struct node *property,
                          struct declared_property *out) {
    out->name = (const char *)property->name->text.data;
    out->at = place_of(property);
    out->types = types_of(property);
    out->min_length = length_of(property, "minLength");
    out->max_length = length_of(property, "maxLength");
    out->minimum = bound_of(property, "minimum", "exclusiveMinimum", (double)-INFINITY);
    out->maximum = bound_of(property, "maximum", "exclusiveMaximum", (double)INFINITY);
    const struct node *pattern = child_of(property, "pattern", NODE_TEXT);
    out->pattern = pattern ? (const char *)pattern->text.data : NULL;
    out->is_binary = child_of(property, "contentEncoding", NODE_TEXT) != NULL;
    allowed_read(a, property, out);
    if (out->allowed_count && out->min_length < 0) /* a list of values has no empty one */
        out->min_length = 1;
    for (size_t i = 0; i < out->allowed_count; i++)
        if (!out->allowed[i][0])
            out->min_length = 0;
}

static enum error object_read(struct reader *r, const struct node *root,
                              struct declared_schema *out) {
    static const struct wanted object = { "a JSON Schema of an object, with `properties`",
                                          "{ \"type\": \"object\", \"properties\": {} }" };
    const struct node *properties = child_of(root, "properties", NODE_MAPPING);
    const struct node *required = child_of(root, "required", NODE_LIST);
    const struct node *more = child_of(root, "additionalProperties", NODE_TEXT);
    if (!properties)
        return node_expected(r, root, object);
    out->at = place_of(root);
    out->closed = more && bytes_is_text(more->text, "false");
    out->properties = arena_get(r->arena, (properties->count + 1) * sizeof(*out->properties));
    for (const struct node *n = properties->first; n; n = n->next) {
        if (n->name->kind != NODE_TEXT)
            return node_expected(r, n->name, object);
        struct declared_property *p = &out->properties[out->count++];
        property_read(r->arena, n, p);
        p->required = required && node_find(required, p->name) != NULL;
    }
    return E_ok;
}

enum error declared_schema_read(struct declared_schema **out, const char *file, struct bytes text) {
    struct schema_held *held = memory_get(sizeof(*held));
    struct reader r = { .arena = &held->arena, .name = file };
    struct node *root = NULL;
    held->schema.file = arena_text(&held->arena, bytes_text(file));
    enum error e = tree_read(&r, text, &root);
    if (!e)
        e = object_read(&r, root, &held->schema);
    *out = e ? NULL : &held->schema;
    if (e)
        declared_schema_destroy(&held->schema);
    return e;
}

void declared_schema_destroy(struct declared_schema *s) {
    struct schema_held *held = (struct schema_held *)s;
    if (!held)
        return;
    arena_finish(&held->arena);
    free(held);
}

const struct declared_property *declared_property(const struct declared_schema *s,
                                                  const char *name) {
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->properties[i].name, name) == 0)
            return &s->properties[i];
    return NULL;
}
