// rooms: runtime store/sqlite net
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Effects a second through a sink that does nothing: from the event that asks, over the commit, the
 * worker and the outcome's commit, to the handler of the outcome. Four tasks, four stores.
 *
 *   effects [EFFECTS]      for each measurement so many (20,000; a tenth where each waits for a
 * sync)
 *
 * keyed needs two commits an effect, shared with others; blind an intent between them. One key:
 * each waits for the outcome of the one before. Prints `name value unit`. */
#include "base/clock.h"
#include "base/disk.h"
#include "base/tree.h"
#include "net/loop.h"
#include "runtime/effects.h"
#include "sqlite/sqlite_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TASKS = 4, GROUP = 250 };

static const char yaml[] =
    "system: bench\n"
    "topics: { moves: { partitions: 4 } }\n"
    "services:\n"
    "  sender:\n"
    "    handler: bench.sender\n"
    "    consumes: [moves]\n"
    "    edges:\n"
    "      keyed: { url: \"nothing:x\", class: keyed }\n"
    "      blind: { url: \"nothing:x\", class: blind, blind: at_least_once, workers: 16 }\n";

static void must(enum error e) {
    if (!e)
        return;
    error_print();
    exit(3);
}

/* ---- the sink that does nothing */

struct connector {
    int nothing;
};

static enum error nothing_open(struct connector **out, const struct sink_options *o) {
    (void)o;
    *out = memory_get(sizeof(struct connector));
    return E_ok;
}

static void nothing_perform(struct connector *c, const struct effect_request *r,
                            struct effect_answer *a) {
    (void)c;
    (void)r;
    a->verdict = EFFECT_DONE;
}

static void nothing_close(struct connector *c) {
    free(c);
}

static const struct connector_sink nothing = {
    .scheme = "nothing",
    .can = SINK_KEYED | SINK_BLIND,
    .open = nothing_open,
    .perform = nothing_perform,
    .close = nothing_close,
};
static const struct connector_sink *const sinks[] = { &nothing, NULL };
static const struct connectors connectors = { .sinks = sinks };

/* ---- the handlers */

static enum octavo_outcome on_event(struct octavo_step *s) {
    bool blind = octavo_text_is(octavo_event_type(s), "blind");
    octavo_effect_begin(s, blind ? "blind" : "keyed", "pay");
    octavo_put_int(s, "amount", 100);
    octavo_put_text(s, "text", octavo_text("a payment of the usual length to somebody"));
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_outcome(struct octavo_step *s) {
    (void)s;
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "keyed", on_event },
                                                  { "blind", on_event },
                                                  { "effect:keyed", on_outcome },
                                                  { "effect:blind", on_outcome },
                                                  { NULL, NULL } };

/* ---- what a service is to effects */

static struct task *tasks[TASKS];
static bool open_groups[TASKS];
static struct effects *effects;
static int64_t offset;

static int32_t partitions_of(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return TASKS;
}

static size_t number_of(const struct task *task) {
    size_t i = 0;
    while (tasks[i] != task)
        i++;
    return i;
}

static void group_begin(void *context, struct task *task) {
    bool *group = &open_groups[number_of(task)];
    (void)context;
    if (!*group)
        task_begin(task);
    *group = true;
}

static enum error group_commit(void *context, struct task *task) {
    bool *group = &open_groups[number_of(task)];
    struct committed committed;
    (void)context;
    if (!*group)
        return E_ok;
    *group = false;
    return task_commit(task, clock_wall_ms(clock_real()), &committed);
}

static void on_work(void *context) {
    *(bool *)context = true;
}

static void ask(const char *edge, int keys) {
    char id[32], key[32];
    enum taken taken;
    int32_t number = (int32_t)(offset % TASKS);
    (void)snprintf(id, sizeof(id), "id-%lld", (long long)offset);
    (void)snprintf(key, sizeof(key), "key-%d", (int)(offset / TASKS % keys));
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text(edge),
        .id = bytes_text(id),
        .key = bytes_text(key),
        .json = bytes_text("{}"),
        .time_ms = 1790000000000 + offset,
        .topic = bytes_text("moves"),
        .partition = number,
        .offset = offset,
    };
    offset++;
    group_begin(NULL, tasks[number]);
    must(task_take(tasks[number], &in, &taken));
}

static size_t waiting(void) {
    size_t count = 0;
    for (int i = 0; i < TASKS; i++)
        count += schedule_count(task_schedule(tasks[i]));
    return count;
}

struct run {
    const char *name, *edge;
    int keys; /* of each task */
    int64_t effects;
    bool sync;
};

/* As turn.c: what came in, one commit a task, then hand over. */
static void turns(struct loop *loop, const struct run *r, bool *work) {
    int64_t asked = 0;
    while (asked < r->effects || waiting()) {
        for (int i = 0; i < GROUP * TASKS && asked < r->effects && waiting() < 8000; i++, asked++)
            ask(r->edge, r->keys);
        *work = false;
        must(effects_take(effects));
        for (int i = 0; i < TASKS; i++)
            must(group_commit(NULL, tasks[i]));
        must(effects_dispatch(effects));
        while (!*work && waiting() && (asked == r->effects || waiting() >= 8000))
            loop_turn(loop, 100);
    }
}

static void tasks_open(const struct declared_service *service, const char *url, bool sync) {
    for (int32_t i = 0; i < TASKS; i++) {
        struct task_options options = {
            .system = "bench",
            .service = service,
            .handlers = handlers,
            .store_kind = &sqlite_store_kind,
            .store_url = url,
            .task = i,
            .sync = sync,
            .journal_inputs = true,
            .partitions_of = partitions_of,
        };
        must(task_open(&tasks[i], &options));
        effects_add_task(effects, tasks[i]);
    }
}

static void measure(const char *dir, const struct run *r) {
    struct declaration *declaration;
    struct loop *loop;
    bool work = false;
    char *url = text_format("sqlite:%s/%s", dir, r->name);
    must(declaration_read(&declaration, "bench.yaml", bytes_text(yaml)));
    must(loop_create(&loop, clock_real()));
    struct effects_options options = {
        .loop = loop,
        .declared = &declaration->services[0],
        .connectors = &connectors,
        .data_dir = dir,
        .on_work = on_work,
        .begin = group_begin,
        .commit = group_commit,
        .context = &work,
    };
    must(effects_open(&effects, &options));
    tasks_open(&declaration->services[0], url, r->sync);
    int64_t start_ns = clock_steady_ns(clock_real());
    turns(loop, r, &work);
    double seconds = (double)(clock_steady_ns(clock_real()) - start_ns) / 1e9;
    (void)printf("effects_%s %.0f effects/s\n", r->name, (double)r->effects / seconds);
    effects_close(effects);
    for (int i = 0; i < TASKS; i++)
        task_close(tasks[i]);
    loop_destroy(loop);
    declaration_destroy(declaration);
    free(url);
}

int main(int count, char **arguments) {
    int64_t effects_each = count > 1 ? strtoll(arguments[1], NULL, 10) : 20000;
    char dir[64];
    const struct run runs[] = {
        { "keyed_1000_keys_synced", "keyed", 250, effects_each, true },
        { "keyed_1000_keys_not_synced", "keyed", 250, effects_each, false },
        { "keyed_one_key_a_task_synced", "keyed", 1, effects_each / 10, true },
        { "blind_1000_keys_synced", "blind", 250, effects_each / 10, true },
    };
    (void)snprintf(dir, sizeof(dir), "build/bench-effects-%d", (int)getpid());
    must(disk_make_dir(disk_real(), dir));
    for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++)
        measure(dir, &runs[i]);
    must(tree_remove(dir));
    return 0;
}
