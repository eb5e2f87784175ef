/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* How far partitions are read, the lanes in and out, and facts. */
#include "inside.h"

#include <string.h>

static enum error position_read(struct sqlite_store *s, sqlite3_stmt *get, struct position *out) {
    struct bytes cluster = column_bytes(get, 3);
    if (cluster.len >= sizeof(out->cluster_id))
        return fail(E_corrupt, "%s: table position has a cluster_id of %zu bytes",
                    s->connection.path, cluster.len);
    *out = (struct position){ .next_offset = sqlite3_column_int64(get, 0),
                              .last_offset = sqlite3_column_int64(get, 1),
                              .last_hash = (uint64_t)sqlite3_column_int64(get, 2),
                              .event_ms = sqlite3_column_int64(get, 4) };
    memcpy(out->cluster_id, cluster.data, cluster.len);
    return E_ok;
}

enum error op_position_get(struct store *store, struct bytes topic, int32_t partition,
                           struct position *out, bool *found) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *get;
    TRY(fixed_get(s, FIXED_position_get, &get));
    bind_text(get, 1, topic);
    bind_int(get, 2, partition);
    TRY(statement_next(&s->connection, get, found));
    enum error e = *found ? position_read(s, get, out) : E_ok;
    (void)sqlite3_reset(get);
    return e;
}

enum error op_position_put(struct store *store, struct bytes topic, int32_t partition,
                           const struct position *p) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *put;
    TRY(fixed_change(s, FIXED_position_put, &put));
    bind_text(put, 1, topic);
    bind_int(put, 2, partition);
    bind_int(put, 3, p->next_offset);
    bind_int(put, 4, p->last_offset);
    bind_int(put, 5, (int64_t)p->last_hash);
    bind_text(put, 6, bytes_text(p->cluster_id));
    bind_int(put, 7, p->event_ms);
    return statement_run(&s->connection, put);
}

enum error op_position_each(struct store *store, store_on_position *on_position, void *context) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *each;
    struct position p;
    bool found;
    enum error e;
    TRY(fixed_get(s, FIXED_position_each, &each));
    while (!(e = statement_next(&s->connection, each, &found)) && found) {
        e = position_read(s, each, &p);
        if (e)
            break;
        on_position(context, column_bytes(each, 5), sqlite3_column_int(each, 6), &p);
    }
    (void)sqlite3_reset(each);
    return e;
}

static enum error lanes_each(struct sqlite_store *s, enum fixed which, store_on_lane *on_lane,
                             void *context) {
    sqlite3_stmt *each;
    TRY(fixed_get(s, which, &each));
    bool found;
    enum error e;
    while (!(e = statement_next(&s->connection, each, &found)) && found)
        on_lane(context, column_bytes(each, 0), sqlite3_column_int64(each, 1));
    return e;
}

static enum error lane_put(struct sqlite_store *s, enum fixed which, struct bytes lane,
                           int64_t number) {
    sqlite3_stmt *put;
    TRY(fixed_change(s, which, &put));
    bind_text(put, 1, lane);
    bind_int(put, 2, number);
    return statement_run(&s->connection, put);
}

enum error op_lane_in_each(struct store *store, store_on_lane *on_lane, void *context) {
    return lanes_each(sqlite_store_of(store), FIXED_lane_in_each, on_lane, context);
}

enum error op_lane_in_put(struct store *store, struct bytes lane, int64_t watermark) {
    return lane_put(sqlite_store_of(store), FIXED_lane_in_put, lane, watermark);
}

enum error op_lane_out_each(struct store *store, store_on_lane *on_lane, void *context) {
    return lanes_each(sqlite_store_of(store), FIXED_lane_out_each, on_lane, context);
}

enum error op_lane_out_put(struct store *store, struct bytes lane, int64_t sequence) {
    return lane_put(sqlite_store_of(store), FIXED_lane_out_put, lane, sequence);
}

/* ---- facts */

enum error op_fact_get(struct store *store, const char *name, struct buf *out, bool *found) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *get;
    TRY(fixed_get(s, FIXED_fact_get, &get));
    bind_text(get, 1, bytes_text(name));
    TRY(statement_next(&s->connection, get, found));
    if (*found)
        buf_put_bytes(out, column_bytes(get, 0));
    (void)sqlite3_reset(get);
    return E_ok;
}

enum error op_fact_put(struct store *store, const char *name, struct bytes value) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *put;
    TRY(fixed_change(s, FIXED_fact_put, &put));
    bind_text(put, 1, bytes_text(name));
    bind_text(put, 2, value);
    return statement_run(&s->connection, put);
}

enum error op_fact_each(struct store *store, store_on_fact *on_fact, void *context) {
    struct sqlite_store *s = sqlite_store_of(store);
    sqlite3_stmt *each;
    bool found;
    enum error e;
    TRY(fixed_get(s, FIXED_fact_each, &each));
    while (!(e = statement_next(&s->connection, each, &found)) && found)
        on_fact(context, column_bytes(each, 0), column_bytes(each, 1));
    return e;
}
