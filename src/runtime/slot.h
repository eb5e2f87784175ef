/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A slot: one task of this instance, what it reads and where it stands. Private to the service. */
#ifndef OCTAVO_RUNTIME_SLOT_H
#define OCTAVO_RUNTIME_SLOT_H

#include "base/table.h"
#include "runtime/folds.h"
#include "runtime/kafka.h"
#include "runtime/task.h"
#include "runtime/transactor.h"

enum { GAP_WAIT_MS = 30000 };

struct slot_part {
    const char *topic;
    int32_t partition;
    bool wanted;  /* given by the broker, or ours without a group */
    bool started; /* the consumer reads it */
    bool verify;  /* the record at last.last_offset is read again and must hash the same */
    struct position last;
    int64_t taken_offset;    /* next offset by what was taken; -1: nothing yet */
    int64_t taken_time_ms;   /* timestamp of the last record taken; 0: none yet */
    int64_t level_ms;        /* when nothing was unread for the last time; 0: never yet */
    int64_t mirrored_offset; /* last committed to the broker */
    int64_t end_at_start;    /* of a fold: what the log held when it began; -1: not yet known */
    bool at_end;             /* all of it was read once */
    bool full;               /* not read: its next record waits for room among the parked */
    int64_t full_bytes;      /* parked in the task when that was found */
};

struct slot {
    struct slot *next;
    struct task *task;             /* NULL: the lock is held elsewhere, tried again */
    struct transactor *transactor; /* its own relay, when the service writes to compacted topics */
    struct loop_watch *transactor_watch;
    int32_t number;
    bool open;         /* a group is begun */
    int64_t opened_ms; /* when, by the steady clock */
    bool has_requests; /* in the open group */
    bool has_timers;
    bool has_items;
    struct slot_part *parts;
    size_t part_count;
    struct slot_fold fold;
    struct table gaps; /* ce_source -> struct gap, owned */
};

/* A record as a task takes it; it borrows the record. */
struct input slot_input(const struct kafka_record *r);
struct slot_part *slot_part_find(struct slot *s, struct bytes topic, int32_t partition);
/* Gaps: a lane whose next event is missing. The relay of its service sends the lane again from its
 * first unacknowledged event, so a gap closes by itself, or something is lost for good. */
void slot_gap_seen(struct slot *s, const struct kafka_record *r, int64_t now_ms);
void slot_gap_closed(struct slot *s, struct bytes source); /* the lane's next event was taken */
/* E_diverged when a gap has been open for longer than GAP_WAIT_MS: the task must stop. */
enum error slot_gap_check(const struct slot *s, int64_t now_ms) MUST_CHECK;
void slot_gaps_forget(struct slot *s);

/* Reads the task's positions; afterwards slot_start_offset is right. E_diverged: another cluster.
 */
enum error slot_load_positions(struct slot *s, const char *cluster) MUST_CHECK;
int64_t slot_start_offset(const struct slot_part *p);
/* The position check. *skip: the record was read before and is only compared. */
enum error slot_check_record(struct slot_part *p, const struct kafka_record *r,
                             bool *skip) MUST_CHECK;

#endif
