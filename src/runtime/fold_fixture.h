/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For tests of folds: a shop whose counter sums up moves, a log of them with repeats and poison,
 * and a reader of what is sent that takes each sequence once and no gap. */
#ifndef OCTAVO_RUNTIME_FOLD_FIXTURE_H
#define OCTAVO_RUNTIME_FOLD_FIXTURE_H

#include "base/random.h"
#include "base/test.h"
#include "runtime/event_time.h"
#include "runtime/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct store_kind fold_store_kind; /* linked into the tests, not seen by the room */
extern const struct store_kind sqlite_store_kind;

enum { RECORDS = 400, TASKS = 4, EVENTS_MAX = 4 * RECORDS };
enum { ACCOUNT, TOTAL };

static const char shop_yaml[] =
    "system: shop\n"
    "topics: { moves: { partitions: 4 }, sums: { partitions: 3 } }\n"
    "services:\n"
    "  counter:\n"
    "    handler: shop.counter\n"
    "    state: fold\n"
    "    consumes: [moves]\n"
    "    produces: [sums]\n"
    "    tables:\n"
    "      account: { columns: { balance: int, last: text } }\n"
    "      total: { scope: partition, columns: { balance: int, ticks: int } }\n"
    "  keeper:\n"
    "    handler: shop.counter\n"
    "    consumes: [moves]\n"
    "    produces: [sums]\n"
    "    tables:\n"
    "      account: { columns: { balance: int, last: text } }\n"
    "      total: { scope: partition, columns: { balance: int, ticks: int } }\n";

static inline void sum_sent(struct octavo_step *s, const char *type, int64_t sum) {
    octavo_event_begin(s, "sums", type, octavo_event_key(s));
    octavo_put_int(s, "sum", sum);
    octavo_end(s);
}

static inline void total_add(struct octavo_step *s, int64_t amount, int64_t ticks) {
    struct octavo_value total[2];
    if (!octavo_row_get(s, "total", octavo_text("all"), total, 2))
        total[0] = total[1] = octavo_int_value(0);
    total[0].integer += amount;
    total[1].integer += ticks;
    octavo_row_put(s, "total", octavo_text("all"), total, 2);
}

static inline enum octavo_outcome on_move(struct octavo_step *s) {
    struct octavo_value account[2];
    int64_t amount;
    if (!octavo_event_int(s, "amount", &amount))
        return octavo_refuse(s, OCTAVO_PARK, "no amount");
    if (!octavo_row_get(s, "account", octavo_text(""), account, 2))
        account[0] = octavo_int_value(0);
    account[0].integer += amount;
    account[1] = octavo_text_value(octavo_event_id(s));
    total_add(s, amount, 0);
    octavo_row_put(s, "account", octavo_text(""), account, 2);
    if (amount % 3)
        sum_sent(s, "summed", account[0].integer);
    if (amount % 4 == 0)
        octavo_timer_set_event_time(s, "close", octavo_event_key(s),
                                    octavo_event_time_ms(s) + amount);
    if (amount % 11 == 0)
        octavo_row_delete(s, "account", octavo_text(""));
    return OCTAVO_DONE;
}

static inline enum octavo_outcome on_close(struct octavo_step *s) {
    sum_sent(s, "closed", octavo_event_time_ms(s));
    return OCTAVO_DONE;
}

static inline enum octavo_outcome on_tick(struct octavo_step *s) {
    total_add(s, 0, 1);
    return OCTAVO_DONE;
}

/* Does a bit of everything, and then will not have done it. */
static inline enum octavo_outcome on_spoil(struct octavo_step *s) {
    struct octavo_value account[2] = { octavo_int_value(-1), octavo_text_value(octavo_text("x")) };
    total_add(s, 1000000, 7);
    octavo_row_put(s, "account", octavo_text(""), account, 2);
    octavo_row_delete(s, "account", octavo_text(""));
    octavo_row_put(s, "account", octavo_text("sub"), account, 2);
    octavo_row_put(s, "account", octavo_text(""), account, 2);
    sum_sent(s, "spoilt", 1);
    octavo_timer_set_event_time(s, "close", octavo_event_key(s), octavo_event_time_ms(s));
    return octavo_refuse(s, OCTAVO_PARK, "spoilt");
}

static const struct octavo_handler handlers[] = { { "spoil", on_spoil },
                                                  { "move", on_move },
                                                  { "timer:close", on_close },
                                                  { "octavo.tick", on_tick },
                                                  { NULL, NULL } };

/* ---- a shop: one task, and who reads what it sends */

struct got {
    struct out_event event; /* texts owned by `text` */
    struct buf text;
};

/* Takes what comes in a lane once: a repeat must be the very same event, a gap must not be. */
struct receiver {
    struct got events[EVENTS_MAX];
    size_t count;
};

struct shop {
    struct declaration *declaration;
    struct task_options options;
    struct task *task;
    struct receiver *receiver;
    struct outbox_row {
        int64_t id;
        struct buf packed;
    } unacked[RECORDS];
    size_t unacked_count;
    char *url;
};

static inline int32_t partitions_of(void *context, const char *topic) {
    return declaration_topic(context, topic)->partitions;
}

static inline void shop_open(struct shop *s) {
    CHECK_OK(task_open(&s->task, &s->options));
    task_set_cluster(s->task, "cluster-1");
}

static inline struct shop given_shop(const char *service, const char *dir, int32_t task) {
    bool is_fold = strcmp(service, "counter") == 0;
    struct shop s = { .receiver = memory_get(sizeof(struct receiver)) };
    CHECK_OK(declaration_read(&s.declaration, "shop.yaml", bytes_text(shop_yaml)));
    s.url = text_format("%s:%s/%s", is_fold ? "fold" : "sqlite", test_dir(), dir);
    s.options = (struct task_options){
        .system = "shop",
        .service = declaration_service(s.declaration, service),
        .handlers = handlers,
        .store_kind = is_fold ? &fold_store_kind : &sqlite_store_kind,
        .store_url = s.url,
        .task = task,
        .journal_inputs = true,
        .partitions_of = partitions_of,
        .context = s.declaration,
    };
    shop_open(&s);
    return s;
}

static inline void unacked_forget(struct shop *s) {
    for (size_t i = 0; i < s->unacked_count; i++)
        buf_finish(&s->unacked[i].packed);
    s->unacked_count = 0;
}

static inline void shop_close(struct shop *s) {
    task_close(s->task);
    unacked_forget(s);
    for (size_t i = 0; i < s->receiver->count; i++)
        buf_finish(&s->receiver->events[i].text);
    free(s->receiver);
    declaration_destroy(s->declaration);
    free(s->url);
}

static const struct got *lane_find(const struct receiver *r, const struct out_event *e,
                                   int64_t sequence) {
    for (size_t i = 0; i < r->count; i++)
        if (r->events[i].event.partition == e->partition && r->events[i].event.sequence == sequence)
            return &r->events[i];
    return NULL;
}

static inline void event_receive(struct receiver *r, const struct out_event *e) {
    const struct got *before = lane_find(r, e, e->sequence);
    if (before) {
        CHECK_BYTES(e->id, before->event.id);
        CHECK_BYTES(e->value, before->event.value);
        CHECK_BYTES(e->key, before->event.key);
        return;
    }
    CHECK(e->sequence == 1 || lane_find(r, e, e->sequence - 1));
    CHECK(r->count < EVENTS_MAX);
    struct got *got = &r->events[r->count++];
    outbox_pack(&got->text, e);
    struct cursor in = cursor_on(buf_bytes(&got->text));
    CHECK_OK(outbox_unpack(&in, &got->event));
}

static inline void row_receive(struct receiver *r, struct bytes packed) {
    struct cursor in = cursor_on(packed);
    struct out_event event;
    while (cursor_left(&in)) {
        CHECK_OK(outbox_unpack(&in, &event));
        event_receive(r, &event);
    }
}

/* The relay sends in order; what it was told of is acknowledged, the rest has arrived or not. */
static inline void relay(struct shop *s, size_t rows, bool acked) {
    for (size_t i = 0; i < rows; i++) {
        row_receive(s->receiver, buf_bytes(&s->unacked[i].packed));
        if (acked)
            task_outbox_acked(s->task, s->unacked[i].id);
        buf_finish(&s->unacked[i].packed);
    }
    s->unacked_count -= rows;
    memmove(s->unacked, s->unacked + rows, s->unacked_count * sizeof(*s->unacked));
}

/* ---- the log */

struct record {
    char type[16], key[8], json[32], id[16];
    int64_t time_ms, sequence;
};

static inline void record_make(struct random *r, size_t at, struct record *out) {
    int64_t amount = (int64_t)random_below(r, 50) + 1;
    *out = (struct record){ .time_ms = 1000 + (int64_t)at * 3 - (int64_t)random_below(r, 20) };
    (void)snprintf(out->type, sizeof(out->type), "%s",
                   random_below(r, 9)   ? "move"
                   : random_below(r, 2) ? "octavo.tick"
                                        : "other");
    if (random_below(r, 10) == 0)
        (void)snprintf(out->type, sizeof(out->type), "spoil");
    (void)snprintf(out->key, sizeof(out->key), "k%d", (int)random_below(r, 12));
    (void)snprintf(out->json, sizeof(out->json), "{\"amount\":%lld}", (long long)amount);
    if (random_below(r, 25) == 0)
        (void)snprintf(out->json, sizeof(out->json), "%s", random_below(r, 2) ? "{}" : "poison");
    (void)snprintf(out->id, sizeof(out->id), "id-%zu", at);
}

/* Now and then the lane is sent again from a little before, as a relay does after a crash; and some
 * records have no lane, so that only the position tells that they were read. */
static inline void log_make(struct random *r, struct record *log) {
    size_t fresh = 0;
    for (size_t at = 0; at < RECORDS; at++) {
        size_t again = 1 + random_below(r, 4);
        if (at > 10 && random_below(r, 12) == 0 && again < at) {
            log[at] = log[at - again];
            if (!log[at].sequence) /* not a repeat by any means */
                record_make(r, at, &log[at]);
            continue;
        }
        record_make(r, at, &log[at]);
        log[at].sequence = random_below(r, 4) ? (int64_t)++fresh : 0;
    }
}

static inline size_t next_offset(struct shop *s) {
    struct position p;
    bool found;
    CHECK_OK(task_position(s->task, "moves", s->options.task, &p, &found));
    return found ? (size_t)p.next_offset : 0;
}

static inline void record_take(struct shop *s, const struct record *r, size_t offset) {
    enum taken taken;
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text(r->type),
        .id = bytes_text(r->id),
        .key = bytes_text(r->key),
        .json = bytes_text(r->json),
        .time_ms = r->time_ms,
        .topic = bytes_text("moves"),
        .partition = s->options.task,
        .offset = (int64_t)offset,
        .source = bytes_text("/octavo/shop/till/1/0/1"),
        .sequence = r->sequence,
    };
    in.hash = record_hash(in.key, in.json, in.time_ms);
    CHECK_OK(task_take(s->task, &in, &taken));
}

static inline void group_take(struct shop *s, const struct record *log, size_t from, size_t to) {
    struct committed done;
    task_begin(s->task);
    for (size_t at = from; at < to; at++)
        record_take(s, &log[at], at);
    CHECK_OK(task_commit(s->task, 5000, &done));
    if (!done.outbox_id)
        return;
    s->unacked[s->unacked_count].id = done.outbox_id;
    s->unacked[s->unacked_count].packed = (struct buf){ 0 };
    buf_put_bytes(&s->unacked[s->unacked_count++].packed, done.outbox);
}

static inline void save(struct shop *s) {
    bool done;
    CHECK_OK(task_save(s->task, 5000));
    CHECK_OK(task_saved(s->task, true, &done));
}

static inline void on_row(void *context, struct bytes key, struct bytes sub,
                          const struct value *values, size_t count) {
    buf_print(context, "%.*s/%.*s=%lld", (int)key.len, (const char *)key.data, (int)sub.len,
              (const char *)sub.data, (long long)values[0].integer);
    if (count > 1 && values[1].kind == VALUE_TEXT)
        buf_print(context, ",%.*s", (int)values[1].text.len, (const char *)values[1].text.data);
    if (count > 1 && values[1].kind == VALUE_INT)
        buf_print(context, ",%lld", (long long)values[1].integer);
    buf_put_byte(context, ';');
}

static inline void rows_print(struct shop *s, struct buf *out) {
    struct store_table tables[2];
    for (size_t i = 0; i < 2; i++)
        tables[i] = s->options.service->tables[i].table;
    struct store_options options = {
        .url = s->url,
        .system = "shop",
        .service = s->options.service->name,
        .generation = 1,
        .task = s->options.task,
        .tables = tables,
        .table_count = 2,
        .reads = "moves/4",
    };
    for (size_t i = 0; i < 2; i++)
        CHECK_OK(s->options.store_kind->read(&options, i, NULL, on_row, out));
}

/* ---- undisturbed, and not */

static inline void run_undisturbed(struct shop *s, const struct record *log) {
    for (size_t at = 0; at < RECORDS; at += 10) {
        group_take(s, log, at, at + 10);
        relay(s, s->unacked_count, true);
    }
}

static inline void check_lanes_equal(const struct receiver *a, const struct receiver *b) {
    CHECK(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct out_event *e = &a->events[i].event;
        const struct got *other = lane_find(b, e, e->sequence);
        CHECK(other != NULL);
        CHECK_BYTES(e->id, other->event.id);
        CHECK_BYTES(e->value, other->event.value);
        CHECK_BYTES(e->type, other->event.type);
    }
}

static inline void check_same(struct shop *a, struct shop *b) {
    struct buf left = { 0 }, right = { 0 };
    save(a);
    save(b);
    rows_print(a, &left);
    rows_print(b, &right);
    CHECK_TEXT(buf_text(&left), buf_text(&right));
    CHECK(left.len > 100);
    check_lanes_equal(a->receiver, b->receiver);
    CHECK(a->receiver->count > 100);
    CHECK_INT(task_event_time(a->task), task_event_time(b->task));
    buf_finish(&left);
    buf_finish(&right);
}

#endif
