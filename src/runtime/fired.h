/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How late the latest timer was that has fired, of each clock: a fact of the store.
 *
 * What a timer does has ids derived from its name, key, due time and task. One that is set to a
 * time at which it may have fired before - by an event that comes late, or was parked - would give
 * other events the ids of the first. So whatever is set to a time that has passed here is due just
 * after the latest that has fired: then no name, key and due time ever fires twice. */
#ifndef OCTAVO_RUNTIME_FIRED_H
#define OCTAVO_RUNTIME_FIRED_H

#include "runtime/task.h"

enum error fired_note(struct task *t, enum timer_clock clock, int64_t due_ms) MUST_CHECK;
enum error fired_before(struct task *t, enum timer_clock clock, int64_t *due_ms) MUST_CHECK;

#endif
