/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Lanes: numbers that only grow, each under a name, with what is written of them and what is not.
 *
 * A lane in is "SOURCE TOPIC/PARTITION" with the watermark, the sequence last taken. A lane out has
 * the same name with the sequence last given, so that one hop's out is the next hop's in. A number
 * lives in three places: `now` in the open group, `kept` after it, and the store; a group that
 * changed nothing is kept without being stored. Memory is proportional to lanes, not to events. */
#ifndef OCTAVO_RUNTIME_LANES_H
#define OCTAVO_RUNTIME_LANES_H

#include "base/table.h"
#include "store/store.h"

#define LANE_NEW INT64_MIN /* nothing was ever seen in it */

struct lane {
    struct bytes name; /* owned, behind this struct */
    int64_t now;
    int64_t kept;
    bool touched;  /* in the open group */
    bool unstored; /* kept, not stored */
    struct lane *next;
};

struct lanes {
    struct table by_name;
    struct lane *waiting; /* touched or unstored */
};

enum lane_verdict { LANE_REPEAT, LANE_NEXT, LANE_GAP };

typedef enum error lane_store(struct store *, struct bytes lane, int64_t number);

struct lane *lanes_lane(struct lanes *l, struct bytes name); /* made when new; stays valid */
void lane_set(struct lanes *l, struct lane *lane, int64_t number);
/* Takes the last lane_set of the group back; such calls come newest first. */
void lane_unset(struct lanes *l, struct lane *lane, int64_t now, bool touched);
void lane_loaded(void *lanes, struct bytes name, int64_t number); /* from the store, at the start */
/* At or below the watermark: a repeat. Its next, or the first of a lane: next. Beyond: a gap. */
enum lane_verdict lane_judge(const struct lane *lane, int64_t sequence);

enum error lanes_write(struct lanes *l, struct store *store, lane_store *put) MUST_CHECK;
bool lanes_wait(const struct lanes *l); /* something is not stored */
void lanes_keep(struct lanes *l);       /* the group is taken */
void lanes_stored(struct lanes *l);     /* and its transaction committed */
void lanes_drop(struct lanes *l);
void lanes_finish(struct lanes *l);

#endif
