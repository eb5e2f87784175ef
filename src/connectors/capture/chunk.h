/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Some rows of the table as one snapshot saw them, while the stream goes on.
 *
 * A row of the chunk stands for all transactions that the snapshot saw. What the stream brings of
 * one that it did not see is newer: its row leaves the chunk. When the stream has come to where the
 * log was at the snapshot, all that it saw has been streamed, and the rows that are left are told:
 * newer than all before, older than all to come. */
#ifndef OCTAVO_CONNECTORS_CAPTURE_CHUNK_H
#define OCTAVO_CONNECTORS_CAPTURE_CHUNK_H

#include "base/table.h"
#include "capture/position.h"
#include "capture/postgres.h"
#include "capture/visible.h"

struct chunk_row {
    char *key, *json;
    bool gone; /* the stream had something newer */
};

struct chunk {
    bool loaded;
    bool last; /* no rows behind these */
    struct chunk_row *rows;
    size_t count, capacity, at;
    struct table by_key;
    struct snapshot snapshot;
    uint64_t until_lsn;
};

struct chunk_options {
    const char *table, *key; /* table: SCHEMA"."NAME, as it goes between quotes */
    size_t rows_max;
    const struct capture_position *from;
};

enum error chunk_load(struct chunk *c, struct postgres *s,
                      const struct chunk_options *o) MUST_CHECK;
void chunk_remove(struct chunk *c, struct bytes key);
/* The next row that is to be told; NULL: no more of them. */
const struct chunk_row *chunk_next(struct chunk *c);
void chunk_finish(struct chunk *c);

#endif
