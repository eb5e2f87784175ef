/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a service says of itself, as JSON. Documented in docs/openapi/octavo.json. */
#include "runtime/seeing.h"

#include "runtime/control.h"
#include "runtime/outlet.h"
#include "runtime/service_state.h"
#include "runtime/source.h"
#include "values/json.h"

#include <string.h>
#include <unistd.h>

static void put_text(struct buf *out, const char *name, const char *text) {
    json_put_text(out, name, bytes_text(text));
}

/* ---- readiness: each reason is a sentence an operator can act on */

static bool unready(struct buf *reasons, const char *reason) {
    if (reasons)
        put_text(reasons, NULL, reason);
    return true;
}

static bool waits_for_a_lock(const struct service *s) {
    for (const struct slot *slot = s->slots; slot; slot = slot->next) {
        bool wanted = slot->part_count > 0;
        for (size_t i = 0; i < slot->part_count; i++)
            wanted = wanted && slot->parts[i].wanted;
        if (wanted && !slot->task)
            return true;
    }
    return false;
}

static bool has_no_room(const struct service *s) {
    for (const struct slot *slot = s->slots; slot; slot = slot->next)
        for (size_t i = 0; slot->task && i < slot->part_count; i++)
            if (slot->parts[i].full)
                return true;
    return sources_are_full(s);
}

static bool is_objected_to(const struct service *s, struct buf *reasons) {
    bool red = false;
    for (const struct slot *slot = s->slots; slot; slot = slot->next)
        if (slot->task && task_unready(slot->task)[0])
            red = unready(reasons, task_unready(slot->task));
    return red;
}

bool service_is_ready(const struct service *s, struct buf *reasons) {
    bool red = false;
    if (s->stopping || s->failed)
        red = unready(reasons, "the service is stopping");
    if (!s->ready)
        red = unready(reasons, "the service is starting");
    if (s->ready && !s->assigned)
        red = unready(reasons, "the broker has not yet assigned any task");
    if (s->broker_away)
        red = unready(reasons, "the broker is away");
    if (waits_for_a_lock(s))
        red = unready(reasons, "a task assigned here is still held by another process");
    if (sources_are_away(s))
        red = unready(reasons, "a source cannot be read: the log says which and why");
    if (effects_were_full(s->effects))
        red = unready(reasons, "too many effects of a task wait: an edge is away or too slow");
    if (folds_are_behind(s))
        red = unready(reasons, "a fold has not yet read what its topics held at its start");
    if (has_no_room(s))
        red = unready(reasons, "the budget of parked events is used up: a partition is not read");
    red = is_objected_to(s, reasons) || red;
    return !red;
}

/* ---- this process */

static void put_counts(struct buf *out, struct task_counts c) {
    json_open(out, "counts", '{');
    json_put_int(out, "handled", (int64_t)c.handled);
    json_put_int(out, "passed", (int64_t)c.passed);
    json_put_int(out, "repeats", (int64_t)c.repeats);
    json_put_int(out, "gaps", (int64_t)c.gaps);
    json_put_int(out, "events", (int64_t)c.events);
    json_put_int(out, "replies", (int64_t)c.replies);
    json_put_int(out, "commits", (int64_t)c.commits);
    json_put_int(out, "timers", (int64_t)c.timers);
    json_put_int(out, "parked", (int64_t)c.parked);
    json_put_int(out, "retried", (int64_t)c.retried);
    json_put_int(out, "dropped", (int64_t)c.dropped);
    json_close(out, '}');
}

static void put_part(struct buf *out, const struct slot_part *p) {
    json_open(out, NULL, '{');
    put_text(out, "topic", p->topic);
    json_put_int(out, "partition", p->partition);
    json_put_bool(out, "reading", p->started);
    int64_t next = p->taken_offset < 0 ? slot_start_offset(p) : p->taken_offset;
    json_put_int(out, "next_offset", next < 0 ? 0 : next); /* the beginning */
    json_close(out, '}');
}

static void put_task(struct buf *out, const struct slot *slot) {
    json_open(out, NULL, '{');
    json_put_int(out, "task", slot->number);
    json_open(out, "inputs", '[');
    for (size_t i = 0; i < slot->part_count; i++)
        put_part(out, &slot->parts[i]);
    json_close(out, ']');
    put_counts(out, task_counts(slot->task));
    json_close(out, '}');
}

static void put_process(const struct service *s, struct buf *out) {
    put_text(out, "system", s->options.declaration->system);
    put_text(out, "service", s->options.declared->name);
    put_text(out, "instance", s->options.instance ? s->options.instance : "0");
    json_put_int(out, "pid", getpid());
    json_put_int(out, "generation", s->options.declared->generation);
    json_put_bool(out, "ready", service_is_ready(s, NULL));
    json_open(out, "reasons", '[');
    (void)service_is_ready(s, out);
    json_close(out, ']');
    put_text(out, "broker", s->options.bootstrap);
    put_text(out, "cluster", s->cluster);
    json_put_int(out, "edge_port", service_edge_port(s));
    json_put_bool(out, "paused", s->paused);
    json_put_int(out, "relay_waiting", (int64_t)outlets_waiting(s));
    json_put_int(out, "relay_oldest_ms", outlets_oldest_ms(s));
    put_counts(out, service_counts(s));
    effects_report(s, out);
    json_open(out, "tasks", '[');
    for (const struct slot *slot = s->slots; slot; slot = slot->next)
        if (slot->task)
            put_task(out, slot);
    json_close(out, ']');
}

void service_report(const struct service *s, struct buf *out) {
    json_begin(out);
    put_process(s, out);
    json_end(out);
    buf_put_byte(out, '\n');
}

enum error state_control(struct service *s, struct bytes json, struct buf *reply) {
    (void)json;
    service_report(s, reply);
    return E_ok;
}

/* ---- one line */

static int64_t tasks_owned(const struct service *s) {
    int64_t tasks = 0;
    for (const struct slot *slot = s->slots; slot; slot = slot->next)
        tasks += slot->task != NULL;
    return tasks;
}

static void put_first_reason(const struct service *s, struct buf *out) {
    struct buf reasons = { 0 };
    struct bytes first = bytes_text("");
    buf_put_byte(&reasons, '[');
    if (!service_is_ready(s, &reasons)) { /* ["the first","the second" */
        const uint8_t *end = memchr(reasons.data + 2, '"', reasons.len - 2);
        first = bytes_of(reasons.data + 2, (size_t)(end - reasons.data - 2));
    }
    json_put_text(out, "reason", first);
    buf_finish(&reasons);
}

enum error status_control(struct service *s, struct bytes json, struct buf *reply) {
    struct task_counts c = service_counts(s);
    int64_t lag, lag_ms;
    (void)json;
    service_lag(s, &lag, &lag_ms);
    json_begin(reply);
    put_text(reply, "service", s->options.declared->name);
    put_text(reply, "instance", s->options.instance ? s->options.instance : "0");
    json_put_int(reply, "pid", getpid());
    json_put_bool(reply, "ready", service_is_ready(s, NULL));
    put_first_reason(s, reply);
    json_put_int(reply, "tasks", tasks_owned(s));
    json_put_int(reply, "handled", (int64_t)c.handled);
    json_put_int(reply, "repeats", (int64_t)c.repeats);
    json_put_int(reply, "lag", lag);
    json_put_int(reply, "lag_ms", lag_ms);
    json_put_int(reply, "outbox", (int64_t)relay_waiting(s->relay));
    json_put_int(reply, "edge_port", service_edge_port(s));
    json_end(reply);
    return E_ok;
}

/* ---- what is declared */

static void put_names(struct buf *out, const char *name, const char **names, size_t count) {
    json_open(out, name, '[');
    for (size_t i = 0; i < count; i++)
        put_text(out, NULL, names[i]);
    json_close(out, ']');
}

static void put_service(struct buf *out, const struct declared_service *s) {
    json_open(out, NULL, '{');
    put_text(out, "name", s->name);
    put_text(out, "handler", s->handler);
    json_put_int(out, "tasks", s->tasks);
    json_put_int(out, "generation", s->generation);
    put_names(out, "consumes", s->consumes, s->consumes_count);
    put_names(out, "produces", s->produces, s->produces_count);
    json_open(out, "tables", '[');
    for (size_t i = 0; i < s->table_count; i++)
        put_text(out, NULL, s->tables[i].table.name);
    json_close(out, ']');
    json_open(out, "edges", '[');
    for (size_t i = 0; i < s->edge_count; i++)
        put_text(out, NULL, s->edges[i].name); /* a URL may hold a password */
    json_close(out, ']');
    json_close(out, '}');
}

void system_report(const struct service *s, struct buf *out) {
    const struct declaration *d = s->options.declaration;
    json_begin(out);
    put_text(out, "system", d->system);
    put_text(out, "store", d->store);
    json_open(out, "topics", '[');
    for (size_t i = 0; i < d->topic_count; i++) {
        json_open(out, NULL, '{');
        put_text(out, "name", d->topics[i].name);
        json_put_int(out, "partitions", d->topics[i].partitions);
        json_close(out, '}');
    }
    json_close(out, ']');
    json_open(out, "services", '[');
    for (size_t i = 0; i < d->service_count; i++)
        put_service(out, &d->services[i]);
    json_close(out, ']');
    json_open(out, "process", '{');
    put_process(s, out);
    json_close(out, '}');
    json_end(out);
    buf_put_byte(out, '\n');
}
