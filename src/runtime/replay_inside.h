/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What replay.c and replay_feed.c share. Private to the two. */
#ifndef OCTAVO_RUNTIME_REPLAY_INSIDE_H
#define OCTAVO_RUNTIME_REPLAY_INSIDE_H

#include "base/arena.h"
#include "base/table.h"
#include "runtime/replay.h"

enum { INPUTS_KEPT = 4096 }; /* of a commit, to name the one behind a difference */

/* An input that a handler took, and a row that the commit changed: what a difference is told by. */
struct taken_input {
    struct bytes type, id, key;
    struct bytes topic; /* of a record */
    int32_t partition;
    int64_t offset;
};

struct touched_row {
    size_t table;
    struct bytes key, sub;
};

struct commit_seen {
    struct arena texts;
    struct taken_input inputs[INPUTS_KEPT];
    size_t input_count;
    struct touched_row rows[INPUTS_KEPT];
    size_t row_count;
};

struct replay {
    const struct replay_options *options;
    struct replay_result *result;
    struct task_options task_options;
    struct task *task;
    struct store *recorded;
    struct commit_seen *now;     /* of the commit being fed */
    struct commit_seen *suspect; /* of the first that differs; NULL: none yet */
    struct table writers;        /* hash of a row's name -> the commit that wrote it last */
    struct arena texts;          /* of the row being read */
    int64_t id;                  /* of the commit being fed */
    bool empty;                  /* this row took nothing in: the last one of a closed store */
    bool over;                   /* a verdict that ends it: not checked, or refused */
    enum error error;
};

/* One row of the journal into the open group; r->over when a verdict ends it. */
enum error replay_feed(struct replay *r, struct bytes inputs) MUST_CHECK;
/* Ends the replay with what it cannot know. */
void replay_not_checked(struct replay *r, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
