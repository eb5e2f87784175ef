/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* From the bytes of an octavo.yaml to a tree of nodes with libyaml, and from there, by declared.c,
 * to the declaration.
 *
 * The tree is built from libyaml's events, not by its loader, so that it ends at the first alias,
 * the first nesting too deep and the first node too many: neither cyclic nor exponential. */
#include "declaration/declaration.h"

#include "base/arena.h"
#include "base/check.h"
#include "declaration/declared_node.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { TEXT_MAX = 1 << 20, NESTING_MAX = 16, NODES_MAX = 20000 };

struct builder {
    yaml_parser_t parser;
    struct reader *reader;
    size_t depth;
    size_t nodes;
};

/* libyaml's own complaint, in our words' order. It says nothing about what would be right. */
static enum error syntax_error(struct builder *b) {
    const yaml_parser_t *p = &b->parser;
    const char *problem = p->problem ? p->problem : "not YAML";
    enum error e;
    if (p->error == YAML_READER_ERROR)
        e = fail(E_config, "%s: expected UTF-8 text: %s at byte %zu", b->reader->name, problem,
                 p->problem_offset);
    else
        e = fail(E_config, "%s:%zu:%zu: expected YAML: %s", b->reader->name,
                 p->problem_mark.line + 1, p->problem_mark.column + 1, problem);
    fail_try("look at the indentation, quotes and colons of this line and the one before");
    return e;
}

static enum error event_next(struct builder *b, yaml_event_t *event) {
    return yaml_parser_parse(&b->parser, event) ? E_ok : syntax_error(b);
}

static enum error refuse(struct builder *b, const yaml_event_t *at, struct wanted wanted) {
    enum error e = fail(E_config, "%s:%zu:%zu: expected %s", b->reader->name,
                        at->start_mark.line + 1, at->start_mark.column + 1, wanted.what);
    fail_try("%s", wanted.example);
    return e;
}

static enum error node_build(struct builder *b, yaml_event_t *event, struct node **out);

static void node_add(struct node *to, struct node ***end, struct node *child) {
    **end = child;
    *end = &child->next;
    to->count++;
}

/* Items up to the event that ends the list or mapping; in a mapping every second is a value. */
static enum error children_build(struct builder *b, struct node *to) {
    struct node **end = &to->first, *name = NULL;
    for (;;) {
        yaml_event_t event;
        struct node *child;
        TRY(event_next(b, &event));
        bool last = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        enum error e = last ? E_ok : node_build(b, &event, &child);
        yaml_event_delete(&event);
        if (e || last)
            return e;
        if (to->kind == NODE_MAPPING && !name) {
            name = child;
            continue;
        }
        child->name = name;
        name = NULL;
        node_add(to, &end, child);
    }
}

static enum error node_build(struct builder *b, yaml_event_t *event, struct node **out) {
    static const struct wanted value = { "a value, not an alias",
                                         "write out what the alias stands for" };
    static const struct wanted flatter = { "less nesting", "16 levels are more than is needed" };
    static const struct wanted fewer = { "fewer values", "a declaration has at most 20000" };
    if (event->type == YAML_ALIAS_EVENT)
        return refuse(b, event, value);
    if (b->depth == NESTING_MAX)
        return refuse(b, event, flatter);
    if (b->nodes++ == NODES_MAX)
        return refuse(b, event, fewer);
    struct node *node = arena_get(b->reader->arena, sizeof(*node));
    *out = node;
    node->line = event->start_mark.line + 1;
    node->column = event->start_mark.column + 1;
    if (event->type == YAML_SCALAR_EVENT) {
        node->text = bytes_of(event->data.scalar.value, event->data.scalar.length);
        node->text.data = (const uint8_t *)arena_text(b->reader->arena, node->text);
        return E_ok;
    }
    assert(event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT);
    node->kind = event->type == YAML_MAPPING_START_EVENT ? NODE_MAPPING : NODE_LIST;
    b->depth++;
    enum error e = children_build(b, node);
    b->depth--;
    return e;
}

/* Stream start, document start, one node, document end, stream end. */
static enum error document_build(struct builder *b, struct node **out) {
    static const struct wanted content = { "a declaration, found nothing",
                                           "begin with: system: NAME" };
    static const struct wanted single = { "one document",
                                          "put each declaration into its own file" };
    *out = NULL;
    for (;;) {
        yaml_event_t event;
        enum error e = E_ok;
        TRY(event_next(b, &event));
        yaml_event_type_t type = event.type;
        if (type == YAML_DOCUMENT_START_EVENT && *out)
            e = refuse(b, &event, single);
        else if (type == YAML_STREAM_END_EVENT && !*out)
            e = refuse(b, &event, content);
        else if (type != YAML_STREAM_START_EVENT && type != YAML_STREAM_END_EVENT
                 && type != YAML_DOCUMENT_START_EVENT && type != YAML_DOCUMENT_END_EVENT)
            e = node_build(b, &event, out);
        yaml_event_delete(&event);
        if (e || type == YAML_STREAM_END_EVENT)
            return e;
    }
}

enum error tree_read(struct reader *r, struct bytes text, struct node **root) {
    struct builder b = { .reader = r };
    if (text.len > TEXT_MAX) {
        enum error e =
            fail(E_config, "%s: expected at most 1 MiB, found %zu bytes", r->name, text.len);
        fail_try("is this the right file? a declaration is a few KiB");
        return e;
    }
    int has_memory = yaml_parser_initialize(&b.parser);
    assert(has_memory);
    /* an empty file has no bytes to point at, and the parser insists on a pointer */
    yaml_parser_set_input_string(&b.parser, text.len ? text.data : (const uint8_t *)"", text.len);
    enum error e = document_build(&b, root);
    yaml_parser_delete(&b.parser);
    return e;
}

enum error declaration_read(struct declaration **out, const char *name, struct bytes text) {
    return declaration_read_with(out, name, text, &(struct declared_with){ 0 });
}

void declaration_destroy(struct declaration *d) {
    struct held *held = (struct held *)d;
    if (!held)
        return;
    arena_finish(&held->arena);
    free(held);
}
