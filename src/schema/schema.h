/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* JSON Schema draft-07: whether a value is what a schema describes, and if not, where and why.
 *
 * Keywords: type, enum, const, multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum,
 * minLength, maxLength, pattern, items, additionalItems, minItems, maxItems, uniqueItems, contains,
 * minProperties, maxProperties, required, properties, patternProperties, additionalProperties,
 * dependencies, propertyNames, if, then, else, allOf, anyOf, oneOf, not, $ref (# and #/pointer, in
 * the same file) and, where asked for, format (date-time, date, time, email, ipv4, uuid); others
 * are annotations. A pattern is a POSIX extended regular expression, besides which \d \D \w \W \s
 * \S and
 * (?: are known. docs/formats/schemas.md is for people.
 *
 * A schema is read once and may be used by one thread at a time. Work is bounded, whatever schema
 * and value: beyond SCHEMA_STEPS_MAX a value is refused. No reason quotes a value. */
#ifndef OCTAVO_SCHEMA_SCHEMA_H
#define OCTAVO_SCHEMA_SCHEMA_H

#include "values/json_tree.h"

enum { SCHEMA_STEPS_MAX = 2000000, SCHEMA_DEPTH_MAX = 200 };

struct schema;

/* `name` is what errors call it, usually a path. E_malformed, E_unsupported, E_too_large. */
enum error schema_read(struct schema **out, const char *name, struct bytes text) MUST_CHECK;
void schema_destroy(struct schema *s);       /* NULL is fine */
void schema_check_formats(struct schema *s); /* from now on */

/* True, or `why` says "/total: below the minimum 1": where in the value, and what is wanted. */
bool schema_accepts(struct schema *s, const struct json_tree *value, struct buf *why);
/* The same of text: what is no JSON is refused too. */
bool schema_accepts_text(struct schema *s, struct bytes json, struct buf *why);

#endif
