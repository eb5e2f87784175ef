/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A segment: a run of a partition's batches in one file, as Kafka stores them, and its index.
 *
 * The loop thread owns all of it but `writer`, which is the log thread's; a segment only grows, so
 * the two never touch the same bytes: the loop reads below `readable`, the log thread writes above
 * it. */
#ifndef OCTAVO_STORAGE_SEGMENT_H
#define OCTAVO_STORAGE_SEGMENT_H

#include "settle.h"

struct index_entry {
    int32_t last_relative; /* last offset of the batch, relative to the segment's base */
    int32_t position;      /* where the batch begins */
};

struct time_entry {
    int64_t timestamp_ms; /* the greatest up to here ... */
    int32_t relative;     /* ... is in the batch that begins with this offset */
};

struct segment {
    char *path; /* of the .log */
    int64_t base_offset;
    uint32_t generation; /* 0: as the log settled it; else so many times written by compaction */
    int64_t created_ms;  /* wall clock: when its first batch was appended */
    int64_t size;        /* with all batches assigned to it */
    int64_t readable;    /* with those that are synced and settled */
    int64_t max_timestamp_ms; /* of the readable batches; -1: none */
    int64_t max_timestamp_at; /* base offset of the batch that has it */
    struct file *writer;      /* the log thread's */
    struct file *reader;
    struct index_entry *index;
    size_t index_count, index_capacity;
    size_t index_saved;       /* so many entries are in the .index file */
    struct time_entry *times; /* loaded, saved and forgotten with the index */
    size_t time_count, time_capacity;
    size_t times_saved;
    bool index_is_loaded;
    int64_t indexed_to; /* position of the last entry's batch */
    bool is_dirty;      /* written since the last checkpoint */
    bool is_new;        /* its name is not durable yet */
};

/* Where a batch is, from its header. */
struct batch_place {
    int64_t position;
    int64_t len;
    int64_t base_offset;
    int64_t last_offset;
    int64_t max_timestamp_ms;
};

/* Bytes of a segment around a position, to hop over headers without a read for each. */
struct segment_window {
    struct buf bytes;
    int64_t at;
};

struct segment *segment_create(const char *dir, int64_t base_offset, uint32_t generation);
void segment_destroy(struct segment *s); /* closes; NULL is fine */
char *segment_index_path(const struct segment *s);

/* The log thread's part. It keeps the files of so many segments open, the last ones opened. */
enum { WRITERS_MAX = 256 };

struct writers {
    struct disk *disk;
    struct segment *open[WRITERS_MAX]; /* some may be closed by now */
    size_t next;
};

enum error segment_write(struct segment *s, struct writers *writers, const char *dir,
                         int64_t position, struct bytes batch) MUST_CHECK;
enum error segment_open_writer(struct segment *s, struct writers *writers,
                               enum disk_open_how how) MUST_CHECK;
void segment_close_writer(struct segment *s);
void writers_forget(struct writers *writers,
                    struct segment *s); /* closes it; it may be destroyed */

/* The loop's part. */
void segment_settled(struct segment *s, const struct settle *settle, int64_t index_interval);
enum error segment_open_reader(struct segment *s, struct disk *disk) MUST_CHECK;
void segment_rest(struct segment *s); /* closes the reader; forgets an index that is saved */
/* Reads the header of the batch at `position`; E_corrupt names file and position. */
enum error segment_batch_at(struct segment *s, struct segment_window *w, int64_t position,
                            struct batch_place *out) MUST_CHECK;
/* The batch that holds `offset`, or the first one behind it; position == readable: none. */
enum error segment_find(struct segment *s, struct segment_window *w, int64_t offset,
                        int64_t *position) MUST_CHECK;
/* Appends whole batches from `position` on: at most max_bytes, at least one if there is any. */
enum error segment_read(struct segment *s, int64_t position, size_t max_bytes,
                        struct buf *out) MUST_CHECK;

/* Index. */
enum error segment_index_load(struct segment *s, struct segment_window *w,
                              int64_t index_interval) MUST_CHECK;
void segment_index_add(struct segment *s, int64_t last_offset, int64_t position);
/* The greatest indexed position whose batch is not behind `offset`. */
int64_t segment_index_find(const struct segment *s, int64_t offset);
/* The greatest indexed position at or before `position`; 0: none. */
int64_t segment_index_before(const struct segment *s, int64_t position);

/* Times; segment_times.c. */
char *segment_times_path(const struct segment *s);
void segment_times_add(struct segment *s, int64_t timestamp_ms, int64_t offset);
void segment_times_forget(struct segment *s);
enum error segment_times_load(struct segment *s, bool *exists) MUST_CHECK;
void segment_times_put(const struct segment *s, struct buf *out); /* entries not saved yet */
/* No batch before this offset reaches the time; base_offset if nothing is known. */
int64_t segment_times_find(const struct segment *s, int64_t timestamp_ms);

#endif
