/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The checkpoint file's frame, shared by its writer and its reader. */
#ifndef OCTAVO_STORAGE_CHECKPOINT_H
#define OCTAVO_STORAGE_CHECKPOINT_H

enum {
    /* 1 had no transactions, 2 no settings and no compaction, 3 no deleted topics */
    CHECKPOINT_VERSION = 4,
    CHECKPOINT_CRC_AT = 12,
    CHECKPOINT_SUM_FROM = 16, /* the checksum covers the rest */
    CHECKPOINT_SYNCED_AT = 24,
};

#define CHECKPOINT_MAGIC "OCTAVOCP"

#endif
