/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How committed events leave a task of this instance: by the relay that all tasks share, or, when
 * the service writes to compacted topics, by a transactor of the task's own. Private to the
 * service. */
#ifndef OCTAVO_RUNTIME_OUTLET_H
#define OCTAVO_RUNTIME_OUTLET_H

#include "runtime/service_state.h"

/* The task has just been opened: gives out what its outbox holds from before. */
enum error outlet_open(struct service *s, struct slot *slot) MUST_CHECK;
enum error outlet_add(struct service *s, struct slot *slot,
                      const struct committed *done) MUST_CHECK;
/* A task that is about to be lost: waits a little. What is left goes by the next owner. */
void outlet_flush(struct service *s, struct slot *slot);
void outlet_close(struct service *s, struct slot *slot);
void outlet_abandon(struct slot *slot); /* without the relay, which may be gone */

void outlets_flush(struct service *s); /* on the way out: waits for all */
enum error outlets_turn(struct service *s) MUST_CHECK;
uint64_t outlets_waiting(const struct service *s); /* events or rows not acknowledged */
int64_t outlets_oldest_ms(const struct service *s);
void outlet_on_acked(void *context, void *task, int64_t outbox_id);

#endif
