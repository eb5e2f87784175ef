/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The store: where a step commits, once, in one place (docs/decisions).
 *
 * One `struct store` is the state of one (system, service, generation, task). It is owned by the
 * service's thread. Everything between store_begin and store_commit is one transaction; commit
 * returns after the data is synced. Any I/O error is E_io: the process stops, nothing is retried.
 * On the embedded store FILE.lock (flock) is the fence; E_locked names the pid that holds it.
 *
 * A function that visits rows (on_...) must not call the store: a statement is open under it. What
 * it is given is valid during its call.
 *
 * This room is the interface; store/sqlite implements it, store/postgres will. */
#ifndef OCTAVO_STORE_STORE_H
#define OCTAVO_STORE_STORE_H

#include "base/bytes.h"
#include "base/error.h"

struct store;

enum column_type { COLUMN_INT, COLUMN_TEXT };

struct column {
    const char *name;
    enum column_type type;
};

/* A declared table. Its rows have a key (TEXT; the event's key, or the task's for scope partition)
 * and a sub key (TEXT, "" when there is one row a key), then the columns, then PRIMARY
 * KEY(key,sub). An append table (`log`) has instead "entry INTEGER PRIMARY KEY", counted from 1
 * without gaps, then key TEXT, then the columns; its rows are only added. */
struct store_table {
    const char *name;
    bool log;
    const struct column *columns;
    size_t column_count;
    /* Stored in the order of (sub, key): where subs grow in time, the rows of a group share pages.
     * Reading all rows of one key then scans; lookups by both cost the same. */
    bool by_sub;
    /* Number of the INTEGER column, from 1, until whose time (milliseconds since 1970; 0 or NULL:
     * for ever) a row is kept; 0: all are. A row whose time is over is as good as forgotten. */
    size_t forget;
};

/* Rows of a store in memory are found by the value of this column too. A hint to readers: where it
 * is `unique`, no two have the same value at their source. */
struct store_index {
    size_t table, column;
    bool unique;
};

struct value {
    enum { VALUE_NULL, VALUE_INT, VALUE_TEXT } kind;
    int64_t integer;
    struct bytes text; /* borrowed */
};

struct store_options {
    const char *url;    /* "sqlite:DIR" */
    const char *system; /* names of the file: DIR/<system>.<service>.<generation>.<task>.db */
    const char *service;
    int32_t generation; /* from 1 */
    int32_t task;
    const struct store_table *tables; /* must outlive the store */
    size_t table_count;
    bool sync; /* false only for benchmarks: PRAGMA synchronous=OFF */
    /* of a fold, whose snapshot belongs to what it has read: "moves/8 orders/8"; and what wrote it
     */
    const char *reads;
    const char *code;
    /* Of a fold that sends: what its outputs follow from beside what it reads, as text; NULL: none
     * looks. After a crash only the same goes on (E_diverged). */
    const char *runs_with;
    /* Of a fold that only reads: a snapshot that cannot be used is put aside, and the fold begins
     * anew. Nor can one be used of which a position was last read before oldest_ms. */
    bool rebuilds;
    int64_t oldest_ms; /* 0: any */
    /* Of a store in memory. */
    const struct store_index *indexes; /* must outlive the store */
    size_t index_count;
    uint64_t memory_max; /* bytes of its rows and indexes; 0: any */
};

struct position {
    int64_t next_offset; /* the next record to read */
    int64_t last_offset; /* of the record last read, -1: none */
    uint64_t last_hash;  /* hash of that record's key, value and timestamp */
    char cluster_id[64];
    int64_t event_ms; /* the latest timestamp of the records read; 0: none had one */
};

/* Which clock a timer waits for: the wall's, or the task's event time. */
enum timer_clock { TIMER_WALL, TIMER_EVENT };

struct timer_row {
    int64_t due_ms;
    struct bytes name; /* which handler */
    struct bytes key;
    enum timer_clock clock;
};

/* An input that waits instead of being handled. */
struct parked_row {
    int64_t number;
    struct bytes key;
    int64_t due_ms; /* the next retry by itself; 0: only an operator's */
    int32_t attempts;
    int64_t parked_ms;
    struct bytes reason;
    struct bytes packed; /* the input */
};

enum effect_state {
    EFFECT_WAITING,
    EFFECT_TRIED,  /* an intent is committed: it may have happened */
    EFFECT_PARKED, /* waits for an operator, and all later ones of its (edge, key) behind it */
};

struct effect_row {
    int64_t number;
    enum effect_state state;
    struct bytes id, edge, key, type, json;
    int64_t time_ms; /* of the event */
    int64_t requested_ms;
    int64_t deadline_ms;
    int64_t due_ms;
    int32_t attempts;
    struct bytes reason;
};

typedef void store_on_row(void *context, struct bytes key, struct bytes sub,
                          const struct value *values, size_t count);
typedef void store_on_position(void *context, struct bytes topic, int32_t partition,
                               const struct position *p);
typedef void store_on_lane(void *context, struct bytes lane, int64_t number);
typedef void store_on_outbox(void *context, int64_t id, struct bytes packed);
typedef void store_on_timer(void *context, const struct timer_row *t);
typedef void store_on_journal(void *context, int64_t id, int64_t at_ms, struct bytes inputs,
                              struct bytes outputs);
typedef void store_on_parked(void *context, const struct parked_row *row);
typedef void store_on_parked_key(void *context, struct bytes key, int64_t count, int64_t bytes,
                                 int64_t first_due_ms);
/* An id that a dedupe window remembers, until its task's event time is beyond until_ms. */
struct seen_row {
    struct bytes source, id;
    int64_t until_ms;
};

typedef void store_on_seen(void *context, const struct seen_row *row);
typedef void store_on_fact(void *context, struct bytes name, struct bytes value);
typedef void store_on_effect(void *context, const struct effect_row *row);

/* What an implementation provides. `tables` are addressed by index into store_options.tables. */
struct store_ops {
    enum error (*begin)(struct store *);
    enum error (*commit)(struct store *); /* returns synced */
    void (*rollback)(struct store *);
    void (*close)(struct store *);

    /* rows: get fills values[column_count], valid until the next call on the store */
    enum error (*row_get)(struct store *, size_t table, struct bytes key, struct bytes sub,
                          struct value *values, bool *found);
    enum error (*row_put)(struct store *, size_t table, struct bytes key, struct bytes sub,
                          const struct value *values);
    enum error (*row_delete)(struct store *, size_t table, struct bytes key, struct bytes sub);
    enum error (*log_add)(struct store *, size_t table, int64_t entry, struct bytes key,
                          const struct value *values);
    enum error (*log_last)(struct store *, size_t table, int64_t *entry); /* 0: empty */
    /* rows of one key, in the order of their subs, at most `max`; not of a log. NULL: cannot */
    enum error (*key_each)(struct store *, size_t table, struct bytes key, size_t max,
                           store_on_row *on_row, void *context);
    /* every row in key order, a log's in the order of entries with `sub` the entry as text */
    enum error (*table_each)(struct store *, size_t table, store_on_row *on_row, void *context);
    /* Looks at the `max` rows of a table with `forget` that come behind those of the last call, and
     * deletes the ones whose time is over at now_ms. *whole: these were the last ones, and the next
     * call begins with the first. NULL: cannot */
    enum error (*rows_forget)(struct store *, size_t table, int64_t now_ms, size_t max,
                              bool *whole);

    /* the journal: one row a committed group, text readable, ids contiguous. A cut keeps the newest
     * row, because the ids go on from it. */
    enum error (*journal_add)(struct store *, int64_t at_ms, struct bytes inputs,
                              struct bytes outputs);
    enum error (*journal_each)(struct store *, int64_t from_id, size_t max,
                               store_on_journal *on_row, void *context);
    enum error (*journal_cut)(struct store *, int64_t through_id);
    enum error (*journal_range)(struct store *, int64_t *first_id, int64_t *last_id); /* 0: none */
    /* positions and lanes */
    enum error (*position_get)(struct store *, struct bytes topic, int32_t partition,
                               struct position *out, bool *found);
    enum error (*position_put)(struct store *, struct bytes topic, int32_t partition,
                               const struct position *p);
    enum error (*position_each)(struct store *, store_on_position *on_position, void *context);
    enum error (*lane_in_each)(struct store *, store_on_lane *on_lane, void *context);
    enum error (*lane_in_put)(struct store *, struct bytes lane, int64_t watermark);
    enum error (*lane_out_each)(struct store *, store_on_lane *on_lane, void *context);
    enum error (*lane_out_put)(struct store *, struct bytes lane, int64_t sequence);
    /* the outbox: one row a committed group, its events packed (docs/formats/store.md) */
    enum error (*outbox_add)(struct store *, struct bytes packed, int64_t *id);
    enum error (*outbox_delete_through)(struct store *, int64_t id);
    enum error (*outbox_each)(struct store *, store_on_outbox *on_row, void *context);
    /* timers by (due_ms, name, key); one per (name, key), on one of the two clocks */
    enum error (*timer_put)(struct store *, const struct timer_row *t);
    enum error (*timer_delete)(struct store *, struct bytes name, struct bytes key);
    enum error (*timer_due)(struct store *, enum timer_clock clock, int64_t now_ms, size_t max,
                            store_on_timer *on_timer, void *context);
    enum error (*timer_first)(struct store *, enum timer_clock clock, int64_t *due_ms, bool *found);
    /* parked inputs, in the order of their numbers, which are never used again. put changes
     * due_ms, attempts and reason of a number; each: key.data NULL means all; sums: one call a key,
     * first_due_ms being the due_ms of its head. */
    enum error (*park_add)(struct store *, const struct parked_row *row, int64_t *number);
    enum error (*park_put)(struct store *, const struct parked_row *row);
    enum error (*park_delete)(struct store *, int64_t number);
    enum error (*park_each)(struct store *, struct bytes key, int64_t from_number, size_t max,
                            store_on_parked *on_row, void *context);
    enum error (*park_sums)(struct store *, store_on_parked_key *on_key, void *context);
    /* effects that are asked for and not yet done, numbered likewise. put changes state, deadline,
     * due_ms, attempts and reason of a number. */
    enum error (*effect_add)(struct store *, const struct effect_row *row, int64_t *number);
    enum error (*effect_put)(struct store *, const struct effect_row *row);
    enum error (*effect_delete)(struct store *, int64_t number);
    enum error (*effect_each)(struct store *, int64_t from_number, size_t max,
                              store_on_effect *on_row, void *context);
    /* ids seen in a dedupe window. One whose until_ms is before `now_ms` is as good as forgotten:
     * put takes its place and says that it was not there, so whether it has been forgotten already
     * changes nothing. A put of one that is there leaves it as it is. forget deletes at most `max`
     * of those before `now_ms`, the oldest first. each: those from `now_ms` on, in the order of
     * (source, id). */
    enum error (*seen_put)(struct store *, const struct seen_row *row, int64_t now_ms,
                           bool *was_there);
    enum error (*seen_forget)(struct store *, int64_t now_ms, size_t max);
    enum error (*seen_each)(struct store *, int64_t now_ms, store_on_seen *on_row, void *context);
    /* facts about this store: incarnation, format_version, cluster id ... */
    enum error (*fact_get)(struct store *, const char *name, struct buf *out, bool *found);
    enum error (*fact_put)(struct store *, const char *name, struct bytes value);
    enum error (*fact_each)(struct store *, store_on_fact *on_fact, void *context); /* by name */

    /* A store in memory; NULL where a commit is durable. save takes a snapshot of what is
     * committed, which a thread then writes; saved tells whether it is written, or waits for that.
     * An error of the writing is told by saved. Both outside a transaction. */
    enum error (*save)(struct store *);
    enum error (*saved)(struct store *, bool wait, bool *done);
    /* After the last snapshot, all of which is written: nothing is left that would be sent again,
     * if also all that its topics held at its start was read. Then `runs_with` may be another. */
    enum error (*rest)(struct store *, bool caught_up);
    /* Its snapshot is put aside, and no other is taken: it does not belong to what is read. */
    void (*refuse)(struct store *, const char *why);
    /* Of a store in memory, NULL of others: its rows are walked while it changes, in no order. *at
     * is 0 at the beginning and after the end; a walk that rests only where row_may_rest says so
     * meets a row that is there all the while, and perhaps more than once. Fills
     * values[column_count], valid as those of row_get. */
    bool (*row_next)(struct store *, size_t table, uint64_t *at, struct bytes *key,
                     struct value *values);
    bool (*row_may_rest)(struct store *, uint64_t at);
    uint64_t (*row_count)(struct store *, size_t table);
    /* Likewise the rows whose column of the n-th index has this value, never that of a null. */
    bool (*row_find)(struct store *, size_t index, const struct value *value, uint64_t *at,
                     struct bytes *key, struct value *values);
    bool (*find_may_rest)(struct store *, size_t index, const struct value *value, uint64_t at);
    uint64_t (*row_bytes)(struct store *, uint64_t *index_bytes); /* all they take in memory */
    /* A snapshot is being copied by its owner: saved should be called soon again. */
    bool (*save_goes_on)(struct store *);
};

struct store {
    const struct store_ops *ops; /* first member of every implementation */
};

/* A kind of store, chosen by the URL's scheme. app/parts.c lists them. */
struct store_kind {
    const char *scheme;
    enum error (*open)(struct store **out, const struct store_options *options);
    /* Reads committed rows of one table, read-only and short, while the owner may be running.
     * key NULL: all rows, in key order. For a log table `sub` is the entry number as text.
     * E_not_found when this task has no store yet. options.task says which. */
    enum error (*read)(const struct store_options *options, size_t table, const char *key,
                       store_on_row *on_row, void *context);
    /* A copy as of one commit, whole and synced, at `path`, while the owner may be running: also
     * in another thread than its. A file that is there is replaced. NULL: cannot. */
    enum error (*snapshot)(const struct store_options *options, const char *path);
    /* The store for reading alone, while its owner may be running: nothing that changes it may be
     * called, and each call should be short. E_not_found as in `read`. NULL: cannot. */
    enum error (*look)(struct store **out, const struct store_options *options);
    /* The file that holds it all, there or not; owned by the caller. NULL: it is not in a file. */
    char *(*file)(const struct store_options *options);
};

#endif
