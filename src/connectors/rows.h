/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The rows of a service that keeps them in memory, for a query connector that is asked more often
 * than a handler could answer: read where they lie, on the thread that owns them, between two
 * groups.
 *
 * Only tables of one row a key (sub "") are seen. What is given is valid until the next call, or
 * until the loop goes on. A connector asks `state` before it answers: what is not caught up, or
 * older than it may be, is not told as if it were. */
#ifndef OCTAVO_CONNECTORS_ROWS_H
#define OCTAVO_CONNECTORS_ROWS_H

#include "base/bytes.h"
#include "base/error.h"

struct rows_column {
    const char *name;
    bool is_int;
};

struct rows_table {
    const char *name;
    const struct rows_column *columns;
    size_t column_count;
};

struct rows_value {
    enum { ROWS_NULL, ROWS_INT, ROWS_TEXT } kind;
    int64_t integer;
    struct bytes text; /* borrowed */
};

/* By the values of this column rows are found; where `unique`, their source has one with each. */
struct rows_index {
    size_t table, column;
    bool unique;
};

struct rows_state {
    bool ready;           /* all was read that the topics held at the start */
    int64_t percent;      /* of that; -1: not known yet */
    int64_t eta_s;        /* until then; -1: not known */
    int64_t staleness_ms; /* of what was committed before that long ago, all is here; -1: not
                             known, as a partition has told nothing yet */
    uint64_t events;      /* handled since the start */
    uint64_t poison;      /* passed by since the start */
};

struct connector_rows {
    void *context;
    const struct rows_table *tables;
    size_t table_count;
    bool (*get)(void *context, size_t table, struct bytes key, struct rows_value *values);
    /* *at is 0 at the beginning and after the end, and below 2^41. A walk that rests only where
     * may_rest says so meets a row that is there all the while, and perhaps more than once. */
    bool (*next)(void *context, size_t table, uint64_t *at, struct bytes *key,
                 struct rows_value *values);
    bool (*may_rest)(void *context, uint64_t at);
    uint64_t (*count)(void *context, size_t table);
    uint64_t (*bytes)(void *context, uint64_t *index_bytes); /* of all in memory */
    /* The rows with this value in the column of the n-th index, in no order; *at likewise. */
    const struct rows_index *indexes;
    size_t index_count;
    bool (*find)(void *context, size_t index, const struct rows_value *value, uint64_t *at,
                 struct bytes *key, struct rows_value *values);
    bool (*find_may_rest)(void *context, size_t index, const struct rows_value *value, uint64_t at);
    void (*state)(void *context, struct rows_state *out);
    /* A token of octavo_event_token. E_malformed: it is none. */
    enum error (*reached)(void *context, struct bytes token, bool *reached);
};

struct rows_wanted {
    size_t index; /* a unique one */
    struct rows_value value;
};

enum rows_newest { ROWS_NOBODY, ROWS_ONE, ROWS_TWO };

/* The row that said it last: its key into `key`, when there is one. `values` is room for a row's.
 */
enum rows_newest rows_newest_find(const struct connector_rows *rows, const struct rows_wanted *w,
                                  struct rows_value *values, struct buf *key);

#endif
