/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What the verbs share: moments as people write them. */
#ifndef OCTAVO_SYSTEMS_EXTRACTS_ARGUMENTS_H
#define OCTAVO_SYSTEMS_EXTRACTS_ARGUMENTS_H

#include "octavo.h"

enum { DONE = 0, FOUND_WRONG = 1, USAGE = 2, FAILED = 3 };

/* A moment of --name; USAGE and told when it is none. NULL leaves *ms alone. */
int moment_option(struct octavo_session *s, const char *name, const char *text, int64_t *ms);

/* 2026-11-23T01:00:00Z, or - for 0. */
const char *moment_text(int64_t ms, char out[32]);

#endif
