/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How far a task has read each of its topic-partitions, with what the store knows of it.
 *
 * As with lanes: `now` in the open group, `kept` after it, and the store. */
#ifndef OCTAVO_RUNTIME_PLACES_H
#define OCTAVO_RUNTIME_PLACES_H

#include "base/table.h"
#include "store/store.h"

struct place {
    struct bytes topic; /* owned, behind this struct */
    int32_t partition;
    bool known; /* the store or this run has read it */
    bool kept_known;
    struct position now;
    struct position kept;
    bool touched;
    bool unstored;
    struct place *next;
};

struct places {
    struct store *store;
    struct table by_name;
    struct place *waiting;
    struct place *newest; /* looked for last: records come in runs */
    struct buf name;      /* scratch */
};

/* Made, and read from the store, at its first use; stays valid. */
enum error places_place(struct places *p, struct bytes topic, int32_t partition,
                        struct place **out) MUST_CHECK;
/* A record was read; its offset is not below now.next_offset. */
void place_read(struct places *p, struct place *place, int64_t offset, uint64_t hash);

enum error places_write(struct places *p, const char *cluster_id) MUST_CHECK;
void places_keep(struct places *p);
void places_stored(struct places *p);
void places_drop(struct places *p);
void places_finish(struct places *p);

#endif
