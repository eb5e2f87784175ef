/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Lines to a handler program, and what it answers, done to a step. For programs.c. */
#ifndef OCTAVO_RUNTIME_PROGRAM_EVENT_H
#define OCTAVO_RUNTIME_PROGRAM_EVENT_H

#include "program/answer.h"
#include "runtime/step.h"

/* The first line: who it is, and what is declared. */
void program_greeting(struct buf *out, const struct declaration *d,
                      const struct declared_service *s);
/* Are this table's rows sent with an event of their key? */
bool program_is_given(const struct declared_table *table);
/* Has the service a table whose rows must be asked for? Then one event is under way at a time. */
bool program_asks(const struct declared_service *s);
bool program_is_given_any(const struct declared_service *s);

/* An event with the rows of its key. *too_many: the table that has more than may be sent; NULL: it
 * is whole. */
enum error program_event_write(struct buf *out, int64_t n, struct task *t, const struct input *in,
                               const char **too_many) MUST_CHECK;
/* The row that was asked for, which the step sees. */
void program_row_write(struct buf *out, struct octavo_step *s, const struct answer *a);
/* What is wrong with it is a fault of the step, as it is for a handler in C. */
void program_apply(struct octavo_step *s, struct arena *arena, const struct answer *a);

#endif
