/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The inside of a fold's store. Owned by the service's thread; the writer has a copy. */
#ifndef OCTAVO_STORE_FOLD_INSIDE_H
#define OCTAVO_STORE_FOLD_INSIDE_H

#include "fold_store.h"
#include "fold_timers.h"

#include "cache/cache.h"
#include "base/cursor.h"

/* A text with a number or a text behind it: a lane, a position, a fact. */
struct fold_lane {
    int64_t number;
};

struct fold_place {
    struct position position;
};

struct fold_fact {
    struct buf value;
};

/* A snapshot on its way to the disk: the thread's until it says that it is done. */
struct fold_writer {
    struct disk *disk;
    char *path;
    struct buf content;    /* the checksum is still to come */
    struct thread *thread; /* NULL: the owner is still copying pages into the content */
    struct mailbox *done;  /* the writer itself, when the file is in place or has failed */
    enum error error;
    char story[512];
    int64_t write_ns;
};

struct fold_store {
    struct store store; /* first */
    struct disk *disk;
    struct file *lock;
    char *path;
    char *system, *service, *reads, *code;
    char *runs_with; /* NULL: nobody has to know */
    bool rests;      /* it is in no file any more */
    bool crashed;    /* the process before did not stop in order */
    int32_t generation, task;
    const struct store_table *tables; /* the caller's */
    size_t table_count;
    struct cache rows;
    struct fold_timers timers;
    struct table places; /* i32 partition, topic -> struct fold_place, owned; so are the others */
    struct table lanes_in, lanes_out;
    struct table facts;
    struct buf name; /* scratch */
    int64_t outbox_last;
    int64_t outbox_deleted; /* through this id all is acknowledged */
    bool in_transaction;
    bool changed;               /* in the transaction */
    bool refused;               /* no snapshot is taken any more */
    bool spoiled;               /* a transaction that changed something was rolled back */
    struct fold_writer *writer; /* NULL: nothing is being written */
    struct fold_sizes sizes;
    uint64_t memory_max;   /* 0: any */
    uint64_t puts, looked; /* looked: of the puts, when the rows were last measured */
    bool over;             /* its memory_max, once: no group is begun any more */
};

extern const struct store_ops fold_ops;

struct fold_store *fold_store_of(struct store *store);
void fold_close(struct store *store);
void fold_refuse(struct store *store, const char *why);

struct fold_visit {
    store_on_row *on_row;
    void *context;
};
/* Rows of a table in the order of (key, sub); key.data NULL: all. */
void fold_table_visit(struct fold_store *f, size_t table, struct bytes key,
                      const struct fold_visit *visit);
/* Where the numbers of a lane and the like stand; made when `make`, else NULL when absent. */
void *fold_entry(struct table *t, struct bytes name, size_t size_to_make);

/* snapshot.c: all that is committed, without the checksum, and rows only when the image of them is
 * whole (cache/pages.h); and back, into an empty store.
 * E_corrupt: damaged or torn. E_diverged: of something else. E_config: other tables. E_unsupported:
 * another format. The story has no path yet. */
void fold_snapshot_put(struct fold_store *f, struct buf *out);
void fold_snapshot_close(struct buf *content); /* puts the checksum */
enum error fold_snapshot_read(struct fold_store *f, struct bytes content) MUST_CHECK;

/* refused.c: what a fold does not have */
enum error fold_log_add(struct store *store, size_t table, int64_t entry, struct bytes key,
                        const struct value *values) MUST_CHECK;
enum error fold_journal_add(struct store *store, int64_t at_ms, struct bytes inputs,
                            struct bytes outputs) MUST_CHECK;
enum error fold_journal_cut(struct store *store, int64_t through_id) MUST_CHECK;
enum error fold_park_add(struct store *store, const struct parked_row *row,
                         int64_t *number) MUST_CHECK;
enum error fold_park_put(struct store *store, const struct parked_row *row) MUST_CHECK;
enum error fold_park_delete(struct store *store, int64_t number) MUST_CHECK;
enum error fold_effect_add(struct store *store, const struct effect_row *row,
                           int64_t *number) MUST_CHECK;
enum error fold_effect_put(struct store *store, const struct effect_row *row) MUST_CHECK;
enum error fold_effect_delete(struct store *store, int64_t number) MUST_CHECK;
enum error fold_seen_put(struct store *store, const struct seen_row *row, int64_t now_ms,
                         bool *was_there) MUST_CHECK;
enum error fold_seen_forget(struct store *store, int64_t now_ms, size_t max) MUST_CHECK;
enum error fold_seen_each(struct store *store, int64_t now_ms, store_on_seen *on_row,
                          void *context) MUST_CHECK;
enum error fold_fact_each(struct store *store, store_on_fact *on_fact, void *context) MUST_CHECK;
enum error fold_log_last(struct store *store, size_t table, int64_t *entry) MUST_CHECK;
enum error fold_journal_each(struct store *store, int64_t from_id, size_t max,
                             store_on_journal *on_row, void *context) MUST_CHECK;
enum error fold_journal_range(struct store *store, int64_t *first_id, int64_t *last_id) MUST_CHECK;
enum error fold_park_each(struct store *store, struct bytes key, int64_t from_number, size_t max,
                          store_on_parked *on_row, void *context) MUST_CHECK;
enum error fold_park_sums(struct store *store, store_on_parked_key *on_key,
                          void *context) MUST_CHECK;
enum error fold_effect_each(struct store *store, int64_t from_number, size_t max,
                            store_on_effect *on_row, void *context) MUST_CHECK;

/* running.c: at the start, behind the fence; E_diverged: it ran with something else and was killed.
 * And at a stop that left nothing unsaved. */
enum error fold_running_begin(struct fold_store *f) MUST_CHECK;
enum error fold_running_end(struct store *store, bool caught_up) MUST_CHECK;

/* writer.c */
enum error fold_writer_start(struct fold_store *f) MUST_CHECK;
enum error fold_writer_end(struct fold_store *f, bool wait, bool *done) MUST_CHECK;
bool fold_writer_copies(const struct fold_store *f);

/* old_rows.c: the rows of a snapshot of format 1. False: they are damaged. */
bool fold_old_rows_read(struct fold_store *f, struct cursor *in, const size_t *tables,
                        size_t count);

#endif
