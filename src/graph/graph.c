/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Boxes and arrows of a declaration, and the columns they stand in. */
#include "graph/graph.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *box_kind_name(enum box_kind kind) {
    static const char *const names[] = { "Service", "Topic", "Outside" };
    return names[kind];
}

/* "transaction-processor": "Transaction Processor". */
static const char *title_of(struct graph *g, const char *name) {
    char *title = arena_text(&g->arena, bytes_text(name));
    bool begins = true;
    for (char *c = title; *c; c++) {
        bool is_gap = *c == '-' || *c == '_' || *c == '.';
        if (is_gap)
            *c = ' ';
        else if (begins)
            *c = (char)toupper((unsigned char)*c);
        begins = is_gap;
    }
    return title;
}

static struct box *box_add(struct graph *g, enum box_kind kind, const char *name,
                           const char *title) {
    struct box *b = &g->boxes[g->box_count++];
    *b = (struct box){
        .kind = kind,
        .name = name,
        .title = title ? title : title_of(g, name),
        .added = declaration_note(g->declaration->added, name),
        .count = 1,
        .column = -1,
    };
    return b;
}

static int box_find(const struct graph *g, bool topic, const char *name) {
    for (int i = 0; i < g->box_count; i++)
        if ((g->boxes[i].kind == BOX_TOPIC) == topic && strcmp(g->boxes[i].name, name) == 0)
            return i;
    return -1;
}

static void arrow_add(struct graph *g, int from, int to) {
    char *name = text_format("%s -> %s", g->boxes[from].name, g->boxes[to].name);
    g->arrows[g->arrow_count++] =
        (struct arrow){ from, to, declaration_note(g->declaration->added, name), false };
    free(name);
}

static void boxes_make(struct graph *g) {
    const struct declaration *d = g->declaration;
    size_t most = d->service_count + d->topic_count + d->outside_count + 1;
    for (size_t i = 0; i < d->service_count; i++)
        most += d->services[i].edge_count;
    g->boxes = arena_get(&g->arena, most * sizeof(*g->boxes));
    for (size_t i = 0; i < d->service_count; i++) {
        struct box *b = box_add(g, BOX_SERVICE, d->services[i].name, d->services[i].title);
        b->count = d->services[i].replicas;
        b->service = &d->services[i];
    }
    for (size_t i = 0; i < d->outside_count; i++)
        box_add(g, BOX_OUTSIDE, d->outside[i].name, NULL);
    for (size_t i = 0; i < d->topic_count; i++)
        box_add(g, BOX_TOPIC, d->topics[i].name, d->topics[i].title)->count =
            d->topics[i].partitions;
}

/* An edge with a title is a box behind its service, as many as that has processes: what it does is
 * done by workers of each of them, and no topic lies between. */
static void edges_make(struct graph *g) {
    const struct declaration *d = g->declaration;
    for (size_t i = 0; i < d->service_count; i++)
        for (size_t j = 0; j < d->services[i].edge_count; j++) {
            const struct declared_edge *edge = &d->services[i].edges[j];
            if (!edge->title)
                continue;
            box_add(g, BOX_SERVICE, edge->name, edge->title)->count = d->services[i].replicas;
            arrow_add(g, (int)i, g->box_count - 1);
        }
}

static void arrows_of(struct graph *g, int program, const char *const *produces, size_t written,
                      const char *const *consumes, size_t read) {
    for (size_t i = 0; i < written; i++)
        arrow_add(g, program, box_find(g, true, produces[i]));
    for (size_t i = 0; i < read; i++)
        arrow_add(g, box_find(g, true, consumes[i]), program);
}

static void arrows_make(struct graph *g) {
    const struct declaration *d = g->declaration;
    size_t most = 1;
    for (size_t i = 0; i < d->service_count; i++)
        most += d->services[i].produces_count + d->services[i].consumes_count
                + d->services[i].edge_count;
    for (size_t i = 0; i < d->outside_count; i++)
        most += d->outside[i].produces_count + d->outside[i].consumes_count;
    g->arrows = arena_get(&g->arena, most * sizeof(*g->arrows));
    for (size_t i = 0; i < d->service_count; i++) {
        const struct declared_service *s = &d->services[i];
        arrows_of(g, (int)i, s->produces, s->produces_count, s->consumes, s->consumes_count);
    }
    for (size_t i = 0; i < d->outside_count; i++) {
        const struct declared_outside *o = &d->outside[i];
        arrows_of(g, (int)(d->service_count + i), o->produces, o->produces_count, o->consumes,
                  o->consumes_count);
    }
}

/* ---- columns */

/* It takes something in that is no topic: requests, items, or whatever is outside. */
static bool is_entry(const struct box *b) {
    if (b->kind == BOX_OUTSIDE)
        return true;
    if (!b->service) /* a topic, an edge */
        return false;
    for (size_t i = 0; i < b->service->edge_count; i++)
        if (b->service->edges[i].effects.class == CLASS_NONE && !b->service->edges[i].asks_queries)
            return true;
    return b->service->consumes_count == 0;
}

static bool writes_something(const struct graph *g, int box) {
    for (int i = 0; i < g->arrow_count; i++)
        if (g->arrows[i].from == box)
            return true;
    return false;
}

/* Everything an arrow leads to from a box of this column, that has no column yet, is in the next.
 */
static bool column_next(struct graph *g, int column) {
    bool found = false;
    for (int i = 0; i < g->arrow_count; i++) {
        const struct arrow *a = &g->arrows[i];
        if (g->boxes[a->from].column != column || g->boxes[a->to].column >= 0)
            continue;
        g->boxes[a->to].column = column + 1;
        found = true;
    }
    return found;
}

static void columns_grow(struct graph *g) {
    for (int column = 0; column <= g->box_count; column++)
        if (column_next(g, column) && column + 2 > g->columns)
            g->columns = column + 2;
}

/* From the entries on; what they do not reach begins again at the left, a service first. */
static void columns_set(struct graph *g) {
    for (int i = 0; i < g->box_count; i++)
        if (is_entry(&g->boxes[i]) && writes_something(g, i)) {
            g->boxes[i].column = 0;
            g->columns = 1;
        }
    columns_grow(g);
    for (int i = 0; i < g->box_count; i++)
        if (g->boxes[i].column < 0) {
            g->boxes[i].column = g->boxes[i].kind == BOX_TOPIC ? 1 : 0;
            if (g->columns < g->boxes[i].column + 1)
                g->columns = g->boxes[i].column + 1;
            columns_grow(g);
        }
}

static void forward_set(struct graph *g) {
    g->forward = arena_get(&g->arena, (size_t)g->box_count * (size_t)g->box_count + 1);
    for (int i = 0; i < g->arrow_count; i++) {
        struct arrow *a = &g->arrows[i];
        a->is_forward = g->boxes[a->to].column == g->boxes[a->from].column + 1;
        if (a->is_forward)
            g->forward[a->from * g->box_count + a->to] = true;
    }
}

/* In a column services stand above what is outside, each in the order of the file. */
static void rows_set(struct graph *g) {
    int *used = arena_get(&g->arena, ((size_t)g->columns + 1) * sizeof(*used));
    for (int i = 0; i < g->box_count; i++)
        g->boxes[i].row = used[g->boxes[i].column]++;
}

void graph_init(struct graph *g, const struct declaration *d) {
    *g = (struct graph){ .declaration = d };
    boxes_make(g);
    arrows_make(g);
    edges_make(g);
    columns_set(g);
    forward_set(g);
    rows_set(g);
}

void graph_finish(struct graph *g) {
    arena_finish(&g->arena);
}
