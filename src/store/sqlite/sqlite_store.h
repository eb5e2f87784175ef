/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The embedded store: one SQLite file per (system, service, generation, task),
 * DIR/<system>.<service>.<generation>.<task>.db. Its schema is docs/formats/store.md.
 *
 * FILE.lock beside it is the fence. It is locked before the file is opened, names the pid that
 * holds it, and is never deleted (a deleted lock file could be held by two). The owner's
 * connection is the only one that writes and checkpoints; everybody else reads, by
 * sqlite_rows_read here or by `sqlite3 -readonly FILE`, also while the service runs. */
#ifndef OCTAVO_STORE_SQLITE_STORE_H
#define OCTAVO_STORE_SQLITE_STORE_H

#include "store/store.h"

extern const struct store_kind sqlite_store_kind; /* scheme "sqlite", url "sqlite:DIR" */

/* What to read: the names of the file and the declared tables in `store` (its `sync` is not
 * looked at), a table by its index, and a key; key.data NULL means every row. */
struct sqlite_reading {
    const struct store_options *store;
    size_t table;
    struct bytes key;
};

/* One row, in the order of (key, sub); of a log table in the order of entries, `sub` being the
 * entry's number. Everything is valid during the call. */
typedef void sqlite_on_row(void *context, struct bytes key, struct bytes sub,
                           const struct value *values);

/* Reads committed rows of one task's file, all as of one moment. on_row should be quick: while a
 * read lasts the owner cannot reuse its write-ahead file. E_not_found: no such file or table. */
enum error sqlite_rows_read(const struct sqlite_reading *reading, sqlite_on_row *on_row,
                            void *context) MUST_CHECK;
/* The same, as store_kind.read. */
enum error sqlite_read(const struct store_options *options, size_t table, const char *key,
                       store_on_row *on_row, void *context) MUST_CHECK;
/* The tasks that have a file in this store's directory, in no order; options->task is not looked
 * at. No directory: no task. */
enum error sqlite_tasks_each(const struct store_options *options,
                             void (*on_task)(void *context, int32_t task),
                             void *context) MUST_CHECK;

#endif
