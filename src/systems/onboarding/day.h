/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Days of the Gregorian calendar as numbers, so that "90 days later" is an addition: 0 is
 * 1970-01-01. A day has no zone and no hours; octavo_local_day says which day it is somewhere. */
#ifndef OCTAVO_SYSTEMS_ONBOARDING_DAY_H
#define OCTAVO_SYSTEMS_ONBOARDING_DAY_H

#include "octavo.h"

enum { DAY_CHARS = 11 };

struct day_parts {
    int64_t year;
    int month, day;
};

int64_t day_of(struct day_parts p);
struct day_parts day_parts(int64_t day);
/* "2026-11-23", of the years 1900 to 2999; false: there is no such day. */
bool day_read(struct octavo_text text, int64_t *day);
const char *day_text(char out[DAY_CHARS], int64_t day);   /* 2026-11-23 */
const char *day_digits(char out[DAY_CHARS], int64_t day); /* 20261123 */
int64_t day_month_begin(int64_t day);                     /* the first of its month */
int64_t day_next_month(int64_t day);                      /* the first of the next one */

#endif
