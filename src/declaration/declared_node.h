/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The tree of an octavo.yaml, and reading it by tables: a mapping of known fields has a table of
 * them, a collection maps free names to entries of one kind. Each error knows its line and column.
 *
 * For declaration.c, which makes the tree, and declared*.c, which say what an octavo.yaml holds. */
#ifndef OCTAVO_DECLARATION_DECLARED_NODE_H
#define OCTAVO_DECLARATION_DECLARED_NODE_H

#include "base/arena.h"
#include "declaration/declaration.h"

struct node {
    enum { NODE_TEXT, NODE_LIST, NODE_MAPPING } kind;
    struct bytes text; /* closed by a zero that len does not count; empty unless NODE_TEXT */
    size_t line, column;
    const char *from;  /* where it came from, when not from the file */
    struct node *name; /* in a mapping: what this value stands behind */
    struct node *first;
    struct node *next;
    size_t count; /* of a list's items, of a mapping's values */
};

/* The declaration, the memory of all its text, and the tree it was read from, for its places. */
struct held {
    struct declaration declaration; /* first: its address is the whole's */
    struct arena arena;
    struct node *root;
};

struct reader {
    struct declaration *declaration;
    struct arena *arena;
    const char *name;              /* of the text, for errors */
    struct describing *describing; /* declared_describe.h; NULL: a file is read */
    struct echoing *echoing;
    bool for_lint;
};

/* What a place wants and an example of it: the two halves of every error. */
struct wanted {
    const char *what;
    const char *example;
};

typedef enum error read_value(struct reader *r, const struct node *node, void *into);

struct field {
    const char *name;
    read_value *read; /* NULL: passed by, later checks read it */
    size_t offset;    /* of what `read` gets, in the struct that node_fields gets */
    bool required;
};

struct collection {
    const char *what; /* "topics" */
    size_t most;
    size_t entry_size; /* every entry begins with its `const char *name` */
    bool (*name_is_good)(const char *name);
    const struct wanted *name_wanted;
    read_value *read_entry; /* its name is already set */
};

struct entries {
    void *array;
    size_t count;
};

struct range {
    int32_t least, most;
};

struct span { /* of time, in milliseconds */
    int64_t least_ms, most_ms;
};

struct sizes { /* in bytes */
    int64_t least, most;
};

struct nearest {
    const char *wrong;
    const char *name; /* NULL: nothing is near */
    size_t distance;
};

enum error node_expected(struct reader *r, const struct node *at, struct wanted wanted) MUST_CHECK;
enum error node_unknown(struct reader *r, const struct node *at, struct nearest n,
                        const char *kind) MUST_CHECK;
void nearest_offer(struct nearest *n, const char *name);

/* `into` is a const char **, an int32_t * and a bool *. */
enum error node_text(struct reader *r, const struct node *node, void *into) MUST_CHECK;
enum error node_number(struct reader *r, const struct node *node, struct range range,
                       void *into) MUST_CHECK;
/* A whole number and its unit: 500ms, 30s, 5m, 1h, 7d. */
enum error node_duration(struct reader *r, const struct node *node, struct span span,
                         int64_t *out_ms) MUST_CHECK;
/* A whole number and its unit: 4096B, 64KiB, 1MiB, 2GiB. */
enum error node_size(struct reader *r, const struct node *node, struct sizes sizes,
                     int64_t *out_bytes) MUST_CHECK;
enum error node_bool(struct reader *r, const struct node *node, void *into) MUST_CHECK;
/* Fields are read in the table's order, not in the file's. The table ends with a NULL name. */
enum error node_fields(struct reader *r, const struct node *node, const struct field *fields,
                       void *into) MUST_CHECK;
enum error node_collection(struct reader *r, const struct node *node, const struct collection *c,
                           struct entries *out) MUST_CHECK;
/* One of the names; `index` (may be NULL) gets which. The list ends with NULL. */
enum error node_choice(struct reader *r, const struct node *node, const char *const *names,
                       int *index) MUST_CHECK;
/* Text of any length and lines: what people read. `into` is a const char **. */
enum error node_prose(struct reader *r, const struct node *node, void *into) MUST_CHECK;
/* `name:` with nothing behind it. */
bool node_is_nothing(struct reader *r, const struct node *node);
const struct node *node_find(const struct node *mapping, const char *name); /* NULL: not there */

struct names {
    const char **array;
    size_t count;
};

/* declared_names.c: what names may look like. */
bool is_part_name(const char *name); /* of a system, a service, an edge */
bool is_table_name(const char *name);
bool is_column_name(const char *name);
bool is_topic_name(const char *name);
extern const struct wanted part_name_wanted, table_name_wanted, column_name_wanted,
    topic_name_wanted;
/* FOLDER of the declaration before a relative path, so that it can be opened from anywhere. */
const char *path_beside(struct reader *r, const char *path);
/* A path, into a const char *. */
enum error declared_path_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
/* Names of declared topics, each once. */
enum error declared_topic_names(struct reader *r, const struct node *node,
                                struct names *out) MUST_CHECK;
/* declared_sealed.c: a list into a struct declared_fields; what must stand beside what. */
enum error declared_fields_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
enum error declared_sealed_check(struct reader *r, const struct node *node,
                                 const struct declared_topic *topic) MUST_CHECK;
enum error declared_seals_check(struct reader *r, const struct node *node,
                                const struct declared_edge *edge) MUST_CHECK;
/* `topics` (declared_topic.c), into a struct declaration. */
enum error declared_topics_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
/* declared_said.c: answers into a struct declaration, and lists of notes into declared_notes. */
enum error declared_answers_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
enum error declared_notes_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
enum error declared_kafka_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
/* declared_outside.c: `outside` and `sagas`, into a struct declaration. */
enum error declared_outside_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
enum error declared_sagas_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;

/* `park` of a service, whose defaults it has before (declared_park.c). */
extern const struct declared_park declared_park_by_default;
enum error declared_park_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
enum error declared_settings_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
/* One entry of `edges` (declared_edge.c). */
enum error declared_edge_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
/* declared_fold.c: fields of a service, and what they must be together with the others. */
enum error declared_state_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
/* declared_index.c: `unique` and `index` of a table, and `memory_max` of a fold. */
enum error declared_unique_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
enum error declared_index_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
enum error declared_memory_max_read(struct reader *r, const struct node *node,
                                    void *into) MUST_CHECK;
void declared_indexes_note(struct reader *r, struct declared_service *s);
enum error declared_snapshot_every_read(struct reader *r, const struct node *node,
                                        void *into) MUST_CHECK;
enum error declared_ticks_read(struct reader *r, const struct node *node, void *into) MUST_CHECK;
enum error declared_fold_check(struct reader *r, const struct node *node,
                               struct declared_service *s) MUST_CHECK;
/* Text to a bounded tree (declaration.c); `r` needs its arena and its name. */
enum error tree_read(struct reader *r, struct bytes text, struct node **root) MUST_CHECK;
/* declared_program.c: the handler program:COMMAND, and what it asks of its service. */
bool declared_program_read(struct reader *r, struct declared_service *s);
enum error declared_program_check(struct reader *r, const struct node *node,
                                  const struct declared_service *s) MUST_CHECK;
/* What an octavo.yaml holds, from its outermost mapping. */
enum error declared_read(struct reader *r, const struct node *root) MUST_CHECK;

#endif
