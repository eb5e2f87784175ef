/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading one chunk: by the key, from where the last one ended, row by row as they arrive, because
 * a thousand rows may be a thousand times what one may have. */
#include "capture/chunk.h"

#include "capture/item.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_BYTES = 8 << 20,
    SEEN_SOON_MS = 50,    /* a commit that was streamed a moment before it is seen */
    SEEN_LATER_MS = 1000, /* a transaction that has to end first */
};

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

bool chunk_has(const struct chunk *c, struct bytes key) {
    return c->loaded && table_find(&c->by_key, key) != NULL;
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

static void row_add(struct chunk *c, const PGresult *r, int key) {
    struct buf json = { 0 };
    struct bytes name = bytes_of(PQgetvalue(r, 0, key), (size_t)PQgetlength(r, 0, key));
    capture_item_begin(&json, name);
    for (int i = 0; i < PQnfields(r); i++)
        capture_item_cell(&json, PQfname(r, i), (uint32_t)PQftype(r, i),
                          PQgetisnull(r, 0, i)
                              ? NULL
                              : &(struct bytes){ (const uint8_t *)PQgetvalue(r, 0, i),
                                                 (size_t)PQgetlength(r, 0, i) });
    c->rows = memory_grow(c->rows, c->count, &c->capacity, sizeof(*c->rows));
    c->rows[c->count++] =
        (struct chunk_row){ text_copy_bytes(name),
                            json.len > JSON_BYTES_MAX ? NULL : text_copy_bytes(buf_bytes(&json)),
                            false };
    c->bytes += name.len + (json.len > JSON_BYTES_MAX ? 0 : json.len);
    (void)table_put(&c->by_key, name, (void *)(uintptr_t)c->count);
    buf_finish(&json);
}

static int column_find(const PGresult *r, const char *name) {
    for (int i = 0; i < PQnfields(r); i++)
        if (strcmp(PQfname(r, i), name) == 0)
            return i;
    return -1;
}

struct adding {
    struct chunk *c;
    const struct chunk_options *o;
    bool left_out; /* this and all behind it */
};

static enum error on_row(void *context, const PGresult *r) {
    struct adding *a = context;
    int key = column_find(r, a->o->key);
    if (key < 0)
        return fail(E_config, "postgresql: the table has no column %s", a->o->key);
    if (PQnfields(r) > CAPTURE_COLUMNS_MAX)
        return fail(E_config, "postgresql: the table has over %d columns", CAPTURE_COLUMNS_MAX);
    a->left_out = a->c->bytes >= CHUNK_BYTES;
    if (!a->left_out)
        row_add(a->c, r, key);
    return E_ok;
}

enum error chunk_running(struct postgres *s, uint64_t *behind) {
    static const char *const none[3];
    PGresult *r;
    struct snapshot now;
    TRY(postgres_ask(s, "SELECT pg_current_snapshot()", none, &r));
    enum error e = snapshot_read(&now, PQgetvalue(r, 0, 0));
    PQclear(r);
    TRY(e);
    *behind = now.xmax;
    snapshot_finish(&now);
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
    char limit[24];
    const char *parameters[3] = { o->after };
    struct adding a = { .c = c, .o = o };
    (void)snprintf(limit, sizeof(limit), "%zu", o->rows_max);
    char *sql = text_format("SELECT * FROM \"%s\" %s%s%s ORDER BY \"%s\" LIMIT %s", o->table,
                            o->after ? "WHERE \"" : "", o->after ? o->key : "",
                            o->after ? "\" > $1" : "", o->key, limit);
    enum error e = postgres_each(s, &(struct postgres_query){ sql, parameters, on_row, &a });
    free(sql);
    c->last = !a.left_out && c->count < o->rows_max;
    return e;
}

static int too_early_ms(const struct chunk *c, const struct chunk_options *o) {
    if (c->snapshot.xmin < o->xmin_wanted)
        return SEEN_LATER_MS;
    return snapshot_sees_streamed(&c->snapshot, o->streamed) ? 0 : SEEN_SOON_MS;
}

/* The message makes the server write and send behind the snapshot, though nobody else does. */
enum error chunk_load(struct chunk *c, struct postgres *s, const struct chunk_options *o,
                      int *again_ms) {
    chunk_finish(c);
    *again_ms = 0;
    TRY(postgres_run(s, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"));
    enum error e = snapshot_ask(c, s);
    if (!e)
        *again_ms = too_early_ms(c, o);
    if (!e && !*again_ms)
        e = rows_ask(c, s, o);
    if (!e)
        e = postgres_run(s, "COMMIT");
    else
        PQclear(PQexec(s->plain, "ROLLBACK"));
    if (!e && !*again_ms)
        e = postgres_run(s, "SELECT pg_logical_emit_message(true, 'octavo', '')");
    if (*again_ms)
        chunk_finish(c);
    c->loaded = !e && !*again_ms;
    return e;
}
