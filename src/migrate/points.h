/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Offsets of one partition that somebody holds, and where they have gone: a copy is numbered anew,
 * without the holes that aborted records, markers and compaction leave.
 *
 * An offset goes to its record's; where there is none, to that of the next record, and behind the
 * last record to the end. So who had read up to an offset has read up to where it went, no record
 * more and none less. Memory is by what is asked for, not by records. */
#ifndef OCTAVO_MIGRATE_POINTS_H
#define OCTAVO_MIGRATE_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct point {
    int64_t from, to;
    bool exact; /* a record stands there */
};

struct points {
    struct point *array;
    size_t count, capacity;
    size_t next; /* the first that has not gone anywhere yet */
};

void points_want(struct points *p, int64_t offset); /* before points_begin */
void points_begin(struct points *p);                /* the pass begins, or begins again */
/* Records in order: one that stood at `from` stands at `to`. */
void points_pass(struct points *p, int64_t from, int64_t to);
void points_end(struct points *p, int64_t end);
/* After points_end. NULL: it was never asked for. */
const struct point *points_find(const struct points *p, int64_t from);
void points_finish(struct points *p);

#endif
