/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The journal. Its ids are counted in memory from the newest row on, so a cut keeps that row. */
#include "inside.h"

static enum error next_load(struct sqlite_store *s) {
    sqlite3_stmt *last;
    bool found;
    TRY(fixed_get(s, FIXED_journal_last, &last));
    TRY(statement_next(&s->connection, last, &found));
    s->journal_next = sqlite3_column_int64(last, 0) + 1; /* of no rows: NULL, read as 0 */
    (void)sqlite3_reset(last);
    s->journal_next_at_begin = s->journal_next;
    return E_ok;
}

enum error op_journal_add(struct store *store, int64_t at_ms, struct bytes inputs,
                          struct bytes outputs) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *add;
    TRY(fixed_change(s, FIXED_journal_add, &add));
    if (!s->journal_next)
        TRY(next_load(s));
    bind_int(add, 1, s->journal_next);
    bind_int(add, 2, at_ms);
    bind_text(add, 3, inputs);
    bind_text(add, 4, outputs);
    TRY(statement_run(&s->connection, add));
    s->journal_next++;
    return E_ok;
}

enum error op_journal_each(struct store *store, int64_t from_id, size_t max,
                           store_on_journal *on_row, void *context) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *each;
    bool found;
    enum error e;
    TRY(fixed_get(s, FIXED_journal_each, &each));
    bind_int(each, 1, from_id);
    bind_int(each, 2, fixed_limit(max));
    while (!(e = statement_next(&s->connection, each, &found)) && found)
        on_row(context, sqlite3_column_int64(each, 0), sqlite3_column_int64(each, 1),
               column_bytes(each, 2), column_bytes(each, 3));
    return e;
}

enum error op_journal_cut(struct store *store, int64_t through_id) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *cut;
    TRY(fixed_change(s, FIXED_journal_cut, &cut));
    bind_int(cut, 1, through_id);
    return statement_run(&s->connection, cut);
}

enum error op_journal_range(struct store *store, int64_t *first_id, int64_t *last_id) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *range;
    bool found;
    TRY(fixed_get(s, FIXED_journal_range, &range));
    TRY(statement_next(&s->connection, range, &found));
    *first_id = sqlite3_column_int64(range, 0); /* of no rows: NULL, read as 0 */
    *last_id = sqlite3_column_int64(range, 1);
    (void)sqlite3_reset(range);
    return E_ok;
}
