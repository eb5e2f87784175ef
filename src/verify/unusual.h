/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What is unusual about readings, worked out once more: the rules of decision 0011, and none of
 * the code that is judged by them. */
#ifndef OCTAVO_VERIFY_UNUSUAL_H
#define OCTAVO_VERIFY_UNUSUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unusual_point {
    int64_t time_ms, millionths;
    double value;
    const char *metric; /* during the call */
};

struct unusual_alert {
    uint64_t id; /* the hash of DEVICE/METRIC/anomaly/TIME */
    int64_t raised_ms, cleared_ms;
    bool seen; /* the caller's */
};

struct unusual;

struct unusual *unusual_create(void);
void unusual_destroy(struct unusual *w);
/* "TIME VALUE METRIC;..." of a device, in the order of its topic; each message once. */
void unusual_reading(struct unusual *w, const char *device, const char *points);
size_t unusual_alert_count(const struct unusual *w);
struct unusual_alert *unusual_alert_at(struct unusual *w, size_t i);
struct unusual_alert *unusual_alert_find(struct unusual *w, uint64_t id); /* NULL: none */

void unusual_points(const char *points, void (*on_point)(void *, const struct unusual_point *),
                    void *context);
int64_t unusual_millionths(const char *text); /* "-21.5" */

#endif
