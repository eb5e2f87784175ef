/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The graph for mermaid, for graphviz and for programs. */
#include "graph/graph.h"

#include "values/json.h"

#include <string.h>

/* Names have letters, digits, '-', '_' and '.': an identifier has none of the last three. */
static void put_id(struct buf *out, const struct box *b) {
    buf_put_byte(out, b->kind == BOX_TOPIC ? 't' : b->kind == BOX_SERVICE ? 's' : 'o');
    for (const char *c = b->name; *c; c++)
        buf_print(out, strchr("-._", *c) ? "_%02x" : "%c", (unsigned char)*c);
}

/* Titles come from people. */
static void put_label(struct buf *out, const char *title, const char *quote) {
    for (const char *c = title; *c; c++)
        if (*c == '"')
            buf_put_text(out, quote);
        else
            buf_put_byte(out, (uint8_t)(*c == '\\' ? '/' : *c));
}

void graph_mermaid(const struct graph *g, struct buf *out) {
    static const char *const shapes[][2] = { { "[\"", "\"]" },
                                             { "[(\"", "\")]" },
                                             { "([\"", "\"])" } };
    buf_put_text(out, "flowchart LR\n");
    for (int i = 0; i < g->box_count; i++) {
        const struct box *b = &g->boxes[i];
        buf_put_text(out, "    ");
        put_id(out, b);
        buf_print(out, "%s%s<br/>", shapes[b->kind][0], box_kind_name(b->kind));
        put_label(out, b->title, "#quot;");
        buf_print(out, "%s\n", shapes[b->kind][1]);
    }
    for (int i = 0; i < g->arrow_count; i++) {
        buf_put_text(out, "    ");
        put_id(out, &g->boxes[g->arrows[i].from]);
        buf_put_text(out, g->arrows[i].added ? " -.-> " : " --> ");
        put_id(out, &g->boxes[g->arrows[i].to]);
        buf_put_text(out, "\n");
    }
}

void graph_dot(const struct graph *g, struct buf *out) {
    static const char *const shapes[] = { "box", "cylinder", "oval" };
    buf_print(out, "digraph \"%s\" {\n    rankdir=LR; node [fontname=sans];\n",
              g->declaration->system);
    for (int i = 0; i < g->box_count; i++) {
        const struct box *b = &g->boxes[i];
        buf_put_text(out, "    ");
        put_id(out, b);
        buf_print(out, " [shape=%s, label=\"%s\\n", shapes[b->kind], box_kind_name(b->kind));
        put_label(out, b->title, "\\\"");
        buf_print(out, "\"%s];\n", b->added ? ", style=dashed" : "");
    }
    for (int i = 0; i < g->arrow_count; i++) {
        buf_put_text(out, "    ");
        put_id(out, &g->boxes[g->arrows[i].from]);
        buf_put_text(out, " -> ");
        put_id(out, &g->boxes[g->arrows[i].to]);
        buf_put_text(out, g->arrows[i].added ? " [style=dashed];\n" : ";\n");
    }
    buf_put_text(out, "}\n");
}

/* ---- JSON */

static void put_field(struct buf *out, const char *name, const char *text) {
    if (text)
        json_put_text(out, name, bytes_text(text));
}

static void edges_json(struct buf *out, const struct declared_service *s) {
    json_open(out, "edges", '[');
    for (size_t i = 0; i < s->edge_count; i++) {
        json_open(out, NULL, '{');
        put_field(out, "name", s->edges[i].name);
        put_field(out, "url", s->edges[i].url);
        if (s->edges[i].effects.class != CLASS_NONE)
            put_field(out, "class", effect_class_name(s->edges[i].effects.class));
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void box_json(struct buf *out, const struct box *b) {
    static const char *const kinds[] = { "service", "topic", "outside" };
    json_open(out, NULL, '{');
    put_field(out, "kind", kinds[b->kind]);
    put_field(out, "name", b->name);
    put_field(out, "title", b->title);
    json_put_int(out, b->kind == BOX_TOPIC ? "partitions" : "replicas", b->count);
    if (b->service)
        edges_json(out, b->service);
    put_field(out, "added", b->added);
    json_close(out, '}');
}

void graph_json(const struct graph *g, struct buf *out) {
    json_begin(out);
    put_field(out, "system", g->declaration->system);
    json_open(out, "boxes", '[');
    for (int i = 0; i < g->box_count; i++)
        box_json(out, &g->boxes[i]);
    json_close(out, ']');
    json_open(out, "arrows", '[');
    for (int i = 0; i < g->arrow_count; i++) {
        json_open(out, NULL, '{');
        put_field(out, "from", g->boxes[g->arrows[i].from].name);
        put_field(out, "to", g->boxes[g->arrows[i].to].name);
        put_field(out, "added", g->arrows[i].added);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_end(out);
    buf_put_byte(out, '\n');
}
