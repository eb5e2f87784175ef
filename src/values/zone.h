/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Local days and clocks of a time zone, by ICU's copy of the IANA database.
 *
 * A zone is an IANA name ("Europe/Prague"); one that is not known gives false. What is answered
 * depends on nothing but the arguments and zone_version(): not on the machine's zone, and not on
 * its own copy of the database. Days are yyyymmdd of the Gregorian calendar, years 1 to 9999. */
#ifndef OCTAVO_VALUES_ZONE_H
#define OCTAVO_VALUES_ZONE_H

#include "base/bytes.h"

enum { ZONE_NAME_MAX = 63, ZONE_DAY_MINUTES = 24 * 60 };

const char *zone_version(void); /* "2022e": of the rules by which days are decided */
bool zone_is_known(struct bytes zone);
bool zone_day(struct bytes zone, int64_t ms, int64_t *yyyymmdd);
/* What a clock on the wall shows, in minutes since 00:00. */
bool zone_minute(struct bytes zone, int64_t ms, int *minute);
/* The first moment at or after ms at which that clock shows `minute`; where the clock is put
 * forward over it, the moment at which it is put forward. */
bool zone_next(struct bytes zone, int64_t ms, int minute, int64_t *next_ms);
/* How far that clock is ahead of UTC, and until when (exclusive). */
bool zone_offset(struct bytes zone, int64_t ms, int64_t *offset_ms, int64_t *until_ms);
/* Days since 1970 as yyyymmdd. */
int64_t zone_date_of_days(int64_t days);

#endif
