/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A system's octavo.yaml, read: system, broker, store, topics and services.
 *
 * Every error has file:line:column, what was expected and the fix. Unknown names are errors, but
 * `answers`, `patterns`, `future` and `owners`, which later checks read, are passed by.
 * Aliases and nesting are bounded; a file over 1 MiB is refused. All text is owned by the
 * declaration and valid until declaration_destroy. docs/formats/octavo-yaml.md is the reference. */
#ifndef OCTAVO_DECLARATION_DECLARATION_H
#define OCTAVO_DECLARATION_DECLARATION_H

#include "base/disk.h"
#include "store/store.h"

enum { REPLICAS_MAX = 100 };

enum table_scope { SCOPE_KEY, SCOPE_PARTITION };

struct declared_table {
    struct store_table table; /* name, log, columns */
    enum table_scope scope;
};

struct declared_topic {
    const char *name;
    int32_t partitions; /* default 4 */
    int64_t dedupe_ms;  /* window in which an id without a lane is known again; 0: none */
    bool compacted;     /* the newest record of a key stays: written in Kafka transactions */
};

/* By what an effect is done once (docs/operate/effects.md). */
enum effect_class { CLASS_NONE, CLASS_KEYED, CLASS_NATURAL, CLASS_QUERYABLE, CLASS_BLIND };

/* How effects are performed at an edge; class CLASS_NONE: it takes requests or items instead. */
struct declared_effects {
    enum effect_class class;
    bool at_most_once;        /* blind only: what may have happened is never done again */
    int64_t deadline_ms;      /* from the request to the last attempt; default 1 h */
    int64_t timeout_ms;       /* of one attempt; default 30 s */
    int32_t workers;          /* threads; default 4 */
    int64_t retry_first_ms;   /* back-off after the first failure, doubling; default 500 ms */
    int64_t retry_most_ms;    /* default 5 min */
    int32_t breaker_failures; /* in a row of the whole edge, until nothing is tried; default 5 */
    int64_t breaker_wait_ms;  /* until one probe; default 10 s */
};

/* What a caller may ask for: POST /accounts/{account}/orders, and what it becomes. */
struct declared_route {
    const char *pattern;
    const char *type; /* of the request, or query:NAME */
};

/* An edge: where a service meets the outside world. */
struct declared_edge {
    const char *name;
    const char *url;         /* iso8583://127.0.0.1:8583?dialect=iso87 */
    const char *secret_file; /* relative to the data directory; made with 32 random bytes, mode
                                0600, when absent; NULL: none */
    struct declared_effects effects;
    struct declared_route *routes; /* of an edge of requests, or all of them of queries */
    size_t route_count;
    bool asks_queries;
    int64_t every_ms; /* of a source: how long after it had nothing new it is read; default 1 s */
};

/* How much may wait behind events that failed, and how often they are tried again by themselves. */
struct declared_park {
    int64_t key_bytes;                   /* of one key; default 1 MiB */
    int64_t bytes;                       /* of a task; default 64 MiB */
    int32_t retries;                     /* default 10 */
    int64_t backoff_ms, backoff_most_ms; /* default 1 s, 5 min */
};

/* Rows in a store, committed; or in memory, made again from the topics (docs/formats/fold.md). */
enum declared_state { STATE_ROWS, STATE_FOLD };

struct declared_service {
    const char *name;
    const char *handler; /* SYSTEM.SERVICE of the binary, or PATH.so:SERVICE */
    int32_t tasks; /* 0: a consumer group, task = partition. n: no group, each task reads all */
    enum declared_state state;
    int64_t snapshot_every_ms; /* of a fold; default 5 s */
    int64_t ticks_ms;      /* task 0 ticks in every partition of what it produces; 0: it does not */
    int32_t replicas;      /* processes that `octavo up` starts; default 1 */
    int32_t generation;    /* default 1 */
    int32_t group_max;     /* events a commit at most; default 1000 */
    int32_t snapshot_rows; /* of the journal, after which the store is copied; default 100,000 */
    const char **consumes; /* topic names */
    size_t consumes_count;
    bool
        *consumes_compacted; /* for each of them: what is missing in its lanes was compacted away */
    int64_t *consumes_dedupe_ms; /* for each of them: its window; 0: none */
    const char **produces;
    size_t produces_count;
    bool produces_compacted; /* one of them or more */
    struct declared_table *tables;
    size_t table_count;
    struct declared_edge *edges;
    size_t edge_count;
    struct declared_park park;
};

struct declaration {
    const char *system;
    const char *broker; /* "embedded" or bootstrap servers */
    int32_t trace_ppm;  /* of a million inputs that no trace brought, so many begin one */
    const char *store;  /* "sqlite" (files under the data directory) or "sqlite:DIR" */
    struct declared_topic *topics;
    size_t topic_count;
    struct declared_service *services;
    size_t service_count;
};

/* `name` is what errors call the text, usually a path. */
const char *effect_class_name(enum effect_class class);
enum error declaration_read(struct declaration **out, const char *name,
                            struct bytes text) MUST_CHECK;
void declaration_destroy(struct declaration *d); /* NULL is fine */
const struct declared_service *declaration_service(const struct declaration *d, const char *name);
const struct declared_topic *declaration_topic(const struct declaration *d, const char *name);

#endif
