/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Replies that wait for the log. A reply goes out after its commit: then the store has in writing
 * what happens. An edge whose protocol promises more - that the event is where others can read it -
 * says so (connector.h, after_log); its service's replies are held until the broker has
 * acknowledged what their commit sent, and all that was sent before. Private to the service. */
#ifndef OCTAVO_RUNTIME_HELD_H
#define OCTAVO_RUNTIME_HELD_H

#include "runtime/service_state.h"

/* The replies of a commit: now, or later. */
void held_add(struct service *s, const void *task, const struct committed *done);
/* Everything of the task through this row of its outbox is in the log. */
void held_release(struct service *s, const void *task, int64_t outbox_id);
void held_forget(struct service *s, const void *task); /* nobody is told; NULL: of all tasks */

#endif
