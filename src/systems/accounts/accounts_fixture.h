/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For the tests of the handlers: a task of either service over the real store, fed by hand. */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_FIXTURE_H
#define OCTAVO_SYSTEMS_ACCOUNTS_FIXTURE_H

#include "ledger.h"
#include "base/test.h"
#include "base/disk.h"
#include "runtime/promised_fixture.h"
#include "runtime/task.h"
#include "sqlite/sqlite_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ledger {
    struct task *task;
    struct declaration *declaration;
    struct schemas *schemas; /* every event that is said is held against its own */
    struct task_options options;
    char *url;
    struct buf
        said; /* events and replies of the last group: "TYPE KEY {json}\n", "= KEY {json}\n" */
    enum taken taken; /* of the last input */
    int64_t offset;
    int64_t now_ms;
};

static inline int32_t one_partition(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return 1;
}

static inline void ledger_open(struct ledger *l, const char *service,
                               const struct octavo_handler *handlers) {
    CHECK_OK(
        declaration_read(&l->declaration, "octavo.yaml", bytes_text(accounts_system.declaration)));
    l->schemas = promised_open(l->declaration, "src/systems/accounts");
    l->url = text_format("sqlite:%s", test_dir());
    l->options = (struct task_options){
        .system = "accounts",
        .service = declaration_service(l->declaration, service),
        .handlers = handlers,
        .store_kind = &sqlite_store_kind,
        .store_url = l->url,
        .journal_inputs = true,
        .partitions_of = one_partition,
    };
    CHECK_OK(task_open(&l->task, &l->options));
    l->now_ms = 1795348800000;
}

static inline void ledger_close(struct ledger *l) {
    task_close(l->task);
    schemas_close(l->schemas);
    declaration_destroy(l->declaration);
    buf_finish(&l->said);
    free(l->url);
    *l = (struct ledger){ 0 };
}

static inline void ledger_reopen(struct ledger *l) {
    task_close(l->task);
    CHECK_OK(task_open(&l->task, &l->options));
}

/* Commits the open group and notes what it says. */
static inline void ledger_commit(struct ledger *l) {
    struct committed done;
    CHECK_OK(task_commit(l->task, l->now_ms, &done));
    buf_clear(&l->said);
    struct cursor in = cursor_on(done.outbox);
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        promised_check(l->schemas, &e);
        buf_print(&l->said, "%.*s %.*s %.*s\n", (int)e.type.len, (const char *)e.type.data,
                  (int)e.key.len, (const char *)e.key.data, (int)e.value.len,
                  (const char *)e.value.data);
    }
    for (size_t i = 0; i < done.reply_count; i++)
        buf_print(&l->said, "= %.*s %.*s\n", (int)done.replies[i].request_key.len,
                  (const char *)done.replies[i].request_key.data, (int)done.replies[i].json.len,
                  (const char *)done.replies[i].json.data);
    if (done.outbox_id)
        task_outbox_acked(l->task, done.outbox_id);
}

static inline enum error ledger_try(struct ledger *l, const char *type, const char *key,
                                    const char *json) {
    static char id[32];
    (void)snprintf(id, sizeof(id), "in-%lld", (long long)l->offset);
    struct input in = {
        .kind = strstr(type, "-asked") ? INPUT_REQUEST : INPUT_RECORD,
        .type = bytes_text(type),
        .id = bytes_text(strstr(type, "-asked") ? key : id),
        .key = bytes_text(key),
        .json = bytes_text(json),
        .time_ms = l->now_ms,
        .topic = bytes_text("account-transaction"),
        .offset = l->offset++,
    };
    return task_take(l->task, &in, &l->taken);
}

/* A row of this table with nothing in it, to be spoiled behind the ledger's back. */
static inline void row_blank(const struct ledger *l, size_t table, struct value *row) {
    const struct store_table *declared = &l->options.service->tables[table].table;
    for (size_t i = 0; i < declared->column_count; i++)
        row[i] = declared->columns[i].type == COLUMN_INT
                     ? (struct value){ .kind = VALUE_INT }
                     : (struct value){ .kind = VALUE_TEXT, .text = bytes_text("") };
}

/* One event as its own group; `wanted` is all that is said. */
static inline void given(struct ledger *l, const char *type, const char *key, const char *json) {
    task_begin(l->task);
    CHECK_OK(ledger_try(l, type, key, json));
    ledger_commit(l);
}

static inline void check_said(struct ledger *l, const char *wanted) {
    CHECK_TEXT(buf_text(&l->said), wanted);
}

#endif
