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
    char *key, *json; /* json: all but its end; NULL: it is over what an event can hold */
    bool gone;        /* the stream had something newer */
};

struct chunk {
    bool loaded;
    bool last; /* no rows behind these */
    struct chunk_row *rows;
    size_t count, capacity, at;
    size_t bytes;
    struct table by_key;
    struct snapshot snapshot;
    uint64_t until_lsn;
};

struct chunk_options {
    const char *table, *key; /* table: SCHEMA"."NAME, as it goes between quotes */
    size_t rows_max;
    const char *after;    /* the key that it begins behind; NULL: at the first row */
    uint64_t xmin_wanted; /* before it a transaction may have been streamed that is not seen yet */
    const struct streamed *streamed;
};

/* Not loaded: its snapshot does not see all that was streamed, and no row was read; *again_ms: then
 * it is worth another try. A chunk ends before rows_max when it has 8 MiB. */
enum error chunk_load(struct chunk *c, struct postgres *s, const struct chunk_options *o,
                      int *again_ms) MUST_CHECK;
/* Transactions that run now are before it, and may have been streamed before a restart. */
enum error chunk_running(struct postgres *s, uint64_t *behind) MUST_CHECK;
bool chunk_has(const struct chunk *c, struct bytes key);
void chunk_remove(struct chunk *c, struct bytes key);
/* The next row that is to be told; NULL: no more of them. */
const struct chunk_row *chunk_next(struct chunk *c);
void chunk_finish(struct chunk *c);

#endif
