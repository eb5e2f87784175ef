/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading one chunk: by the key, from where the last one ended. */
#include "capture/chunk.h"

#include "capture/item.h"

#include <stdlib.h>
#include <string.h>

void chunk_finish(struct chunk *c) {
    for (size_t i = 0; i < c->count; i++) {
        free(c->rows[i].key);
        free(c->rows[i].json);
    }
    free(c->rows);
    table_finish(&c->by_key);
    snapshot_finish(&c->snapshot);
    *c = (struct chunk){ 0 };
}

void chunk_remove(struct chunk *c, struct bytes key) {
    size_t *place = table_find(&c->by_key, key);
    if (place)
        c->rows[(size_t)(uintptr_t)place - 1].gone = true;
}

const struct chunk_row *chunk_next(struct chunk *c) {
    while (c->at < c->count && c->rows[c->at].gone)
        c->at++;
    return c->at < c->count ? &c->rows[c->at++] : NULL;
}

static enum error row_add(struct chunk *c, const PGresult *r, int nth, int key) {
    struct buf json = { 0 };
    struct bytes name = bytes_of(PQgetvalue(r, nth, key), (size_t)PQgetlength(r, nth, key));
    enum error e = capture_key_check(name);
    capture_item_begin(&json, name);
    for (int i = 0; i < PQnfields(r); i++)
        capture_item_cell(&json, PQfname(r, i), (uint32_t)PQftype(r, i),
                          PQgetisnull(r, nth, i)
                              ? NULL
                              : &(struct bytes){ (const uint8_t *)PQgetvalue(r, nth, i),
                                                 (size_t)PQgetlength(r, nth, i) });
    c->rows = memory_grow(c->rows, c->count, &c->capacity, sizeof(*c->rows));
    c->rows[c->count++] =
        (struct chunk_row){ text_copy_bytes(name), text_copy_bytes(buf_bytes(&json)), false };
    (void)table_put(&c->by_key, name, (void *)(uintptr_t)c->count);
    buf_finish(&json);
    return e;
}

static enum error rows_take(struct chunk *c, const PGresult *r, const struct chunk_options *o) {
    int key = -1;
    for (int i = 0; i < PQnfields(r); i++)
        if (strcmp(PQfname(r, i), o->key) == 0)
            key = i;
    if (key < 0)
        return fail(E_config, "postgresql: the table has no column %s", o->key);
    if (PQnfields(r) > CAPTURE_COLUMNS_MAX)
        return fail(E_config, "postgresql: the table has over %d columns", CAPTURE_COLUMNS_MAX);
    for (int i = 0; i < PQntuples(r); i++)
        TRY(row_add(c, r, i, key));
    c->last = (size_t)PQntuples(r) < o->rows_max;
    return E_ok;
}

static enum error snapshot_ask(struct chunk *c, struct postgres *s) {
    static const char *const none[3];
    PGresult *r;
    TRY(postgres_ask(s, "SELECT pg_current_snapshot(), pg_current_wal_insert_lsn()", none, &r));
    enum error e = snapshot_read(&c->snapshot, PQgetvalue(r, 0, 0));
    if (!e && !capture_lsn_read(PQgetvalue(r, 0, 1), &c->until_lsn))
        e = fail(E_malformed, "postgresql: an LSN that is none");
    PQclear(r);
    return e;
}

static enum error rows_ask(struct chunk *c, struct postgres *s, const struct chunk_options *o) {
    PGresult *r;
    char limit[24];
    const char *parameters[3] = { NULL };
    bool behind = o->from->has_key;
    (void)snprintf(limit, sizeof(limit), "%zu", o->rows_max);
    parameters[0] = behind ? o->from->key : NULL;
    char *sql = text_format("SELECT * FROM \"%s\" %s%s%s ORDER BY \"%s\" LIMIT %s", o->table,
                            behind ? "WHERE \"" : "", behind ? o->key : "", behind ? "\" > $1" : "",
                            o->key, limit);
    enum error e = postgres_ask(s, sql, parameters, &r);
    free(sql);
    TRY(e);
    e = rows_take(c, r, o);
    PQclear(r);
    return e;
}

/* The message makes the server write and send behind the snapshot, though nobody else does. */
enum error chunk_load(struct chunk *c, struct postgres *s, const struct chunk_options *o) {
    chunk_finish(c);
    TRY(postgres_run(s, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"));
    enum error e = snapshot_ask(c, s);
    if (!e)
        e = rows_ask(c, s, o);
    if (!e)
        e = postgres_run(s, "COMMIT");
    else
        PQclear(PQexec(s->plain, "ROLLBACK"));
    if (!e)
        e = postgres_run(s, "SELECT pg_logical_emit_message(true, 'octavo', '')");
    c->loaded = !e;
    return e;
}
