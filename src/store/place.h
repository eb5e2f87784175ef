/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Where the state of a task stands: the name of its file, and the lock file that is its fence. */
#ifndef OCTAVO_STORE_PLACE_H
#define OCTAVO_STORE_PLACE_H

#include "base/disk.h"
#include "store/store.h"

/* The directory in "SCHEME:DIR"; E_config when the URL is another, or a name does not suit a file.
 * Borrows from options. */
enum error store_dir(const struct store_options *options, const char *scheme,
                     const char **dir) MUST_CHECK;
/* Makes it and those above it, each durable in its parent. */
enum error store_dir_make(struct disk *disk, const char *dir) MUST_CHECK;
/* Owned by the caller. */
char *store_path(const char *dir, const struct store_options *options, const char *ending);
/* Is `name` a file of these options? Then also its task. */
bool store_path_task(const struct store_options *options, const char *name, const char *ending,
                     int32_t *task);
/* Takes PATH.lock and writes our pid into it. E_locked names the pid that has it. */
enum error store_lock(struct disk *disk, const char *path, struct file **out) MUST_CHECK;

#endif
