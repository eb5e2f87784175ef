/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* SQLite believes every page that it reads. This stands between it and its own file system layer:
 * the last eight bytes of each page of a database file are a checksum of those before, written when
 * a checkpoint writes the page and compared when it is read. SQLite keeps these bytes free where
 * byte 20 of a file says so, and takes them along with the page; any other program can read the
 * file. One that writes to it leaves pages that fail here, which is what it is.
 *
 * The sum is of 8-byte words, in the machine's order: h = (h ^ word) * K, h ^= h >> 29. Each step
 * can be undone, so no change within one word goes unseen. A page of zeros has the sum 0: such
 * stand where the file grew over a page that was never written.
 *
 * The write-ahead file is not touched: its frames have checksums of SQLite's own (wal_check.c). */
#include "pages.h"

#include "base/check.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_BYTES = 100, RESERVED_AT = 20, PAGE_LEAST = 512, PAGE_MOST = 65536 };

const char pages_vfs[] = "octavo-pages";

/* What SQLite takes for its file; the real one stands behind it. */
struct guarded {
    sqlite3_file file; /* first */
    bool on;           /* its pages have checksums; as page 1 says, once it was seen */
    unsigned char *copy;
    int copy_bytes;
};

static struct guarded *guarded_of(sqlite3_file *file) {
    return (struct guarded *)(void *)file;
}

static sqlite3_file *real_of(sqlite3_file *file) {
    return (sqlite3_file *)(void *)(guarded_of(file) + 1);
}

static const sqlite3_io_methods *methods_of(sqlite3_file *file) {
    return real_of(file)->pMethods;
}

static bool is_page(int bytes, sqlite3_int64 at) {
    return bytes >= PAGE_LEAST && bytes <= PAGE_MOST && (bytes & (bytes - 1)) == 0
           && at % bytes == 0;
}

static uint64_t page_sum(const unsigned char *page, int bytes) {
    uint64_t sum = 0, word;
    for (int i = 0; i < bytes - PAGES_RESERVED; i += (int)sizeof(word)) {
        memcpy(&word, page + i, sizeof(word));
        sum = (sum ^ word) * 0x9e3779b97f4a7c15U;
        sum ^= sum >> 29;
    }
    return sum;
}

static bool page_is_whole(const unsigned char *page, int bytes) {
    uint64_t kept;
    memcpy(&kept, page + bytes - PAGES_RESERVED, sizeof(kept));
    return kept == page_sum(page, bytes);
}

/* Page 1, when it says that there are no checksums: whether it would be whole if it said so. */
static bool says_no_in_error(unsigned char *page, int bytes) {
    unsigned char said = page[RESERVED_AT];
    page[RESERVED_AT] = PAGES_RESERVED;
    bool whole = page_is_whole(page, bytes);
    page[RESERVED_AT] = said;
    return whole;
}

static int on_read(sqlite3_file *file, void *into, int bytes, sqlite3_int64 at) {
    struct guarded *g = guarded_of(file);
    int code = methods_of(file)->xRead(real_of(file), into, bytes, at);
    unsigned char *page = into;
    if (code != SQLITE_OK)
        return code;
    if (at == 0 && bytes >= HEADER_BYTES)
        g->on = page[RESERVED_AT] == PAGES_RESERVED;
    if (!is_page(bytes, at))
        return SQLITE_OK;
    if (g->on && !page_is_whole(page, bytes))
        return SQLITE_IOERR_DATA;
    if (!g->on && at == 0 && says_no_in_error(page, bytes))
        return SQLITE_IOERR_DATA;
    return SQLITE_OK;
}

static int on_write(sqlite3_file *file, const void *from, int bytes, sqlite3_int64 at) {
    struct guarded *g = guarded_of(file);
    if (at == 0 && bytes >= HEADER_BYTES)
        g->on = ((const unsigned char *)from)[RESERVED_AT] == PAGES_RESERVED;
    if (!g->on || !is_page(bytes, at))
        return methods_of(file)->xWrite(real_of(file), from, bytes, at);
    if (g->copy_bytes < bytes) {
        g->copy = memory_resize(g->copy, (size_t)bytes);
        g->copy_bytes = bytes;
    }
    memcpy(g->copy, from, (size_t)bytes);
    uint64_t sum = page_sum(g->copy, bytes);
    memcpy(g->copy + bytes - PAGES_RESERVED, &sum, sizeof(sum));
    return methods_of(file)->xWrite(real_of(file), g->copy, bytes, at);
}

static int on_close(sqlite3_file *file) {
    int code = methods_of(file)->xClose(real_of(file));
    free(guarded_of(file)->copy);
    guarded_of(file)->copy = NULL;
    return code;
}

/* ---- the rest is handed on */

static int on_truncate(sqlite3_file *file, sqlite3_int64 size) {
    return methods_of(file)->xTruncate(real_of(file), size);
}

static int on_sync(sqlite3_file *file, int flags) {
    return methods_of(file)->xSync(real_of(file), flags);
}

static int on_size(sqlite3_file *file, sqlite3_int64 *size) {
    return methods_of(file)->xFileSize(real_of(file), size);
}

static int on_lock(sqlite3_file *file, int lock) {
    return methods_of(file)->xLock(real_of(file), lock);
}

static int on_unlock(sqlite3_file *file, int lock) {
    return methods_of(file)->xUnlock(real_of(file), lock);
}

static int on_is_reserved(sqlite3_file *file, int *out) {
    return methods_of(file)->xCheckReservedLock(real_of(file), out);
}

static int on_control(sqlite3_file *file, int operation, void *argument) {
    return methods_of(file)->xFileControl(real_of(file), operation, argument);
}

static int on_sector_size(sqlite3_file *file) {
    return methods_of(file)->xSectorSize(real_of(file));
}

static int on_characteristics(sqlite3_file *file) {
    return methods_of(file)->xDeviceCharacteristics(real_of(file));
}

static int on_shm_map(sqlite3_file *file, int region, int bytes, int extend,
                      void volatile **out) { /* long: SQLite's */
    return methods_of(file)->xShmMap(real_of(file), region, bytes, extend, out);
}

static int on_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return methods_of(file)->xShmLock(real_of(file), offset, count, flags);
}

static void on_shm_barrier(sqlite3_file *file) {
    methods_of(file)->xShmBarrier(real_of(file));
}

static int on_shm_unmap(sqlite3_file *file, int remove) {
    return methods_of(file)->xShmUnmap(real_of(file), remove);
}

/* Version 2: pages are read, never mapped. */
static const sqlite3_io_methods guarded_methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_is_reserved,
    .xFileControl = on_control,
    .xSectorSize = on_sector_size,
    .xDeviceCharacteristics = on_characteristics,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

/* ---- the VFS: the default one, but for opening a database */

static sqlite3_vfs *real_vfs;
static _Thread_local bool new_have_sums;

void pages_of_new_files(bool have_sums) {
    new_have_sums = have_sums;
}

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                   int *out_flags) { /* long: SQLite's */
    (void)vfs;
    if (!(flags & SQLITE_OPEN_MAIN_DB))
        return real_vfs->xOpen(real_vfs, name, file, flags, out_flags);
    *guarded_of(file) = (struct guarded){ .on = new_have_sums };
    memset(real_of(file), 0, (size_t)real_vfs->szOsFile);
    int code = real_vfs->xOpen(real_vfs, name, real_of(file), flags, out_flags);
    if (real_of(file)->pMethods)
        file->pMethods = &guarded_methods;
    return code;
}

/* Its other methods do not look at the sqlite3_vfs that they are called on. */
void pages_register(void) {
    static sqlite3_vfs vfs;
    real_vfs = sqlite3_vfs_find(NULL);
    assert(real_vfs);
    vfs = *real_vfs;
    vfs.zName = pages_vfs;
    vfs.szOsFile += (int)sizeof(struct guarded);
    vfs.xOpen = on_open;
    int code = sqlite3_vfs_register(&vfs, 0);
    assert(code == SQLITE_OK);
}
