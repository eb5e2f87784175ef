/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The engine of a fold: rows in memory, packed by their tables' columns (packed.h), in pages
 * (pages.h), found by (table, key, sub) (buckets.h) and by the values of indexed columns.
 *
 * An index is numbers in order (order.h): 32 bits of the value's hash, 32 of the row's. So what is
 * found by a value is a stretch of it, however many rows have the value, and a row that moves in
 * memory changes nothing in it. Hashes only lead there: every row that is told is looked at.
 *
 * Nothing here takes long: a change moves one bucket, a snapshot is a picture that is taken piece
 * by piece (cache_image_*). One thread's. Docs: docs/formats/fold.md, docs/decisions/0013. */
#ifndef OCTAVO_CACHE_CACHE_H
#define OCTAVO_CACHE_CACHE_H

#include "cache/buckets.h"
#include "cache/order.h"
#include "cache/packed.h"
#include "cache/pages.h"

enum { CACHE_TABLES_MAX = 255, CACHE_COLUMNS_MAX = 64 };

struct cache {
    const struct store_table *tables; /* the caller's, as are the indexes */
    size_t table_count;
    const struct store_index *indexes;
    size_t index_count;
    struct pages pages;
    struct buckets rows;
    struct order *orders; /* of each index */
    uint64_t of_table[CACHE_TABLES_MAX];
    struct buf packed; /* scratch */
};

struct cache_sizes {
    uint64_t rows;
    uint64_t row_bytes;   /* of the blocks that hold them */
    uint64_t bytes;       /* of all that is held, without the indexes */
    uint64_t index_bytes; /* of those */
};

void cache_init(struct cache *c, const struct store_options *options);
void cache_finish(struct cache *c); /* init makes it new */
struct cache_sizes cache_sizes(const struct cache *c);

/* Values are valid until the next change. */
bool cache_get(const struct cache *c, const struct row_id *id, struct value *values);
void cache_put(struct cache *c, const struct row_id *id, const struct value *values);
void cache_delete(struct cache *c, const struct row_id *id);

/* A row by its ref, which is valid until the next change; values may be NULL. */
struct row_id cache_row(const struct cache *c, uint32_t ref, struct value *values);
/* Walks the rows of a table: *at as in buckets.h. */
bool cache_next(const struct cache *c, size_t table, uint64_t *at, uint32_t *ref);
bool cache_may_rest(const struct cache *c, uint64_t at);
/* The rows whose column of the n-th index has this value, in no order; *at likewise. A null has
 * none. */
bool cache_find(const struct cache *c, size_t index, const struct value *value, uint64_t *at,
                uint32_t *ref);
/* True between two values of what cache_find walks: a row that is there all the while is met by a
 * walk that rests only where it is. */
bool cache_find_may_rest(const struct cache *c, size_t index, const struct value *value,
                         uint64_t at);

/* Of an empty one: room for so many rows at once. */
void cache_reserve(struct cache *c, uint64_t rows);
/* A page of an image (pages.h), whose tables have other numbers here. False: it is damaged. */
bool cache_take_page(struct cache *c, struct bytes page, const size_t *tables, size_t count);

#endif
