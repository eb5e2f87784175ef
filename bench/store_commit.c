// rooms: store/sqlite
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a commit of the embedded store costs: synced groups of 1 to 1000 events in 1, 4 and 16
 * files in turn. An event is what a withdrawal asks of the store: one row read, its account and
 * its stored answer put, one ledger entry added; a group adds journal, position, lanes and outbox.
 *
 *   store_commit [SECONDS [ACCOUNTS [GROUP FILES]]]   in an empty directory it makes under build/
 *
 * Prints `name value unit`. docs/decisions/0001 reads the figures. */
#include "base/clock.h"
#include "base/disk.h"
#include "sqlite/sqlite_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 16, EVENT_BYTES = 300 };

static const struct column account_columns[] = { { "balance", COLUMN_INT },
                                                 { "currency", COLUMN_TEXT },
                                                 { "held", COLUMN_INT },
                                                 { "version", COLUMN_INT } };
static const struct column answer_columns[] = { { "code", COLUMN_INT }, { "entry", COLUMN_INT } };
static const struct column entry_columns[] = {
    { "request", COLUMN_TEXT }, { "debit", COLUMN_TEXT },  { "credit", COLUMN_TEXT },
    { "amount", COLUMN_INT },   { "balance", COLUMN_INT }, { "at_ms", COLUMN_INT }
};
static const struct store_table tables[] = { { "account", false, account_columns, 4, false, 0 },
                                             { "answer", false, answer_columns, 2, false, 0 },
                                             { "ledger", true, entry_columns, 6, false, 0 } };
enum { ACCOUNT, ANSWER, LEDGER };

struct task_file {
    struct store *store;
    int64_t entry, group, outbox;
};

struct bench {
    char dir[64];
    int64_t seconds_tenths, accounts;
    uint64_t state;
    struct buf outbox;
    double worst_ms;
};

static void must(enum error e) {
    if (!e)
        return;
    error_print();
    exit(3);
}

static uint64_t next_random(struct bench *b) {
    b->state = b->state * 6364136223846793005u + 1442695040888963407u;
    return b->state >> 33;
}

static struct value integer(int64_t v) {
    return (struct value){ .kind = VALUE_INT, .integer = v };
}

static struct value text(const char *t) {
    return (struct value){ .kind = VALUE_TEXT, .text = bytes_text(t) };
}

static void event_put(struct bench *b, struct task_file *f) {
    const struct store_ops *ops = f->store->ops;
    char key[24], request[48];
    struct value row[4] = { integer(0), text("CZK"), integer(0), integer(0) };
    bool found;
    (void)snprintf(key, sizeof(key), "%lld", 10000000 + (long long)next_random(b) % b->accounts);
    (void)snprintf(request, sizeof(request), "atm00017-%06lld-1122-%012lld",
                   (long long)(f->entry % 1000000), (long long)f->entry);
    must(ops->row_get(f->store, ACCOUNT, bytes_text(key), bytes_text(""), row, &found));
    row[0].integer -= 100;
    row[3].integer++;
    f->entry++;
    must(ops->row_put(f->store, ACCOUNT, bytes_text(key), bytes_text(""), row));
    struct value answer[2] = { integer(0), integer(f->entry) };
    must(ops->row_put(f->store, ANSWER, bytes_text(key), bytes_text(request), answer));
    struct value entry[6] = { text(request),           text(key),
                              text("cash-3"),          integer(100),
                              integer(row[0].integer), integer(1763800000000 + f->entry) };
    must(ops->log_add(f->store, LEDGER, f->entry, bytes_text(key), entry));
}

static void group_commit(struct bench *b, struct task_file *f, int64_t events) {
    const struct store_ops *ops = f->store->ops;
    struct position p = { f->entry, f->entry - 1, 7, "0123456789012345678901", 5 };
    f->group++;
    must(ops->begin(f->store));
    for (int64_t i = 0; i < events; i++)
        event_put(b, f);
    must(ops->journal_add(f->store, 1763800000000, bytes_text("account-transaction-3 1..1000"),
                          bytes_text("")));
    must(ops->position_put(f->store, bytes_text("account-transaction"), 3, &p));
    must(ops->lane_in_put(f->store, bytes_text("/octavo/accounts/atm/1/0/1"), f->entry));
    must(ops->lane_out_put(f->store, bytes_text("account-transaction 3"), f->entry));
    if (f->outbox)
        must(ops->outbox_delete_through(f->store, f->outbox));
    struct bytes packed = bytes_of(b->outbox.data, (size_t)events * EVENT_BYTES);
    must(ops->outbox_add(f->store, packed, &f->outbox));
    must(ops->commit(f->store));
}

static void files_open(struct bench *b, struct task_file *files, int count) {
    char *url = text_format("sqlite:%s", b->dir);
    memset(files, 0, FILES_MAX * sizeof(*files));
    for (int i = 0; i < count; i++) {
        struct store_options options = { .url = url,
                                         .system = "bench",
                                         .service = "ledger",
                                         .generation = 1,
                                         .task = i,
                                         .tables = tables,
                                         .table_count = 3,
                                         .sync = !getenv("OCTAVO_BENCH_NO_SYNC") };
        must(sqlite_store_kind.open(&files[i].store, &options));
    }
    free(url);
}

static void on_name(void *context, const char *name) {
    char *path = text_format("%s/%s", (const char *)context, name);
    must(disk_unlink(disk_real(), path));
    free(path);
}

static void files_close(struct bench *b, struct task_file *files, int count) {
    for (int i = 0; i < count; i++)
        files[i].store->ops->close(files[i].store);
    must(disk_list(disk_real(), b->dir, on_name, b->dir));
}

static void measure(struct bench *b, int64_t group, int count) {
    struct task_file files[FILES_MAX];
    struct clock *clock = clock_real();
    int64_t commits = 0, worst = 0;
    files_open(b, files, count);
    for (int i = 0; i < 2 * count; i++) /* past the first, growing pages */
        group_commit(b, &files[i % count], group);
    int64_t start = clock_steady_ns(clock), now = start;
    while (now - start < b->seconds_tenths * 100000000) {
        group_commit(b, &files[commits++ % count], group);
        int64_t last = now;
        now = clock_steady_ns(clock);
        if (now - last > worst)
            worst = now - last;
    }
    double seconds = (double)(now - start) / 1e9;
    files_close(b, files, count);
    printf("store.files_%d.group_%lld.commits %.0f commits/s\n", count, (long long)group,
           (double)commits / seconds);
    printf("store.files_%d.group_%lld.events %.0f events/s\n", count, (long long)group,
           (double)(commits * group) / seconds);
    printf("store.files_%d.group_%lld.worst %.1f ms\n", count, (long long)group,
           (double)worst / 1e6);
    (void)fflush(stdout);
}

int main(int count, char **arguments) {
    static const int64_t groups[] = { 1, 10, 100, 1000 };
    static const int files[] = { 1, 4, 16 };
    struct bench b = { .state = 7 };
    b.seconds_tenths = count > 1 ? (int64_t)(strtod(arguments[1], NULL) * 10) : 5;
    b.accounts = count > 2 ? strtoll(arguments[2], NULL, 10) : 4500;
    (void)snprintf(b.dir, sizeof(b.dir), "build/bench.XXXXXX");
    if (!mkdtemp(b.dir))
        return 3;
    memset(buf_extend(&b.outbox, 100000 * EVENT_BYTES), 'x', 100000 * EVENT_BYTES);
    if (count > 4) {
        measure(&b, strtoll(arguments[3], NULL, 10), (int)strtol(arguments[4], NULL, 10));
    } else {
        for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++)
            for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
                measure(&b, groups[g], files[f]);
        measure(&b, 4, 1); /* what four or sixteen tasks would commit together in one file */
        measure(&b, 16, 1);
        measure(&b, 160, 1);
    }
    buf_finish(&b.outbox);
    (void)rmdir(b.dir);
    return 0;
}
