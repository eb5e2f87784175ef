/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A disk that reads another one and keeps in memory what is written: a start can be tried out on
 * it, and the files below stay as they are. Only a lock is taken below, so that nobody else changes
 * them meanwhile. */
#ifndef OCTAVO_STORAGE_OVERLAY_H
#define OCTAVO_STORAGE_OVERLAY_H

#include "base/disk.h"

struct disk *overlay_create(struct disk *below);
void overlay_destroy(struct disk *d); /* no file may be open; NULL is fine */

#endif
