/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Making a store's file, and making durable what a killed owner left. */
#ifndef OCTAVO_STORE_SQLITE_FILES_H
#define OCTAVO_STORE_SQLITE_FILES_H

#include "store/place.h"

/* Makes the file if there is none (mode 0600), and makes durable what a killed owner left behind:
 * its write-ahead file may hold a commit that is written but not synced, and whoever reads it acts
 * on it. Afterwards a power cut takes nothing back. */
enum error store_file_settle(const char *dir, const char *path) MUST_CHECK;

#endif
