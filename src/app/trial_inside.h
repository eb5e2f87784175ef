/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The inside of a trial, for trial.c, trial_line.c and trial_rows.c. */
#ifndef OCTAVO_APP_TRIAL_INSIDE_H
#define OCTAVO_APP_TRIAL_INSIDE_H

#include "base/arena.h"
#include "runtime/task.h"
#include "trial.h"
#include "values/json.h"

struct trial_task {
    struct task *task; /* NULL: nothing has come for it yet */
    int64_t effects;   /* told, by their number */
};

struct trial_service {
    const struct declared_service *declared;
    const struct octavo_service *code;
    const struct store_kind *store;
    int32_t task_count;
    struct trial_task *tasks;
};

struct trial_record {
    struct trial_record *next;
    struct arena arena;
    struct input in;
};

struct trial {
    const struct declaration *declaration;
    char *url_dir;
    struct trial_service *services;
    struct schemas *schemas;
    int64_t **offsets; /* of the next record, by topic and partition */
    struct trial_record *first, **last;
    int64_t now_ms;
    size_t moved; /* records of the input that is being fed */
    struct buf told;
};

/* What is told: one line. */
struct buf *trial_line_begin(struct trial *t, const struct trial_service *s, int32_t task);
void trial_line_end(struct trial *t);

int64_t trial_offset_next(struct trial *t, const char *topic, int32_t partition);
/* To one task, in a group of its own; to all who consume the topic; what they sent, until nothing
 * moves; and what is due until then. */
enum error trial_input_give(struct trial *t, struct trial_service *s, int32_t number,
                            const struct input *in) MUST_CHECK;
enum error trial_record_give(struct trial *t, const struct input *in) MUST_CHECK;
enum error trial_queue_run(struct trial *t) MUST_CHECK;
enum error trial_time_pass(struct trial *t, int64_t until_ms) MUST_CHECK;

#endif
