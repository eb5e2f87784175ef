/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A window of a megabyte over a log file. Nothing found in the file is believed before its
 * checksum: a length only moves the window when the header it stands in is good. */
#include "wal_reader.h"

#include "base/check.h"

#include <string.h>

enum { WINDOW_BYTES = 1 << 20 };

enum error wal_reader_open(struct wal_reader *r, struct disk *disk, const char *path,
                           uint32_t seed) {
    *r = (struct wal_reader){ .seed = seed };
    TRY(disk_open(disk, path, DISK_READ, &r->file));
    enum error e = disk_size(r->file, &r->size);
    if (e)
        wal_reader_close(r);
    return e;
}

void wal_reader_close(struct wal_reader *r) {
    disk_close(r->file);
    buf_finish(&r->window);
    *r = (struct wal_reader){ 0 };
}

enum error wal_reader_bytes(struct wal_reader *r, int64_t position, size_t len, struct bytes *out) {
    assert(position >= 0);
    if (position >= r->size)
        len = 0;
    else if ((int64_t)len > r->size - position)
        len = (size_t)(r->size - position);
    bool inside = position >= r->window_at
                  && position + (int64_t)len <= r->window_at + (int64_t)r->window.len;
    if (!inside) {
        buf_clear(&r->window);
        r->window_at = position;
        TRY(disk_read_at(r->file, position, &r->window, len > WINDOW_BYTES ? len : WINDOW_BYTES));
    }
    size_t at = (size_t)(position - r->window_at);
    size_t there = r->window.len > at ? r->window.len - at : 0;
    *out = bytes_of(r->window.data + at, len < there ? len : there);
    return E_ok;
}

enum error wal_reader_frame(struct wal_reader *r, int64_t position, struct wal_frame *frame,
                            struct bytes *payload, enum frame_state *state) {
    struct bytes at;
    *state = FRAME_NONE;
    TRY(wal_reader_bytes(r, position, WAL_FRAME_HEADER_BYTES, &at));
    if (!wal_frame_read(at, r->seed, frame))
        return E_ok;
    *state = FRAME_TORN;
    TRY(wal_reader_bytes(r, position + WAL_FRAME_HEADER_BYTES, frame->payload_len, payload));
    if (wal_frame_holds(frame, *payload))
        *state = FRAME_WHOLE;
    return E_ok;
}

enum error wal_reader_find(struct wal_reader *r, int64_t *position, struct wal_frame *frame,
                           bool *found) {
    struct bytes at;
    int64_t p = (*position + WAL_ALIGN_BYTES - 1) / WAL_ALIGN_BYTES * WAL_ALIGN_BYTES;
    *found = false;
    while (p + WAL_FRAME_HEADER_BYTES <= r->size && !*found) {
        TRY(wal_reader_bytes(r, p, WINDOW_BYTES, &at));
        if (at.len < WAL_FRAME_HEADER_BYTES)
            break;
        size_t i = 0;
        while (i + WAL_FRAME_HEADER_BYTES <= at.len && !*found) {
            *found = wal_frame_read(bytes_part(at, i, at.len - i), r->seed, frame);
            i += *found ? 0 : WAL_ALIGN_BYTES;
        }
        p += (int64_t)i;
    }
    *position = p;
    return E_ok;
}
