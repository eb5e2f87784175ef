/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The graph as a picture for a browser: the same columns, every arrow a curve. Colours stand in the
 * elements, for viewers that read no style sheet; where one is read they follow the reader's
 * scheme. Nothing is loaded from anywhere. */
#include "graph/graph.h"

#define LINE "fill=\"none\" stroke=\"#445\" stroke-width=\"1.4\""
#define LETTERS "font-family=\"sans-serif\" font-size="

enum { WIDE = 190, HIGH = 64, GAP_X = 110, GAP_Y = 34, EDGE = 24 };

static int left_of(const struct box *b) {
    return EDGE + b->column * (WIDE + GAP_X);
}

static int top_of(const struct box *b) {
    return EDGE + b->row * (HIGH + GAP_Y);
}

static void put_label(struct buf *out, const char *text) {
    for (; *text; text++)
        switch (*text) {
        case '<':
            buf_put_text(out, "&lt;");
            break;
        case '>':
            buf_put_text(out, "&gt;");
            break;
        case '&':
            buf_put_text(out, "&amp;");
            break;
        default:
            buf_put_byte(out, (uint8_t)*text);
        }
}

static void box_put(struct buf *out, const struct box *b) {
    static const int rounds[] = { 3, 22, 3 };
    int x = left_of(b), y = top_of(b);
    buf_print(out,
              "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\" " LINE "%s/>\n"
              "<text class=\"kind\" fill=\"#778\" " LETTERS "\"11\" x=\"%d\" y=\"%d\">%s</text>"
              "<text fill=\"#223\" " LETTERS "\"14\" x=\"%d\" y=\"%d\">",
              x, y, WIDE, HIGH, rounds[b->kind],
              b->added || b->kind == BOX_OUTSIDE ? " stroke-dasharray=\"5 4\"" : "", x + 14, y + 22,
              box_kind_name(b->kind), x + 14, y + 45);
    put_label(out, b->title);
    buf_put_text(out, "</text>\n");
}

/* Forward from side to side; back below both boxes, so that the two ways are told apart. */
static void arrow_put(struct buf *out, const struct graph *g, const struct arrow *a) {
    const struct box *from = &g->boxes[a->from], *to = &g->boxes[a->to];
    bool back = to->column <= from->column;
    int y = top_of(from) + HIGH / 2 + (back ? 16 : 0),
        end = top_of(to) + HIGH / 2 + (back ? 16 : 0);
    int x = left_of(from) + (back ? 0 : WIDE), end_x = left_of(to) + (back ? WIDE : 0);
    int bend = back ? -GAP_X / 2 : GAP_X / 2;
    buf_print(out,
              "<path d=\"M%d %d C%d %d %d %d %d %d\" " LINE " marker-end=\"url(#head)\"%s>"
              "<title>%s to %s</title></path>\n",
              x, y, x + bend, y, end_x - bend, end, end_x, end,
              a->added || !a->is_forward ? " stroke-dasharray=\"5 4\"" : "", from->name, to->name);
}

void graph_svg(const struct graph *g, struct buf *out) {
    int rows = 1, wide = 2 * EDGE + g->columns * (WIDE + GAP_X) - GAP_X;
    for (int i = 0; i < g->box_count; i++)
        if (g->boxes[i].row >= rows)
            rows = g->boxes[i].row + 1;
    int high = 2 * EDGE + rows * (HIGH + GAP_Y) - GAP_Y;
    buf_print(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
        "viewBox=\"0 0 %d %d\" role=\"img\">\n"
        "<title>%s</title>\n"
        "<style>@media(prefers-color-scheme:dark){rect,path{stroke:#bbc}text{fill:#eef}"
        ".kind{fill:#99a}marker path{fill:#bbc}}</style>\n"
        "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" "
        "markerHeight=\"7\" orient=\"auto\"><path fill=\"#445\" d=\"M0 0 L8 4 L0 8 z\"/></marker>"
        "</defs>\n",
        wide, high, wide, high, g->declaration->system);
    for (int i = 0; i < g->box_count; i++)
        box_put(out, &g->boxes[i]);
    for (int i = 0; i < g->arrow_count; i++)
        arrow_put(out, g, &g->arrows[i]);
    buf_put_text(out, "</svg>\n");
}
