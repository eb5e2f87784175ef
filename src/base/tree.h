/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Removing a directory with all that is in it, on the real disk. */
#ifndef OCTAVO_BASE_TREE_H
#define OCTAVO_BASE_TREE_H

#include "base/error.h"

enum error tree_remove(const char *path) MUST_CHECK; /* an absent one is fine; follows no links */

#endif
