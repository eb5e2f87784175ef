/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A slot: one task of this instance, what it reads and where it stands. Private to the service. */
#ifndef OCTAVO_RUNTIME_SLOT_H
#define OCTAVO_RUNTIME_SLOT_H

#include "runtime/kafka.h"
#include "runtime/task.h"

struct slot_part {
    const char *topic;
    int32_t partition;
    bool wanted;  /* given by the broker, or ours without a group */
    bool started; /* the consumer reads it */
    bool verify;  /* the record at last.last_offset is read again and must hash the same */
    struct position last;
    int64_t taken_offset;    /* next offset by what was taken; -1: nothing yet */
    int64_t mirrored_offset; /* last committed to the broker */
};

struct slot {
    struct slot *next;
    struct task *task; /* NULL: the lock is held elsewhere, tried again */
    int32_t number;
    bool open;         /* a group is begun */
    bool has_requests; /* in the open group */
    bool has_timers;
    struct slot_part *parts;
    size_t part_count;
};

struct slot_part *slot_part_find(struct slot *s, struct bytes topic, int32_t partition);
/* Reads the task's positions; afterwards slot_start_offset is right. E_diverged: another cluster.
 */
enum error slot_load_positions(struct slot *s, const char *cluster) MUST_CHECK;
int64_t slot_start_offset(const struct slot_part *p);
/* The position check. *skip: the record was read before and is only compared. */
enum error slot_check_record(struct slot_part *p, const struct kafka_record *r,
                             bool *skip) MUST_CHECK;

#endif
