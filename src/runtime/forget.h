/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Rows that a table keeps until the time in one of their columns (`forget:` in the declaration).
 *
 * A row is over when the task's event time has reached its time. From then on no handler sees it;
 * when it leaves the store is another matter, and decides nothing: so a replay, whose walks stand
 * elsewhere, comes to the same. Each commit walks a piece of the table, twice as long as what the
 * group has put into it and FORGET_ROWS more, so that a walk overtakes what grows. When it has come
 * to the end it rests for an eighth of the time for which rows are kept. */
#ifndef OCTAVO_RUNTIME_FORGET_H
#define OCTAVO_RUNTIME_FORGET_H

#include "store/store.h"

enum { FORGET_ROWS = 500 };

struct forget {
    size_t puts;       /* of the group */
    int64_t latest_ms; /* the latest time of a row put by this process */
    int64_t next_ms;   /* the walk rests until then */
};

struct forgets {
    struct forget *tables; /* NULL: no table forgets */
    int64_t now_ms;        /* the task's event time */
};

void forgets_open(struct forgets *f, const struct store_table *tables, size_t count);
void forgets_close(struct forgets *f);
bool forget_is_over(const struct forgets *f, const struct store_table *table,
                    const struct value *values);
/* The row goes into the store. */
void forget_put(struct forgets *f, const struct store_table *tables, size_t table,
                const struct value *values);
/* In the group's transaction, after its rows. */
enum error forgets_walk(struct forgets *f, struct store *store, const struct store_table *tables,
                        size_t count) MUST_CHECK;

#endif
