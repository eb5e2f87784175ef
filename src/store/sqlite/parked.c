/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Inputs that are parked, and the ids seen in a dedupe window. */
#include "inside.h"

enum error op_park_add(struct store *store, const struct parked_row *row, int64_t *number) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *add;
    TRY(fixed_change(s, FIXED_park_add, &add));
    bind_text(add, 1, row->key);
    bind_int(add, 2, row->due_ms);
    bind_int(add, 3, row->attempts);
    bind_int(add, 4, row->parked_ms);
    bind_text(add, 5, row->reason);
    bind_blob(add, 6, row->packed);
    TRY(statement_run(&s->connection, add));
    *number = sqlite3_last_insert_rowid(s->connection.db);
    return E_ok;
}

enum error op_park_put(struct store *store, const struct parked_row *row) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *put;
    TRY(fixed_change(s, FIXED_park_put, &put));
    bind_int(put, 1, row->number);
    bind_int(put, 2, row->due_ms);
    bind_int(put, 3, row->attempts);
    bind_text(put, 4, row->reason);
    return statement_run(&s->connection, put);
}

enum error op_park_delete(struct store *store, int64_t number) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *drop;
    TRY(fixed_change(s, FIXED_park_delete, &drop));
    bind_int(drop, 1, number);
    return statement_run(&s->connection, drop);
}

static struct parked_row parked_read(sqlite3_stmt *each) {
    return (struct parked_row){ .number = sqlite3_column_int64(each, 0),
                                .key = column_bytes(each, 1),
                                .due_ms = sqlite3_column_int64(each, 2),
                                .attempts = sqlite3_column_int(each, 3),
                                .parked_ms = sqlite3_column_int64(each, 4),
                                .reason = column_bytes(each, 5),
                                .packed = column_bytes(each, 6) };
}

enum error op_park_each(struct store *store, struct bytes key, int64_t from_number, size_t max,
                        store_on_parked *on_row, void *context) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *each;
    bool found;
    enum error e;
    TRY(fixed_get(s, key.data ? FIXED_park_each_key : FIXED_park_each, &each));
    bind_int(each, 1, from_number);
    bind_int(each, 2, fixed_limit(max));
    if (key.data)
        bind_text(each, 3, key);
    while (!(e = statement_next(&s->connection, each, &found)) && found) {
        struct parked_row row = parked_read(each);
        on_row(context, &row);
    }
    return e;
}

enum error op_park_sums(struct store *store, store_on_parked_key *on_key, void *context) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *sums;
    bool found;
    enum error e;
    TRY(fixed_get(s, FIXED_park_sums, &sums));
    while (!(e = statement_next(&s->connection, sums, &found)) && found)
        on_key(context, column_bytes(sums, 0), sqlite3_column_int64(sums, 1),
               sqlite3_column_int64(sums, 2), sqlite3_column_int64(sums, 3));
    return e;
}

/* ---- ids seen */

enum error op_seen_put(struct store *store, const struct seen_row *row, int64_t now_ms,
                       bool *was_there) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *put;
    TRY(fixed_change(s, FIXED_seen_put, &put));
    bind_text(put, 1, row->source);
    bind_text(put, 2, row->id);
    bind_int(put, 3, row->until_ms);
    bind_int(put, 4, now_ms);
    TRY(statement_run(&s->connection, put));
    *was_there = sqlite3_changes(s->connection.db) == 0;
    return E_ok;
}

enum error op_seen_forget(struct store *store, int64_t now_ms, size_t max) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *forget;
    TRY(fixed_change(s, FIXED_seen_forget, &forget));
    bind_int(forget, 1, now_ms);
    bind_int(forget, 2, fixed_limit(max));
    return statement_run(&s->connection, forget);
}

enum error op_seen_each(struct store *store, int64_t now_ms, store_on_seen *on_row, void *context) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *each;
    bool found;
    enum error e;
    TRY(fixed_get(s, FIXED_seen_each, &each));
    bind_int(each, 1, now_ms);
    while (!(e = statement_next(&s->connection, each, &found)) && found) {
        struct seen_row row = { column_bytes(each, 0), column_bytes(each, 1),
                                sqlite3_column_int64(each, 2) };
        on_row(context, &row);
    }
    return e;
}
