/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The declared tables: one set of prepared statements each. */
#ifndef OCTAVO_STORE_SQLITE_ROWS_H
#define OCTAVO_STORE_SQLITE_ROWS_H

#include "connection.h"
#include "store/store.h"

struct rows {
    struct connection *connection;
    bool log;
    size_t column_count;
    /* keyed tables: get, put, remove; logs: add, last. The others are NULL. */
    sqlite3_stmt *get, *put, *remove, *add, *last;
    struct buf text; /* what the last get returned */
};

/* The SELECT list of a table's columns behind `lead`: "SELECT key, sub" and then ", c1, c2 ...". */
void rows_select(struct buf *sql, const struct store_table *t, const char *lead);
/* Fills values[count] from columns at `first` and on; text is valid until the next step. */
void rows_values(sqlite3_stmt *s, int first, struct value *values, size_t count);

enum error rows_open(struct rows *r, struct connection *c, const struct store_table *t) MUST_CHECK;
void rows_close(struct rows *r);
enum error rows_get(struct rows *r, struct bytes key, struct bytes sub, struct value *values,
                    bool *found) MUST_CHECK; /* text is valid until the next rows_get */
enum error rows_put(struct rows *r, struct bytes key, struct bytes sub,
                    const struct value *values) MUST_CHECK;
enum error rows_delete(struct rows *r, struct bytes key, struct bytes sub) MUST_CHECK;
enum error rows_add(struct rows *r, int64_t entry, struct bytes key,
                    const struct value *values) MUST_CHECK;
enum error rows_last(struct rows *r, int64_t *entry) MUST_CHECK;

#endif
