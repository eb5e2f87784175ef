/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A page that needs nothing but itself: the band from least to most, the mean as a line, broken
 * where nothing was heard. */
#include "range.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 900, HEIGHT = 320, LEFT = 90, TOP = 40, BELOW = 40, POINT_CHARS = 40 };

struct page {
    char *out;
    size_t len;
};

static void put(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct page *p, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int len = vsnprintf(p->out + p->len, CHART_CHARS - p->len, format, list);
    va_end(list);
    if (len > 0 && p->len + (size_t)len < CHART_CHARS)
        p->len += (size_t)len;
}

/* Names are others': nothing of them is markup. */
static void put_name(struct page *p, struct octavo_text name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        const char *as = c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : NULL;
        if (as || c == '"' || c == '\'')
            put(p, "%s", as ? as : c == '"' ? "&quot;" : "&#39;");
        else
            put(p, "%c", c);
    }
}

/* ---- where things are */

struct frame {
    const struct chart *chart;
    double least, most;
};

static double real(int64_t millionths) {
    return (double)millionths / MILLIONTHS;
}

static struct frame frame_of(const struct chart *c) {
    struct frame f = { c, 0, 1 };
    for (size_t i = 0; i < c->count; i++) {
        double low = real(c->windows[i].rollup.min), high = real(c->windows[i].rollup.max);
        f.least = i && f.least < low ? f.least : low;
        f.most = i && f.most > high ? f.most : high;
    }
    if (f.least == f.most) {
        f.least -= 1;
        f.most += 1;
    }
    return f;
}

static double x_of(const struct frame *f, int64_t ms) {
    const struct range *r = &f->chart->range;
    return LEFT + (double)(ms - r->from_ms) * WIDTH / (double)(r->to_ms - r->from_ms);
}

static double y_of(const struct frame *f, double value) {
    return TOP + HEIGHT * (f->most - value) / (f->most - f->least);
}

/* ---- what is drawn */

static void axes_put(struct page *p, const struct frame *f) {
    const struct range *r = &f->chart->range;
    char from[OCTAVO_TIME_CHARS], to[OCTAVO_TIME_CHARS];
    for (int i = 0; i <= 4; i++) {
        double value = f->least + (f->most - f->least) * i / 4;
        put(p,
            "<path d=\"M%d %.1fh%d\" class=\"g\"/><text x=\"%d\" y=\"%.1f\" "
            "class=\"r\">%.6g</text>\n",
            LEFT, y_of(f, value), WIDTH, LEFT - 8, y_of(f, value) + 4, value);
    }
    put(p, "<text x=\"%d\" y=\"%d\">%s</text><text x=\"%d\" y=\"%d\" class=\"r\">%s</text>\n", LEFT,
        TOP + HEIGHT + 24, octavo_time_text(from, r->from_ms), LEFT + WIDTH, TOP + HEIGHT + 24,
        octavo_time_text(to, r->to_ms));
}

/* One piece without a gap, [from, to). */
static void piece_put(struct page *p, const struct frame *f, size_t from, size_t to) {
    const struct chart_window *w = f->chart->windows;
    int64_t half = f->chart->range.step_ms / 2;
    put(p, "<path class=\"b\" d=\"");
    for (size_t i = from; i < to; i++)
        put(p, "%c%.1f %.1f", i == from ? 'M' : 'L', x_of(f, w[i].begin_ms + half),
            y_of(f, real(w[i].rollup.max)));
    for (size_t i = to; i-- > from;)
        put(p, "L%.1f %.1f", x_of(f, w[i].begin_ms + half), y_of(f, real(w[i].rollup.min)));
    put(p, "Z\"/>\n<path class=\"m\" d=\"");
    for (size_t i = from; i < to; i++)
        put(p, "%c%.1f %.1f", i == from ? 'M' : 'L', x_of(f, w[i].begin_ms + half),
            y_of(f, rollup_mean(&w[i].rollup)));
    put(p, "%s\"/>\n", to == from + 1 ? "h1" : "");
}

static void pieces_put(struct page *p, const struct frame *f) {
    const struct chart *c = f->chart;
    for (size_t from = 0, to; from < c->count; from = to) {
        to = from + 1;
        while (to < c->count
               && c->windows[to].begin_ms == c->windows[to - 1].begin_ms + c->range.step_ms)
            to++;
        piece_put(p, f, from, to);
    }
}

size_t chart_write(char out[CHART_CHARS], const struct chart *chart) {
    static const char style[] =
        "body{font:14px sans-serif;margin:2em}svg{max-width:100%}text{font-size:12px;fill:#555}"
        ".r{text-anchor:end}.g{stroke:#ddd}.b{fill:#9bc;stroke:#9bc}"
        ".m{fill:none;stroke:#036;stroke-width:1.5}";
    struct page p = { out, 0 };
    struct frame f = frame_of(chart);
    put(&p, "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>");
    put_name(&p, chart->metric);
    put(&p, "</title><style>%s</style><h1>", style);
    put_name(&p, chart->device);
    put(&p, ": ");
    put_name(&p, chart->metric);
    put(&p, "</h1><p>least to most, and the mean, of each %s</p>\n",
        rollup_levels[chart->range.level].name);
    put(&p, "<svg viewBox=\"0 0 %d %d\" width=\"%d\">\n", LEFT + WIDTH + 20, TOP + HEIGHT + BELOW,
        LEFT + WIDTH + 20);
    axes_put(&p, &f);
    pieces_put(&p, &f);
    put(&p, "</svg></html>\n");
    return p.len;
}
