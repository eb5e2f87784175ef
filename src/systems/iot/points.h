/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What telemetry-processor and anomaly-detection both read of a reading-taken: each by itself, as
 * they share nothing but this code. */
#ifndef OCTAVO_SYSTEMS_IOT_POINTS_H
#define OCTAVO_SYSTEMS_IOT_POINTS_H

#include "octavo.h"

struct point {
    int64_t time_ms;
    struct octavo_text value; /* as the device wrote it */
    struct octavo_text metric;
};

/* Takes the first point off `*points` ("TIME VALUE METRIC;..."). False: nothing is left, its len is
 * 0, or what is there is no point. */
bool point_take(struct octavo_text *points, struct point *out);

/* A device's own clock is believed within these bounds of the time a reading came at; beyond them
 * that time counts, so a clock ten years off moves nobody's windows and is told apart by its count.
 * True: it was believed. */
#define CLOCK_AHEAD_MS ((int64_t)10 * 60 * 1000)
#define CLOCK_BEHIND_MS ((int64_t)366 * 24 * 3600 * 1000)
bool point_clock_judge(struct point *p, int64_t received_ms);

/* ---- the same message twice, by its boot and sequence
 *
 * 64 sequences back each is known by itself. Behind them a message with a boot is a repeat; without
 * one the device has begun to count anew, as it does when it restarts or its counter is full. The
 * boot before is remembered too, for what of it comes late. */
enum {
    SEEN_BOOT,
    SEEN_HIGH, /* the highest sequence of this boot; -1: none */
    SEEN_BITS, /* bit n: HIGH - n was there */
    SEEN_OLD_BOOT,
    SEEN_OLD_HIGH,
    SEEN_OLD_BITS,
    SEEN_COLUMNS,
};
enum { SEQUENCES_KNOWN = 64 };

/* Of all zero but HIGH and OLD_HIGH -1: nothing was seen. */
bool message_is_repeat(int64_t seen[SEEN_COLUMNS], bool has_boot, int64_t boot, int64_t sequence);
/* The same for the event of the step, on the first columns of a row; false too where it has no
 * sequence. */
bool event_is_repeat(struct octavo_step *s, struct octavo_value *row);
void seen_clear(struct octavo_value *row);

#endif
