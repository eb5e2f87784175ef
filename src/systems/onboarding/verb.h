/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the verbs share: exit codes, and room for what they gather. */
#ifndef OCTAVO_SYSTEMS_ONBOARDING_VERB_H
#define OCTAVO_SYSTEMS_ONBOARDING_VERB_H

#include "octavo.h"

enum { DONE = 0, FOUND_WRONG = 1, USAGE = 2, FAILED = 3 };

void *verb_room(void *array, size_t count, size_t *room, size_t size);
char *verb_text_keep(struct octavo_text t); /* a copy that the caller frees */

#endif
