/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Crash points: named places where a test can make the process die as kill -9 would.
 *
 * OCTAVO_CRASH=name:n in the environment arms one: the n-th time it is reached the process sends
 * itself SIGKILL. Unarmed, a crash point costs one branch. crash_points.def lists them all.
 * Armed or not is decided once, by crash_point_arm() at the start of main. */
#ifndef OCTAVO_BASE_CRASH_POINT_H
#define OCTAVO_BASE_CRASH_POINT_H

#include "base/error.h"

enum crash_point {
    CRASH_POINT_NONE,
#define CRASH_POINT_ROW(name, truth) CRASH_AT_##name,
#include "base/crash_points.def"
#undef CRASH_POINT_ROW
    CRASH_POINT_COUNT
};

extern enum crash_point crash_point_armed; /* written once, before any thread starts */

enum error crash_point_arm(const char *spec) MUST_CHECK; /* NULL or "" arms nothing */
void crash_point_hit(void);                              /* counts down; does not return at zero */
const char *crash_point_name(enum crash_point p);
const char *crash_point_truth(enum crash_point p);

#define CRASH_POINT(name)                                                                          \
    do {                                                                                           \
        if (crash_point_armed == CRASH_AT_##name)                                                  \
            crash_point_hit();                                                                     \
    } while (0)

#endif
