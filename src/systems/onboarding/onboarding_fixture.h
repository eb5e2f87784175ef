/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For the tests of the handlers: a task of one service over the real store, fed by hand. */
#ifndef OCTAVO_SYSTEMS_ONBOARDING_FIXTURE_H
#define OCTAVO_SYSTEMS_ONBOARDING_FIXTURE_H

#include "base/test.h"
#include "onboarding.h"
#include "runtime/promised_fixture.h"
#include "runtime/task.h"
#include "runtime/task_effects.h"
#include "sqlite/sqlite_store.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct office {
    struct task *task;
    struct declaration *declaration;
    struct schemas *schemas; /* every event that is said is held against its own */
    struct task_options options;
    char *url;
    struct buf said; /* of the last group: "TYPE KEY {json}\n", replies "= KEY {json}\n" */
    enum taken taken;
    int64_t offset, now_ms;
};

static inline int32_t one_partition(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return 1;
}

/* 2026-11-23T12:00:00Z */
struct office_kind {
    const char *declaration, *service;
    const struct octavo_handler *handlers;
};
static inline void office_open_as(struct office *o, struct office_kind kind) {
    *o = (struct office){ .now_ms = 1795435200000 };
    CHECK_OK(declaration_read(&o->declaration, "octavo.yaml", bytes_text(kind.declaration)));
    o->schemas = promised_open(o->declaration, "src/systems/onboarding");
    o->url = text_format("sqlite:%s", test_dir());
    o->options = (struct task_options){
        .system = "onboarding",
        .service = declaration_service(o->declaration, kind.service),
        .handlers = kind.handlers,
        .store_kind = &sqlite_store_kind,
        .store_url = o->url,
        .journal_inputs = true,
        .partitions_of = one_partition,
    };
    CHECK_OK(task_open(&o->task, &o->options));
}

static inline void office_open(struct office *o, const char *service,
                               const struct octavo_handler *handlers) {
    office_open_as(o, (struct office_kind){ onboarding_system.declaration, service, handlers });
}

static inline void office_close(struct office *o) {
    task_close(o->task);
    schemas_close(o->schemas);
    declaration_destroy(o->declaration);
    buf_finish(&o->said);
    free(o->url);
}

static inline void said_add(struct office *o, const char *kind, struct bytes key,
                            struct bytes json) {
    buf_print(&o->said, "%s %.*s %.*s\n", kind, (int)key.len, (const char *)key.data, (int)json.len,
              (const char *)json.data);
}

static inline void office_commit(struct office *o) {
    struct committed done;
    CHECK_OK(task_commit(o->task, o->now_ms, &done));
    buf_clear(&o->said);
    struct cursor in = cursor_on(done.outbox);
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        promised_check(o->schemas, &e);
        char *type = text_copy_bytes(e.type);
        said_add(o, type, e.key, e.value);
        free(type);
    }
    for (size_t i = 0; i < done.reply_count; i++)
        said_add(o, "=", done.replies[i].request_key, done.replies[i].json);
    if (done.outbox_id)
        task_outbox_acked(o->task, done.outbox_id);
}

struct told_event {
    const char *type, *key, *json;
};

/* "-asked" is a request, whose key is its id; anything else a record. */
static inline void office_take(struct office *o, struct told_event e) {
    char id[32];
    bool asks = strstr(e.type, "-asked") != NULL;
    (void)snprintf(id, sizeof(id), "in-%lld", (long long)o->offset);
    struct input in = {
        .kind = asks ? INPUT_REQUEST : INPUT_RECORD,
        .type = bytes_text(e.type),
        .id = bytes_text(asks ? e.key : id),
        .key = bytes_text(e.key),
        .json = bytes_text(e.json),
        .time_ms = o->now_ms,
        .topic = bytes_text("employee-hired"),
        .offset = o->offset++,
    };
    task_begin(o->task);
    CHECK_OK(task_take(o->task, &in, &o->taken));
    office_commit(o);
}

/* An event of employee-hired about E1, born in 1990, who starts on `start`. */
static inline void happened(struct office *o, const char *type, int version, const char *start) {
    char json[600];
    (void)snprintf(json, sizeof(json),
                   "{\"employee\":\"E1\",\"given\":\"Anna\",\"family\":\"Novak\",\"birth\":"
                   "\"1990-02-28\",\"start\":\"%s\",\"department\":\"d001\",\"title\":\"\","
                   "\"class\":\"full-time\",\"zone\":\"UTC\",\"hours\":40,\"version\":%d}",
                   start, version);
    office_take(o, (struct told_event){ type, "E1", json });
}

static inline struct pending *next_effect(struct office *o, const char *key) {
    return schedule_head(task_schedule(o->task), 0, bytes_text(key));
}

static inline size_t effects_waiting(const struct office *o) {
    return schedule_count(task_schedule(o->task));
}

/* The next effect of the key has `part` in it, and ends so. */
struct ending {
    const char *key, *part, *outcome, *told;
};
static inline void effect_ends_for(struct office *o, struct ending e, const char *reason) {
    struct pending *p = next_effect(o, e.key);
    CHECK(p);
    char *json = text_format("%.*s %.*s", (int)p->type.len, (const char *)p->type.data,
                             (int)p->json.len, (const char *)p->json.data);
    if (!strstr(json, e.part))
        test_failed(__FILE__, __LINE__, "%s lacks %s", json, e.part);
    free(json);
    struct outcome out = { .outcome = e.outcome,
                           .reason = reason,
                           .told = bytes_text(e.told ? e.told : ""),
                           .at_ms = o->now_ms };
    task_begin(o->task);
    CHECK_OK(task_effect_settle(o->task, p, &out));
    office_commit(o);
}

static inline void effect_ends(struct office *o, struct ending e) {
    effect_ends_for(o, e, "");
}

static inline size_t timers_fire(struct office *o, int64_t now_ms) {
    size_t taken;
    o->now_ms = now_ms;
    task_begin(o->task);
    CHECK_OK(task_take_timers(o->task, now_ms, 100, &taken));
    office_commit(o);
    return taken;
}

static inline void check_says(struct office *o, const char *part) {
    if (!strstr(buf_text(&o->said), part))
        test_failed(__FILE__, __LINE__, "\"%s\" is not in: %s", part, buf_text(&o->said));
}

static inline void check_silent(struct office *o) {
    CHECK_TEXT(buf_text(&o->said), "");
}

#endif
