/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One run: what its parts share. The room's own; everybody else includes verify.h. */
#ifndef OCTAVO_VERIFY_RUN_H
#define OCTAVO_VERIFY_RUN_H

#include "base/random.h"
#include "check.h"
#include "kafka_cluster.h"
#include "double.h"
#include "history.h"
#include "house.h"
#include "kafka.h"
#include "load.h"
#include "schedule.h"
#include "verify.h"

struct run {
    const struct verify_options *options;
    struct house house;
    struct history history;
    struct schedule schedule;
    struct kafka *kafka;
    struct cluster *cluster; /* somebody else's, in which we have made topics; NULL */
    const struct load *load;
    void *loaded; /* the load's own */
    struct outside *outside;
    int64_t began_ms, faults_until_ms;
    int64_t probed_ms;
    int64_t left;        /* in outboxes and effects, when they were looked at last */
    uint64_t moves;      /* how often that has changed */
    int drained;         /* so often in a row nothing was left */
    struct buf problems; /* lines: what is wrong though no check found it */
    size_t problem_count;
    struct process_use baselines[HOUSE_PROCESSES_MAX];
    int64_t sampled_ms;
    struct process_use after[HOUSE_PROCESSES_MAX];
    struct verify_limits limits; /* as given, else the defaults */
    int64_t heal_ms;             /* from the end of the faults until everybody was back */
    int64_t rest_ms;             /* from the end of the faults until all was done; -1: never */
    int64_t longest_ms;          /* from a fault's end to the next progress */
    uint64_t replayed, replay_differs;
    char *replay_first;
    uint64_t parked, parked_left;
    bool has_servers; /* an edge leads to a double, or asks one */
    enum double_mood mood;
    const char *no_network;     /* why it has none of its own */
    int64_t clock_ahead_s;      /* of the processes; clock-jump */
    uint64_t unsynced;          /* writes that power cuts met */
    struct verify_found *found; /* to be made smaller; NULL: not wanted */
    bool store_is_flipped;      /* it shows an earlier commit to who does not know better */
    bool judged;
    bool is_reference; /* the run without faults, for comparison */
};

int64_t run_now_ms(const struct run *r); /* since it began */
void run_problem(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Everything that must be looked after goes on for so long, or until `over` says so. */
void run_turn(struct run *r);
/* Until nothing is left to do; an error when nothing came of anything for so long. */
enum error run_wait_rest(struct run *r, int64_t idle_ms) MUST_CHECK;
char *run_store_dir(const struct run *r); /* DIR/SYSTEM; owned by the caller */

#endif
