/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The transaction index of a segment: which aborted transactions end in it. */
#ifndef OCTAVO_STORAGE_SEGMENT_TXNS_H
#define OCTAVO_STORAGE_SEGMENT_TXNS_H

#include "partition.h"

enum { TXNS_ENTRY_BYTES = 34 };

char *segment_txns_path(const struct segment *s);
/* The loop's: the entries of a segment of the partition whose markers are settled. */
void segment_txns_put(const struct partition *p, const struct segment *s, struct buf *out);
/* Of any thread: the file has these entries and no others; without any there is no file. What it
 * has of them already is kept as it is. */
enum error segment_txns_save(struct disk *disk, const char *path, struct bytes entries) MUST_CHECK;

/* One entry, as it stands in the file; `last_stable` as the file has it. */
struct aborted_txn segment_txns_read(struct bytes entry, bool *is_sound);

#endif
