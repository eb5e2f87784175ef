/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Every batch of a segment, checked as its first reader would, and every stretch that holds none.
 */
#ifndef OCTAVO_STORAGE_SEGMENT_WALK_H
#define OCTAVO_STORAGE_SEGMENT_WALK_H

#include "segment.h"

struct walk_damage {
    int64_t position, end_position; /* the same: bytes are whole, but offsets are missing */
    int64_t first_offset, end_offset;
    const char *why; /* valid during the call */
};

struct segment_walk {
    struct disk *disk;
    const struct segment *segment;
    int64_t end_offset;   /* no batch of the segment reaches it */
    bool may_skip;        /* compaction or repair may have taken offsets out */
    int32_t leader_epoch; /* of the partition: no batch has a later one */
    void (*on_batch)(void *context, const struct batch *b, int64_t position);
    void (*on_damage)(void *context, const struct walk_damage *damage);
    /* A whole batch, but its leader epoch, which no checksum covers, cannot be; on_batch follows.
     */
    void (*on_epoch)(void *context, const struct batch *b, int32_t least);
    void *context;
};

/* E_io and the like: it could not be read at all. */
enum error segment_walk(const struct segment_walk *w) MUST_CHECK;

#endif
