/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Parts of windows as they go from telemetry-processor to rollup-store: what came since the part
 * before (rollup.h).
 *
 *   1m 1700000040000 1 21500000 1700000041000 temperature;
 *   1h 1699999200000 3 64500000 21400000 21600000 21500000 1700000041000 21600000 1700000043000
 *      1386770000000000 ~391:3 temperature;    (on one line)
 *
 * Level, begin, count; of one point its value and time; of more sum, min, max, first and its time,
 * last and its time, squares, ~ and a sketch (sketch.h). Values are whole millionths. The metric is
 * last, as it may hold spaces. */
#ifndef OCTAVO_SYSTEMS_IOT_PART_H
#define OCTAVO_SYSTEMS_IOT_PART_H

#include "rollup.h"

/* Of texts that grow in a fixed place. */
struct line {
    char *data;
    size_t len;
};

enum { PART_CHARS = 640 }; /* the longest, with its metric */

struct part {
    int level;
    int64_t begin_ms;
    struct rollup rollup;
    struct octavo_text metric;
    struct octavo_text sketch; /* of more than one point; empty: whoever told it had none */
};

void line_put_text(struct line *out, struct octavo_text text);
void line_put_number(struct line *out, int64_t number, char behind);

/* `out` has room for PART_CHARS more. */
void part_put(struct line *out, const struct part *part);
/* Takes the first part off `*parts`. False: nothing is left, or what is there is none. */
bool part_take(struct octavo_text *parts, struct part *out);

/* Numbers with a space or an end behind them, off the front of a text. */
bool number_take(struct octavo_text *text, int64_t *out);

#endif
