/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The names of a store's files, and its lock file. */
#ifndef OCTAVO_STORE_SQLITE_FILES_H
#define OCTAVO_STORE_SQLITE_FILES_H

#include "base/disk.h"
#include "store/store.h"

/* The directory in "sqlite:DIR"; E_config when the URL is another, or a name does not suit a file.
 * Borrows from options. */
enum error store_dir(const struct store_options *options, const char **dir) MUST_CHECK;
char *store_path(const char *dir, const struct store_options *options); /* owned by the caller */
/* Is `name` a store's file of these options? Then also its task. */
bool store_path_task(const struct store_options *options, const char *name, int32_t *task);

/* Takes PATH.lock and writes our pid into it. E_locked names the pid that has it. */
enum error store_lock(const char *path, struct file **out) MUST_CHECK;
/* Makes the file if there is none (mode 0600), and makes durable what a killed owner left behind:
 * its write-ahead file may hold a commit that is written but not synced, and whoever reads it acts
 * on it. Afterwards a power cut takes nothing back. */
enum error store_file_settle(const char *dir, const char *path) MUST_CHECK;

#endif
