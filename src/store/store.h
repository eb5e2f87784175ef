/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The store: where a step commits, once, in one place (docs/decisions).
 *
 * One `struct store` is the state of one (system, service, generation, task). It is owned by the
 * service's thread. Everything between store_begin and store_commit is one transaction; commit
 * returns after the data is synced. Any I/O error is E_io: the process stops, nothing is retried.
 * On the embedded store FILE.lock (flock) is the fence; E_locked names the pid that holds it.
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
    const struct store_table *tables;
    size_t table_count;
    bool sync;                /* false only for benchmarks: PRAGMA synchronous=OFF */
    int64_t journal_rows_max; /* older journal rows are deleted; 0: 100,000 */
};

struct position {
    int64_t next_offset; /* the next record to read */
    int64_t last_offset; /* of the record last read, -1: none */
    uint64_t last_hash;  /* hash of that record's key, value and timestamp */
    char cluster_id[64];
};

struct timer_row {
    int64_t due_ms;
    struct bytes name; /* which handler */
    struct bytes key;
};

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

    /* the input journal: one row a committed group, text readable, ids contiguous */
    enum error (*journal_add)(struct store *, int64_t at_ms, struct bytes inputs);
    /* positions and lanes */
    enum error (*position_get)(struct store *, struct bytes topic, int32_t partition,
                               struct position *out, bool *found);
    enum error (*position_put)(struct store *, struct bytes topic, int32_t partition,
                               const struct position *p);
    enum error (*lane_in_each)(struct store *,
                               void (*on_lane)(void *, struct bytes lane, int64_t watermark),
                               void *context);
    enum error (*lane_in_put)(struct store *, struct bytes lane, int64_t watermark);
    enum error (*lane_out_each)(struct store *,
                                void (*on_lane)(void *, struct bytes lane, int64_t sequence),
                                void *context);
    enum error (*lane_out_put)(struct store *, struct bytes lane, int64_t sequence);
    /* the outbox: one row a committed group, its events packed (docs/formats/store.md) */
    enum error (*outbox_add)(struct store *, struct bytes packed, int64_t *id);
    enum error (*outbox_delete_through)(struct store *, int64_t id);
    enum error (*outbox_each)(struct store *,
                              void (*on_row)(void *, int64_t id, struct bytes packed),
                              void *context);
    /* timers by (due_ms, name, key); one per (name, key) */
    enum error (*timer_put)(struct store *, const struct timer_row *t);
    enum error (*timer_delete)(struct store *, struct bytes name, struct bytes key);
    enum error (*timer_due)(struct store *, int64_t now_ms, size_t max,
                            void (*on_timer)(void *, const struct timer_row *), void *context);
    enum error (*timer_first)(struct store *, int64_t *due_ms, bool *found);
    /* facts about this store: incarnation, format_version, cluster id ... */
    enum error (*fact_get)(struct store *, const char *name, struct buf *out, bool *found);
    enum error (*fact_put)(struct store *, const char *name, struct bytes value);
};

struct store {
    const struct store_ops *ops; /* first member of every implementation */
};

typedef void store_on_row(void *context, struct bytes key, struct bytes sub,
                          const struct value *values, size_t count);

/* A kind of store, chosen by the URL's scheme. app/parts.c lists them. */
struct store_kind {
    const char *scheme;
    enum error (*open)(struct store **out, const struct store_options *options);
    /* Reads committed rows of one table, read-only and short, while the owner may be running.
     * key NULL: all rows, in key order. For a log table `sub` is the entry number as text.
     * E_not_found when this task has no store yet. options.task says which. */
    enum error (*read)(const struct store_options *options, size_t table, const char *key,
                       store_on_row *on_row, void *context);
};

#endif
