/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A fold in miniature on a disk in memory, for the tests of this room. */
#ifndef OCTAVO_STORE_FOLD_FOLD_FIXTURE_H
#define OCTAVO_STORE_FOLD_FOLD_FIXTURE_H

#include "base/memory_disk.h"
#include "base/test.h"
#include "fold_inside.h"
#include "fold_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct column columns[] = { { "balance", COLUMN_INT }, { "owner", COLUMN_TEXT } };
static const struct store_table tables[] = { { "account", false, columns, 2, false, 0 },
                                             { "total", false, columns, 1, false, 0 },
                                             { "later", false, columns, 2, false, 0 } };
enum { ACCOUNT, TOTAL };
#define FILE_PATH "store/shop.counter.1.3.fold"

static inline struct store_options options_now(void) {
    return (struct store_options){ .url = "fold:store",
                                   .system = "shop",
                                   .service = "counter",
                                   .generation = 1,
                                   .task = 3,
                                   .tables = tables,
                                   .table_count = 2,
                                   .reads = "moves/8",
                                   .code = "test" };
}

static inline struct store *opened(struct disk *disk) {
    struct store_options options = options_now();
    struct store *s = NULL;
    CHECK_OK(fold_open_on(disk, &s, &options));
    return s;
}

static inline enum error open_fails(struct disk *disk, const struct store_options *options) {
    struct store *s = NULL;
    enum error e = fold_open_on(disk, &s, options);
    CHECK(s == NULL);
    return e;
}

static inline void put(struct store *s, const char *key, const char *sub, int64_t balance,
                       const char *owner) {
    struct value values[2] = { { .kind = VALUE_INT, .integer = balance }, { .kind = VALUE_NULL } };
    if (owner)
        values[1] = (struct value){ .kind = VALUE_TEXT, .text = bytes_text(owner) };
    CHECK_OK(s->ops->row_put(s, ACCOUNT, bytes_text(key), bytes_text(sub), values));
}

static inline void on_row(void *context, struct bytes key, struct bytes sub,
                          const struct value *values, size_t count) {
    buf_print(context, "%.*s/%.*s=%lld", (int)key.len, (const char *)key.data, (int)sub.len,
              (const char *)sub.data, (long long)values[0].integer);
    if (count > 1 && values[1].kind == VALUE_TEXT)
        buf_print(context, " %.*s", (int)values[1].text.len, (const char *)values[1].text.data);
    buf_put_byte(context, ';');
}

static inline void check_rows(struct store *s, size_t table, const char *wanted) {
    struct buf out = { 0 };
    CHECK_OK(s->ops->table_each(s, table, on_row, &out));
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
}

static inline void on_number(void *context, struct bytes lane, int64_t number) {
    CHECK(lane.len > 0);
    *(int64_t *)context = number;
}

/* Something in every part of the store, that group n says of itself. */
static inline void group_put(struct store *s, int64_t n) {
    struct position p = { n, n - 1, UINT64_MAX - (uint64_t)n, "cluster", n * 10 };
    struct timer_row t = { n, bytes_text("day"), bytes_text("k"), TIMER_EVENT };
    int64_t id;
    char fact[24];
    (void)snprintf(fact, sizeof(fact), "%lld", (long long)n);
    put(s, "k", "", n, "Ada");
    put(s, fact, "s", n, NULL);
    CHECK_OK(s->ops->position_put(s, bytes_text("moves"), 3, &p));
    CHECK_OK(s->ops->lane_in_put(s, bytes_text("in"), n));
    CHECK_OK(s->ops->lane_out_put(s, bytes_text("out"), n));
    CHECK_OK(s->ops->outbox_add(s, bytes_text("packed"), &id));
    CHECK_INT(id, n);
    CHECK_OK(s->ops->outbox_delete_through(s, id));
    CHECK_OK(s->ops->timer_put(s, &t));
    CHECK_OK(s->ops->fact_put(s, "event_time", bytes_text(fact)));
}

static inline void group_commit(struct store *s, int64_t n) {
    CHECK_OK(s->ops->begin(s));
    group_put(s, n);
    CHECK_OK(s->ops->commit(s));
}

/* The number of the last group, by every part of the store; 0: none. */
static inline int64_t group_found(struct store *s) {
    struct position p = { 0 };
    int64_t in = 0, out = 0, due = 0;
    bool found;
    struct buf fact = { 0 };
    CHECK_OK(s->ops->position_get(s, bytes_text("moves"), 3, &p, &found));
    CHECK_OK(s->ops->lane_in_each(s, on_number, &in));
    CHECK_OK(s->ops->lane_out_each(s, on_number, &out));
    CHECK_OK(s->ops->timer_first(s, TIMER_EVENT, &due, &found));
    CHECK_OK(s->ops->fact_get(s, "event_time", &fact, &found));
    CHECK_INT(in, p.next_offset);
    CHECK_INT(out, p.next_offset);
    CHECK_INT(due, p.next_offset);
    CHECK_INT(found ? strtol(buf_text(&fact), NULL, 10) : 0, p.next_offset);
    CHECK_TEXT(p.cluster_id, in ? "cluster" : "");
    CHECK_INT(p.event_ms, in * 10);
    buf_finish(&fact);
    struct value values[2] = { { 0 } };
    CHECK_OK(s->ops->row_get(s, ACCOUNT, bytes_text("k"), bytes_text(""), values, &found));
    CHECK_INT(values[0].integer, in);
    CHECK_INT((long long)fold_sizes(s).rows, in ? in + 1 : 0);
    return in;
}

static inline enum error save_whole(struct store *s) {
    bool done;
    enum error e = s->ops->save(s);
    return e ? e : s->ops->saved(s, true, &done);
}

static inline struct disk *given_snapshot(int64_t groups) {
    struct disk *disk = memory_disk_create();
    struct store *s = opened(disk);
    for (int64_t n = 1; n <= groups; n++)
        group_commit(s, n);
    CHECK_OK(save_whole(s));
    s->ops->close(s);
    return disk;
}

#endif
