/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The system on trial. A record that a service sends waits in a queue with its lane, as the broker
 * would have it; nothing is dropped and nothing comes twice, unless the file says so. */
#include "trial_inside.h"

#include "base/arena.h"
#include "base/check.h"
#include "parts.h"
#include "runtime/schemas.h"
#include "runtime/task.h"
#include "values/json.h"
#include "values/json_tree.h"

#include <stdlib.h>
#include <string.h>

enum {
    TRIAL_EVENTS_MAX = 100000, /* of one input: beyond it they feed themselves */
    TIMERS_AT_ONCE = 100,
};

static const int64_t TRIAL_BEGINS_MS = 1767225600000; /* 2026-01-01T00:00:00Z */

/* ---- telling */

struct buf *trial_line_begin(struct trial *t, const struct trial_service *s, int32_t task) {
    json_begin(&t->told);
    json_put_text(&t->told, "service", bytes_text(s->declared->name));
    json_put_int(&t->told, "task", task);
    return &t->told;
}

void trial_line_end(struct trial *t) {
    json_end(&t->told);
    buf_put_byte(&t->told, '\n');
}

static void data_tell(struct buf *out, struct bytes json) {
    buf_put_text(out, ",\"data\":");
    if (json.data)
        buf_put_bytes(out, json);
    else
        buf_put_text(out, "null");
}

/* ---- open and close */

static int32_t topic_partitions(void *context, const char *topic) {
    const struct declared_topic *d = declaration_topic(context, topic);
    return d ? d->partitions : 0;
}

static int32_t tasks_of(const struct declaration *d, const struct declared_service *s) {
    if (s->tasks || !s->consumes_count)
        return s->tasks ? s->tasks : 1;
    return declaration_topic(d, s->consumes[0])->partitions;
}

static struct task_options task_options_of(const struct trial *t, const struct trial_service *s,
                                           const char *url, int32_t number) {
    return (struct task_options){
        .system = t->declaration->system,
        .service = s->declared,
        .handlers = s->code->handlers,
        .store_kind = s->store,
        .store_url = url,
        .task = number,
        .journal_inputs = true,
        .schemas = t->schemas,
        .partitions_of = topic_partitions,
        .context = (void *)(uintptr_t)t->declaration,
    };
}

static enum error task_of(struct trial *t, struct trial_service *s, int32_t number,
                          struct task **out) {
    struct trial_task *task = &s->tasks[number];
    *out = task->task;
    if (task->task)
        return E_ok;
    char *url = text_format("%s:%s", s->store->scheme, t->url_dir);
    struct task_options options = task_options_of(t, s, url, number);
    enum error e = task_open(&task->task, &options);
    free(url);
    if (!e)
        task_set_cluster(task->task, "trial");
    *out = task->task;
    return e;
}

static enum error service_begin(struct trial *t, struct trial_service *s,
                                const struct declared_service *declared) {
    s->declared = declared;
    s->store = parts_store(declared->state == STATE_FOLD ? "fold" : "sqlite");
    s->task_count = tasks_of(t->declaration, declared);
    s->tasks = memory_get((size_t)s->task_count * sizeof(*s->tasks));
    assert(s->store);
    TRY_WHILE(parts_service(t->declaration, declared, &s->code), "finding the handlers of %s",
              declared->name);
    return E_ok;
}

enum error trial_open(struct trial **out, const struct declaration *d, const char *dir) {
    struct trial *t = memory_get(sizeof(*t));
    enum error e = parts_schemas(d, "", &t->schemas); /* every event is looked at */
    t->declaration = d;
    t->url_dir = text_copy(dir);
    t->last = &t->first;
    t->now_ms = TRIAL_BEGINS_MS;
    t->offsets = memory_get((d->topic_count + 1) * sizeof(*t->offsets));
    for (size_t i = 0; i < d->topic_count; i++)
        t->offsets[i] = memory_get((size_t)d->topics[i].partitions * sizeof(int64_t));
    t->services = memory_get((d->service_count + 1) * sizeof(*t->services));
    for (size_t i = 0; i < d->service_count && !e; i++)
        e = service_begin(t, &t->services[i], &d->services[i]);
    *out = e ? NULL : t;
    if (e)
        trial_close(t);
    return e;
}

static void record_drop(struct trial *t) {
    struct trial_record *r = t->first;
    t->first = r->next;
    if (!t->first)
        t->last = &t->first;
    arena_finish(&r->arena);
    free(r);
}

void trial_close(struct trial *t) {
    if (!t)
        return;
    for (size_t i = 0; i < t->declaration->service_count; i++) {
        struct trial_service *s = &t->services[i];
        for (int32_t n = 0; s->tasks && n < s->task_count; n++)
            task_close(s->tasks[n].task);
        parts_service_end(s->code);
        free(s->tasks);
    }
    while (t->first)
        record_drop(t);
    for (size_t i = 0; i < t->declaration->topic_count; i++)
        free(t->offsets[i]);
    free(t->offsets);
    schemas_close(t->schemas);
    free(t->services);
    free(t->url_dir);
    buf_finish(&t->told);
    free(t);
}

/* ---- what comes out of a group */

static struct trial_record *record_add(struct trial *t) {
    struct trial_record *r = memory_get(sizeof(*r));
    *t->last = r;
    t->last = &r->next;
    return r;
}

int64_t trial_offset_next(struct trial *t, const char *topic, int32_t partition) {
    for (size_t i = 0; i < t->declaration->topic_count; i++)
        if (strcmp(t->declaration->topics[i].name, topic) == 0)
            return t->offsets[i][partition]++;
    assert(false && "a declared topic");
}

static void record_of_event(struct trial *t, const struct out_event *e) {
    struct trial_record *r = record_add(t);
    struct arena *a = &r->arena;
    const char *topic = arena_text(a, e->topic);
    r->in = (struct input){
        .kind = INPUT_RECORD,
        .type = arena_copy(a, e->type),
        .id = arena_copy(a, e->id),
        .key = arena_copy(a, e->key),
        .json = e->value.data ? arena_copy(a, e->value) : (struct bytes){ 0 },
        .time_ms = e->time_ms,
        .topic = bytes_text(topic),
        .partition = e->partition,
        .offset = trial_offset_next(t, topic, e->partition),
        .source = arena_copy(a, e->source),
        .sequence = e->sequence,
        .asker = arena_copy(a, e->asker),
        .answers = arena_copy(a, e->answers),
    };
}

static void event_tell(struct trial *t, const struct out_event *e) {
    struct buf *out = &t->told;
    json_open(out, "event", '{');
    json_put_text(out, "topic", e->topic);
    json_put_int(out, "partition", e->partition);
    json_put_text(out, "type", e->type);
    json_put_text(out, "key", e->key);
    data_tell(out, e->value);
    json_close(out, '}');
}

static enum error events_take(struct trial *t, const struct trial_service *s, int32_t number,
                              struct bytes packed) {
    struct cursor in = cursor_on(packed);
    struct out_event event;
    while (cursor_left(&in)) {
        TRY(outbox_unpack(&in, &event));
        (void)trial_line_begin(t, s, number);
        event_tell(t, &event);
        trial_line_end(t);
        record_of_event(t, &event);
        if (++t->moved > TRIAL_EVENTS_MAX)
            return fail(E_too_large, "one input led to more than %d events: they feed themselves",
                        TRIAL_EVENTS_MAX);
    }
    return E_ok;
}

struct effects_tell {
    struct trial *trial;
    const struct trial_service *service;
    int32_t number;
    int64_t last;
};

static void on_effect(void *context, const struct effect_row *row) {
    struct effects_tell *tell = context;
    struct buf *out = trial_line_begin(tell->trial, tell->service, tell->number);
    json_open(out, "effect", '{');
    json_put_text(out, "edge", row->edge);
    json_put_text(out, "type", row->type);
    json_put_text(out, "key", row->key);
    data_tell(out, row->json);
    json_close(out, '}');
    trial_line_end(tell->trial);
    tell->last = row->number;
}

/* They stay in the store, as nobody does them: those behind the last that was told are new. A fold
 * has none; its edges are asked. */
static enum error effects_take(struct trial *t, struct trial_service *s, int32_t number) {
    struct effects_tell tell = { t, s, number, s->tasks[number].effects };
    struct store *store;
    char *url;
    if (!s->store->look || !s->declared->edge_count || s->declared->state == STATE_FOLD)
        return E_ok;
    url = text_format("%s:%s", s->store->scheme, t->url_dir);
    struct store_options options = { .url = url,
                                     .system = t->declaration->system,
                                     .service = s->declared->name,
                                     .generation = s->declared->generation,
                                     .task = number };
    enum error e = s->store->look(&store, &options);
    if (!e) {
        e = store->ops->effect_each(store, tell.last + 1, SIZE_MAX, on_effect, &tell);
        store->ops->close(store);
    }
    s->tasks[number].effects = tell.last;
    free(url);
    return e;
}

static void replies_tell(struct trial *t, const struct trial_service *s, int32_t number,
                         const struct committed *done) {
    for (size_t i = 0; i < done->reply_count; i++) {
        struct buf *out = trial_line_begin(t, s, number);
        json_open(out, "reply", '{');
        json_put_text(out, "request", done->replies[i].request_key);
        data_tell(out, done->replies[i].json);
        json_close(out, '}');
        trial_line_end(t);
    }
}

static enum error group_end(struct trial *t, struct trial_service *s, int32_t number) {
    struct task *task = s->tasks[number].task;
    struct committed done;
    TRY(task_commit(task, t->now_ms, &done));
    replies_tell(t, s, number, &done);
    TRY(events_take(t, s, number, done.outbox));
    if (done.outbox_id)
        task_outbox_acked(task, done.outbox_id);
    return effects_take(t, s, number);
}

/* ---- what goes in */

static void failed_tell(struct trial *t, const struct trial_service *s, int32_t number,
                        const struct input *in, struct bytes reason) {
    struct buf *out = trial_line_begin(t, s, number);
    json_open(out, "parked", '{');
    json_put_text(out, "type", in->type);
    json_put_text(out, "key", in->key);
    json_put_text(out, "reason", reason.len ? reason : bytes_text("it waits behind its key"));
    json_close(out, '}');
    trial_line_end(t);
}

enum error trial_input_give(struct trial *t, struct trial_service *s, int32_t number,
                            const struct input *in) {
    struct task *task;
    enum taken taken;
    TRY(task_of(t, s, number, &task));
    task_set_now(task, t->now_ms);
    task_begin(task);
    enum error e = task_take(task, in, &taken);
    if (e) {
        task_drop(task);
        return e;
    }
    if (taken == TAKEN_PARKED || taken == TAKEN_REFUSED || taken == TAKEN_FULL)
        failed_tell(t, s, number, in, task_parked_reason(task));
    return group_end(t, s, number);
}

static bool service_consumes(const struct declared_service *s, struct bytes topic) {
    for (size_t i = 0; i < s->consumes_count; i++)
        if (bytes_is_text(topic, s->consumes[i]))
            return true;
    return false;
}

enum error trial_record_give(struct trial *t, const struct input *in) {
    for (size_t i = 0; i < t->declaration->service_count; i++) {
        struct trial_service *s = &t->services[i];
        if (!service_consumes(s->declared, in->topic))
            continue;
        for (int32_t n = 0; n < s->task_count; n++)
            if (s->declared->tasks || n == in->partition)
                TRY(trial_input_give(t, s, n, in));
    }
    return E_ok;
}

enum error trial_queue_run(struct trial *t) {
    while (t->first) {
        TRY(trial_record_give(t, &t->first->in));
        record_drop(t);
    }
    t->moved = 0;
    return E_ok;
}

/* ---- time */

static bool timer_first(struct trial *t, int64_t until_ms, struct trial_service **service,
                        int32_t *number) {
    int64_t first_ms = INT64_MAX, due_ms;
    *service = NULL;
    for (size_t i = 0; i < t->declaration->service_count; i++)
        for (int32_t n = 0; n < t->services[i].task_count; n++) {
            struct task *task = t->services[i].tasks[n].task;
            if (!task || !task_next_timer(task, &due_ms) || due_ms >= first_ms)
                continue;
            first_ms = due_ms;
            *service = &t->services[i];
            *number = n;
        }
    if (!*service || first_ms > until_ms)
        return false;
    t->now_ms = first_ms > t->now_ms ? first_ms : t->now_ms;
    return true;
}

/* Timers fire one after the other at their own time, and what they lead to comes before the next.
 */
enum error trial_time_pass(struct trial *t, int64_t until_ms) {
    struct trial_service *s = NULL;
    int32_t number = 0;
    size_t taken;
    for (int fired = 0; timer_first(t, until_ms, &s, &number); fired++) {
        struct task *task = s->tasks[number].task;
        if (fired > TRIAL_EVENTS_MAX)
            return fail(E_too_large, "timers of %s set themselves without end", s->declared->name);
        task_set_now(task, t->now_ms);
        task_begin(task);
        enum error e = task_take_timers(task, t->now_ms, TIMERS_AT_ONCE, &taken);
        if (e) {
            task_drop(task);
            return e;
        }
        TRY(group_end(t, s, number));
        TRY(trial_queue_run(t));
    }
    t->now_ms = until_ms > t->now_ms ? until_ms : t->now_ms;
    return E_ok;
}

struct bytes trial_told(const struct trial *t) {
    return buf_bytes(&t->told);
}
