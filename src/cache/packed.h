/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A row in as few bytes as its table's columns allow: their types are not said again in each row.
 *
 *   text key  text sub  columns
 *   text      u8 n + 1, n bytes (n < 254) | u8 255, u32 n, n bytes
 *   a column that is a text: as above, or u8 0: null
 *   one that is an int: u8 0: null | u8 1..8, so many bytes | u8 9..255: the value + 16
 *
 * Numbers are little-endian, as they lie in memory. What is read here was packed here, or checked:
 * only packed_is_good doubts it. An int is read eight bytes at once, so eight bytes behind a row
 * must be readable. */
#ifndef OCTAVO_CACHE_PACKED_H
#define OCTAVO_CACHE_PACKED_H

#include "store/store.h"

struct row_id {
    size_t table;
    struct bytes key, sub;
};

enum { PACKED_BEHIND = 8 };

void packed_put(struct buf *out, const struct row_id *id, const struct value *values,
                size_t columns);
/* Key and sub are borrowed from the row; where the columns begin is returned. */
const uint8_t *packed_id(const uint8_t *row, struct row_id *id);
void packed_values(const uint8_t *row, const struct store_table *table, struct value *values);
struct value packed_value(const uint8_t *row, const struct store_table *table, size_t column);
bool packed_has_id(const uint8_t *row, const struct row_id *id);
/* Of the declared types, whole, and nothing but zeros behind it. */
bool packed_is_good(struct bytes row, const struct store_table *table);

#endif
