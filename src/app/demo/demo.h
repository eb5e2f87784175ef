/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What `octavo demo` can show: one row a system. A demo starts its system in an empty directory,
 * feeds it real input, kills processes under it, and prints a result whose first line is a sentence
 * that counts what was lost and what was repeated. demo/stage.h has what all of them do alike.
 *
 * To add one: write demo/SYSTEM.c with its row, declare the row here, add it to demo_command.c. */
#ifndef OCTAVO_APP_DEMO_DEMO_H
#define OCTAVO_APP_DEMO_DEMO_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* The options, the same for every demo. */
struct demo_call {
    const char *dir;    /* the data directory, of this demo alone */
    int64_t for_ms;     /* no new input after so long; 0: until the input is used up */
    int64_t clients;    /* cash machines, devices, readers: who asks at once; 0: the demo's own */
    int64_t inputs_max; /* transactions, readings, hires...; 0: all there are */
    int64_t rate;       /* inputs a second at most; 0: no limit */
    int64_t port;       /* the broker's; the next free one when taken; 0: any */
    bool no_kill;       /* kill nothing */
    bool stay;          /* when all is shown, the system stays up until Ctrl-C */
    bool json;          /* the result as one JSON object */
    int step;           /* the number of the next step that is said; counts on */
    bool interrupted;   /* out: Ctrl-C; nothing is to be shown any more */
};

struct demo {
    const char *name;     /* of the system */
    const char *sentence; /* for the help: what it shows */
    /* *good: nothing was lost, nothing repeated, the result is what it must be. */
    enum error (*run)(struct demo_call *call, bool *good);
};

extern const struct demo demo_accounts;
extern const struct demo demo_caching;
extern const struct demo demo_extracts;
extern const struct demo demo_iot;
extern const struct demo demo_onboarding;

#endif
