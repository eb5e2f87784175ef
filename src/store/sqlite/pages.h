/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Checksums under SQLite's pages, and in front of what its write-ahead file is taken for. */
#ifndef OCTAVO_STORE_SQLITE_PAGES_H
#define OCTAVO_STORE_SQLITE_PAGES_H

#include "base/disk.h"

enum { PAGES_RESERVED = 8 }; /* bytes at the end of a page: its checksum */

/* The name of the VFS to open a file with. A file that reserves PAGES_RESERVED bytes a page is
 * checked: a page that is not what was written is SQLITE_IOERR_DATA. Others are as they were. */
extern const char pages_vfs[];
/* Before the first connection; registers the VFS. */
void pages_register(void);

/* Of files that this thread makes from now on: whether pages that are written before page 1, which
 * says it, have checksums. A copy that is larger than SQLite's cache is written so. */
void pages_of_new_files(bool have_sums);

/* Of a write-ahead file that nobody has open. SQLite ends its recovery at the first frame that is
 * not whole, as a torn one at the end is none; one that was synced is none either when a bit of it
 * is another one, and all commits behind it were gone without a word. E_corrupt: commits stand
 * behind a frame that is not whole. */
enum error wal_check(struct file *wal, const char *path) MUST_CHECK;

#endif
