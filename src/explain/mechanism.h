/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What makes an answer true, and what would break it: lines, each closed by a line end. */
#ifndef OCTAVO_EXPLAIN_MECHANISM_H
#define OCTAVO_EXPLAIN_MECHANISM_H

#include "declaration/declaration.h"

void mechanism_put(const struct declaration *d, int question, struct buf *out);
void breaks_put(const struct declaration *d, int question, struct buf *out);

#endif
