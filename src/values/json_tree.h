/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any JSON value as a tree: what programs say, schemas, and what schemas judge. Events themselves
 * are flat and read by json.h, which allocates nothing.
 *
 * Strict RFC 8259; a name that stands twice in an object is E_malformed. Depth and number of values
 * are bounded, so that a tree takes at most TREE_VALUES_MAX nodes whatever the text. Everything is
 * in the arena; texts without escapes borrow the input, which must stay as it is. No story quotes
 * the text. */
#ifndef OCTAVO_VALUES_JSON_TREE_H
#define OCTAVO_VALUES_JSON_TREE_H

#include "base/arena.h"
#include "base/error.h"

enum { TREE_DEPTH_MAX = 64, TREE_VALUES_MAX = 200000, TREE_BYTES_MAX = 16 << 20 };

struct json_tree {
    enum {
        TREE_NULL,
        TREE_FALSE,
        TREE_TRUE,
        TREE_NUMBER,
        TREE_TEXT,
        TREE_LIST,
        TREE_OBJECT,
    } kind;
    bool is_integer;         /* a number that is written as one and fits 64 bits */
    struct bytes name;       /* in an object */
    struct bytes text;       /* of a text; of a number: as it is written */
    int64_t integer;         /* when is_integer */
    double number;           /* of any number, as near as a double comes */
    struct json_tree *first; /* of a list or an object */
    struct json_tree *next;  /* in the same */
    size_t count;
};

/* A zero byte in a text (written \u0000) is a text like any other. */
enum error json_tree_read(struct json_tree **out, struct arena *arena,
                          struct bytes text) MUST_CHECK;
/* NULL: there is none, or the value is no object. */
const struct json_tree *json_tree_find(const struct json_tree *object, const char *name);
bool json_tree_is_text(const struct json_tree *value, const char *text); /* value NULL: false */
/* The value again, without space and in the order it was read. */
void json_tree_write(struct buf *out, const struct json_tree *value);
/* By value: 1 is 1.0, the order of an object's names does not count. */
bool json_tree_equal(const struct json_tree *a, const struct json_tree *b);

#endif
