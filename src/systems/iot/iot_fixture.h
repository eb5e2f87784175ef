/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For the tests of the handlers: a task of one service over its real store, fed by hand. */
#ifndef OCTAVO_SYSTEMS_IOT_FIXTURE_H
#define OCTAVO_SYSTEMS_IOT_FIXTURE_H

#include "iot.h"

#include "base/test.h"
#include "fold/fold_store.h"
#include "runtime/promised_fixture.h"
#include "runtime/task_effects.h"
#include "runtime/task_inside.h"
#include "sqlite/sqlite_store.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLANT_COLUMNS_MAX = 64 };

/* 2026-11-23T12:00:00Z, which begins a window of every level but the day's. */
#define NOON_MS INT64_C(1795435200000)

struct plant {
    struct task *task;
    struct declaration *declaration;
    struct schemas *schemas; /* every event that is said is held against its own */
    struct task_options options;
    char *url;
    struct buf said; /* since it was cleared: "TYPE KEY {json}\n", "= KEY {json}\n" */
    enum taken taken;
    int64_t offset, now_ms;
    struct plant *reader; /* takes what is said, if there is one */
};

static inline int32_t one_partition(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return 1;
}

static inline void plant_start(struct plant *p) {
    CHECK_OK(task_open(&p->task, &p->options));
}

/* `yaml`: the shipped declaration, or one with other settings. */
static inline void plant_open_on(struct plant *p, const char *yaml, const char *service,
                                 const struct octavo_handler *handlers) {
    const struct declared_service *declared;
    static int32_t opened; /* each is another task, so that a test may have two of a service */
    *p = (struct plant){ .now_ms = NOON_MS };
    CHECK_OK(declaration_read(&p->declaration, "octavo.yaml", bytes_text(yaml)));
    p->schemas = promised_open(p->declaration, "src/systems/iot");
    declared = declaration_service(p->declaration, service);
    bool fold = declared->state == STATE_FOLD;
    p->url = text_format("%s:%s", fold ? "fold" : "sqlite", test_dir());
    p->options = (struct task_options){
        .system = "iot",
        .service = declared,
        .task = opened++,
        .handlers = handlers,
        .declaration = p->declaration,
        .store_kind = fold ? &fold_store_kind : &sqlite_store_kind,
        .store_url = p->url,
        .journal_inputs = !fold,
        .partitions_of = one_partition,
    };
    plant_start(p);
}

static inline void plant_open(struct plant *p, const char *service,
                              const struct octavo_handler *handlers) {
    plant_open_on(p, iot_system.declaration, service, handlers);
}

/* As long as it was. */
static inline void text_overwrite(char *at, const char *with) {
    while (*with)
        *at++ = *with++;
}

static inline void plant_close(struct plant *p) {
    task_close(p->task);
    schemas_close(p->schemas);
    declaration_destroy(p->declaration);
    buf_finish(&p->said);
    free(p->url);
    *p = (struct plant){ 0 };
}

static inline void plant_take(struct plant *p, const struct input *given);

static inline void event_hand_on(struct plant *p, const struct out_event *e) {
    struct input in = {
        .kind = INPUT_RECORD,
        .type = e->type,
        .id = e->id,
        .key = e->key,
        .json = e->value,
        .source = e->source,
        .sequence = e->sequence,
        .topic = e->topic,
        .time_ms = e->time_ms,
    };
    buf_print(&p->said, "%.*s %.*s %.*s\n", (int)e->type.len, (const char *)e->type.data,
              (int)e->key.len, (const char *)e->key.data, (int)e->value.len,
              (const char *)e->value.data);
    if (p->reader)
        plant_take(p->reader, &in);
}

static inline void plant_commit(struct plant *p) {
    struct committed done;
    CHECK_OK(task_commit(p->task, p->now_ms, &done));
    struct cursor in = cursor_on(done.outbox);
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        promised_check(p->schemas, &e);
        event_hand_on(p, &e);
    }
    for (size_t i = 0; i < done.reply_count; i++)
        buf_print(&p->said, "= %.*s %.*s\n", (int)done.replies[i].request_key.len,
                  (const char *)done.replies[i].request_key.data, (int)done.replies[i].json.len,
                  (const char *)done.replies[i].json.data);
    if (done.outbox_id)
        task_outbox_acked(p->task, done.outbox_id);
}

static inline void plant_take(struct plant *p, const struct input *given) {
    struct input in = *given;
    in.offset = p->offset++;
    task_begin(p->task);
    CHECK_OK(task_take(p->task, &in, &p->taken));
    plant_commit(p);
}

/* An event of no lane, at now_ms. */
static inline void told(struct plant *p, const char *type, const char *key, const char *json) {
    char id[32];
    (void)snprintf(id, sizeof(id), "in-%lld", (long long)p->offset);
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text(type),
        .id = bytes_text(id),
        .key = bytes_text(key),
        .json = bytes_text(json),
        .time_ms = p->now_ms,
        .topic = bytes_text("telemetry-event"),
    };
    plant_take(p, &in);
}

/* A message of the device at now_ms; sequence -1: it has none. */
static inline void measured(struct plant *p, const char *device, int64_t sequence,
                            const char *points) {
    struct buf json = { 0 };
    buf_print(&json, "{\"device\":\"%s\",\"received\":%lld,\"points\":\"%s\"", device,
              (long long)p->now_ms, points);
    if (sequence >= 0)
        buf_print(&json, ",\"boot\":1,\"seq\":%lld", (long long)sequence);
    buf_put_text(&json, "}");
    told(p, "reading-taken", device, buf_text(&json));
    buf_finish(&json);
}

static inline void value_measured(struct plant *p, const char *device, int64_t time_ms,
                                  const char *value) {
    char points[128];
    (void)snprintf(points, sizeof(points), "%lld %s t", (long long)time_ms, value);
    measured(p, device, -1, points);
}

/* Time passes, and nobody says anything. */
static inline void ticked(struct plant *p, int64_t after_ms) {
    p->now_ms += after_ms;
    told(p, "octavo.tick", "", "{}");
}

/* The committed row as JSON, all its columns as texts; "{}": there is none. Valid until the next
 * look. */
static inline const char *look(struct plant *p, const char *key, const char *table,
                               const char *sub) {
    static struct buf reply;
    struct value values[PLANT_COLUMNS_MAX];
    const struct task *t = p->task;
    bool there = false;
    size_t at = 0;
    while (at < t->table_count && strcmp(t->tables[at].name, table) != 0)
        at++;
    CHECK(at < t->table_count);
    CHECK_OK(
        t->store->ops->row_get(t->store, at, bytes_text(key), bytes_text(sub), values, &there));
    buf_clear(&reply);
    json_begin(&reply);
    for (size_t i = 0; there && i < t->tables[at].column_count; i++) {
        const char *name = t->tables[at].columns[i].name;
        char digits[24];
        (void)snprintf(digits, sizeof(digits), "%lld", (long long)values[i].integer);
        json_put_text(&reply, name,
                      values[i].kind == VALUE_TEXT ? values[i].text : bytes_text(digits));
    }
    json_end(&reply);
    return buf_text(&reply);
}

#define CHECK_CONTAINS(text, part) check_contains(__FILE__, __LINE__, (text), (part))
static inline void check_contains(const char *file, int line, const char *text, const char *part) {
    if (!strstr(text, part)) /* shows both */
        test_check_text(file, line, text, part);
}

static inline size_t said_times(struct plant *p, const char *part) {
    size_t times = 0;
    for (const char *at = buf_text(&p->said); (at = strstr(at, part)); at++)
        times++;
    return times;
}

#endif
