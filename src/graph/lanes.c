/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Lanes: boxes with the same readers share one, as on a whiteboard. */
#include "graph/lanes.h"

bool leads_forward(const struct graph *g, int from, int to) {
    return g->forward[from * g->box_count + to];
}

static bool leads_anywhere(const struct graph *g, int from) {
    for (int i = 0; i < g->box_count; i++)
        if (leads_forward(g, from, i))
            return true;
    return false;
}

static bool same_targets(const struct graph *g, int a, int b) {
    for (int i = 0; i < g->box_count; i++)
        if (leads_forward(g, a, i) != leads_forward(g, b, i))
            return false;
    return true;
}

int lane_of(const struct graph *g, const struct lanes *lanes, int box) {
    for (int i = 0; i < lanes->count; i++)
        if (same_targets(g, lanes->array[i].first, box))
            return i;
    return -1;
}

/* The first lane is the rightmost and enters at the line of the name, as boxes are left there; the
 * others enter at other lines, so that no line of one runs along one of another. */
struct lanes lanes_of(const struct graph *g, int column, struct arena *arena) {
    static const int entry_lines[] = { NAME_LINE, 2, 4, 1 };
    struct lanes lanes = { arena_get(arena, (size_t)g->box_count * sizeof(*lanes.array)), 0 };
    for (int i = 0; i < g->box_count; i++)
        if (g->boxes[i].column == column && leads_anywhere(g, i) && lane_of(g, &lanes, i) < 0)
            lanes.array[lanes.count++].first = i;
    for (int i = 0; i < lanes.count; i++) {
        lanes.array[i].x = 3 + (lanes.count - 1 - i) * LANE_STEP;
        lanes.array[i].entry_line = entry_lines[i % 4];
    }
    return lanes;
}

int gap_width(const struct lanes *lanes) {
    return lanes->count ? 3 + lanes->count * LANE_STEP + 2 : 4;
}
