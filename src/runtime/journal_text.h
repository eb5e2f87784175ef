/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A text member that may be any bytes: as it is where JSON can hold it, else its hexadecimal digits
 * under its name with `_hex` behind it (journal.c, read back by journal_read.h). */
#ifndef OCTAVO_RUNTIME_JOURNAL_TEXT_H
#define OCTAVO_RUNTIME_JOURNAL_TEXT_H

#include "base/bytes.h"

void journal_put_text(struct buf *out, const char *name, struct bytes text);

#endif
