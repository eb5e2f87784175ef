// rooms: runtime store/sqlite
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What parking costs: a later event of a parked key, with 0 to 100,000 inputs already waiting
 * behind it or under other keys - it must not grow with either - beside an event that is handled;
 * and what a release costs for each input.
 *
 *   park [EVENTS]      for each measurement so many (20,000), in groups of 1000
 *
 * Commits are not synced: it is the work that is compared. Prints `name value unit`. */
#include "base/clock.h"
#include "base/disk.h"
#include "base/tree.h"
#include "runtime/task.h"
#include "sqlite/sqlite_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUP = 1000, DEEP = 100000 };

static const char yaml[] = "system: bench\n"
                           "topics: { moves: { partitions: 1 } }\n"
                           "services:\n"
                           "  rows:\n"
                           "    handler: bench.rows\n"
                           "    consumes: [moves]\n"
                           "    park: { key_bytes: 1GiB, bytes: 2GiB }\n"
                           "    tables: { account: { columns: { balance: int } } }\n";

static bool mended;

static enum octavo_outcome on_move(struct octavo_step *s) {
    struct octavo_value row;
    int64_t amount = 0;
    (void)octavo_event_int(s, "amount", &amount);
    if (!octavo_row_get(s, "account", octavo_text(""), &row, 1))
        row = octavo_int_value(0);
    row.integer += amount;
    octavo_row_put(s, "account", octavo_text(""), &row, 1);
    return amount < 0 && !mended ? OCTAVO_PARK : OCTAVO_DONE;
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

static struct task *task;
static int64_t offset;

static void take(const char *key, int64_t amount) {
    char id[32], json[64];
    enum taken taken;
    (void)snprintf(id, sizeof(id), "id-%lld", (long long)offset);
    (void)snprintf(json, sizeof(json), "{\"amount\":%lld,\"text\":\"a payment\"}",
                   (long long)amount);
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text("move"),
        .id = bytes_text(id),
        .key = bytes_text(key),
        .json = bytes_text(json),
        .time_ms = 1790000000000 + offset,
        .topic = bytes_text("moves"),
        .offset = offset,
    };
    offset++;
    must(task_take(task, &in, &taken));
}

static void commit(void) {
    struct committed done;
    must(task_commit(task, 1, &done));
}

/* Microseconds an event, in groups, of one key. */
static double cost_us(const char *key, int64_t count) {
    int64_t from_ns = clock_steady_ns(clock_real());
    for (int64_t left = count; left > 0; left -= GROUP) {
        task_begin(task);
        for (int i = 0; i < GROUP; i++)
            take(key, 1);
        commit();
    }
    return (double)(clock_steady_ns(clock_real()) - from_ns) / (double)count / 1000;
}

static void park_keys(const char *name, int64_t count) {
    char key[32];
    for (int64_t at = 0; at < count; at += GROUP) {
        task_begin(task);
        for (int64_t i = at; i < at + GROUP; i++) {
            (void)snprintf(key, sizeof(key), "%s-%lld", name, (long long)i);
            take(key, -1);
        }
        commit();
    }
}

static double release_us(const char *key) {
    enum taken taken;
    size_t more = 1;
    int64_t from_ns = clock_steady_ns(clock_real()), before = task_parked(task).inputs;
    mended = true;
    task_begin(task);
    must(task_park_retry(task, bytes_text(key), 1, &taken));
    commit();
    while (more) {
        task_begin(task);
        must(task_park_due(task, 1, GROUP, &more));
        commit();
    }
    int64_t done = before - task_parked(task).inputs;
    return (double)(clock_steady_ns(clock_real()) - from_ns) / (double)done / 1000;
}

static void measure(int64_t events) {
    printf("handled_event %.2f us\n", cost_us("free", events));
    task_begin(task);
    take("one", -1);
    take("deep", -1);
    commit();
    printf("parked_event_1_waiting %.2f us\n", cost_us("one", events));
    (void)cost_us("deep", DEEP);
    printf("parked_event_%d_waiting %.2f us\n", DEEP, cost_us("deep", events));
    park_keys("other", DEEP);
    printf("parked_event_%d_keys %.2f us\n", DEEP, cost_us("one", events));
    printf("handled_event_%d_keys %.2f us\n", DEEP, cost_us("free", events));
    printf("released_event %.2f us\n", release_us("deep"));
}

int main(int count, char **arguments) {
    char dir[] = "build/bench.park.XXXXXX";
    int64_t events = count > 1 ? strtoll(arguments[1], NULL, 10) : 20000;
    struct declaration *declaration;
    if (events < GROUP || !mkdtemp(dir))
        return 2;
    char *url = text_format("sqlite:%s", dir);
    must(declaration_read(&declaration, "bench.yaml", bytes_text(yaml)));
    struct task_options options = {
        .system = "bench",
        .service = declaration_service(declaration, "rows"),
        .handlers = handlers,
        .store_kind = &sqlite_store_kind,
        .store_url = url,
        .journal_inputs = true,
        .partitions_of = partitions_of,
    };
    must(task_open(&task, &options));
    measure(events);
    task_close(task);
    declaration_destroy(declaration);
    must(tree_remove(dir));
    free(url);
    return 0;
}
