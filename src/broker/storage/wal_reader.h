/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Frames out of one log file, through a window, so that a file of any size needs little memory. */
#ifndef OCTAVO_STORAGE_WAL_READER_H
#define OCTAVO_STORAGE_WAL_READER_H

#include "wal_frame.h"

struct wal_reader {
    struct file *file;
    int64_t size;
    uint32_t seed;
    struct buf window;
    int64_t window_at;
};

enum frame_state {
    FRAME_NONE,  /* no frame header here */
    FRAME_TORN,  /* a good header, a damaged payload */
    FRAME_WHOLE, /* all of it */
};

enum error wal_reader_open(struct wal_reader *r, struct disk *disk, const char *path,
                           uint32_t seed) MUST_CHECK;
void wal_reader_close(struct wal_reader *r);
/* `*out` is valid until the next call; shorter than `len` only at the end of the file. */
enum error wal_reader_bytes(struct wal_reader *r, int64_t position, size_t len,
                            struct bytes *out) MUST_CHECK;
/* The payload is given for FRAME_WHOLE, damaged for FRAME_TORN; valid until the next call. */
enum error wal_reader_frame(struct wal_reader *r, int64_t position, struct wal_frame *frame,
                            struct bytes *payload, enum frame_state *state) MUST_CHECK;
/* The first good frame header at or behind *position, which moves there. */
enum error wal_reader_find(struct wal_reader *r, int64_t *position, struct wal_frame *frame,
                           bool *found) MUST_CHECK;

#endif
