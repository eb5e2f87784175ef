/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What goes wrong and when: made from the seed before anything starts, printed, and then followed.
 * The times of the operating system are not ours: the same seed gives the same faults in the same
 * order, not the same interleaving. */
#ifndef OCTAVO_VERIFY_SCHEDULE_H
#define OCTAVO_VERIFY_SCHEDULE_H

#include "base/error.h"
#include "base/random.h"
#include "preload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run;
struct fault;
struct verify_options;

enum planned_state { PLANNED_waits, PLANNED_on, PLANNED_over };

struct planned {
    const struct fault *fault;
    unsigned number; /* in the schedule of its seed, from 1 */
    int64_t at_ms;   /* not before; and not before the one before it in its lane is over */
    int64_t for_ms;  /* how long it lasts; 0: it is an instant */
    size_t target;   /* a process of the house */
    uint64_t dice;   /* the fault's own */
    char what[96];   /* of it, for people: the crash point, say */
    /* while it runs */
    enum planned_state state;
    int step;
    int64_t begun_ms, ended_ms, step_ms;
    bool inflicted; /* it did happen; a crash point may not be come by */
};

/* One kind of fault: a file of its own. */
struct fault {
    const char *name, *sentence;
    unsigned weight; /* how often, beside the others */
    int64_t for_least_ms, for_most_ms;
    struct preload_wants wants;         /* what it needs under the processes */
    bool own_coin;                      /* came later: seeds that are known keep their schedules */
    bool beside;                        /* lasts long: others go on beside it, with other targets */
    const char *(*lacks)(struct run *); /* NULL: it can be had here; else what is missing */
    void (*plan)(struct run *, struct planned *, struct random *); /* from the seed alone */
    void (*begin)(struct run *, struct planned *);
    bool (*turn)(struct run *, struct planned *, int64_t now_ms); /* true: it is over and healed */
};

extern const struct fault *const faults[]; /* NULL at the end */

enum { FAULT_KINDS_MAX = 40, SCHEDULE_MAX = 4096 };

struct kind_count {
    const struct fault *fault;
    bool on;             /* the seed, or who asked, left it on */
    const char *skipped; /* why it cannot be had; NULL: it can */
    uint64_t planned, inflicted;
};

struct schedule {
    struct planned *all;
    size_t count;
    struct kind_count kinds[FAULT_KINDS_MAX];
    size_t kind_count;
};

/* Swarm: the seed switches a random half of the kinds off, so that those left meet each other more
 * often. */
/* Known before there is a run; of a kind without a coin of its own: perhaps. */
bool schedule_may_have(const struct verify_options *o, const struct fault *fault);
enum error schedule_make(struct schedule *s, struct run *r) MUST_CHECK;
struct preload_wants schedule_wants(const struct schedule *s); /* of the kinds that are on */
void schedule_print(const struct schedule *s, struct run *r);
void schedule_turn(struct schedule *s, struct run *r, int64_t now_ms);
bool schedule_heal(struct schedule *s, struct run *r, int64_t now_ms); /* no new one; all over? */
bool schedule_touches(const struct schedule *s, size_t process); /* a fault is at it just now */
const struct planned *schedule_before(const struct schedule *s, int64_t at_ms); /* NULL: none */
void schedule_finish(struct schedule *s);

#endif
