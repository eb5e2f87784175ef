/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What is loaded under the processes of a run, when a fault needs it: the layer under their files
 * (layer.h), and Debian's libfaketime over their clocks. */
#ifndef OCTAVO_VERIFY_PRELOAD_H
#define OCTAVO_VERIFY_PRELOAD_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/table.h"
#include "layer.h"
#include "power.h"

struct preload {
    char *dir;
    struct layer_control *control; /* NULL: no layer */
    char *journal;
    bool has_clock;
    struct table settled;
    struct buf environment; /* NAME=VALUE 0 ... for the processes, not for commands */
};

struct bytes layer_image(void);
const char *preload_lacks_clock(void); /* NULL: it can be had */

struct preload_wants {
    bool layer, clock;
};
/* Before the first process is started; `dir` is the run's. */
enum error preload_open(struct preload *p, const char *dir, struct preload_wants wants) MUST_CHECK;
void preload_close(struct preload *p);

struct preload_fault {
    enum layer_fault fault;
    int pid;
    int visits; /* it strikes at the so-manieth; 0: at each */
    uint64_t dice;
};
void preload_arm(struct preload *p, const struct preload_fault *f);
int preload_disarm(struct preload *p); /* how often it has struck */
int preload_hits(const struct preload *p);
const char *preload_where(const struct preload *p); /* the file that was struck, beneath the run */
/* only_failed: a process whose sync has failed is dead; else everybody is. */
enum error preload_power_cut(struct preload *p, bool only_failed, uint64_t dice,
                             struct power_result *out) MUST_CHECK;
/* Seconds that the clocks of all processes are ahead from now on. */
enum error preload_clock(struct preload *p, int64_t ahead_s) MUST_CHECK;

#endif
