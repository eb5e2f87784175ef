/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A directory for a while, and removing one with all that is in it, on the real disk. */
#ifndef OCTAVO_BASE_TREE_H
#define OCTAVO_BASE_TREE_H

#include "base/error.h"

/* PREFIX.XXXXXX with a name that nobody can guess, its owner's alone; *path is the caller's. */
enum error tree_make(const char *prefix, char **path) MUST_CHECK;
enum error tree_remove(const char *path) MUST_CHECK; /* an absent one is fine; follows no links */

#endif
