/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* benefits-enrollment: what its two halves share. benefits.c decides who is insured from when,
 * change_file.c gathers the changes of a moment into one 834 file. All rows are the task's: a file
 * is about many people, so its outcome is, too. */
#ifndef OCTAVO_SYSTEMS_ONBOARDING_BENEFITS_H
#define OCTAVO_SYSTEMS_ONBOARDING_BENEFITS_H

#include "person.h"

enum {
    MEMBER_VERSION,
    MEMBER_STATE,  /* none, adding, added, changing, ending, ended */
    MEMBER_ACTIVE, /* 1: hired; 0: gone */
    MEMBER_PLAN,
    MEMBER_BEGINS, /* a day as a number */
    MEMBER_CHANGE, /* its newest place in the queue of changes */
    MEMBER_REASON,
    MEMBER_GIVEN, /* what the file says of the person */
    MEMBER_FAMILY,
    MEMBER_BIRTH,
    MEMBER_CLASS,
    MEMBER_HIRED,
    MEMBER_FILED, /* 1: the carrier has, or may have, been told of the coverage */
    MEMBER_COLUMNS,
};

bool member_get(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row);
void member_put(struct octavo_step *s, struct octavo_text employee, const struct octavo_value *row);
bool member_is(const struct octavo_value *row, const char *state);
/* Tells what the row says, when there is something to tell. */
void member_answer(struct octavo_step *s, struct octavo_text employee,
                   const struct octavo_value *row);
void member_answer_failed(struct octavo_step *s, struct octavo_text employee,
                          const struct octavo_value *row, struct octavo_text reason);

/* Puts a change (021, 001, 024) into the queue, or over the one of the same person that has not
 * left yet. The row is put by the caller. */
void change_queue(struct octavo_step *s, struct octavo_text employee, struct octavo_value *row,
                  const char *type);
/* Takes the person's change back; false: it has left, or there is none. */
bool change_take_back(struct octavo_step *s, const struct octavo_value *row);
enum octavo_outcome on_change_batch(struct octavo_step *s);
enum octavo_outcome on_file_outcome(struct octavo_step *s);

#endif
