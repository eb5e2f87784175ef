/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Secrets: small files in the data directory, made once, never printed. */
#ifndef OCTAVO_RUNTIME_SECRET_H
#define OCTAVO_RUNTIME_SECRET_H

#include "base/disk.h"

enum { SECRET_BYTES = 32 };

/* Reads DIR/NAME into `out`; when absent or empty it is made: 32 random bytes, mode 0600, synced.
 * Processes that start together agree: the file is locked while it is made. */
enum error secret_load(struct disk *d, const char *dir, const char *name,
                       struct buf *out) MUST_CHECK;

#endif
