/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The inside of a partition; what others may know is in storage.h. Owned by the loop thread. */
#ifndef OCTAVO_STORAGE_PARTITION_H
#define OCTAVO_STORAGE_PARTITION_H

#include "base/table.h"
#include "segment.h"
#include "transactions.h"

struct partition {
    struct storage *storage;
    uint32_t topic_number;
    int32_t index;
    int32_t leader_epoch;
    char *dir;
    const struct topic_settings *settings; /* the topic's */
    int64_t log_start;
    int64_t high_watermark;    /* one after the last batch that is synced and settled */
    void *watchers;            /* the owner's */
    int64_t end;               /* one after the last batch assigned */
    struct segment **segments; /* oldest first; the last one is written */
    size_t segment_count;
    struct table producers;
    struct segment *reading; /* the one whose file is open for reads, or NULL */
    int64_t hint_offset;     /* the batch after the last one read ... */
    int64_t hint_position;   /* ... is here in `reading` */
    struct open_txn *open;   /* by first offset; those whose marker is not settled yet included */
    size_t open_count, open_capacity;
    struct aborted_txn *aborted; /* by marker */
    size_t aborted_count, aborted_capacity;
    uint32_t generation;    /* the last one that compaction has given to a segment */
    int64_t cleaned_to;     /* compaction has seen all keys below it */
    int64_t clean_after_ms; /* steady: not before, because it is damaged */
    bool is_deleted;        /* with its topic */
    bool is_cleaning;       /* its closed segments are with the checkpoint thread */
    bool must_roll;         /* the next batch begins a segment */
    bool was_replayed;      /* since the start: what an earlier life left is gone */
};

enum { BATCH_FRAME_PREFIX_BYTES = 16 }; /* topic number u32, partition i32, append time i64 ms */

struct topic_entry;
struct partition *partition_create(struct storage *s, struct topic_entry *t, int32_t index);
void partition_destroy(struct partition *p);
struct segment *partition_add_segment(struct partition *p, int64_t base_offset,
                                      uint32_t generation);

void partition_stop_reading(struct partition *p);
/* sweep.c; at the end of recovery */
enum error partition_sweep(struct partition *p) MUST_CHECK;
enum error directories_sweep(struct storage *s) MUST_CHECK; /* of topics that are no more */
/* With the segments in it. */
enum error directory_remove(struct disk *disk, const char *dir) MUST_CHECK;

/* partition_start.c */
/* The log begins here from now on: logged, not yet durable. */
enum error partition_move_start(struct partition *p, int64_t offset, lsn_t *lsn) MUST_CHECK;
enum error log_start_replay(struct storage *s, struct bytes payload) MUST_CHECK;
void partition_drop_old(struct partition *p);    /* retires segments below the log's start */
void partition_keep_limits(struct partition *p); /* retention by time and size */

/* A transaction with records here. */
struct open_txn {
    int64_t producer_id;
    int64_t first_offset;
    int64_t marker; /* its offset; -1: not ended */
};

struct control; /* wire/control.h */

/* partition_transactions.c */
bool partition_has_open(const struct partition *p, int64_t producer_id);
void partition_note_open(struct partition *p, int64_t producer_id, int64_t offset);
void partition_note_end(struct partition *p, const struct control *control, int64_t marker);
void partition_forget_ended(struct partition *p); /* whose marker is settled */
void partition_add_aborted(struct partition *p, const struct aborted_txn *t);

/* Queues the marker's bytes, which are at `at` of the pending group's frames. */
void partition_place_marker(struct partition *p, const struct batch *marker, size_t at);
enum error partition_check_room(const struct partition *p, const struct batch *batch) MUST_CHECK;
/* As partition_replay, for the marker of an ended transaction. */
enum error partition_replay_marker(struct partition *p, bool commits,
                                   struct bytes batch) MUST_CHECK;

/* The log thread's part: writes the batch where its settle says. */
enum error partition_settle(const struct settle *settle, struct writers *writers,
                            struct bytes frames) MUST_CHECK;
void partition_settled(const struct settle *settle); /* the loop's: readable from now on */
/* Applies a batch frame at recovery: checks that it continues the partition, writes it. */
enum error partition_replay(struct partition *p, lsn_t lsn, int64_t append_ms,
                            struct bytes batch) MUST_CHECK;

#endif
