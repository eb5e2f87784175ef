/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rows in memory, found by (table, key, sub).
 *
 * A row is one piece of memory that holds just the bytes that a snapshot has of it, so that a
 * snapshot is copying and a lookup compares one prefix:
 *
 *   u16 table  u32 length, key  u32 length, sub  columns
 *   column = u8 0 (null) | u8 1, i64 | u8 2, u32 length, text
 *
 * Open addressing, linear probing, filled to two thirds at most; a removal moves back what stands
 * behind it, so there are no graves. */
#ifndef OCTAVO_STORE_FOLD_ROWS_H
#define OCTAVO_STORE_FOLD_ROWS_H

#include "store/store.h"

enum { FOLD_TABLES_MAX = 256 };

struct fold_row {
    uint64_t hash;
    uint32_t len; /* of bytes */
    uint32_t id_len;
    uint8_t bytes[]; /* the id, then the columns */
};

struct fold_slot {
    uint64_t hash;
    struct fold_row *row; /* NULL: free */
};

struct fold_rows {
    struct fold_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
    uint64_t bytes;                     /* of all rows */
    uint64_t of_table[FOLD_TABLES_MAX]; /* so many rows */
    struct buf id; /* scratch: the id that is looked for, then the columns behind it */
};

struct fold_row_name {
    size_t table;
    struct bytes key, sub;
};

/* Fills values[columns]; texts are valid until the next change. */
bool fold_rows_get(struct fold_rows *r, const struct fold_row_name *name, struct value *values,
                   size_t columns);
void fold_rows_put(struct fold_rows *r, const struct fold_row_name *name,
                   const struct value *values, size_t columns);
void fold_rows_delete(struct fold_rows *r, const struct fold_row_name *name);
/* For reading a snapshot: room for so many, and a row's checked bytes under another table number.
 */
void fold_rows_reserve(struct fold_rows *r, size_t count);
void fold_rows_take(struct fold_rows *r, size_t table, struct bytes row, size_t id_len);
void fold_rows_finish(struct fold_rows *r);

/* Walks the rows of a table from *at, 0 at the beginning and after the end; NULL: the end. Where a
 * walk rests while rows change, it rests where fold_rows_may_rest says so: then no row that is
 * there all the while is passed by. A table that has grown since is walked from its beginning. */
const struct fold_row *fold_rows_next(const struct fold_rows *r, size_t table, uint64_t *at);
bool fold_rows_may_rest(const struct fold_rows *r, uint64_t at);

/* The bytes of a row taken apart; columns are read into values[columns]. */
struct fold_row_name fold_row_name(const struct fold_row *row);
void fold_row_values(const struct fold_row *row, struct value *values, size_t columns);

#endif
