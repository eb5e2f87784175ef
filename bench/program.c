// rooms: runtime store/sqlite
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a step costs whose handler is a program: the same as bench/steps.c does in C, over two
 * pipes, committed to SQLite without a sync, in groups of 1000 events of as many keys, and one key
 * at a time, where nothing can be sent ahead.
 *
 *   program [SECONDS]         each measurement so long (1)
 *   program --handler         is the handler itself, in C: what Octavo alone takes is seen then
 *
 * Prints `name value unit`. Run from the root: bench/program.py is the handler in Python. */
#include "base/clock.h"
#include "base/event.h"
#include "base/tree.h"
#include "runtime/programs.h"
#include "sqlite/sqlite_store.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GROUP = 1000 };

static const char yaml[] = "system: bench\n"
                           "topics: { moves: { partitions: 1 } }\n"
                           "services:\n"
                           "  rows:\n"
                           "    handler: \"program:%s\"\n"
                           "    consumes: [moves]\n"
                           "    tables: { account: { columns: { balance: int, moves: int } } }\n";

/* ---- the handler */

static long number_behind(const char *line, const char *name) {
    const char *at = strstr(line, name);
    return at ? strtol(at + strlen(name), NULL, 10) : 0;
}

static int handler(void) {
    char *line = NULL;
    size_t size = 0;
    if (getline(&line, &size, stdin) <= 0)
        return 1;
    (void)puts("{\"octavo\":1,\"handles\":[\"move\"]}");
    (void)fflush(stdout);
    while (getline(&line, &size, stdin) > 0) {
        (void)printf("{\"n\":%ld,\"rows\":{\"account\":{\"\":{\"balance\":%ld,\"moves\":%ld}}}}\n",
                     number_behind(line, "\"n\":"),
                     number_behind(line, "\"balance\":") + number_behind(line, "\"amount\":"),
                     number_behind(line, "\"moves\":") + 1);
        (void)fflush(stdout);
    }
    free(line);
    return 0;
}

/* ---- the bench */

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

struct bench {
    struct task *task;
    const struct octavo_service *code;
    int64_t offset, keys;
    char texts[GROUP][64];
};

static struct input input_of(struct bench *b, char *text) {
    int key = snprintf(text, 64, "account-%lld", (long long)(b->offset % b->keys));
    (void)snprintf(text + key + 1, (size_t)(63 - key), "id-%lld", (long long)b->offset);
    return (struct input){
        .kind = INPUT_RECORD,
        .type = bytes_text("move"),
        .id = bytes_text(text + key + 1),
        .key = bytes_text(text),
        .json = bytes_text("{\"amount\":250,\"currency\":\"CZK\",\"text\":\"a payment\"}"),
        .time_ms = 1790000000000 + b->offset,
        .topic = bytes_text("moves"),
        .offset = b->offset++,
    };
}

static void group(struct bench *b, struct input *in) {
    struct committed done;
    bool full = false;
    enum taken taken;
    task_begin(b->task);
    programs_foresee_begin(b->code);
    for (int i = 0; i < GROUP; i++) {
        in[i] = input_of(b, b->texts[i]);
        must(programs_foresee(b->code, b->task, &in[i], &full));
    }
    programs_foresee_send(b->code);
    for (int i = 0; i < GROUP; i++) {
        must(task_take(b->task, &in[i], &taken));
        if (taken != TAKEN_HANDLED)
            exit(4);
    }
    must(task_commit(b->task, 0, &done));
}

static void measure(struct bench *b, const char *name, double seconds) {
    static struct input in[GROUP];
    int64_t start_ns = clock_steady_ns(clock_real()), now_ns, from = b->offset;
    do {
        group(b, in);
        now_ns = clock_steady_ns(clock_real());
    } while ((double)(now_ns - start_ns) < seconds * 1e9);
    (void)printf("%s %.0f events/s\n", name,
                 (double)(b->offset - from) * 1e9 / (double)(now_ns - start_ns));
    (void)fflush(stdout);
}

static void bench_run(const char *dir, const char *command, const char *name, double seconds) {
    static struct bench b;
    char *text = text_format(yaml, command), *many, *one;
    char *url = text_format("sqlite:%s/%s", dir, name);
    struct declaration *d;
    b = (struct bench){ .keys = 100000 };
    must(declaration_read(&d, "octavo.yaml", bytes_text(text)));
    must(programs_open(&b.code, &(struct programs_options){ d, d->services, clock_real() }));
    struct task_options options = {
        .system = "bench",
        .service = d->services,
        .handlers = b.code->handlers,
        .store_kind = &sqlite_store_kind,
        .store_url = url,
        .journal_inputs = true,
        .partitions_of = partitions_of,
    };
    must(task_open(&b.task, &options));
    task_set_cluster(b.task, "bench");
    many = text_format("program_%s", name);
    one = text_format("program_%s_one_key", name);
    measure(&b, many, seconds);
    b.keys = 1;
    measure(&b, one, seconds);
    task_close(b.task);
    programs_close(b.code);
    declaration_destroy(d);
    free(text);
    free(many);
    free(one);
    free(url);
}

int main(int count, char **arguments) {
    char dir[] = "build/bench.XXXXXX", path[4096];
    if (count > 1 && strcmp(arguments[1], "--handler") == 0)
        return handler();
    double seconds = count > 1 ? strtod(arguments[1], NULL) : 1;
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (len <= 0 || !mkdtemp(dir))
        return 3;
    path[len] = 0;
    (void)signal(SIGPIPE, SIG_IGN);
    char *command = text_format("%s --handler", path);
    event_log_from(EVENT_error);
    bench_run(dir, command, "c", seconds);
    bench_run(dir, "python3 bench/program.py", "python", seconds);
    free(command);
    must(tree_remove(dir));
    return 0;
}
