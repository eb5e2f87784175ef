// rooms: runtime store/fold store/sqlite
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a step costs: a handler that reads a field of its event and updates the row of its key, in
 * the runtime as it is, without a broker.
 *
 *   steps [SECONDS [KEYS]]     each measurement so long (1), over so many keys (1000); alone: then
 * the fold, too steps fold [KEYS]          a fold of so many keys (1,000,000): its snapshot and its
 * recovery
 *
 * "without store" is a fold, whose commits cost nothing; the others commit to SQLite, with a sync
 * and without; repeats are known by their lane, by an id in a window, or not at all: what
 * correctness costs, which tools/plot draws. Prints `name value unit`. */
#include "base/clock.h"
#include "base/disk.h"
#include "base/tree.h"
#include "fold/fold_store.h"
#include "runtime/task.h"
#include "sqlite/sqlite_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUP_WITHOUT_STORE = 1000 };

static const char yaml[] =
    "system: bench\n"
    "topics: { moves: { partitions: 1 }, seen: { partitions: 1, dedupe: 7d } }\n"
    "services:\n"
    "  fold:\n"
    "    handler: bench.fold\n"
    "    state: fold\n"
    "    consumes: [moves]\n"
    "    tables: { account: { columns: { balance: int, moves: int } } }\n"
    "  rows:\n"
    "    handler: bench.rows\n"
    "    consumes: [moves, seen]\n"
    "    tables: { account: { columns: { balance: int, moves: int } } }\n";

static enum octavo_outcome on_move(struct octavo_step *s) {
    struct octavo_value row[2];
    int64_t amount;
    if (!octavo_event_int(s, "amount", &amount))
        return octavo_refuse(s, OCTAVO_STOP, "no amount");
    if (!octavo_row_get(s, "account", octavo_text(""), row, 2))
        row[0] = row[1] = octavo_int_value(0);
    row[0] = octavo_int_value(row[0].integer + amount);
    row[1] = octavo_int_value(row[1].integer + 1);
    octavo_row_put(s, "account", octavo_text(""), row, 2);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "move", on_move }, { NULL, NULL } };

static void must(enum error e) {
    if (!e)
        return;
    error_print();
    exit(3);
}

static int32_t partitions_of(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return 1;
}

/* How a repeat would be known. */
enum dedupe { BY_LANE, BY_WINDOW, NOT_AT_ALL };

struct bench {
    struct declaration *declaration;
    struct task *task;
    char dir[64];
    char *url;
    struct buf texts;
    int64_t offset, keys;
    double seconds;
    enum dedupe dedupe;
};

struct kind {
    const char *service;
    const struct store_kind *store;
    bool sync;
    enum dedupe dedupe;
};

static void bench_open(struct bench *b, const struct kind *k) {
    free(b->url);
    b->url = text_format("%s:%s/%s%d", k->store->scheme, b->dir, k->service, k->sync);
    struct task_options options = {
        .system = "bench",
        .service = declaration_service(b->declaration, k->service),
        .handlers = handlers,
        .store_kind = k->store,
        .store_url = b->url,
        .sync = k->sync,
        .journal_inputs = true,
        .partitions_of = partitions_of,
    };
    must(task_open(&b->task, &options));
    task_set_cluster(b->task, "bench");
}

static void step(struct bench *b) {
    enum taken taken;
    buf_clear(&b->texts); /* formatted by our own: printf would be a tenth of what is measured */
    buf_put_text(&b->texts, "account-");
    buf_put_decimal(&b->texts, b->offset % b->keys);
    size_t key_len = b->texts.len;
    buf_put_text(&b->texts, "id-");
    buf_put_decimal(&b->texts, b->offset);
    struct bytes texts = buf_bytes(&b->texts);
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text("move"),
        .id = bytes_part(texts, key_len, texts.len - key_len),
        .key = bytes_part(texts, 0, key_len),
        .json = bytes_text("{\"amount\":250,\"currency\":\"CZK\",\"text\":\"a payment\"}"),
        .time_ms = 1790000000000 + b->offset,
        .topic = bytes_text(b->dedupe == BY_WINDOW ? "seen" : "moves"),
        .offset = b->offset,
    };
    if (b->dedupe != NOT_AT_ALL)
        in.source = bytes_text("/octavo/bench/source/1/0/1");
    if (b->dedupe == BY_LANE)
        in.sequence = b->offset + 1;
    b->offset++;
    must(task_take(b->task, &in, &taken));
    if (taken != TAKEN_HANDLED)
        exit(4);
}

static void group(struct bench *b, int size) {
    struct committed done;
    task_begin(b->task);
    for (int i = 0; i < size; i++)
        step(b);
    must(task_commit(b->task, 1790000000000, &done));
}

static double now_seconds(void) {
    return (double)clock_steady_ns(clock_real()) / 1e9;
}

static void measure(struct bench *b, const struct kind *k, int size, const char *name) {
    b->offset = 0;
    b->dedupe = k->dedupe;
    bench_open(b, k);
    for (int64_t i = 0; i < b->keys; i += size) /* every row is there */
        group(b, size);
    int64_t first = b->offset;
    double start = now_seconds(), end = start;
    while (end - start < b->seconds) {
        group(b, size);
        end = now_seconds();
    }
    printf("%s_group_%d %.0f steps/s\n", name, size, (double)(b->offset - first) / (end - start));
    task_close(b->task);
    must(tree_remove(b->dir));
    must(disk_make_dir(disk_real(), b->dir));
}

static void curve_of(struct bench *b, const struct kind *k, const char *name) {
    static const int sizes[] = { 1, 10, 100, 1000 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        measure(b, k, sizes[i], name);
}

static void curves(struct bench *b) {
    static const struct kind fold = { "fold", &fold_store_kind, false, BY_LANE };
    static const struct kind rows = { "rows", &sqlite_store_kind, true, BY_LANE };
    static const struct kind window = { "rows", &sqlite_store_kind, true, BY_WINDOW };
    static const struct kind blind = { "rows", &sqlite_store_kind, true, NOT_AT_ALL };
    static const struct kind loose = { "rows", &sqlite_store_kind, false, BY_LANE };
    static const struct kind neither = { "rows", &sqlite_store_kind, false, NOT_AT_ALL };
    measure(b, &fold, GROUP_WITHOUT_STORE, "steps_without_store");
    curve_of(b, &rows, "steps_synced");
    curve_of(b, &window, "steps_synced_ids_in_a_window");
    curve_of(b, &blind, "steps_synced_without_dedupe");
    curve_of(b, &loose, "steps_not_synced");
    curve_of(b, &neither, "steps_not_synced_without_dedupe");
}

static void fold_measure(struct bench *b) {
    static const struct kind fold = { "fold", &fold_store_kind, false, BY_LANE };
    bool done;
    bench_open(b, &fold);
    double start = now_seconds();
    while (b->offset < b->keys)
        group(b, GROUP_WITHOUT_STORE);
    printf("fold_first_steps %.0f steps/s\n", (double)b->offset / (now_seconds() - start));
    start = now_seconds();
    must(task_save(b->task, 1790000000000));
    double begun = now_seconds() - start, longest = begun;
    do {
        double piece = now_seconds();
        must(task_saved(b->task, !task_saving_goes_on(b->task), &done));
        piece = now_seconds() - piece;
        longest = done || piece < longest ? longest : piece;
    } while (!done);
    printf("fold_snapshot_pause %.1f ms\n", longest * 1e3);
    printf("fold_snapshot_whole %.1f ms\n", (now_seconds() - start) * 1e3);
    task_close(b->task);
    start = now_seconds();
    bench_open(b, &fold);
    printf("fold_recovery %.1f ms\n", (now_seconds() - start) * 1e3);
    task_close(b->task);
}

static void run(struct bench b, void (*what)(struct bench *)) {
    (void)snprintf(b.dir, sizeof(b.dir), "build/bench.%ld", (long)getpid());
    must(disk_make_dir(disk_real(), b.dir));
    must(declaration_read(&b.declaration, "bench.yaml", bytes_text(yaml)));
    what(&b);
    declaration_destroy(b.declaration);
    free(b.url);
    buf_finish(&b.texts);
    must(tree_remove(b.dir));
}

int main(int count, char **arguments) {
    struct bench steps = { .seconds = 1, .keys = 1000 }, fold = { .keys = 1000000 };
    bool of_fold = count > 1 && strcmp(arguments[1], "fold") == 0;
    long keys = count > 2 ? strtol(arguments[2], NULL, 10) : 0;
    if (keys)
        steps.keys = fold.keys = keys;
    if (!of_fold) {
        steps.seconds = count > 1 ? strtod(arguments[1], NULL) : 1;
        run(steps, curves);
    }
    if (of_fold || count == 1)
        run(fold, fold_measure);
    return 0;
}
