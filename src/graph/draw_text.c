/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The drawing as text, and what was added to it below. */
#include "graph/lanes.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH_MAX = 4000 };

struct canvas {
    char *cells;
    int width, height;
};

static void put(struct canvas *c, int x, int y, char what) {
    if (x >= 0 && x < c->width && y >= 0 && y < c->height)
        c->cells[y * c->width + x] = what;
}

static char at(const struct canvas *c, int x, int y) {
    return x >= 0 && x < c->width && y >= 0 && y < c->height ? c->cells[y * c->width + x] : ' ';
}

static void put_text(struct canvas *c, int x, int y, const char *text) {
    for (; *text; text++)
        put(c, x++, y, *text);
}

/* Across a vertical line of another lane it jumps. */
static void across(struct canvas *c, int from, int to, int y) {
    for (int x = from; x < to; x++)
        put(c, x, y, at(c, x, y) == '|' ? ')' : '-');
}

/* ---- boxes */

/* "Service", or "Service x4" where four processes run. */
static char *kind_text(const struct box *b) {
    return b->kind == BOX_SERVICE && b->count > 1
               ? text_format("%s x%d", box_kind_name(b->kind), (int)b->count)
               : text_copy(box_kind_name(b->kind));
}

static int column_width(const struct graph *g, int column) {
    size_t most = 8;
    for (int i = 0; i < g->box_count; i++) {
        const struct box *b = &g->boxes[i];
        size_t title = b->column == column ? strlen(b->title) : 0;
        size_t kind = b->column == column && b->count > 1 ? sizeof("Service x100") - 1 : 0;
        most = title > most ? title : most;
        most = b->kind == BOX_SERVICE && kind > most ? kind : most;
    }
    return (int)most + 4;
}

static void box_draw(struct canvas *c, const struct box *b, int x, int width) {
    int y = b->row * BOX_PITCH;
    for (int i = 0; i < width; i++) {
        put(c, x + i, y, '-');
        put(c, x + i, y + BOX_LINES - 1, '-');
    }
    for (int i = 0; i < BOX_LINES; i++) {
        char border = i == 0 || i == BOX_LINES - 1 ? '+' : '|';
        put(c, x, y + i, border);
        put(c, x + width - 1, y + i, border);
    }
    char *kind = kind_text(b);
    put_text(c, x + 2, y + 1, kind);
    free(kind);
    put_text(c, x + 2, y + NAME_LINE, b->title);
}

/* ---- lines */

struct gap {
    int column, x, width; /* x of its first character */
};

static int line_of(const struct box *b, int line) {
    return b->row * BOX_PITCH + line;
}

/* The vertical part, from its highest to its lowest end. */
static void lane_upright(const struct graph *g, struct canvas *c, const struct lanes *lanes,
                         int lane, const struct gap *gap) {
    int top = c->height, bottom = -1;
    for (int i = 0; i < g->box_count; i++) {
        const struct box *b = &g->boxes[i];
        int y = -1;
        if (b->column == gap->column && lane_of(g, lanes, i) == lane)
            y = line_of(b, NAME_LINE);
        else if (leads_forward(g, lanes->array[lane].first, i))
            y = line_of(b, lanes->array[lane].entry_line);
        if (y >= 0 && y < top)
            top = y;
        if (y > bottom)
            bottom = y;
    }
    for (int y = top; y <= bottom; y++)
        put(c, gap->x + lanes->array[lane].x, y, '|');
}

static void lane_level(const struct graph *g, struct canvas *c, const struct lanes *lanes, int lane,
                       const struct gap *gap) {
    int x = gap->x + lanes->array[lane].x;
    for (int i = 0; i < g->box_count; i++) {
        const struct box *b = &g->boxes[i];
        if (b->column == gap->column && lane_of(g, lanes, i) == lane) {
            int y = line_of(b, NAME_LINE);
            put(c, gap->x - 1, y, '+');
            across(c, gap->x, x, y);
            put(c, x, y, '+');
        } else if (leads_forward(g, lanes->array[lane].first, i)) {
            int y = line_of(b, lanes->array[lane].entry_line);
            across(c, x + 1, gap->x + gap->width - 1, y);
            put(c, x, y, '+');
            put(c, gap->x + gap->width - 1, y, '>');
            put(c, gap->x + gap->width, y, '+');
        }
    }
}

static void gap_draw(const struct graph *g, struct canvas *c, const struct lanes *lanes,
                     const struct gap *gap) {
    for (int i = 0; i < lanes->count; i++)
        lane_upright(g, c, lanes, i, gap);
    for (int i = 0; i < lanes->count; i++)
        lane_level(g, c, lanes, i, gap);
}

/* ---- the whole */

static int rows_of(const struct graph *g) {
    int rows = 0;
    for (int i = 0; i < g->box_count; i++)
        if (g->boxes[i].row >= rows)
            rows = g->boxes[i].row + 1;
    return rows;
}

static void columns_draw(const struct graph *g, struct canvas *c, struct arena *arena) {
    int x = 0;
    for (int column = 0; column < g->columns; column++) {
        struct lanes lanes = lanes_of(g, column, arena);
        int width = column_width(g, column);
        for (int i = 0; i < g->box_count; i++)
            if (g->boxes[i].column == column)
                box_draw(c, &g->boxes[i], x, width);
        x += width + gap_width(&lanes);
    }
    x = 0; /* lines last: they end on borders */
    for (int column = 0; column < g->columns; column++) {
        struct lanes lanes = lanes_of(g, column, arena);
        struct gap gap = { column, x + column_width(g, column), gap_width(&lanes) };
        gap_draw(g, c, &lanes, &gap);
        x = gap.x + gap.width;
    }
}

static int drawing_width(const struct graph *g, struct arena *arena) {
    int x = 0;
    for (int column = 0; column < g->columns; column++) {
        struct lanes lanes = lanes_of(g, column, arena);
        x += column_width(g, column) + gap_width(&lanes);
    }
    return x < WIDTH_MAX ? x : WIDTH_MAX;
}

static void canvas_print(const struct canvas *c, struct buf *out) {
    for (int y = 0; y < c->height; y++) {
        int len = c->width;
        while (len && at(c, len - 1, y) == ' ')
            len--;
        buf_put(out, c->cells + y * c->width, (size_t)len);
        buf_put_text(out, "\n");
    }
}

/* ---- what the drawing does not show by itself */

static void edges_print(const struct graph *g, struct buf *out) {
    for (int i = 0; i < g->box_count; i++)
        for (size_t k = 0; g->boxes[i].service && k < g->boxes[i].service->edge_count; k++) {
            const struct declared_edge *e = &g->boxes[i].service->edges[k];
            bool asked = e->effects.class == CLASS_NONE;
            buf_print(out, "  %s %s %s (%s%s%s)\n", g->boxes[i].name, asked ? "<->" : "->", e->name,
                      e->url, asked ? "" : ", ", asked ? "" : effect_class_name(e->effects.class));
        }
}

static void added_print(const struct graph *g, struct buf *out) {
    for (int i = 0; i < g->box_count; i++)
        if (g->boxes[i].added)
            buf_print(out, "  added, because %s: %s\n", g->boxes[i].added, g->boxes[i].name);
    for (int i = 0; i < g->arrow_count; i++) {
        const struct arrow *a = &g->arrows[i];
        const char *from = g->boxes[a->from].name, *to = g->boxes[a->to].name;
        if (a->added)
            buf_print(out, "  added, because %s: %s -> %s\n", a->added, from, to);
        else if (!a->is_forward)
            buf_print(out, "  also: %s -> %s\n", from, to);
    }
}

static void section_print(const struct graph *g, const char *heading,
                          void (*print)(const struct graph *g, struct buf *out), struct buf *out) {
    struct buf part = { 0 };
    print(g, &part);
    if (part.len)
        buf_print(out, "\n%s\n%s", heading, buf_text(&part));
    buf_finish(&part);
}

void graph_text(const struct graph *g, struct buf *out) {
    struct arena arena = { 0 };
    struct canvas c = { .width = drawing_width(g, &arena), .height = rows_of(g) * BOX_PITCH };
    c.cells = memory_get((size_t)c.width * (size_t)c.height + 1);
    memset(c.cells, ' ', (size_t)c.width * (size_t)c.height);
    columns_draw(g, &c, &arena);
    canvas_print(&c, out);
    section_print(g, "where it meets the outside world:", edges_print, out);
    section_print(g, "besides what is drawn:", added_print, out);
    free(c.cells);
    arena_finish(&arena);
}
