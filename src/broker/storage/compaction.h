/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Compaction of one partition's closed segments into new files; the checkpoint thread's part. */
#ifndef OCTAVO_STORAGE_COMPACTION_H
#define OCTAVO_STORAGE_COMPACTION_H

#include "segment.h"
#include "transactions.h"

enum { COMPACTION_MAP_BYTES = 64 << 20 }; /* of keys at a time; what is behind waits */

struct compaction_input {
    char *path;
    int64_t base_offset;
    int64_t end_offset; /* where the next one begins */
    int64_t size;
    int64_t created_ms;
};

struct compaction_output {
    size_t first, count;     /* the inputs that it stands for */
    struct segment *segment; /* NULL: nothing of them is left */
    bool is_same;            /* nothing went: the one input stays, there is no segment */
};

struct compaction {
    struct disk *disk;
    char *dir;
    uint32_t generation; /* of the new files' names */
    struct compaction_input *inputs;
    size_t input_count;
    int64_t log_start;  /* records below go */
    int64_t cleaned_to; /* keys below were seen by an earlier compaction */
    int64_t now_ms;     /* wall clock */
    int64_t delete_retention_ms;
    int64_t segment_bytes;
    int64_t index_interval;
    size_t map_bytes_max;
    struct aborted_txn *aborted; /* by marker */
    size_t aborted_count;
    /* The result. */
    struct compaction_output *outputs;
    size_t output_count;
    int64_t seen_to; /* of all offsets below, only the newest of each key are left */
    int64_t records_gone;
};

/* E_corrupt: a damaged batch; nothing is left behind then, nor after any other error. */
enum error compaction_run(struct compaction *c) MUST_CHECK;
/* Frees all but what was taken out of outputs (segment set to NULL). */
void compaction_finish(struct compaction *c);

#endif
