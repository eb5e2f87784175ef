/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a handler's file says by itself about being pure: which functions a shared object wants from
 * outside, and which calls stand in a Python or JavaScript program. It finds what is written there,
 * not what a library below does; `octavo test` finds that by running each handler twice. */
#ifndef OCTAVO_LINT_IMPURE_H
#define OCTAVO_LINT_IMPURE_H

#include "base/bytes.h"

struct impure {
    const char *what; /* "clock_gettime", "time.time(" */
    size_t line;      /* 0: it is no text */
};

/* Whether there is something; the first of it. Any bytes may be given. */
bool impure_find(const char *path, struct bytes file, struct impure *out);

#endif
