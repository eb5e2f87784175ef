/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A replay: what a task took in is fed once more, and what comes out is compared.
 *
 * The inputs are the journal of a recorded store (a copy of a running one, or one at rest). They go
 * into a task opened on another store, which holds nothing yet, or is a snapshot of the recorded
 * one as of an earlier commit. Nothing leaves: events are counted and dropped, effects stay rows,
 * no timer fires by itself, and no clock of today is asked. After each commit the journal's outputs
 * (outputs.h) are held against the recorded ones; at the end every table is (compare.h). So a
 * replay finds a decision that is made otherwise today, and a row that was changed from outside.
 *
 * A replay is NOT CHECKED when it cannot know: records that retention or compaction has removed, a
 * journal that was cut behind a snapshot that is gone.
 *
 * Pure: it knows stores and a source of records, neither Kafka nor files. */
#ifndef OCTAVO_RUNTIME_REPLAY_H
#define OCTAVO_RUNTIME_REPLAY_H

#include "runtime/kafka.h"
#include "runtime/task.h"

enum replay_verdict { REPLAY_EQUAL, REPLAY_DIFFERS, REPLAY_NOT_CHECKED };

/* Where the records come from, in the order of the journal: mostly onwards, partition by partition.
 * `next` gives the first record of the partition at or after `from`; *found is false when the log
 * ends before. A record is valid until the next call. E_diverged: the log begins behind `from`. */
struct replay_records {
    enum error (*next)(void *context, const struct kafka_part *from, struct kafka_record *out,
                       bool *found);
    void *context;
};

struct replay_options {
    const struct task_options *task;     /* of the store that is fed; `replay` is set here */
    const struct task_options *recorded; /* of the recorded store */
    const struct replay_records *records;
    void (*on_progress)(void *context, int64_t id, int64_t last_id); /* may be NULL */
    void *context;
};

/* The first thing that differs, as far as it is known; texts are "" where not. */
struct replay_difference {
    int64_t commit; /* 0: no commit differs, only a table at the end */
    int64_t at_ms;
    struct buf what;  /* "outputs", "table", "refused" */
    struct buf input; /* "withdrawal-requested 7QX.. of moves/2 at offset 17" */
    struct buf took;  /* the commit's inputs, in short */
    struct buf table, key;
    struct buf recorded, replayed; /* outputs; or the story of a refusal */
    struct buf row_recorded, row_replayed;
    int64_t written_by; /* the replayed commit that wrote that row last; 0: none, or not known */
};

struct replay_result {
    enum replay_verdict verdict;
    int64_t first_id, last_id; /* of the commits fed; first > last: none was to be fed */
    int64_t inputs;
    int64_t differing; /* commits whose outputs differ */
    int64_t silent;    /* commits without recorded outputs: of format 1 */
    struct buf reason; /* of NOT CHECKED */
    struct replay_difference first;
};

/* E_ok whatever the verdict; an error is one of the stores or of the broker. */
enum error replay_run(const struct replay_options *options, struct replay_result *out) MUST_CHECK;
void replay_result_finish(struct replay_result *r);
const char *replay_verdict_word(enum replay_verdict v); /* "EQUAL", "DIFFERS", "NOT CHECKED" */

#endif
