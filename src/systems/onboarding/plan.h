/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The rules of benefit plans, as one line of settings, and what they make of a hire:
 *
 *   plans: id=HMO class=full-time,part-time hours=30 wait=month-after:30; id=GOLD wait=none
 *
 * Silence is the first one.
 *
 *   wait=none            coverage begins on the first day
 *   wait=days:N          N days after it
 *   wait=month           on the first of the month after it
 *   wait=month-after:N   on the first of the month that begins N days after it or later
 *
 * Whatever the rule says, coverage begins on the 91st day at the latest, the first day of work
 * being the first: all days are counted (29 CFR 2590.715-2708). A name that is not known makes the
 * plan none, and the service says so: a rule that is misspelt would insure nobody. */
#ifndef OCTAVO_SYSTEMS_ONBOARDING_PLAN_H
#define OCTAVO_SYSTEMS_ONBOARDING_PLAN_H

#include "person.h"

enum { PLAN_ID_CHARS = 24, PLAN_CLASSES_CHARS = 64, PLAN_LATEST_DAYS = 90 };

struct plan {
    char id[PLAN_ID_CHARS];
    char classes[PLAN_CLASSES_CHARS]; /* "" : every one */
    int64_t hours;                    /* a week, at least */
    enum { WAIT_NONE, WAIT_DAYS, WAIT_MONTH, WAIT_MONTH_AFTER } wait;
    int64_t wait_days;
};

/* False: `why` says what is wrong with it. */
bool plan_read(const char *text, struct plan *out, const char **why);
/* The one of the list that was elected, or the first. False with `why` NULL: there is no such one.
 */
bool plan_choose(const char *list, struct octavo_text elected, struct plan *out, const char **why);
/* NULL, or why the person is not insured by it. */
const char *plan_obstacle(const struct plan *p, const struct person *person);
int64_t plan_begins(const struct plan *p, int64_t first_day);

#endif
