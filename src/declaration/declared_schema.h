/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a JSON Schema says about the fields of an event, one level deep, with places: enough to hold
 * it against the declaration and against an older version of itself. It validates nothing. */
#ifndef OCTAVO_DECLARATION_DECLARED_SCHEMA_H
#define OCTAVO_DECLARATION_DECLARED_SCHEMA_H

#include "declaration/declaration.h"

enum {
    TYPE_STRING = 1,
    TYPE_INTEGER = 2,
    TYPE_NUMBER = 4,
    TYPE_BOOLEAN = 8,
    TYPE_NULL = 16,
    TYPE_OBJECT = 32,
    TYPE_ARRAY = 64,
    TYPE_ANY = 127, /* `type` is not said */
};

struct declared_property {
    const char *name;
    struct declared_at at;
    unsigned types;
    bool required;
    int64_t min_length, max_length; /* -1: not said */
    double minimum, maximum;        /* exclusive ones too; -INFINITY, INFINITY: not said */
    const char *pattern;            /* NULL: none */
    bool is_binary;                 /* contentEncoding */
    const char **allowed;           /* of `enum` or `const`; texts only */
    size_t allowed_count;
};

struct declared_schema {
    const char *file;
    struct declared_at at;
    struct declared_property *properties;
    size_t count;
    bool closed; /* additionalProperties: false */
};

/* E_config, with its place: no JSON, or no schema of an object. */
enum error declared_schema_read(struct declared_schema **out, const char *file,
                                struct bytes text) MUST_CHECK;
void declared_schema_destroy(struct declared_schema *s); /* NULL is fine */
const struct declared_property *declared_property(const struct declared_schema *s,
                                                  const char *name); /* NULL: none */

#endif
