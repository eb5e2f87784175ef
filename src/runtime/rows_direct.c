/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Every change notes what it replaces, also the second of a row; undone newest first, the oldest
 * note has the last word. */
#include "runtime/rows_direct.h"

#include "base/check.h"
#include "runtime/rows.h"

#include <stdlib.h>

enum { COLUMNS_MAX = 64 };

const struct value *rows_direct_get(struct rows_direct *r, const struct row_name *name) {
    size_t count = r->tables[name->table].column_count;
    struct value found[COLUMNS_MAX];
    bool is_there = false;
    assert(count <= COLUMNS_MAX);
    enum error e =
        r->store->ops->row_get(r->store, name->table, name->key, name->sub, found, &is_there);
    assert(e == E_ok);
    if (!is_there)
        return NULL;
    struct value *copy = arena_get(&r->arena, count * sizeof(*copy));
    for (size_t i = 0; i < count; i++) {
        copy[i] = found[i];
        if (found[i].kind == VALUE_TEXT)
            copy[i].text = arena_copy(&r->arena, found[i].text);
    }
    return copy;
}

static void row_set(struct rows_direct *r, const struct direct_before *row) {
    const struct store_ops *ops = r->store->ops;
    enum error e = row->values ? ops->row_put(r->store, row->table, row->key, row->sub, row->values)
                               : ops->row_delete(r->store, row->table, row->key, row->sub);
    assert(e == E_ok);
}

static void row_note(struct rows_direct *r, const struct row_name *name) {
    if (r->count == r->capacity) {
        r->capacity = r->capacity ? r->capacity * 2 : 16;
        r->befores = memory_resize(r->befores, r->capacity * sizeof(*r->befores));
    }
    r->befores[r->count++] = (struct direct_before){
        .table = name->table,
        .key = arena_copy(&r->arena, name->key),
        .sub = arena_copy(&r->arena, name->sub),
        .values = (struct value *)(uintptr_t)rows_direct_get(r, name),
    };
}

void rows_direct_put(struct rows_direct *r, const struct row_name *name,
                     const struct value *values) {
    struct direct_before now = { name->table, name->key, name->sub,
                                 (struct value *)(uintptr_t)values };
    row_note(r, name);
    row_set(r, &now);
}

void rows_direct_undo(struct rows_direct *r) {
    while (r->count)
        row_set(r, &r->befores[--r->count]);
}

void rows_direct_rest(struct rows_direct *r) {
    r->count = 0;
    arena_reset(&r->arena);
}

void rows_direct_finish(struct rows_direct *r) {
    arena_finish(&r->arena);
    free(r->befores);
    *r = (struct rows_direct){ 0 };
}
