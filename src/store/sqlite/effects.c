/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Effects that are asked for and not yet done. */
#include "inside.h"

enum error op_effect_add(struct store *store, const struct effect_row *row, int64_t *number) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *add;
    TRY(fixed_change(s, FIXED_effect_add, &add));
    bind_int(add, 1, row->state);
    bind_text(add, 2, row->id);
    bind_text(add, 3, row->edge);
    bind_text(add, 4, row->key);
    bind_text(add, 5, row->type);
    bind_text(add, 6, row->json);
    bind_int(add, 7, row->time_ms);
    bind_int(add, 8, row->requested_ms);
    bind_int(add, 9, row->deadline_ms);
    bind_int(add, 10, row->due_ms);
    bind_int(add, 11, row->attempts);
    bind_text(add, 12, row->reason);
    TRY(statement_run(&s->connection, add));
    *number = sqlite3_last_insert_rowid(s->connection.db);
    return E_ok;
}

enum error op_effect_put(struct store *store, const struct effect_row *row) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *put;
    TRY(fixed_change(s, FIXED_effect_put, &put));
    bind_int(put, 1, row->number);
    bind_int(put, 2, row->state);
    bind_int(put, 3, row->deadline_ms);
    bind_int(put, 4, row->due_ms);
    bind_int(put, 5, row->attempts);
    bind_text(put, 6, row->reason);
    return statement_run(&s->connection, put);
}

enum error op_effect_delete(struct store *store, int64_t number) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *drop;
    TRY(fixed_change(s, FIXED_effect_delete, &drop));
    bind_int(drop, 1, number);
    return statement_run(&s->connection, drop);
}

static struct effect_row effect_read(sqlite3_stmt *each) {
    return (struct effect_row){ .number = sqlite3_column_int64(each, 0),
                                .state = (enum effect_state)sqlite3_column_int(each, 1),
                                .id = column_bytes(each, 2),
                                .edge = column_bytes(each, 3),
                                .key = column_bytes(each, 4),
                                .type = column_bytes(each, 5),
                                .json = column_bytes(each, 6),
                                .time_ms = sqlite3_column_int64(each, 7),
                                .requested_ms = sqlite3_column_int64(each, 8),
                                .deadline_ms = sqlite3_column_int64(each, 9),
                                .due_ms = sqlite3_column_int64(each, 10),
                                .attempts = sqlite3_column_int(each, 11),
                                .reason = column_bytes(each, 12) };
}

enum error op_effect_each(struct store *store, int64_t from_number, size_t max,
                          store_on_effect *on_row, void *context) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *each;
    bool found;
    enum error e;
    TRY(fixed_get(s, FIXED_effect_each, &each));
    bind_int(each, 1, from_number);
    bind_int(each, 2, fixed_limit(max));
    while (!(e = statement_next(&s->connection, each, &found)) && found) {
        struct effect_row row = effect_read(each);
        on_row(context, &row);
    }
    return e;
}
