/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* hr-onboarding's rows: what is known of each hire, and how far its three steps are.
 *
 *   waiting-approval  nobody but HR knows of it                    -> in-progress by approve
 *   in-progress       a service has not answered the newest version
 *   failed            one answered that it cannot; an operator retries or skips
 *   review            the check found something; an operator decides
 *   onboarded         all three are done                            an end
 *   rescinding, terminating                                        compensations are under way
 *   rescinded, terminated                                          all are done: an end
 *   erasing, erased   the same; nobody can tell any more who it was
 *
 * The state is made anew from the newest event and the three answers to its version each time one
 * of them changes (hire_judge): there is no path to it that could be missed. */
#ifndef OCTAVO_SYSTEMS_ONBOARDING_HIRE_H
#define OCTAVO_SYSTEMS_ONBOARDING_HIRE_H

#include "person.h"

enum {
    HIRE_STATE,
    HIRE_VERSION, /* of the newest event; every service answers it */
    HIRE_EVENT,   /* its type */
    HIRE_GIVEN,   /* and the other texts of a person, in their order */
    HIRE_START = HIRE_GIVEN + 3,
    HIRE_ZONE = HIRE_GIVEN + PERSON_ZONE - 1,
    HIRE_PLAN = HIRE_GIVEN + PERSON_PLAN - 1,
    HIRE_HOURS,
    HIRE_ACCOUNT, /* what the step answered to this version; "" when it has not */
    HIRE_BENEFITS,
    HIRE_CHECK,
    HIRE_ACCOUNT_NOTE, /* why, in words */
    HIRE_BENEFITS_NOTE,
    HIRE_CHECK_NOTE,
    HIRE_LOGIN,
    HIRE_UID_NUMBER,
    HIRE_COVERAGE,  /* the day it begins */
    HIRE_REFERENCE, /* of the order at the vendor */
    HIRE_REASON,    /* of a rescission or an end */
    HIRE_ASKED,     /* milliseconds: when it was first heard of */
    HIRE_CHANGED,
    HIRE_LATE, /* 1: the first day began and it was not done */
    HIRE_COLUMNS,
};

enum { HIRE_STEPS = HIRE_ACCOUNT_NOTE - HIRE_ACCOUNT };
extern const char *const hire_steps[HIRE_STEPS]; /* account, benefits, check */

bool hire_get(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row);
void hire_put(struct octavo_step *s, struct octavo_text employee, const struct octavo_value *row);
bool hire_is(const struct octavo_value *row, const char *state);
bool hire_is_active(const struct octavo_value *row);
void hire_person(const struct octavo_value *row, struct octavo_text employee, struct person *out);

/* The next version of the row is told to all, as an event of this kind; the row is put. */
void hire_tell(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row,
               enum happening happening);
/* The state after an answer, an approval, a decision; puts the row. */
void hire_judge(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row);

enum octavo_outcome on_step_finished(struct octavo_step *s);
enum octavo_outcome on_first_day(struct octavo_step *s);

#endif
