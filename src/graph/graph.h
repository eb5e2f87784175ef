/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A declaration drawn: boxes for services, topics and programs outside, arrows for who writes and
 * reads. As text in the manner of a whiteboard, or for mermaid, graphviz, a browser, a program.
 *
 * Boxes stand in columns: who takes things in from outside, the topics they write, who reads those,
 * and so on. Arrows to the next column are drawn; those that go back or further are listed below.
 * What the declaration's `added` names is listed there with its reason: what a first drawing of the
 * system did not have. */
#ifndef OCTAVO_GRAPH_GRAPH_H
#define OCTAVO_GRAPH_GRAPH_H

#include "base/arena.h"
#include "declaration/declaration.h"
#include "store/store.h" /* what a declared table is made of */

enum box_kind { BOX_SERVICE, BOX_TOPIC, BOX_OUTSIDE };

struct box {
    enum box_kind kind;
    const char *name;
    const char *title; /* what the box says */
    const char *added; /* why it is there, though a first drawing did not have it; or NULL */
    int32_t count;     /* processes or partitions */
    const struct declared_service *service; /* or NULL */
    int column, row; /* of the drawing, from 0; column -1: nothing leads there */
};

struct arrow {
    int from, to; /* indexes of boxes */
    const char *added;
    bool is_forward; /* to the next column: drawn */
};

struct graph {
    const struct declaration *declaration;
    struct arena arena;
    struct box *boxes;
    int box_count;
    struct arrow *arrows;
    int arrow_count;
    bool *forward; /* box_count * box_count: from leads to to, in the next column */
    int columns;
};

/* Borrows the declaration; graph_finish frees the rest. */
void graph_init(struct graph *g, const struct declaration *d);
void graph_finish(struct graph *g);
const char *box_kind_name(enum box_kind kind); /* "Service" */

void graph_text(const struct graph *g, struct buf *out);
void graph_mermaid(const struct graph *g, struct buf *out);
void graph_dot(const struct graph *g, struct buf *out);
void graph_svg(const struct graph *g, struct buf *out);
void graph_json(const struct graph *g, struct buf *out);

#endif
