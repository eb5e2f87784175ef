/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The declared tables: one set of prepared statements each. */
#ifndef OCTAVO_STORE_SQLITE_ROWS_H
#define OCTAVO_STORE_SQLITE_ROWS_H

#include "connection.h"
#include "store/store.h"

/* The name of a row. */
struct row_at {
    struct buf key, sub;
};

struct rows {
    struct connection *connection;
    const struct store_table *table;
    /* keyed tables: get, put, remove, of_key; logs: add, last. NULL: not yet wanted. */
    sqlite3_stmt *get, *put, *remove, *of_key, *add, *last;
    struct buf text; /* what the last get returned */
    /* tables with `forget` (forget.c): the next look begins with the row of this name */
    sqlite3_stmt *forget_end, *forget;
    struct row_at forget_from;
};

/* Every row of a table, or those of one key (key.data NULL: all), as of one moment, in the order of
 * (key, sub); of a log in the order of entries, `sub` being the entry's number. */
struct row_visit {
    const struct store_table *table;
    struct bytes key;
    store_on_row *on_row;
    void *context;
};
enum error rows_each(struct connection *c, const struct row_visit *v) MUST_CHECK;

/* `t` must outlive the rows. */
void rows_open(struct rows *r, struct connection *c, const struct store_table *t);
void rows_close(struct rows *r);
enum error rows_get(struct rows *r, struct bytes key, struct bytes sub, struct value *values,
                    bool *found) MUST_CHECK; /* text is valid until the next rows_get */
enum error rows_put(struct rows *r, struct bytes key, struct bytes sub,
                    const struct value *values) MUST_CHECK;
enum error rows_delete(struct rows *r, struct bytes key, struct bytes sub) MUST_CHECK;
/* v->key's, at most `max`; the statement is kept, as this is asked for with every event. */
enum error rows_of_key(struct rows *r, const struct row_visit *v, size_t max) MUST_CHECK;
enum error rows_add(struct rows *r, int64_t entry, struct bytes key,
                    const struct value *values) MUST_CHECK;
enum error rows_last(struct rows *r, int64_t *entry) MUST_CHECK;

/* What is prepared when it is first wanted. */
typedef void rows_sql(struct buf *sql, const struct store_table *t);
enum error rows_statement(struct rows *r, sqlite3_stmt **s, rows_sql *write_sql) MUST_CHECK;

struct rows_look {
    int64_t now_ms;
    size_t max;
};
/* forget.c, as store_ops.rows_forget */
enum error rows_forget(struct rows *r, const struct rows_look *look, bool *whole) MUST_CHECK;
void rows_forget_close(struct rows *r);

#endif
