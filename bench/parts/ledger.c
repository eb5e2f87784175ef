/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Ledger steps with store commits: the accounts handlers over the real store, no broker, groups of
 * 10, 100 and 1000. Each step is one withdrawal: dedupe, balance, double entry, event, all synced.
 * Prints `name value unit`. The peer in the same run is postgres_peer; bench/accounts runs both.
 * For one of them, as for a profile or for many: ledger FOLDER GROUP STEPS [hot|zipf]; and then,
 * how long it takes until its store is open again and a step is decided: ledger FOLDER restart. */
#include "accounts/accounts.h"
#include "base/clock.h"
#include "base/random.h"
#include "runtime/task.h"
#include "sqlite/sqlite_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACCOUNTS = 1000, TERMINALS = 32, OPENING = 1000000000, GROUP_MAX = 10000 };

struct bench {
    struct task *task;
    int64_t sequence;
    int64_t offset;
};

static int32_t one_partition(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return 1;
}

static void must(enum error e) {
    if (!e)
        return;
    error_print();
    exit(3);
}

/* A request as it lies in the log; a withdrawal is made before the clock runs. */
struct withdrawal {
    char id[32];
    char key[16];
    char json[160];
};

static void take(struct bench *b, const char *type, const struct withdrawal *w) {
    enum taken taken;
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text(type),
        .id = bytes_text(w->id),
        .key = bytes_text(w->key),
        .json = bytes_text(w->json),
        .time_ms = 1790000000000,
        .topic = bytes_text("account-transaction"),
        .offset = b->offset++,
        .source = bytes_text("/octavo/bench/source/1/0/1"),
        .sequence = ++b->sequence,
    };
    must(task_take(b->task, &in, &taken));
}

static void commit(struct bench *b) {
    struct committed done = { 0 };
    must(task_commit(b->task, 1790000000000, &done));
    if (done.outbox_id)
        task_outbox_acked(b->task, done.outbox_id);
}

static void open_accounts(struct bench *b) {
    struct withdrawal w;
    task_begin(b->task);
    for (int i = 0; i < ACCOUNTS; i++) {
        (void)snprintf(w.key, sizeof(w.key), "%d", i);
        (void)snprintf(w.id, sizeof(w.id), "open-%d", i);
        (void)snprintf(w.json, sizeof(w.json),
                       "{\"account\":\"%d\",\"currency\":\"203\",\"card\":\"TOKEN%d\"}", i, i);
        take(b, "account-open-requested", &w);
        (void)snprintf(w.id, sizeof(w.id), "fund-%d", i);
        (void)snprintf(w.json, sizeof(w.json),
                       "{\"request\":\"open-%d\",\"account\":\"%d\",\"amount\":%d,"
                       "\"currency\":\"203\",\"terminal\":\"ATM00001\"}",
                       i, i, OPENING);
        take(b, "deposit-requested", &w);
    }
    commit(b);
}

enum spread { UNIFORM, ZIPF, HOT };

/* Account i with a weight of 1 / (i + 1): 1000 of them, so the first gets 13 % of it. */
static int account_zipf(struct random *r) {
    static double sums[ACCOUNTS];
    for (int i = 0; i < ACCOUNTS && sums[ACCOUNTS - 1] == 0; i++)
        sums[i] = (i ? sums[i - 1] : 0) + 1.0 / (i + 1);
    double at = (double)random_below(r, 1u << 30) / (1u << 30) * sums[ACCOUNTS - 1];
    int from = 0, to = ACCOUNTS - 1;
    while (from < to) {
        int middle = (from + to) / 2;
        if (sums[middle] > at)
            to = middle;
        else
            from = middle + 1;
    }
    return from;
}

static int account_pick(struct random *r, enum spread spread) {
    switch (spread) {
    case UNIFORM:
        return (int)random_below(r, ACCOUNTS);
    case ZIPF:
        return account_zipf(r);
    case HOT:
        break;
    }
    return 7;
}

static void withdrawal_make(struct withdrawal *w, struct random *r, long long number,
                            enum spread spread) {
    int account = account_pick(r, spread);
    int terminal = (int)random_below(r, TERMINALS);
    (void)snprintf(w->id, sizeof(w->id), "bench-%lld", number);
    (void)snprintf(w->key, sizeof(w->key), "%d", account);
    (void)snprintf(w->json, sizeof(w->json),
                   "{\"request\":\"ATM%05d-20261122-%012lld\",\"account\":\"%d\","
                   "\"amount\":100,\"currency\":\"203\",\"terminal\":\"ATM%05d\"}",
                   terminal, number, account, terminal);
}

/* Steps a second over `steps` withdrawals in groups. */
static double run(struct bench *b, int group, int steps, enum spread spread) {
    static struct withdrawal made[GROUP_MAX];
    struct random r = random_seeded((uint64_t)group * 7 + 1);
    int64_t spent_ns = 0;
    for (int done = 0; done < steps; done += group) {
        for (int i = 0; i < group; i++)
            withdrawal_make(&made[i], &r, b->sequence + i, spread);
        int64_t start_ns = clock_steady_ns(clock_real());
        task_begin(b->task);
        for (int i = 0; i < group; i++)
            take(b, "withdrawal-requested", &made[i]);
        commit(b);
        spent_ns += clock_steady_ns(clock_real()) - start_ns;
    }
    return steps / ((double)spent_ns / 1e9);
}

static const struct octavo_handler *handlers_of(const char *service) {
    for (const struct octavo_service *s = accounts_system.services; s->name; s++)
        if (strcmp(s->name, service) == 0)
            return s->handlers;
    return NULL;
}

/* From nothing but files to the first answer. */
static void restart(struct bench *b, const struct task_options *options) {
    int64_t start_ns = clock_steady_ns(clock_real());
    must(task_open(&b->task, options));
    b->sequence = b->offset = (int64_t)1 << 40; /* behind all that it has seen */
    (void)run(b, 1, 1, UNIFORM);
    (void)printf("ledger_restart %.1f ms\n",
                 (double)(clock_steady_ns(clock_real()) - start_ns) / 1e6);
}

static void run_all(struct bench *b) {
    static const int groups[] = { 10, 100, 1000 };
    static const int steps[] = { 20000, 100000, 200000 };
    for (int i = 0; i < 3; i++)
        (void)printf("ledger_steps_group_%d %.0f steps/s\n", groups[i],
                     run(b, groups[i], steps[i], UNIFORM));
    (void)printf("ledger_steps_group_1000_zipf %.0f steps/s\n", run(b, 1000, 200000, ZIPF));
    (void)printf("ledger_steps_group_1000_hot_account %.0f steps/s\n", run(b, 1000, 200000, HOT));
}

static void run_one(struct bench *b, char **arguments) {
    const char *spread = arguments[4] ? arguments[4] : "";
    (void)printf("ledger_steps %.0f steps/s\n",
                 run(b, (int)strtol(arguments[2], NULL, 10), (int)strtol(arguments[3], NULL, 10),
                     strcmp(spread, "hot") == 0    ? HOT
                     : strcmp(spread, "zipf") == 0 ? ZIPF
                                                   : UNIFORM));
}

/* Waits until whoever measures opens the file that OCTAVO_BENCH_WAIT names: a pipe. */
static void wait_to_begin(void) {
    const char *path = getenv("OCTAVO_BENCH_WAIT");
    FILE *go = path ? fopen(path, "r") : NULL;
    if (go)
        (void)fclose(go);
}

int main(int count, char **arguments) {
    struct declaration *declaration;
    struct bench b = { 0 };
    char *url = text_format("sqlite:%s", count > 1 ? arguments[1] : "build/bench-ledger");
    must(declaration_read(&declaration, "octavo.yaml", bytes_text(accounts_system.declaration)));
    struct task_options options = {
        .system = "accounts",
        .service = declaration_service(declaration, "transaction-processor"),
        .handlers = handlers_of("transaction-processor"),
        .store_kind = &sqlite_store_kind,
        .store_url = url,
        .sync = getenv("OCTAVO_BENCH_NO_SYNC") == NULL,
        .journal_inputs = true,
        .partitions_of = one_partition,
    };
    if (count == 3 && strcmp(arguments[2], "restart") == 0) {
        restart(&b, &options);
    } else {
        must(task_open(&b.task, &options));
        open_accounts(&b);
        wait_to_begin();
        if (count > 3)
            run_one(&b, arguments);
        else
            run_all(&b);
    }
    task_close(b.task);
    declaration_destroy(declaration);
    free(url);
    return 0;
}
