/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a fold does not have. The declaration refuses it first; this is for what it cannot see. */
#include "fold_inside.h"

static enum error refused(struct store *store, const char *what) {
    enum error e = fail(E_config, "%s: %s", fold_store_of(store)->path, what);
    fail_try("declare the service with `state: rows`");
    return e;
}

enum error fold_log_add(struct store *store, size_t table, int64_t entry, struct bytes key,
                        const struct value *values) {
    (void)table;
    (void)entry;
    (void)key;
    (void)values;
    return refused(store, "a fold has no log: declare a table");
}

enum error fold_journal_add(struct store *store, int64_t at_ms, struct bytes inputs,
                            struct bytes outputs) {
    (void)at_ms;
    (void)inputs;
    (void)outputs;
    return refused(store, "a fold has no journal");
}

enum error fold_journal_cut(struct store *store, int64_t through_id) {
    (void)through_id;
    return refused(store, "a fold has no journal");
}

enum error fold_park_add(struct store *store, const struct parked_row *row, int64_t *number) {
    (void)row;
    (void)number;
    return refused(store, "a fold parks nothing");
}

enum error fold_park_put(struct store *store, const struct parked_row *row) {
    (void)row;
    return refused(store, "a fold parks nothing");
}

enum error fold_park_delete(struct store *store, int64_t number) {
    (void)number;
    return refused(store, "a fold parks nothing");
}

enum error fold_effect_add(struct store *store, const struct effect_row *row, int64_t *number) {
    (void)row;
    (void)number;
    return refused(store, "a fold has no effects");
}

enum error fold_effect_put(struct store *store, const struct effect_row *row) {
    (void)row;
    return refused(store, "a fold has no effects");
}

enum error fold_effect_delete(struct store *store, int64_t number) {
    (void)number;
    return refused(store, "a fold has no effects");
}

enum error fold_seen_put(struct store *store, const struct seen_row *row, int64_t now_ms,
                         bool *was_there) {
    (void)row;
    (void)now_ms;
    (void)was_there;
    return refused(store, "a fold has no dedupe window");
}

enum error fold_seen_forget(struct store *store, int64_t now_ms, size_t max) {
    (void)now_ms;
    (void)max;
    return refused(store, "a fold has no dedupe window");
}

enum error fold_seen_each(struct store *store, int64_t now_ms, store_on_seen *on_row,
                          void *context) {
    (void)now_ms;
    (void)on_row;
    (void)context;
    return refused(store, "a fold has no dedupe window");
}

enum error fold_fact_each(struct store *store, store_on_fact *on_fact, void *context) {
    (void)on_fact;
    (void)context;
    return refused(store, "a fold's facts are not listed");
}

/* ---- what is read is empty */

enum error fold_log_last(struct store *store, size_t table, int64_t *entry) {
    (void)store;
    (void)table;
    *entry = 0;
    return E_ok;
}

enum error fold_journal_each(struct store *store, int64_t from_id, size_t max,
                             store_on_journal *on_row, void *context) {
    (void)store;
    (void)from_id;
    (void)max;
    (void)on_row;
    (void)context;
    return E_ok;
}

enum error fold_park_each(struct store *store, struct bytes key, int64_t from_number, size_t max,
                          store_on_parked *on_row, void *context) {
    (void)store;
    (void)key;
    (void)from_number;
    (void)max;
    (void)on_row;
    (void)context;
    return E_ok;
}

enum error fold_park_sums(struct store *store, store_on_parked_key *on_key, void *context) {
    (void)store;
    (void)on_key;
    (void)context;
    return E_ok;
}

enum error fold_effect_each(struct store *store, int64_t from_number, size_t max,
                            store_on_effect *on_row, void *context) {
    (void)store;
    (void)from_number;
    (void)max;
    (void)on_row;
    (void)context;
    return E_ok;
}

enum error fold_journal_range(struct store *store, int64_t *first_id, int64_t *last_id) {
    (void)store;
    *first_id = *last_id = 0;
    return E_ok;
}
