/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* One table (or view) of an SQLite file, opened read-only for one read: what its columns are and
 * whether they are still the same, and the rows behind a position. */
#ifndef OCTAVO_CONNECTORS_SQL_TABLE_H
#define OCTAVO_CONNECTORS_SQL_TABLE_H

#include "base/bytes.h"
#include "base/error.h"

#include <sqlite3.h>

enum { COLUMNS_MAX = 64 };

struct table_names {
    const char *file, *table, *order, *key; /* checked: letters, digits and _ */
};

struct table_read {
    const struct table_names *names;
    sqlite3 *db;
    sqlite3_stmt *rows;
    int key_at, order_at;
};

bool table_name_is_good(const char *name);

/* Opens the file and prepares to read rows with `order` > after, at most `max`. E_busy: locked;
 * E_not_found: no such file; E_config: the table is not what the names say. */
enum error table_open(struct table_read *t, const struct table_names *names, int64_t after,
                      size_t max) MUST_CHECK;
/* The next row; *found = false at the end. */
enum error table_next_row(struct table_read *t, bool *found) MUST_CHECK;
void table_close(struct table_read *t);
/* Names and declared types of the columns as text, to be compared with those of another time. */
void table_shape(const struct table_read *t, struct buf *out);
/* The row as a flat JSON object. */
enum error table_row_json(const struct table_read *t, struct buf *out) MUST_CHECK;

#endif
