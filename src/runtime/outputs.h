/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a commit did, in one line of text: the journal keeps it beside what the commit took in, so
 * that a replay can be judged commit by commit.
 *
 *   EVENTS EFFECTS REPLIES ROWS LEFT KEPT      3 0 1 7 b4d1...(32) 09fe...(32)
 *
 * Four counts, then two hashes: LEFT over the events and effects, KEPT over the rows changed and
 * the log entries added; "-" where there are none. A hash is the first 128 bits of the SHA-256 of
 * a canonical form, in small hexadecimal digits (docs/formats/store.md has it to the byte). It
 * leaves out what another generation of the same service has otherwise: source and sequence of an
 * event. Those follow from the events' order, and lanes are compared by themselves.
 *
 * Times of the wall are in none of it, and neither are positions, lanes, timers and parked inputs:
 * a replay compares them at its end. Replies are only counted, they are not kept anywhere. */
#ifndef OCTAVO_RUNTIME_OUTPUTS_H
#define OCTAVO_RUNTIME_OUTPUTS_H

#include "runtime/outbox.h"
#include "store/store.h"

struct outputs {
    int64_t events, effects, replies, rows;
    struct buf left, kept; /* canonical, so far */
    struct buf text;       /* the last line made */
};

/* A row as it stands after the group; values NULL: it is deleted. For a log entry `entry` is its
 * number and there is no sub key. */
struct changed_row {
    const struct store_table *table;
    struct bytes key, sub;
    int64_t entry;
    const struct value *values;
};

void outputs_event(struct outputs *o, const struct out_event *e);
void outputs_effect(struct outputs *o, const struct effect_row *e);
void outputs_row(struct outputs *o, const struct changed_row *row); /* rows in canonical order */
/* Makes the line and begins anew. Valid until the next. */
struct bytes outputs_line(struct outputs *o);
void outputs_drop(struct outputs *o); /* the group is dropped: all but the replies of before */
void outputs_finish(struct outputs *o);

#endif
