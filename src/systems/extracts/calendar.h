/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A schedule, and the days on which it counts:
 *
 *   days = business        no Saturday, no Sunday, no holiday
 *   days = last_business   the last of those in its month
 *
 * by the zone's calendar. Holidays are texts 2026-12-24 with commas or blanks between. */
#ifndef OCTAVO_SYSTEMS_EXTRACTS_CALENDAR_H
#define OCTAVO_SYSTEMS_EXTRACTS_CALENDAR_H

#include "octavo.h"

struct calendar {
    struct octavo_schedule schedule;
    struct octavo_text days, holidays; /* empty: every day counts */
};

const char *calendar_fault(const struct calendar *c); /* NULL, or a sentence */
/* As octavo_schedule_next and octavo_schedule_previous; false also when of eleven years no day
 * counts. */
bool calendar_next(const struct calendar *c, int64_t after_ms, int64_t *next_ms);
bool calendar_previous(const struct calendar *c, int64_t before_ms, int64_t *previous_ms);

#endif
