/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What stands beside a database file. All of it goes through base/disk; only the database itself is
 * SQLite's. It must never be opened here while SQLite has it open in this process: closing it would
 * drop SQLite's POSIX locks. */
#include "files.h"

#include "pages.h"

#include <stdlib.h>

enum { REWRITE_BYTES = 1 << 20 };

/* Every byte written where it stands. A sync alone is not enough: after a failed one the kernel
 * shows bytes that it has dropped from its list of what to write. */
static enum error rewrite(struct file *f) {
    struct buf piece = { 0 };
    int64_t at = 0;
    enum error e = E_ok;
    do {
        at += (int64_t)piece.len;
        buf_clear(&piece);
        e = disk_read_at(f, at, &piece, REWRITE_BYTES);
        if (!e && piece.len)
            e = disk_write_at(f, at, buf_bytes(&piece));
    } while (!e && piece.len);
    buf_finish(&piece);
    return e ? e : disk_sync(f);
}

static enum error wal_settle(const char *path) {
    struct file *f;
    TRY(disk_open(disk_real(), path, DISK_WRITE, &f));
    enum error e = wal_check(f, path);
    if (!e)
        e = rewrite(f);
    disk_close(f);
    if (e)
        fail_while("making durable what was left in %s", path);
    return e;
}

static enum error file_make(const char *dir, const char *path) {
    struct file *f;
    TRY(disk_open(disk_real(), path, DISK_CREATE, &f));
    disk_close(f);
    return disk_sync_dir(disk_real(), dir);
}

enum error store_file_settle(const char *dir, const char *path) {
    char *wal_path = text_format("%s-wal", path);
    bool is_there = false;
    enum error e = disk_exists(disk_real(), wal_path, &is_there);
    if (!e && is_there)
        e = wal_settle(wal_path);
    free(wal_path);
    TRY(e);
    TRY(disk_exists(disk_real(), path, &is_there));
    return is_there ? E_ok : file_make(dir, path);
}
