/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One batch on its way from a log group into its partition's segment. */
#ifndef OCTAVO_STORAGE_SETTLE_H
#define OCTAVO_STORAGE_SETTLE_H

#include "storage/storage.h"

struct segment;

struct settle {
    struct partition *partition;
    struct segment *segment;
    struct segment *finished; /* the segment before, when this batch begins one; else NULL */
    size_t at;                /* in the group's frames */
    size_t len;
    int64_t position; /* in the segment */
    int64_t base_offset;
    int64_t end_offset; /* one after the last */
    int64_t max_timestamp_ms;
};

#endif
