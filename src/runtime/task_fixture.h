/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For the tests of tasks: a small bank over the real store in a test's directory. */
#ifndef OCTAVO_RUNTIME_TASK_FIXTURE_H
#define OCTAVO_RUNTIME_TASK_FIXTURE_H

#include "base/test.h"
#include "runtime/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct store_kind sqlite_store_kind; /* linked into the tests, not seen by the room */

static const char bank_yaml[] =
    "system: bank\n"
    "topics: { moves: { partitions: 4 }, notes: { partitions: 1 } }\n"
    "services:\n"
    "  ledger:\n"
    "    handler: bank.ledger\n"
    "    consumes: [moves]\n"
    "    produces: [moves, notes]\n"
    "    tables:\n"
    "      account: { columns: { balance: int, name: text } }\n"
    "      total: { scope: partition, columns: { balance: int } }\n"
    "      posting: { log: true, scope: partition, columns: { amount: int, note: text } }\n"
    "  gate:\n"
    "    handler: bank.gate\n"
    "    tasks: 1\n"
    "    produces: [moves]\n"
    "    edges: { door: \"door://here\" }\n"
    "    tables: { asked: { columns: { state: text } } }\n";

struct bank {
    struct task *task;
    struct declaration *declaration;
    struct task_options options;
    char *url;
    struct committed committed; /* of the last group */
    int64_t offset;             /* of the next record */
};

static inline int32_t bank_partitions(void *context, const char *topic) {
    const struct declared_topic *t = declaration_topic(context, topic);
    return t ? t->partitions : 0;
}

static inline void bank_open(struct bank *b, const char *service,
                             const struct octavo_handler *handlers) {
    if (!b->declaration)
        CHECK_OK(declaration_read(&b->declaration, "bank.yaml", bytes_text(bank_yaml)));
    if (!b->url)
        b->url = text_format("sqlite:%s", test_dir());
    if (!b->options.store_kind)
        b->options.store_kind = &sqlite_store_kind;
    b->options.system = "bank";
    b->options.service = declaration_service(b->declaration, service);
    b->options.handlers = handlers;
    b->options.store_url = b->url;
    b->options.task = 2;
    b->options.journal_inputs = true;
    b->options.partitions_of = bank_partitions;
    b->options.context = b->declaration;
    CHECK_OK(task_open(&b->task, &b->options));
    task_set_cluster(b->task, "cluster-1");
}

static inline void bank_close(struct bank *b) {
    task_close(b->task);
    declaration_destroy(b->declaration);
    free(b->url);
    *b = (struct bank){ 0 };
}

/* As after a crash: what was not committed is gone. */
static inline void bank_reopen(struct bank *b) {
    task_close(b->task);
    CHECK_OK(task_open(&b->task, &b->options));
    task_set_cluster(b->task, "cluster-1");
}

/* A record of moves/2 without a lane, its id being its offset. */
static inline struct input record(struct bank *b, const char *type, const char *key,
                                  const char *json) {
    static char id[32];
    (void)snprintf(id, sizeof(id), "in-%lld", (long long)b->offset);
    return (struct input){
        .kind = INPUT_RECORD,
        .type = bytes_text(type),
        .id = bytes_text(id),
        .key = bytes_text(key),
        .json = bytes_text(json),
        .time_ms = 1000 + b->offset,
        .topic = bytes_text("moves"),
        .partition = 2,
        .offset = b->offset++,
        .hash = record_hash(bytes_text(key), bytes_text(json), 1000),
    };
}

static inline enum taken take(struct bank *b, const struct input *in) {
    enum taken taken;
    CHECK_OK(task_take(b->task, in, &taken));
    return taken;
}

static inline void take_record(struct bank *b, const char *type, const char *key,
                               const char *json) {
    struct input in = record(b, type, key, json);
    CHECK_INT(take(b, &in), TAKEN_HANDLED);
}

static inline void commit(struct bank *b) {
    CHECK_OK(task_commit(b->task, 5000, &b->committed));
}

static inline void group(struct bank *b, const char *type, const char *key, const char *json) {
    task_begin(b->task);
    take_record(b, type, key, json);
    commit(b);
}

/* The committed rows of a table as text: "key/sub=value,value;". */
static inline void row_print(void *context, struct bytes key, struct bytes sub,
                             const struct value *values, size_t count) {
    struct buf *out = context;
    buf_put_bytes(out, key);
    buf_put_byte(out, '/');
    buf_put_bytes(out, sub);
    for (size_t i = 0; i < count; i++) {
        buf_put_byte(out, i ? ',' : '=');
        if (values[i].kind == VALUE_INT)
            buf_print(out, "%lld", (long long)values[i].integer);
        if (values[i].kind == VALUE_TEXT)
            buf_put_bytes(out, values[i].text);
    }
    buf_put_byte(out, ';');
}

static inline char *rows_of(struct bank *b, size_t table) {
    struct buf out = { 0 };
    struct store_table tables[8];
    const struct declared_service *s = b->options.service;
    for (size_t i = 0; i < s->table_count; i++)
        tables[i] = s->tables[i].table;
    struct store_options options = {
        .url = b->url,
        .system = "bank",
        .service = s->name,
        .generation = s->generation,
        .task = b->options.task,
        .tables = tables,
        .table_count = s->table_count,
    };
    CHECK_OK(sqlite_store_kind.read(&options, table, NULL, row_print, &out));
    (void)buf_text(&out);
    return (char *)out.data;
}

static inline void check_rows(struct bank *b, size_t table, const char *wanted) {
    char *got = rows_of(b, table);
    CHECK_TEXT(got, wanted);
    free(got);
}

#endif
