/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For tests over several partitions: a ledger task for each, and the topic between them. What a
 * task says goes to the partition of its key and stands there, in order, until it is delivered. */
#ifndef OCTAVO_SYSTEMS_ACCOUNTS_BANK_FIXTURE_H
#define OCTAVO_SYSTEMS_ACCOUNTS_BANK_FIXTURE_H

#include "ask_fixture.h"

enum { BANK_PARTITIONS = 4, BANK_WAITING_MAX = 256 };

struct bank_event {
    char type[48], key[32], id[64];
    char json[1200];
    int64_t time_ms;
};

struct bank {
    struct ledger part[BANK_PARTITIONS];
    struct ledger governor[BANK_PARTITIONS]; /* reads the same topic, where it is opened */
    bool is_governed;
    bool dies; /* the next record is taken twice: the first time, its task dies before the commit */
    struct bank_event waiting[BANK_PARTITIONS][BANK_WAITING_MAX];
    size_t count[BANK_PARTITIONS];
};

static inline int32_t bank_partitions(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return BANK_PARTITIONS;
}

static inline void bank_service_open(struct ledger *parts, const char *service,
                                     const struct octavo_handler *handlers) {
    for (int i = BANK_PARTITIONS; i-- > 0;) { /* each opens task 0 first: it comes last */
        struct ledger *l = &parts[i];
        ledger_open(l, service, handlers);
        task_close(l->task);
        l->options.task = i;
        l->options.partitions_of = bank_partitions;
        CHECK_OK(task_open(&l->task, &l->options));
    }
}

static inline void bank_open(struct bank *b) {
    bank_service_open(b->part, "transaction-processor", processor_handlers);
}

static inline void bank_govern(struct bank *b) {
    bank_service_open(b->governor, "limit-governor", governor_handlers);
    b->is_governed = true;
}

static inline void bank_close(struct bank *b) {
    for (int i = 0; i < BANK_PARTITIONS; i++) {
        ledger_close(&b->part[i]);
        if (b->is_governed)
            ledger_close(&b->governor[i]);
    }
}

/* An account whose key belongs to the partition: P0-1, P0-2, ... by trying names. */
static inline void bank_account(char out[32], int partition, int number) {
    for (int i = 0, found = 0;; i++) {
        (void)snprintf(out, 32, "acc%d", i);
        if (partition_of_key(bytes_text(out), BANK_PARTITIONS) == partition && found++ == number)
            return;
    }
}

static inline void text_fill(char *out, size_t size, struct bytes text) {
    CHECK(text.len < size);
    memcpy(out, text.data, text.len);
    out[text.len] = 0;
}

static inline void bank_event_add(struct bank *b, const struct out_event *e) {
    struct bank_event *to = &b->waiting[e->partition][b->count[e->partition]++];
    CHECK(b->count[e->partition] <= BANK_WAITING_MAX);
    text_fill(to->type, sizeof(to->type), e->type);
    text_fill(to->key, sizeof(to->key), e->key);
    text_fill(to->id, sizeof(to->id), e->id);
    text_fill(to->json, sizeof(to->json), e->value);
    to->time_ms = e->time_ms;
}

/* Commits what a task has done, and puts what it says behind what waits. */
static inline void bank_commit(struct bank *b, struct ledger *l) {
    struct committed done;
    CHECK_OK(task_commit(l->task, l->now_ms, &done));
    buf_clear(&l->said);
    struct cursor in = cursor_on(done.outbox);
    while (cursor_left(&in)) {
        struct out_event e;
        CHECK_OK(outbox_unpack(&in, &e));
        buf_print(&l->said, "%.*s %.*s %.*s\n", (int)e.type.len, (const char *)e.type.data,
                  (int)e.key.len, (const char *)e.key.data, (int)e.value.len,
                  (const char *)e.value.data);
        if (bytes_is_text(e.type, "decision-diverged"))
            test_failed(__FILE__, __LINE__, "the governor differs: %s", buf_text(&l->said));
        if (bytes_is_text(e.topic, "account-transaction"))
            bank_event_add(b, &e);
    }
    if (done.outbox_id)
        task_outbox_acked(l->task, done.outbox_id);
}

static inline void bank_take(struct bank *b, struct ledger *l, const struct bank_event *e) {
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text(e->type),
        .id = bytes_text(e->id),
        .key = bytes_text(e->key),
        .json = bytes_text(e->json),
        .time_ms = e->time_ms,
        .topic = bytes_text("account-transaction"),
        .partition = l->options.task,
        .offset = l->offset++,
    };
    if (b->dies) {
        task_begin(l->task);
        CHECK_OK(task_take(l->task, &in, &l->taken));
        ledger_reopen(l);
        b->dies = false;
    }
    task_begin(l->task);
    CHECK_OK(task_take(l->task, &in, &l->taken));
    CHECK(l->taken != TAKEN_PARKED);
    bank_commit(b, l);
}

/* The next record of this partition. */
static inline void bank_give(struct bank *b, int partition, const struct bank_event *e) {
    bank_take(b, &b->part[partition], e);
    if (b->is_governed)
        bank_take(b, &b->governor[partition], e);
}

/* A request, given to the partition of its account at once. */
static inline int bank_ask(struct bank *b, const char *account, const char *type,
                           const char *request, const char *fields) {
    static int64_t number;
    struct bank_event e = { 0 };
    int partition = partition_of_key(bytes_text(account), BANK_PARTITIONS);
    (void)snprintf(e.type, sizeof(e.type), "%s", type);
    (void)snprintf(e.key, sizeof(e.key), "%s", account);
    (void)snprintf(e.id, sizeof(e.id), "asked-%" PRId64, number++);
    (void)snprintf(e.json, sizeof(e.json), "{\"request\":\"%s\",\"account\":\"%s\"%s%s}", request,
                   account, fields[0] ? "," : "", fields);
    e.time_ms = b->part[partition].now_ms;
    bank_give(b, partition, &e);
    return partition;
}

/* The oldest that waits in this partition; false: nothing does. */
static inline bool bank_deliver(struct bank *b, int partition) {
    struct bank_event e;
    if (b->count[partition] == 0)
        return false;
    e = b->waiting[partition][0];
    b->count[partition]--;
    memmove(&b->waiting[partition][0], &b->waiting[partition][1], b->count[partition] * sizeof(e));
    bank_give(b, partition, &e);
    return true;
}

static inline void bank_settle(struct bank *b) {
    for (bool some = true; some;) {
        some = false;
        for (int i = 0; i < BANK_PARTITIONS; i++)
            while (bank_deliver(b, i))
                some = true;
    }
}

static inline int64_t bank_balance(struct bank *b, const char *account, enum account_column c) {
    return account_column(&b->part[partition_of_key(bytes_text(account), BANK_PARTITIONS)], account,
                          c);
}

static inline int64_t bank_internal(struct bank *b, const char *name) {
    int64_t sum = 0;
    for (int i = 0; i < BANK_PARTITIONS; i++)
        sum += internal_balance(&b->part[i], name);
    return sum;
}

#endif
