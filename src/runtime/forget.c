/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* When a walk begins and how far it goes. The store walks (store/sqlite/forget.c). */
#include "runtime/forget.h"

#include "base/check.h"

#include <stdlib.h>

enum { REST_LEAST_MS = 60000, REST_MOST_MS = 86400000, REST_PART = 8 };

void forgets_open(struct forgets *f, const struct store_table *tables, size_t count) {
    for (size_t i = 0; i < count && !f->tables; i++)
        if (tables[i].forget)
            f->tables = memory_get(count * sizeof(*f->tables));
}

void forgets_close(struct forgets *f) {
    free(f->tables);
    f->tables = NULL;
}

static int64_t until_ms(const struct store_table *table, const struct value *values) {
    const struct value *v = &values[table->forget - 1];
    return v->kind == VALUE_INT ? v->integer : 0;
}

bool forget_is_over(const struct forgets *f, const struct store_table *table,
                    const struct value *values) {
    if (!table->forget)
        return false;
    int64_t until = until_ms(table, values);
    return until > 0 && until <= f->now_ms;
}

void forget_put(struct forgets *f, const struct store_table *tables, size_t table,
                const struct value *values) {
    if (!tables[table].forget)
        return;
    struct forget *one = &f->tables[table];
    int64_t until = until_ms(&tables[table], values);
    one->puts++;
    if (until > one->latest_ms)
        one->latest_ms = until;
}

static int64_t rest_ms(const struct forget *one, int64_t now_ms) {
    int64_t rest = one->latest_ms > now_ms ? (one->latest_ms - now_ms) / REST_PART : 0;
    return rest < REST_LEAST_MS ? REST_LEAST_MS : rest > REST_MOST_MS ? REST_MOST_MS : rest;
}

static enum error walk(struct forgets *f, struct store *store, size_t table) {
    struct forget *one = &f->tables[table];
    bool whole = false;
    if (f->now_ms < one->next_ms)
        return E_ok;
    TRY(store->ops->rows_forget(store, table, f->now_ms, 2 * one->puts + FORGET_ROWS, &whole));
    if (whole)
        one->next_ms = f->now_ms + rest_ms(one, f->now_ms);
    return E_ok;
}

enum error forgets_walk(struct forgets *f, struct store *store, const struct store_table *tables,
                        size_t count) {
    for (size_t i = 0; f->tables && i < count; i++) {
        if (!tables[i].forget)
            continue;
        assert(store->ops->rows_forget != NULL); /* a fold's declaration has no `forget` */
        TRY(walk(f, store, i));
        f->tables[i].puts = 0;
    }
    return E_ok;
}
