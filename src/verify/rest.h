/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What is asked of a system at rest, while its processes are still there: whether anything is left
 * to do, what is parked, and whether what was taken in gives the same again. */
#ifndef OCTAVO_VERIFY_REST_H
#define OCTAVO_VERIFY_REST_H

#include "run.h"

/* No outbox holds an event, no effect waits, each topic was read to its end. Asked often. */
bool rest_is_drained(struct run *r);
void rest_unpark(struct run *r); /* drops what is poison; whatever waits behind it must be done */
void rest_replay(struct run *r);

#endif
