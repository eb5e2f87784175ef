/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Two more uses of the tables that read an octavo.yaml: describing what they take, as a JSON
 * Schema, and echoing what they took, with where each value came from. So neither can say anything
 * else than what is read.
 *
 * Describing, the readers are called without a file: each node_* says what it would take instead of
 * taking it, and what is refused otherwise (node_expected) becomes the description. */
#ifndef OCTAVO_DECLARATION_DECLARED_DESCRIBE_H
#define OCTAVO_DECLARATION_DECLARED_DESCRIBE_H

#include "declaration/declared_node.h"

/* One value of the schema being made. */
struct describing {
    struct buf body; /* its members, without braces */
    bool has_type;   /* the first to say what it is decides */
    bool has_description;
    bool or_nothing;  /* `name:` alone is fine, too */
    bool or_text;     /* the short form of a mapping */
    const char *word; /* beside what is said next: "forever" */
};

struct echoing {
    struct buf *out;
    int depth;
};

void describe_type(struct reader *r, const char *format, ...) PRINTF_LIKE(2, 3);
void describe_wanted(struct reader *r, struct wanted wanted);
void describe_list(struct reader *r, const char *of_what);
void describe_unit(struct reader *r, const char *units, const char *what);
void describe_choice(struct reader *r, const char *const *names);
void describe_fields(struct reader *r, const struct field *fields, void *into);
void describe_collection(struct reader *r, const struct collection *c);
/* The value that `read` takes, as an object of the schema. */
void describe_value(struct reader *r, read_value *read, void *into, struct buf *out);

/* A name and, where it is no mapping, its value; then what is inside is echoed, until echo_end. */
void echo_begin(struct reader *r, const char *name, const struct node *value);
void echo_end(struct reader *r, const struct node *value);
void echo_absent(struct reader *r, const struct field *fields, const struct node *mapping);

#endif
