/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What was read, in the tables' order, each value with where it came from. */
#include "declaration/declared_describe.h"

#include <stdlib.h>
#include <string.h>

/* Fields that have a value when they are absent: those of the outermost mapping, and others, which
 * have the same wherever they stand. The test holds each against what reading makes of a
 * declaration without it. */
static const struct {
    const char *field, *value;
    bool is_outermost;
} absent[] = {
    { "broker", "embedded", true },  { "store", "sqlite", true },
    { "trace", "0", true },          { "partitions", "4", false },
    { "compacted", "false", false }, { "envelope", "cloudevents", false },
    { "merge", "none", false },      { "state", "rows", false },
    { "replicas", "1", false },      { "generation", "1", false },
    { "group_max", "1000", false },  { "snapshot_rows", "100000", false },
    { "log", "false", false },       { "order", "key", false },
    { "scope", "key", false },       { "key_bytes", "1MiB", false },
    { "bytes", "64MiB", false },     { "retries", "10", false },
    { "backoff", "1s", false },      { "backoff_most", "5m", false },
    { "business", "false", false },  { "pivot", "false", false },
    { "retriable", "false", false }, { "untimed", "false", false },
};

static const char *absent_text(const struct reader *r, const char *field) {
    for (size_t i = 0; i < sizeof(absent) / sizeof(*absent); i++)
        if (strcmp(absent[i].field, field) == 0
            && absent[i].is_outermost == (r->echoing->depth == 0))
            return absent[i].value;
    return NULL;
}

/* Quoted where YAML could take it for something else. */
static void put_value(struct buf *out, struct bytes text) {
    bool is_plain = text.len > 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        is_plain = is_plain
                   && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                       || strchr("._-/ ", c) != NULL);
    }
    if (is_plain && text.data[0] != ' ' && text.data[0] != '-' && text.data[text.len - 1] != ' ') {
        buf_put_bytes(out, text);
        return;
    }
    buf_put_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\')
            buf_put_byte(out, '\\');
        if (text.data[i] >= ' ')
            buf_put_byte(out, text.data[i]);
    }
    buf_put_byte(out, '"');
}

static void put_name(struct echoing *e, const char *name) {
    buf_print(e->out, "%*s", 2 * e->depth, "");
    put_value(e->out, bytes_text(name));
    buf_put_byte(e->out, ':');
}

static void put_source(struct reader *r, const struct node *value) {
    if (value->from)
        buf_print(r->echoing->out, "  # %s\n", value->from);
    else
        buf_print(r->echoing->out, "  # %s:%zu\n", r->name, value->line);
}

static bool is_secret(const char *name) {
    return strstr(name, "password") != NULL || strcmp(name, "sasl.oauthbearer.client.secret") == 0;
}

static void put_list(struct reader *r, const struct node *list) {
    buf_put_text(r->echoing->out, " [");
    for (const struct node *n = list->first; n; n = n->next) {
        put_value(r->echoing->out, n->text);
        buf_put_text(r->echoing->out, n->next ? ", " : "");
    }
    buf_put_text(r->echoing->out, "]");
}

void echo_begin(struct reader *r, const char *name, const struct node *value) {
    if (!r->echoing)
        return;
    put_name(r->echoing, name);
    if (value->kind == NODE_MAPPING) {
        buf_put_text(r->echoing->out, value->first ? "\n" : " {}\n");
        r->echoing->depth++;
        return;
    }
    if (value->kind == NODE_LIST) {
        put_list(r, value);
    } else if (is_secret(name)) {
        buf_put_text(r->echoing->out, " \"***\"");
    } else if (value->text.len) {
        buf_put_byte(r->echoing->out, ' ');
        put_value(r->echoing->out, value->text);
    }
    put_source(r, value);
}

void echo_end(struct reader *r, const struct node *value) {
    if (r->echoing && value->kind == NODE_MAPPING)
        r->echoing->depth--;
}

void echo_absent(struct reader *r, const struct field *fields, const struct node *mapping) {
    for (const struct field *f = fields; r->echoing && f->name; f++)
        if (absent_text(r, f->name) && !node_find(mapping, f->name)) {
            put_name(r->echoing, f->name);
            buf_print(r->echoing->out, " %s  # default\n", absent_text(r, f->name));
        }
}

/* ---- values from elsewhere than the file */

/* The last one counts: defaults < file < environment < flags, as they are given. */
static void value_put(struct reader *r, struct node *root, const struct declared_override *o) {
    struct node *n = (struct node *)node_find(root, o->name);
    if (!n) {
        struct node *name = arena_get(r->arena, sizeof(*name));
        n = arena_get(r->arena, sizeof(*n));
        *name = (struct node){ .kind = NODE_TEXT, .text = bytes_text(o->name) };
        *n = (struct node){ .name = name, .next = root->first };
        root->first = n;
        root->count++;
    }
    n->kind = NODE_TEXT;
    n->text = bytes_of(arena_text(r->arena, bytes_text(o->value)), strlen(o->value));
    n->from = arena_text(r->arena, bytes_text(o->from));
    n->first = NULL;
    n->count = 0;
}

enum error declaration_read_with(struct declaration **out, const char *name, struct bytes text,
                                 const struct declared_with *with) {
    struct held *held = memory_get(sizeof(*held));
    struct echoing echoing = { with->echo, 0 };
    struct reader r = { .declaration = &held->declaration,
                        .arena = &held->arena,
                        .name = name,
                        .echoing = with->echo ? &echoing : NULL,
                        .for_lint = with->for_lint };
    enum error e = tree_read(&r, text, &held->root);
    for (size_t i = 0; !e && held->root->kind == NODE_MAPPING && i < with->count; i++)
        if (with->overrides[i].value)
            value_put(&r, held->root, &with->overrides[i]);
    if (!e)
        e = declared_read(&r, held->root);
    *out = e ? NULL : &held->declaration;
    if (e)
        declaration_destroy(&held->declaration);
    return e;
}
