/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The embedded store: one SQLite file per (system, service, generation, task),
 * DIR/<system>.<service>.<generation>.<task>.db. Its schema is docs/formats/store.md.
 *
 * FILE.lock beside it is the fence. It is locked before the file is opened, names the pid that
 * holds it, and is never deleted (a deleted lock file could be held by two). The owner's
 * connection is the only one that writes and checkpoints; everybody else reads, by sqlite_read
 * here or by `sqlite3 -readonly FILE`, also while the service runs. */
#ifndef OCTAVO_STORE_SQLITE_STORE_H
#define OCTAVO_STORE_SQLITE_STORE_H

#include "store/store.h"

extern const struct store_kind sqlite_store_kind; /* scheme "sqlite", url "sqlite:DIR" */

/* As store_kind.read. on_row should be quick: while a read lasts the owner cannot reuse its
 * write-ahead file. E_not_found: no such file or table. */
enum error sqlite_read(const struct store_options *options, size_t table, const char *key,
                       store_on_row *on_row, void *context) MUST_CHECK;
/* As store_kind.snapshot: VACUUM INTO a file beside `path`, which then takes its name. */
enum error sqlite_snapshot(const struct store_options *options, const char *path) MUST_CHECK;
/* The tasks that have a file in this store's directory, in no order; options->task is not looked
 * at. No directory: no task. */
enum error sqlite_tasks_each(const struct store_options *options,
                             void (*on_task)(void *context, int32_t task),
                             void *context) MUST_CHECK;

#endif
