/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The carrier, who reads the 834 files of a folder in the order of their control numbers. */
#ifndef OCTAVO_VERIFY_CARRIER_H
#define OCTAVO_VERIFY_CARRIER_H

#include "base/error.h"
#include "history.h"

/* Each change of a member is a HISTORY_coverage; a file that cannot be read is one of "??". */
enum error carrier_read(const char *folder, struct history *h) MUST_CHECK;
/* The same of one file. */
void carrier_file_read(const char *name, struct bytes text, struct history *h);

#endif
