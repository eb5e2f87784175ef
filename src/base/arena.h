/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Memory for one request: many small pieces, freed together.
 *
 * arena_reset keeps the first block, so a steady load allocates nothing. Not thread safe. */
#ifndef OCTAVO_BASE_ARENA_H
#define OCTAVO_BASE_ARENA_H

#include "base/bytes.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first; the oldest is kept over a reset */
    size_t used_bytes;          /* handed out since the last reset, for limits */
};

void *arena_get(struct arena *a, size_t size); /* zeroed, aligned to 16; valid until the reset */
struct bytes arena_copy(struct arena *a, struct bytes bytes);
char *arena_text(struct arena *a, struct bytes bytes); /* a copy closed by a zero */
void arena_reset(struct arena *a);
void arena_finish(struct arena *a);

#endif
