/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The folds of a service instance: when their snapshots are taken, and whether they have read yet
 * what their topics held at the start. Private to the service. */
#ifndef OCTAVO_RUNTIME_FOLDS_H
#define OCTAVO_RUNTIME_FOLDS_H

#include "base/bytes.h"
#include "base/error.h"

struct service;
struct slot;

struct slot_fold {
    int64_t next_save_ms; /* steady */
    int64_t waits_ms;     /* since when a snapshot waits for acknowledgements; 0: none does */
    bool saving;          /* a thread writes it */
    bool caught_up;
    int64_t since_ms; /* when it began to read */
    int64_t told_ms;
};

/* What a fold has read of what its topics held at its start, over its partitions. */
struct fold_progress {
    int64_t read, left; /* offsets */
    int64_t eta_s;      /* -1: not to be told yet */
    bool known;         /* the ends of all its partitions are */
};

void folds_begin(struct service *s, struct slot *slot); /* its task was opened */
/* After the commits of a turn: takes snapshots that are due and can be, and sees who has caught up.
 */
enum error folds_turn(struct service *s) MUST_CHECK;
/* A snapshot waits for the acknowledgements of what was sent: nothing more is taken meanwhile. */
bool folds_drain(const struct service *s);
/* What is read is not what a snapshot has read: it is put aside, and the next process begins anew.
 */
void folds_refuse(struct service *s);
void folds_tick(struct service *s); /* once a second: tells of progress */
/* A task that is about to be lost, flushed: its last snapshot, if all was acknowledged. */
enum error folds_keep(struct service *s, struct slot *slot) MUST_CHECK;
void folds_at_end(void *context, const char *topic, int32_t partition); /* all of it was read */
struct fold_progress fold_progress(const struct service *s, const struct slot *slot);
int64_t folds_left(const struct service *s); /* over all of them */
bool folds_are_behind(const struct service *s);

#endif
