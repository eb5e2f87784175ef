/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For the tests of effects: four tasks, one engine over them, and a receiver outside.
 *
 * The receiver writes what happens to it into a file, one line an effect, "EDGE KEY N ID", which a
 * kill of the process cannot undo: it is what the tests believe. What it answers says a script. */
#ifndef OCTAVO_RUNTIME_EFFECTS_FIXTURE_H
#define OCTAVO_RUNTIME_EFFECTS_FIXTURE_H

#include "base/mailbox.h"
#include "net/loop.h"
#include "runtime/effects.h"
#include "runtime/task_fixture.h"
#include "values/json.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

enum { KEYED, NATURAL, ASKED, BLIND, ONCE, HOST_EDGES };
enum { HOST_TASKS = 4, HOST_WAIT_MS = 20000 };

static const char host_yaml[] =
    "system: bank\n"
    "topics: { moves: { partitions: 4 } }\n"
    "services:\n"
    "  mailer:\n"
    "    handler: bank.mailer\n"
    "    consumes: [moves]\n"
    "    edges:\n"
    "      keyed: { url: \"keyed:x\", class: keyed, retry: { first: 100ms, most: 1s } }\n"
    "      natural: { url: \"natural:x\", class: natural, retry: { first: 100ms, most: 1s } }\n"
    "      asked: { url: \"asked:x\", class: queryable, retry: { first: 100ms, most: 1s } }\n"
    "      blind: { url: \"blind:x\", class: blind, blind: at_least_once,\n"
    "               retry: { first: 100ms, most: 1s } }\n"
    "      once: { url: \"blind:x\", class: blind, blind: at_most_once }\n"
    "    tables: { ended: { log: true, columns: { effect: text, outcome: text } } }\n";

/* ---- the receiver: the one thing shared with worker threads */

struct receiver {
    int log;              /* O_APPEND */
    struct mailbox *gate; /* a perform of key "stuck" waits for a letter in it */
    atomic_int tries, asks;
    /* What a perform answers; it has happened when `happens` is set. NULL: it happens, and DONE. */
    void (*script)(const struct effect_request *r, struct effect_answer *a, bool *happens);
};
static struct receiver receiver;

struct connector {
    const char *edge;
};

static inline enum error receiver_open(struct connector **out, const struct sink_options *o) {
    if (strcmp(o->url, "keyed:never") == 0)
        return fail(E_config, "keyed:never: there is no such place");
    struct connector *c = memory_get(sizeof(*c));
    c->edge = o->url;
    *out = c;
    return E_ok;
}

static inline void receiver_close(struct connector *c) {
    free(c);
}

static inline int64_t request_n(const struct effect_request *r) {
    struct json json;
    int64_t n = -1;
    CHECK_OK(json_read(&json, r->json));
    CHECK(json_get_int(&json, "n", &n));
    json_finish(&json);
    return n;
}

static inline void receiver_log(const struct connector *c, const struct effect_request *r) {
    char *line = text_format("%.*s %.*s %lld %.*s\n", (int)strcspn(c->edge, ":"), c->edge,
                             (int)r->key.len, (const char *)r->key.data, (long long)request_n(r),
                             (int)r->id.len, (const char *)r->id.data);
    CHECK(write(receiver.log, line, strlen(line)) == (ssize_t)strlen(line));
    free(line);
}

static inline void receiver_perform(struct connector *c, const struct effect_request *r,
                                    struct effect_answer *a) {
    bool happens = true;
    a->verdict = EFFECT_DONE;
    if (receiver.script)
        receiver.script(r, a, &happens);
    atomic_fetch_add(&receiver.tries, 1);
    if (bytes_is_text(r->key, "stuck") && receiver.gate)
        (void)mailbox_wait(receiver.gate, HOST_WAIT_MS);
    if (happens)
        receiver_log(c, r);
}

static inline char *receiver_text(void) {
    off_t size = lseek(receiver.log, 0, SEEK_END);
    char *text = memory_get((size_t)size + 1);
    CHECK(pread(receiver.log, text, (size_t)size, 0) == size);
    return text;
}

static inline void receiver_ask(struct connector *c, const struct effect_request *r,
                                struct effect_answer *a) {
    char *text = receiver_text();
    char *id = text_copy_bytes(r->id);
    (void)c;
    atomic_fetch_add(&receiver.asks, 1);
    a->verdict = strstr(text, id) ? EFFECT_DONE : EFFECT_AGAIN;
    free(id);
    free(text);
}

#define RECEIVER(title, kinds, asks)                                                               \
    static const struct connector_sink title = {                                                   \
        .scheme = #title,                                                                          \
        .can = kinds,                                                                              \
        .open = receiver_open,                                                                     \
        .perform = receiver_perform,                                                               \
        .ask = asks,                                                                               \
        .close = receiver_close,                                                                   \
    }
RECEIVER(keyed, SINK_KEYED, NULL);
RECEIVER(natural, SINK_NATURAL | SINK_KEYED, NULL);
RECEIVER(asked, SINK_ASKED, receiver_ask);
RECEIVER(blind, SINK_BLIND, NULL);
static const struct connector_sink *const host_sinks[] = { &keyed, &natural, &asked, &blind, NULL };
static const struct connectors host_connectors = { .sinks = host_sinks };

/* ---- the handlers: an event of type EDGE asks for an effect at it, "ask-two" for two */

static inline enum octavo_outcome on_ask(struct octavo_step *s) {
    char edge[32];
    int64_t n = 0;
    struct octavo_text type = octavo_event_type(s);
    (void)snprintf(edge, sizeof(edge), "%.*s", (int)type.len, type.data);
    (void)octavo_event_int(s, "n", &n);
    octavo_effect_begin(s, edge, "pay");
    octavo_put_int(s, "n", n);
    octavo_put_text(s, "to", octavo_event_key(s));
    octavo_end(s);
    return OCTAVO_DONE;
}

static inline enum octavo_outcome on_ended(struct octavo_step *s) {
    struct octavo_text effect, outcome;
    CHECK(octavo_event_text(s, "effect", &effect));
    CHECK(octavo_event_text(s, "outcome", &outcome));
    struct octavo_value values[2] = { octavo_text_value(effect), octavo_text_value(outcome) };
    (void)octavo_log_add(s, "ended", values, 2);
    return OCTAVO_DONE;
}

static const struct octavo_handler host_handlers[] = {
    { "keyed", on_ask },          { "natural", on_ask }, { "asked", on_ask },
    { "blind", on_ask },          { "once", on_ask },    { "effect:keyed", on_ended },
    { "effect:asked", on_ended }, { NULL, NULL },
};

/* ---- the host: what service.c and turn.c are to effects */

struct host {
    struct declaration *declaration;
    struct declared_edge *edges;
    struct fake_clock fake;
    struct clock *clock; /* NULL: the fake one */
    struct loop *loop;
    struct effects *effects;
    struct task *tasks[HOST_TASKS];
    bool open[HOST_TASKS];
    uint64_t commits;
    int64_t offset;
    char *url;
    bool work;
    bool sync;
};

static inline void host_work(void *context) {
    ((struct host *)context)->work = true;
}

static inline size_t host_task(struct host *h, const struct task *task) {
    size_t i = 0;
    while (h->tasks[i] != task)
        i++;
    return i;
}

static inline void host_begin(void *context, struct task *task) {
    struct host *h = context;
    size_t i = host_task(h, task);
    if (!h->open[i])
        task_begin(task);
    h->open[i] = true;
}

static inline enum error host_commit(void *context, struct task *task) {
    struct host *h = context;
    struct committed done;
    size_t i = host_task(h, task);
    if (!h->open[i])
        return E_ok;
    h->open[i] = false;
    h->commits++;
    return task_commit(task, clock_wall_ms(loop_clock(h->loop)), &done);
}

static inline void host_open_task(struct host *h, int32_t number) {
    struct task_options options = {
        .system = "bank",
        .service = &h->declaration->services[0],
        .handlers = host_handlers,
        .store_kind = &sqlite_store_kind,
        .store_url = h->url,
        .task = number,
        .sync = h->sync,
        .journal_inputs = true,
        .partitions_of = bank_partitions,
        .context = h->declaration,
    };
    CHECK_OK(task_open(&h->tasks[number], &options));
    effects_add_task(h->effects, h->tasks[number]);
}

static inline enum error host_open_effects(struct host *h) {
    struct effects_options options = {
        .loop = h->loop,
        .declared = &h->declaration->services[0],
        .connectors = &host_connectors,
        .data_dir = test_dir(),
        .on_work = host_work,
        .begin = host_begin,
        .commit = host_commit,
        .context = h,
    };
    return effects_open(&h->effects, &options);
}

static inline void host_prepare(struct host *h) {
    CHECK_OK(declaration_read(&h->declaration, "bank.yaml", bytes_text(host_yaml)));
    h->edges = h->declaration->services[0].edges;
    h->url = text_format("sqlite:%s", test_dir());
    char *log = text_format("%s/receiver.log", test_dir());
    receiver.log = open(log, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
    CHECK(receiver.log >= 0);
    free(log);
}

static inline void host_start(struct host *h) {
    fake_clock_init(&h->fake, 1790000000000);
    CHECK_OK(loop_create(&h->loop, h->clock ? h->clock : &h->fake.clock));
    CHECK_OK(host_open_effects(h));
    for (int32_t i = 0; i < HOST_TASKS; i++)
        host_open_task(h, i);
}

static inline void host_stop(struct host *h) {
    effects_close(h->effects);
    for (int32_t i = 0; i < HOST_TASKS; i++)
        task_close(h->tasks[i]);
    loop_destroy(h->loop);
    memset(h->open, 0, sizeof(h->open));
    h->effects = NULL;
}

static inline void host_end(struct host *h) {
    host_stop(h);
    declaration_destroy(h->declaration);
    free(h->url);
    (void)close(receiver.log);
    receiver = (struct receiver){ 0 };
}

/* An event of task `number`; it is committed by the next turn. */
static inline void host_ask(struct host *h, int32_t number, const char *edge, const char *key,
                            int64_t n) {
    char id[40], json[40];
    enum taken taken;
    (void)snprintf(id, sizeof(id), "in-%d-%lld", number, (long long)h->offset);
    (void)snprintf(json, sizeof(json), "{\"n\":%lld}", (long long)n);
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text(edge),
        .id = bytes_text(id),
        .key = bytes_text(key),
        .json = bytes_text(json),
        .time_ms = 1000 + h->offset,
        .topic = bytes_text("moves"),
        .partition = number,
        .offset = h->offset++,
    };
    host_begin(h, h->tasks[number]);
    CHECK_OK(task_take(h->tasks[number], &in, &taken));
    CHECK_INT(taken, TAKEN_HANDLED);
}

static inline void host_turn(struct host *h) {
    h->work = false;
    CHECK_OK(effects_take(h->effects));
    for (int32_t i = 0; i < HOST_TASKS; i++)
        if (h->tasks[i])
            CHECK_OK(host_commit(h, h->tasks[i]));
    CHECK_OK(effects_dispatch(h->effects));
}

static inline size_t host_pending(const struct host *h) {
    size_t count = 0;
    for (int32_t i = 0; i < HOST_TASKS; i++)
        count += h->tasks[i] ? schedule_count(task_schedule(h->tasks[i])) : 0;
    return count;
}

/* Turns until `is_so`, the fake clock going on by `step_ms` whenever nothing else happens. */
static inline bool host_run(struct host *h, bool (*is_so)(struct host *), int64_t step_ms) {
    int64_t until_ms = clock_steady_ms(clock_real()) + HOST_WAIT_MS;
    host_turn(h);
    while (!is_so(h)) {
        if (clock_steady_ms(clock_real()) > until_ms)
            return false;
        loop_turn(h->loop, step_ms ? 1 : 50);
        if (!h->work && step_ms)
            fake_clock_advance(&h->fake, step_ms);
        if (h->work)
            host_turn(h);
    }
    return true;
}

static inline bool host_is_idle(struct host *h) {
    return host_pending(h) == 0;
}

static inline struct effects_state host_edge(const struct host *h, size_t edge) {
    return effects_state(h->effects, edge);
}

static inline struct pending *host_head(struct host *h, int32_t task, size_t edge,
                                        const char *key) {
    return schedule_head(task_schedule(h->tasks[task]), edge, bytes_text(key));
}

/* ---- what the receiver saw */

struct happened {
    char edge[16], key[32], id[64];
    long long n;
};

static inline size_t receiver_saw(struct happened **out) {
    char *text = receiver_text();
    size_t count = 0, capacity = 1024;
    *out = memory_get(capacity * sizeof(**out));
    for (char *at = text; *at; at = strchr(at, '\n') + 1) {
        if (count == capacity)
            *out = memory_resize(*out, (capacity *= 2) * sizeof(**out));
        CHECK(sscanf(at, "%15s %31s %lld %63s", (*out)[count].edge, (*out)[count].key,
                     &(*out)[count].n, (*out)[count].id)
              == 4);
        count++;
    }
    free(text);
    return count;
}

static inline size_t receiver_count(void) {
    struct happened *all;
    size_t count = receiver_saw(&all);
    free(all);
    return count;
}

#endif
