/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Snapshots of stores, and the cut of the journal behind them. */
#include "runtime/snapshots.h"

#include "base/disk.h"

#include <stdlib.h>

enum { COPY_BYTES = 1 << 20 };

char *snapshot_path(const struct store_kind *kind, const struct store_options *options) {
    char *file = kind->file ? kind->file(options) : NULL;
    char *path = file ? text_format("%s.snapshot", file) : NULL;
    free(file);
    return path;
}

static enum error file_copy(struct file *from, struct file *to) {
    struct buf piece = { 0 };
    int64_t at = 0;
    enum error e = E_ok;
    do {
        at += (int64_t)piece.len;
        buf_clear(&piece);
        e = disk_read_at(from, at, &piece, COPY_BYTES);
        if (!e && piece.len)
            e = disk_write_at(to, at, buf_bytes(&piece));
    } while (!e && piece.len);
    buf_finish(&piece);
    return e ? e : disk_sync(to);
}

enum error snapshot_copy(const char *from, const char *to) {
    struct file *source, *copy;
    TRY(disk_open(disk_real(), from, DISK_READ, &source));
    enum error e = disk_open(disk_real(), to, DISK_CREATE_EMPTY, &copy);
    if (!e) {
        e = file_copy(source, copy);
        disk_close(copy);
    }
    disk_close(source);
    if (e)
        fail_while("copying %s to %s", from, to);
    return e;
}
