/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A system's octavo.yaml, read: system, broker, store, topics and services, and what is said about
 * them: the answers to the eight questions, owners, patterns, future readers, sagas, waivers.
 *
 * Every error has file:line:column, what was expected and the fix. Unknown names are errors.
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
    bool asked; /* its rows are not sent to a program with the event: it asks for those it wants */
    uint64_t unique, index; /* of a fold: columns (1 << number) by whose values rows are found */
};

/* What a kind of record is: a fact anybody may learn, a wish for one to fulfil, or passing time. */
enum declared_kind { KIND_UNSAID, KIND_EVENT, KIND_COMMAND, KIND_TICK };

/* A kind of record that a topic carries, by its ce_type. What is NULL was not said. */
struct declared_event {
    const char *name;
    const char *schema; /* a JSON Schema's file, FOLDER as seen from the declaration put before */
    enum declared_kind kind;
    bool is_business; /* people outside this system want to know of it */
    const char *owner;
    const char *version;
    const char *from; /* the service, of this system or outside, that alone makes it */
};

enum { RETENTION_FOREVER = -1 };

/* `name` to `compacted` the runtime acts on; the rest is said, for lint, graph and export. */
struct declared_topic {
    const char *name;
    int32_t partitions; /* default 4 */
    int64_t dedupe_ms;  /* window in which an id without a lane is known again; 0: none */
    bool compacted;     /* the newest record of a key stays: written in Kafka transactions */
    bool untimed;       /* nobody ticks in it */
    struct declared_event *events;
    size_t event_count;
    const char *key;       /* the field that its records are keyed by; NULL: not said */
    int64_t retention_ms;  /* 0: not said, RETENTION_FOREVER */
    int64_t tombstones_ms; /* so long a compacted topic shows what was deleted; 0: not said */
    bool envelope_compact; /* a binary value of many points instead of CloudEvents */
    bool merges_by_version;
    const char *entity; /* what its records are about; NULL: not said */
    const char **personal;
    size_t personal_count;
    bool sealed;           /* what is personal stands in it as tokens, by the keys of persons */
    const char *erase;     /* how personal data leaves it; NULL: not said */
    int64_t rate_per_day;  /* 0: not said */
    int32_t keys;          /* how many different ones are expected; 0: not said */
    int64_t largest_bytes; /* of a value; 0: not said */
    const char *claim_check;
    const char *schemas; /* a folder: events without `schema` have NAME.json in it; or NULL */
    const char *title;   /* of its box in a drawing; NULL: made of its name */
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
    const char *share_by;     /* a field of the effects; NULL: workers are nobody's in particular */
    int32_t share_most;       /* of one value of it at most so many are tried at a time */
};

/* What a caller may ask for: POST /accounts/{account}/orders, and what it becomes. */
struct declared_route {
    const char *pattern;
    const char *type; /* of the request, or query:NAME */
};

/* What comes in by an edge: of this type, as this JSON Schema file describes it. */
struct declared_request {
    const char *type;
    const char *schema;
};

struct declared_fields {
    const char **names;
    size_t count;
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
    bool asks_queries;                 /* its routes do, or `queries: true` says so */
    struct declared_request *requests; /* those with a schema */
    size_t request_count;
    int64_t every_ms; /* of a source: how long after it had nothing new it is read; default 1 s */
    const char *unknown; /* what a caller is told, and what is done, when the outcome is unknown */
    const char *title;   /* of a box of its own in a drawing; NULL: it has none */
    bool names_requests; /* `identity: edge`: it, not the caller, makes a request's identity */
    const char *person;  /* the field that says whose the sealed ones are; NULL: not said */
    struct declared_fields seals; /* sealed where they come in */
    struct declared_fields opens; /* opened where they leave */
};

/* How much may wait behind events that failed, and how often they are tried again by themselves. */
struct declared_park {
    int64_t key_bytes;                   /* of one key; default 1 MiB */
    int64_t bytes;                       /* of a task; default 64 MiB */
    int32_t retries;                     /* default 10 */
    int64_t backoff_ms, backoff_most_ms; /* default 1 s, 5 min */
};

/* What a handler asks for by octavo_setting. */
struct declared_setting {
    const char *name;
    const char *value;
};

/* Rows in a store, committed; or in memory, made again from the topics (docs/formats/fold.md). */
enum declared_state { STATE_ROWS, STATE_FOLD };

struct declared_service {
    const char *name;
    const char *handler;     /* SYSTEM.SERVICE of the binary, PATH.so:SERVICE, or program:COMMAND */
    const char *program;     /* the command of program:COMMAND; NULL: the handler is no program */
    const char *program_dir; /* where it runs: the folder of the declaration; NULL: here */
    int32_t tasks; /* 0: a consumer group, task = partition. n: no group, each task reads all */
    enum declared_state state;
    int64_t snapshot_every_ms;         /* of a fold; default 5 s */
    int64_t memory_max;                /* of a fold: bytes of its rows and indexes; 0: any */
    const struct store_index *indexes; /* of its tables */
    size_t index_count;
    int64_t ticks_ms;      /* task 0 ticks in every partition of what it produces; 0: it does not */
    int32_t replicas;      /* processes that `octavo up` starts; default 1 */
    int32_t generation;    /* default 1 */
    int32_t group_max;     /* events a commit at most; default 1000 */
    int64_t group_wait_ms; /* so long a commit waits for more events; 0: for none */
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
    struct declared_setting *settings;
    size_t setting_count;
    int64_t downtime_ms; /* so long it may be off; 0: not said */
    int64_t budget_ms;   /* of a handler for one event; 0: not said */
    const char *title;   /* of its box in a drawing; NULL: made of its name */
};

/* An answer to one of the eight questions. `choice` is for machines, `value` for people. */
struct declared_answer {
    const char *name;   /* "1" to "8" */
    const char *choice; /* one of answer_choices; NULL: not said */
    const char *question, *value, *reason;
};

enum { ANSWERS = 8, CHOICES_MAX = 5 };

/* The question and what may be chosen, 1 to 8; the choices end with NULL. */
struct question {
    const char *text;
    const char *choices[CHOICES_MAX];
};
const struct question *declaration_question(int number);

/* A remark: `future`, `owners`, `patterns` and `waivers` are lists of them. */
struct declared_note {
    const char *name;
    const char *text;
};

struct declared_notes {
    struct declared_note *array;
    size_t count;
};

/* Who writes or reads a topic and is no service of this system. */
struct declared_outside {
    const char *name;
    const char **consumes;
    size_t consumes_count;
    const char **produces;
    size_t produces_count;
    const char *ids;         /* origin, derived, gateway, random; NULL: not said */
    const char *isolation;   /* read_committed, read_uncommitted */
    const char *partitioner; /* murmur2, or another's name */
    const char *parallel;    /* none, key, any: how records of a partition are worked on */
    const char *failed; /* park, retry-topic, dead-letter, stop: what becomes of a bad record */
    const char *store;  /* where it keeps its own state */
    const char *group;
    bool idempotent, idempotent_said; /* its producer */
    bool outbox, outbox_said;         /* what it sends leaves with what it stores, or not at all */
    int64_t offline_ms;               /* so long it may keep what it then sends; 0: not said */
    int64_t downtime_ms;
};

/* A step of a saga. One is the pivot: those before it can be undone, those after it succeed. */
struct declared_saga_step {
    const char *name;
    const char *undo; /* the command that compensates; NULL */
    bool pivot, retriable;
};

struct declared_saga {
    const char *name;
    struct declared_saga_step *steps;
    size_t step_count;
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
    struct declared_answer *answers; /* in the file's order; declaration_answer finds one */
    size_t answer_count;
    const char *compatible_with; /* the file of the version whose data and readers are still there;
                                    NULL: not said */
    struct declared_notes owners, patterns, future, waivers;
    struct declared_notes added;  /* what a first drawing did not have: NAME, or FROM -> TO */
    struct declared_notes verify; /* topics, and files of events that are written to them */
    struct declared_notes kafka;  /* properties of librdkafka */
    struct declared_outside *outside;
    size_t outside_count;
    struct declared_saga *sagas;
    size_t saga_count;
};

/* Where a value stands; line 0: nowhere, it is a default. */
struct declared_at {
    size_t line, column;
};

/* `name` is what errors call the text, usually a path. */
const char *effect_class_name(enum effect_class class);
enum error declaration_read(struct declaration **out, const char *name,
                            struct bytes text) MUST_CHECK;
/* A field of the outermost mapping with another value than the file's; value NULL: none. */
struct declared_override {
    const char *name, *value;
    const char *from; /* "environment OCTAVO_BROKER" */
};

struct declared_with {
    const struct declared_override *overrides; /* a later one of the same name counts */
    size_t count;
    struct buf *echo; /* gets what was read, each value with where it came from; or NULL */
    bool for_lint;    /* what lint tells better is read although it cannot be run (SCA6) */
};

enum error declaration_read_with(struct declaration **out, const char *name, struct bytes text,
                                 const struct declared_with *with) MUST_CHECK;
/* A JSON Schema of octavo.yaml, made from the tables that read it. */
void declaration_schema(struct buf *out);
void declaration_destroy(struct declaration *d); /* NULL is fine */
const struct declared_service *declaration_service(const struct declaration *d, const char *name);
const struct declared_topic *declaration_topic(const struct declaration *d, const char *name);
const struct declared_answer *declaration_answer(const struct declaration *d, int question);
const char *declaration_note(struct declared_notes notes, const char *name); /* NULL: none */
/* Where the field stands that the names lead to, NULL behind the last: "topics", "moves", "key".
 * A list's item is found by its text. Where one is missing: the place of the last that is there. */
#define declaration_at(d, ...) declaration_place(d, (const char *const[]){ __VA_ARGS__ })
#define declaration_has(d, ...) declaration_holds(d, (const char *const[]){ __VA_ARGS__ })
struct declared_at declaration_place(const struct declaration *d, const char *const *names);
bool declaration_holds(const struct declaration *d, const char *const *names);

#endif
