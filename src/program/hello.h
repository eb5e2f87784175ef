/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a program says first: which version of the protocol it speaks, and which types it handles
 * (docs/formats/program.md). */
#ifndef OCTAVO_PROGRAM_HELLO_H
#define OCTAVO_PROGRAM_HELLO_H

#include "base/arena.h"
#include "base/error.h"

enum { PROGRAM_VERSION = 1, PROGRAM_HANDLES_MAX = 256 };

struct hello {
    const char **handles; /* in the arena */
    size_t count;
};

enum error hello_read(struct hello *out, struct arena *arena, struct bytes line) MUST_CHECK;

#endif
