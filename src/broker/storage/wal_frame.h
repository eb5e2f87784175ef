/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The bytes of the write-ahead log: file headers and frames. Pure. */
#ifndef OCTAVO_STORAGE_WAL_FRAME_H
#define OCTAVO_STORAGE_WAL_FRAME_H

#include "storage/storage.h"

enum {
    WAL_FORMAT_VERSION = 1,
    WAL_FILE_HEADER_BYTES = 512,
    WAL_FRAME_HEADER_BYTES = 48,
    WAL_ALIGN_BYTES = 16,
    CLUSTER_ID_BYTES = 22,
};

enum wal_type { /* values are on disk */
                WAL_OPEN = 1,
                WAL_BATCH = 2,
                WAL_TOPIC = 3,
                WAL_OFFSET = 4,
                WAL_PRODUCER_BLOCK = 5,
                WAL_TXN_SESSION = 6,
                WAL_TXN_ADD = 7,
                WAL_TXN_OFFSET = 8,
                WAL_TXN_END = 9,
                WAL_TOPIC_SETTINGS = 10,
                WAL_LOG_START = 11,
                WAL_TOPIC_GROWTH = 12,
                WAL_TOPIC_DELETION = 13,
};

struct wal_frame {
    uint16_t type;
    lsn_t lsn;
    uint64_t term;
    lsn_t synced; /* highest LSN that was durable when this frame was written */
    uint32_t payload_len;
    uint32_t payload_crc;
};

/* Writing: begin leaves room for the header, the caller adds the payload, end fills and pads. */
size_t wal_frame_begin(struct buf *out);
void wal_frame_end(struct buf *out, size_t begin, struct wal_frame *frame, uint32_t seed);
/* Reading: is there a good frame header at the front of `at`? The payload is checked apart. */
bool wal_frame_read(struct bytes at, uint32_t seed, struct wal_frame *out);
bool wal_frame_holds(const struct wal_frame *frame, struct bytes payload);
int64_t wal_frame_size(const struct wal_frame *frame); /* on disk, with header and padding */

struct wal_file_header {
    uint32_t version;
    uint64_t sequence;
    lsn_t first_lsn;
    char cluster_id[CLUSTER_ID_BYTES + 1];
};

void wal_file_header_write(struct buf *out, const struct wal_file_header *header);
bool wal_file_header_read(struct bytes at,
                          struct wal_file_header *out); /* false: none, or damaged */

#endif
