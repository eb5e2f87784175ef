/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Who has what is unique at its source.
 *
 * A fold hears of two rows one after the other, so for a moment both may say the same: an address
 * that moved from one to the other. Then the one that said it last has it, by `time`, when its
 * source committed it; where both say the same time nobody is named, as either might be wrong. */
#include "rows.h"

#include <string.h>

enum { LOOKED_AT_MAX = 10000 };

static int64_t time_of(const struct rows_table *t, const struct rows_value *values) {
    for (size_t i = 0; i < t->column_count; i++)
        if (strcmp(t->columns[i].name, "time") == 0 && values[i].kind == ROWS_INT)
            return values[i].integer;
    return 0;
}

enum rows_newest rows_newest_find(const struct connector_rows *rows, const struct rows_wanted *w,
                                  struct rows_value *values, struct buf *key) {
    const struct rows_table *t = &rows->tables[rows->indexes[w->index].table];
    bool found = false, two = false;
    int64_t newest = 0;
    struct bytes name;
    uint64_t at = 0;
    for (int i = 0;
         i < LOOKED_AT_MAX && rows->find(rows->context, w->index, &w->value, &at, &name, values);
         i++) {
        int64_t time = time_of(t, values);
        if (!found || time > newest) {
            buf_clear(key);
            buf_put_bytes(key, name);
            newest = time;
            two = false;
        } else {
            two = two || time == newest;
        }
        found = true;
        if (!at)
            break;
    }
    return !found ? ROWS_NOBODY : two ? ROWS_TWO : ROWS_ONE;
}
