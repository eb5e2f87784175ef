/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Crash points: one armed name, one countdown. */
#include "base/crash_point.h"

#include "base/check.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum crash_point crash_point_armed;
static atomic_long hits_left;

static const struct {
    const char *name;
    const char *truth;
} points[CRASH_POINT_COUNT] = {
    [CRASH_POINT_NONE] = { "none", "no crash point is armed" },
#define CRASH_POINT_ROW(name, truth) [CRASH_AT_##name] = { #name, truth },
#include "base/crash_points.def"
#undef CRASH_POINT_ROW
};

enum error crash_point_arm(const char *spec) {
    if (!spec || !*spec)
        return E_ok;
    const char *colon = strchr(spec, ':');
    size_t len = colon ? (size_t)(colon - spec) : strlen(spec);
    long nth = colon ? strtol(colon + 1, NULL, 10) : 1;
    for (int p = 1; p < CRASH_POINT_COUNT; p++) {
        if (strlen(points[p].name) != len || memcmp(points[p].name, spec, len) != 0)
            continue;
        if (nth < 1)
            return fail(E_usage, "OCTAVO_CRASH=%s: the count must be 1 or more", spec);
        atomic_store(&hits_left, nth);
        crash_point_armed = (enum crash_point)p;
        return E_ok;
    }
    return fail(E_usage, "OCTAVO_CRASH=%s names no crash point", spec);
}

void crash_point_hit(void) {
    if (atomic_fetch_sub(&hits_left, 1) == 1)
        (void)raise(SIGKILL);
}

const char *crash_point_name(enum crash_point p) {
    assert(p < CRASH_POINT_COUNT);
    return points[p].name;
}

const char *crash_point_truth(enum crash_point p) {
    assert(p < CRASH_POINT_COUNT);
    return points[p].truth;
}
