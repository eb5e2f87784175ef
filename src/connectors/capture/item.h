/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A row as the flat JSON object of an item: `id` is the key, then the columns, whole numbers as
 * numbers, booleans as "true" and "false", all else as PostgreSQL's own text; last what the capture
 * says of it: capture_op (put, gone, whole, keep, wrong), capture_snapshot, capture_lsn. A column
 * of one of these names is left out. */
#ifndef OCTAVO_CONNECTORS_CAPTURE_ITEM_H
#define OCTAVO_CONNECTORS_CAPTURE_ITEM_H

#include "base/bytes.h"

enum { CAPTURE_COLUMNS_MAX = 56 };

void capture_item_begin(struct buf *out, struct bytes key);
/* text NULL: null. */
void capture_item_cell(struct buf *out, const char *name, uint32_t type, const struct bytes *text);
void capture_item_end(struct buf *out, const char *op, uint64_t snapshot, uint64_t lsn);
/* NULL, or why an item cannot have it. */
const char *capture_key_fault(struct bytes key);
/* An item that says that a row cannot be taken, and why. Its id is the key's beginning. */
void capture_item_wrong(struct buf *out, struct bytes key, const char *reason);
/* As much of a key as an item can have, at a whole character. */
struct bytes capture_key_part(struct bytes key);

#endif
