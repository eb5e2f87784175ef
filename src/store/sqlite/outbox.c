/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a commit leaves to be done: its events, and timers.
 *
 * AUTOINCREMENT keeps the outbox's last id in sqlite_sequence, also when the box is empty. */
#include "inside.h"

enum error op_outbox_add(struct store *store, struct bytes packed, int64_t *id) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *add;
    TRY(fixed_change(s, FIXED_outbox_add, &add));
    bind_blob(add, 1, packed);
    TRY(statement_run(&s->connection, add));
    *id = sqlite3_last_insert_rowid(s->connection.db);
    return E_ok;
}

enum error op_outbox_delete_through(struct store *store, int64_t id) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *drop;
    TRY(fixed_change(s, FIXED_outbox_delete_through, &drop));
    bind_int(drop, 1, id);
    return statement_run(&s->connection, drop);
}

enum error op_outbox_each(struct store *store, store_on_outbox *on_row, void *context) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *each;
    TRY(fixed_get(s, FIXED_outbox_each, &each));
    bool found;
    enum error e;
    while (!(e = statement_next(&s->connection, each, &found)) && found)
        on_row(context, sqlite3_column_int64(each, 0), column_bytes(each, 1));
    return e;
}

/* ---- timers */

enum error op_timer_put(struct store *store, const struct timer_row *t) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *put;
    TRY(fixed_change(s, FIXED_timer_put, &put));
    bind_text(put, 1, t->name);
    bind_text(put, 2, t->key);
    bind_int(put, 3, t->due_ms);
    bind_int(put, 4, t->clock);
    return statement_run(&s->connection, put);
}

enum error op_timer_delete(struct store *store, struct bytes name, struct bytes key) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *drop;
    TRY(fixed_change(s, FIXED_timer_delete, &drop));
    bind_text(drop, 1, name);
    bind_text(drop, 2, key);
    return statement_run(&s->connection, drop);
}

enum error op_timer_due(struct store *store, enum timer_clock clock, int64_t now_ms, size_t max,
                        store_on_timer *on_timer, void *context) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *due;
    TRY(fixed_get(s, FIXED_timer_due, &due));
    bool found;
    enum error e;
    bind_int(due, 1, now_ms);
    bind_int(due, 2, fixed_limit(max));
    bind_int(due, 3, clock);
    while (!(e = statement_next(&s->connection, due, &found)) && found) {
        struct timer_row t = { .due_ms = sqlite3_column_int64(due, 2),
                               .name = column_bytes(due, 0),
                               .key = column_bytes(due, 1),
                               .clock = clock };
        on_timer(context, &t);
    }
    return e;
}

enum error op_timer_first(struct store *store, enum timer_clock clock, int64_t *due_ms,
                          bool *found) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *first;
    TRY(fixed_get(s, FIXED_timer_first, &first));
    bind_int(first, 1, clock);
    TRY(statement_next(&s->connection, first, found));
    *found = sqlite3_column_type(first, 0) == SQLITE_INTEGER;
    *due_ms = sqlite3_column_int64(first, 0);
    (void)sqlite3_reset(first);
    return E_ok;
}
