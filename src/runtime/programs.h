/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A service whose handlers are a program (docs/formats/program.md).
 *
 * To the rest of the runtime it is a table of handlers like any other: its one function asks the
 * program and does to the step what it answers, so a step, its commit, a replay and a kill know
 * nothing of it. What a handler in C does in a nanosecond is a turn through two pipes here, and so
 * events of different keys are foreseen: sent before their turn, many in one write, each with the
 * rows of its key as they are now. An answer that was foreseen holds only while nothing has touched
 * that key since; else the event is asked again at its turn. Foreseeing changes no result.
 *
 * An event whose program ends, is silent or says what is no answer is asked once more, alone, of a
 * program started afresh: a `kill` of the program is nobody's fault. If that fails too the event is
 * parked with the reason and the last line of the program's standard error.
 *
 * Owned by the thread of its service. */
#ifndef OCTAVO_RUNTIME_PROGRAMS_H
#define OCTAVO_RUNTIME_PROGRAMS_H

#include "base/clock.h"
#include "runtime/task.h"

enum {
    PROGRAM_BUDGET_MS = 10000,        /* of an event, unless declared */
    PROGRAM_ROWS_MAX = 1000,          /* of a key, that are sent with an event */
    PROGRAM_ROWS_BYTES_MAX = 1 << 20, /* of them */
};

struct programs_options {
    const struct declaration *declaration;
    const struct declared_service *declared; /* with a program */
    struct clock *clock;
};

/* Starts the program. *out has the types that it says it handles; closed with programs_close. */
enum error programs_open(const struct octavo_service **out,
                         const struct programs_options *options) MUST_CHECK;
void programs_close(const struct octavo_service *service); /* NULL, or no program: nothing */
bool programs_is(const struct octavo_service *service);

/* Foreseeing, within the open group of the task: begin, each record in the order in which they will
 * be taken, send. *full: enough is under way, the rest is asked at its turn. */
void programs_foresee_begin(const struct octavo_service *service);
enum error programs_foresee(const struct octavo_service *service, struct task *t,
                            const struct input *in, bool *full) MUST_CHECK;
void programs_foresee_send(const struct octavo_service *service);
void programs_tick(
    const struct octavo_service *service); /* once a second: what it says is logged */

struct programs_counts {
    uint64_t asked, foreseen, restarts;
};
struct programs_counts programs_counts(const struct octavo_service *service);

#endif
