/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For the tests of the handlers: a task of either service over its real store, fed by hand. */
#ifndef OCTAVO_SYSTEMS_CACHING_FIXTURE_H
#define OCTAVO_SYSTEMS_CACHING_FIXTURE_H

#include "caching.h"

#include "base/test.h"
#include "fold/fold_store.h"
#include "runtime/promised_fixture.h"
#include "runtime/query.h"
#include "runtime/task.h"
#include "sqlite/sqlite_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HANDLERS_MAX = 24 };

struct house {
    struct task *task;
    struct declaration *declaration;
    struct schemas *schemas; /* every event that is said is held against its own */
    struct task_options options;
    struct octavo_handler handlers[HANDLERS_MAX]; /* the service's, and query:look */
    char *url;
    struct buf said; /* of the last group: "TOPIC TYPE KEY {json}\n", "= KEY {json}\n" */
    enum taken taken;
    int64_t offset;
    int64_t now_ms;
};

static inline int32_t one_partition(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return 1;
}

/* The version of the key's row in the cache, as its table has it; 0: there is none. */
static inline enum octavo_outcome on_look(struct octavo_step *s) {
    struct octavo_column columns[COLUMNS_MAX];
    struct octavo_value row[COLUMNS_MAX];
    bool products = octavo_columns(s, "customer", columns, COLUMNS_MAX) == 0;
    const char *table = products ? "product" : "customer";
    size_t count = octavo_columns(s, table, columns, COLUMNS_MAX);
    bool found = octavo_row_get(s, table, octavo_text(""), row, count);
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_put_int(s, "version", found ? row[0].integer : 0);
    for (size_t i = 3; found && i < count; i++)
        if (row[i].kind == OCTAVO_TEXT)
            octavo_put_text(s, columns[i].name, row[i].text);
    octavo_end(s);
    return OCTAVO_DONE;
}

static inline void house_open_on(struct house *h, const char *yaml, const char *service,
                                 const struct octavo_handler *handlers) {
    const struct declared_service *declared;
    size_t count = 0;
    CHECK_OK(declaration_read(&h->declaration, "octavo.yaml", bytes_text(yaml)));
    h->schemas = promised_open(h->declaration, "src/systems/caching");
    for (; handlers[count].type; count++)
        h->handlers[count] = handlers[count];
    CHECK(count + 1 < HANDLERS_MAX);
    h->handlers[count] = (struct octavo_handler){ "query:look", on_look };
    declared = declaration_service(h->declaration, service);
    bool fold = declared->state == STATE_FOLD;
    h->url = text_format("%s:%s", fold ? "fold" : "sqlite", test_dir());
    h->options = (struct task_options){
        .system = "caching",
        .service = declared,
        .handlers = h->handlers,
        .declaration = h->declaration,
        .store_kind = fold ? &fold_store_kind : &sqlite_store_kind,
        .store_url = h->url,
        .journal_inputs = !fold,
        .partitions_of = one_partition,
    };
    CHECK_OK(task_open(&h->task, &h->options));
    h->now_ms = 1795348800000;
}

static inline void house_open(struct house *h, const char *service,
                              const struct octavo_handler *handlers) {
    house_open_on(h, caching_system.declaration, service, handlers);
}

static inline void house_close(struct house *h) {
    task_close(h->task);
    schemas_close(h->schemas);
    declaration_destroy(h->declaration);
    buf_finish(&h->said);
    free(h->url);
    *h = (struct house){ 0 };
}

static inline void house_commit(struct house *h) {
    struct committed done;
    CHECK_OK(task_commit(h->task, h->now_ms, &done));
    buf_clear(&h->said);
    struct cursor in = cursor_on(done.outbox);
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        promised_check(h->schemas, &e);
        buf_print(&h->said, "%.*s %.*s %.*s %.*s\n", (int)e.topic.len, (const char *)e.topic.data,
                  (int)e.type.len, (const char *)e.type.data, (int)e.key.len,
                  (const char *)e.key.data, e.value.data ? (int)e.value.len : 4,
                  e.value.data ? (const char *)e.value.data : "null");
    }
    for (size_t i = 0; i < done.reply_count; i++)
        buf_print(&h->said, "= %.*s %.*s\n", (int)done.replies[i].request_key.len,
                  (const char *)done.replies[i].request_key.data, (int)done.replies[i].json.len,
                  (const char *)done.replies[i].json.data);
    if (done.outbox_id)
        task_outbox_acked(h->task, done.outbox_id);
}

/* A record; json NULL: a tombstone. */
static inline void record_take(struct house *h, const char *topic, const char *type,
                               const char *key, const char *json) {
    char id[32];
    (void)snprintf(id, sizeof(id), "in-%lld", (long long)h->offset);
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text(type),
        .id = bytes_text(id),
        .key = bytes_text(key),
        .json = json ? bytes_text(json) : (struct bytes){ 0 },
        .time_ms = h->now_ms,
        .topic = bytes_text(topic),
        .offset = h->offset++,
    };
    CHECK_OK(task_take(h->task, &in, &h->taken));
}

static inline void told(struct house *h, const char *topic, const char *type, const char *key,
                        const char *json) {
    task_begin(h->task);
    record_take(h, topic, type, key, json);
    house_commit(h);
}

static inline void asked_for(struct house *h, const char *type, const char *key, const char *json) {
    struct input in = { .kind = INPUT_REQUEST,
                        .type = bytes_text(type),
                        .id = bytes_text(key),
                        .key = bytes_text(key),
                        .json = bytes_text(json),
                        .time_ms = h->now_ms };
    task_begin(h->task);
    CHECK_OK(task_take(h->task, &in, &h->taken));
    house_commit(h);
}

static inline void check_said(struct house *h, const char *wanted) {
    CHECK_TEXT(buf_text(&h->said), wanted);
}

/* What the cache has of the key, as JSON. Valid until the next look. */
static inline const char *look(struct house *h, const char *key) {
    static struct buf reply;
    struct input in = { .kind = INPUT_REQUEST,
                        .type = bytes_text("query:look"),
                        .id = bytes_text(key),
                        .key = bytes_text(key),
                        .json = bytes_text("{}"),
                        .time_ms = h->now_ms };
    buf_clear(&reply);
    CHECK_OK(task_query(h->task, &in, &reply));
    return buf_text(&reply);
}

#endif
