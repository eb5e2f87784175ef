/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* `octavo verify`: a declared system runs as real processes, a schedule of faults made from a seed
 * falls on it, and what the outside world saw is held against the declared answers.
 *
 * The judge shares no code with the judged: no broker, runtime, store, connector or system. What is
 * declared comes in as the plain structs below, filled by whoever reads the declaration; the
 * processes are spawned by the path of the binary; the books are read with SQL of its own. */
#ifndef OCTAVO_VERIFY_VERIFY_H
#define OCTAVO_VERIFY_VERIFY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct verify_edge {
    const char *name;
    const char *url;
    /* of its effects: keyed, natural, queryable, blind; NULL: it takes requests */
    const char *class;
    bool at_most_once; /* of a blind edge: it may be lost, and is never done again */
};

struct verify_service {
    const char *name;
    const char *handler;
    const char *const *consumes; /* topics */
    size_t consumes_count;
    bool has_group; /* its tasks are partitions, and move between its processes */
    bool is_fold;
    struct verify_edge *edges;
    size_t edge_count;
};

struct verify_topic {
    const char *name;
    int32_t partitions;
    bool compacted;
    bool dedupes;       /* records without a lane are known again by their ids */
    const char *events; /* file of input events, from `verify:`; NULL: none */
};

struct verify_system {
    const char *name;
    const char *file; /* its declaration; NULL: the shipped one */
    struct verify_topic *topics;
    size_t topic_count;
    struct verify_service *services;
    size_t service_count;
    const char *questions[8]; /* values of the declared answers; NULL: not declared */
};

/* How long may be taken once the faults are over; what takes longer is BROKEN as `live`. 0: the
 * default of run.c. */
struct verify_limits {
    int64_t heal_ms; /* until everybody is back */
    int64_t idle_ms; /* without anything that moves, on the way to rest and for what is awaited */
};

enum { VERIFY_PLACES_MAX = 512 };

/* What a run came to, for who runs it again. */
struct verify_found {
    char check[32];                     /* the first that is broken */
    unsigned places[VERIFY_PLACES_MAX]; /* numbers of the faults that were inflicted before it */
    size_t count;
};

struct verify_options {
    const struct verify_system *system;
    const char *binary; /* octavo, as it is called */
    const char *dir;    /* the data directory: DIR/SYSTEM/verify/ is ours */
    /* Brokers elsewhere, HOST:PORT with comma between, on which nobody has this system's topics; or
     * commands of nodes, which are started and killed (brokers.h); else Octavo's own broker. */
    const char *broker;
    const char *const *nodes;
    size_t node_count;
    uint64_t seed;
    int64_t for_ms; /* warm-up and faults; rest and judging come behind */
    struct verify_limits limits;
    const char *only;   /* kinds of fault, comma between; NULL: what the seed leaves on */
    bool all_kinds;     /* the seed switches none off */
    const char *places; /* of the schedule only the faults of these numbers, comma between; NULL */
    bool shrink;        /* when it is broken: again with fewer faults, while it stays broken */
    struct verify_found *found; /* a run of shrinking: it is told here, and not printed; NULL */
    bool json;
    const char *junit, *svg, *history; /* files; NULL: not wanted */
    bool keep;                         /* the files of the run, also when all held */
    const volatile int *stop;          /* set by a signal: end it, clean up */
};

enum verify_end { VERIFY_HELD, VERIFY_BROKEN, VERIFY_USAGE, VERIFY_FAILED };

/* A few runs with fewer faults of the same schedule, of which `found` tells: the fewest that were
 * seen to break the same check are printed. */
void verify_shrink(const struct verify_options *options, const struct verify_found *found);
/* Prints what it finds; an error that kept it from judging is printed too. */
enum verify_end verify_run(const struct verify_options *options);
/* One line for each kind of fault: its name, what it does, and why it cannot be had here. */
void verify_faults_print(void);

#endif
