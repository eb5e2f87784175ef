/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Which lanes of a topic a service waits for when there is a gap in them.
 *
 * A lane names its service, and anybody can write a name. One whose service is declared to produce
 * the topic is waited for: its relay sends what is missing. Any other is not; what comes in it is
 * taken as it comes, repeats dropped (decision 0009). In a topic that no service of the declaration
 * produces, lanes are another system's, and all are waited for. */
#ifndef OCTAVO_RUNTIME_PRODUCERS_H
#define OCTAVO_RUNTIME_PRODUCERS_H

#include "declaration/declaration.h"

/* `source` is a ce_source, "/octavo/SYSTEM/SERVICE/GENERATION/TASK/INCARNATION" if it is ours. */
bool producers_declare(const struct declaration *d, struct bytes topic, struct bytes source);

#endif
