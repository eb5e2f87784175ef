/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The last line of a file, by which a partner holds what came against what was sent:
 *
 *   trailer = TRL;{rows};{sum:amount}
 *
 * {rows} counts the rows, {sum:COLUMN} adds a column up, exactly: decimal numbers of up to 28
 * digits, NULL counts nothing. What is no number there, or a sum that cannot be held, is E_config.
 */
#ifndef OCTAVO_CONNECTORS_EXTRACT_TRAILER_H
#define OCTAVO_CONNECTORS_EXTRACT_TRAILER_H

#include "extract/source.h"

enum { TRAILER_SUMS_MAX = 8, TRAILER_DECIMALS = 9 };

struct trailer {
    struct bytes text; /* the template, borrowed; empty: there is no trailer */
    struct trailer_sum {
        struct bytes column; /* borrowed from the template */
        size_t nth;
        __int128 value; /* in units of 10^-9 */
        int decimals;   /* the most that were met: so many are written */
    } sums[TRAILER_SUMS_MAX];
    size_t count;
};

enum error trailer_init(struct trailer *t, struct bytes text) MUST_CHECK;
enum error trailer_begin(struct trailer *t, const struct bytes *names, size_t count) MUST_CHECK;
enum error trailer_row(struct trailer *t, const struct cell *cells) MUST_CHECK;
void trailer_write(const struct trailer *t, int64_t rows, struct buf *out); /* without line end */

#endif
