/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Calendar days without a clock: the proleptic Gregorian calendar, UTC. */
#ifndef OCTAVO_CONNECTORS_ISO8583_DATE_H
#define OCTAVO_CONNECTORS_ISO8583_DATE_H

#include "base/bytes.h"

struct date {
    int year;
    int month; /* 1 .. 12 */
    int day;   /* 1 .. 31 */
};

int64_t date_to_days(struct date d); /* since 1970-01-01 */
struct date date_of_ms(int64_t wall_ms);
/* A terminal says MMDD; the year is the one that puts the day nearest to now, so that the turn of
 * the year and a clock that is a day off do no harm. False: no such day near now. */
bool date_infer(struct bytes mmdd, int64_t now_ms, struct date *out);

#endif
