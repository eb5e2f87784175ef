/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Where the lines of a drawing run: between two columns each set of boxes that lead to the same
 * boxes has a lane, a vertical line that collects them and distributes to where they lead. */
#ifndef OCTAVO_GRAPH_LANES_H
#define OCTAVO_GRAPH_LANES_H

#include "graph/graph.h"

enum { BOX_LINES = 6, BOX_PITCH = 7, NAME_LINE = 3, LANE_STEP = 3 };

struct lane {
    int first;      /* a box that leads into it; others lead to the same boxes */
    int x;          /* in the gap behind its column */
    int entry_line; /* of the boxes it leads to */
};

struct lanes {
    struct lane *array;
    int count;
};

/* The lanes behind `column`, in `arena`. */
struct lanes lanes_of(const struct graph *g, int column, struct arena *arena);
int lane_of(const struct graph *g, const struct lanes *lanes, int box); /* -1: it leads nowhere */
bool leads_forward(const struct graph *g, int from, int to);
int gap_width(const struct lanes *lanes);

#endif
