/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The write-ahead log: frames are collected in groups, a group is written and synced at once.
 *
 * Owned by the loop thread. Only what a job points at belongs to a worker while the job is under
 * way: a flying group to the log thread, a file job to the checkpoint thread. */
#ifndef OCTAVO_STORAGE_WAL_H
#define OCTAVO_STORAGE_WAL_H

#include "wal_frame.h"
#include "worker.h"

struct settle;  /* settle.h */
struct writers; /* segment.h */

struct wal_options {
    struct disk *disk;
    const char *dir;
    const char *cluster_id;
    uint32_t seed;
    int64_t first_bytes; /* the first file's size, so that a first start is fast */
    int64_t file_bytes;  /* every later one's */
};

struct wal_file {
    uint64_t sequence;
    int64_t size;
    struct file *file; /* NULL: not open */
};

struct wal_group {
    struct job job; /* run and on_done are set by storage.c */
    struct buf frames;
    lsn_t first, last; /* last is first - 1 while it is empty */
    struct settle *settles;
    size_t settle_count, settle_capacity;
    size_t settled;          /* so many are done: where a stalled group goes on */
    bool is_durable;         /* written and synced: a stalled group only settles */
    struct writers *writers; /* of segments; set by storage.c */
    struct file *file;       /* borrowed from the wal */
    int64_t position;
    struct buf file_header; /* not empty: the group begins its file */
};

enum { WAL_SPARES_MAX = 3 };

struct wal {
    struct wal_options options;
    uint64_t term;
    lsn_t appended; /* the last LSN given out */
    lsn_t synced;
    struct wal_group *pending; /* never NULL: where frames go */
    struct wal_group *flying;  /* with the log thread */
    struct wal_group *resting; /* the other one of the two, empty */
    struct wal_file current;
    int64_t position; /* where the next group goes in `current` */
    struct wal_file spares[WAL_SPARES_MAX];
    size_t spare_count;
    struct wal_file *finished; /* full ones, oldest first, closed */
    size_t finished_count;
    uint64_t last_sequence; /* of all names given out */
    uint64_t needed_from;   /* files of a lower sequence are below the checkpoint */
    bool has_file_job;
    bool is_full; /* the disk had no room for the next file */
};

void wal_init(struct wal *w, const struct wal_options *options);
void wal_finish(struct wal *w); /* closes files, forgets what was not written */
char *wal_path(const struct wal_options *options, uint64_t sequence);

/* A frame: begin returns the buf to add the payload to. */
struct buf *wal_frame_open(struct wal *w, size_t *begin);
lsn_t wal_frame_close(struct wal *w, size_t begin, enum wal_type type);
struct settle *wal_settle_add(struct wal *w); /* to the pending group; valid until the next */
/* False when the disk is known to be full and a frame of that size would have no place. */
bool wal_has_room(const struct wal *w, size_t frame_bytes);
bool wal_can_ever_hold(const struct wal *w, size_t payload_bytes);

/* Takes the pending group if it can be written now: nothing flies and its file is there. */
struct wal_group *wal_take_group(struct wal *w);
enum error wal_group_write(struct wal_group *g) MUST_CHECK; /* write and sync; on the log thread */
void wal_group_landed(struct wal *w, struct wal_group *g);  /* advances synced */

/* Files are made and recycled ahead of need by jobs; at most one is under way. Without may_grow
 * none is made, only recycled or removed: NULL if there is nothing to do. The caller sets the
 * job's on_done. */
struct job *wal_next_file_job(struct wal *w, bool may_grow);
enum error wal_file_job_done(struct wal *w, struct job *job) MUST_CHECK; /* frees the job */
enum error wal_make_file(struct wal *w, int64_t size) MUST_CHECK;        /* here and now */

#endif
