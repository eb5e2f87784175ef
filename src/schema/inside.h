/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The inside of a schema, for schema.c, judge.c and pattern.c. */
#ifndef OCTAVO_SCHEMA_INSIDE_H
#define OCTAVO_SCHEMA_INSIDE_H

#include "base/table.h"
#include "schema/schema.h"

struct schema {
    char *name;
    struct buf text; /* which the tree borrows */
    struct arena arena;
    struct json_tree *root;
    struct table patterns; /* by the text of the pattern */
    bool formats;
};

/* What a $ref points at, in the same file; NULL: nothing. */
const struct json_tree *schema_find(const struct schema *s, struct bytes reference);
/* Is the text matched by the pattern? It is compiled once. E_malformed: it is no pattern. */
enum error pattern_matches(struct schema *s, struct bytes pattern, struct bytes text,
                           bool *out) MUST_CHECK;
void patterns_finish(struct schema *s);
/* True as well for a format that is not known. */
bool format_is_met(struct bytes format, struct bytes text);

#endif
