/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The service instance: opening its tasks, being given and losing partitions, and the way out. */
#include "runtime/service.h"

#include "base/check.h"
#include "base/event.h"
#include "runtime/spans.h"
#include "runtime/query.h"
#include "runtime/requests.h"
#include "runtime/seeing.h"
#include "runtime/held.h"
#include "runtime/outlet.h"
#include "runtime/service_state.h"
#include "runtime/ticks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void service_fail(struct service *s) {
    if (s->failed)
        return;
    s->failed = true;
    error_print();
    loop_stop(s->options.loop);
}

void service_arm_turn(struct service *s) {
    if (!s->turn_armed)
        loop_timer_start(s->turn_timer, 0);
    s->turn_armed = true;
}

static void on_turn(void *context) {
    struct service *s = context;
    s->turn_armed = false;
    turn_run(s);
}

static void on_tick(void *context) {
    struct service *s = context;
    turn_take_tick(s);
    loop_timer_start(s->tick_timer, TICK_MS);
}

static void on_due(void *context) {
    turn_take_due(context);
}

void service_arm_due(struct service *s) {
    int64_t first_ms = INT64_MAX, due_ms;
    for (struct slot *slot = s->slots; slot; slot = slot->next) {
        if (slot->task && task_next_timer(slot->task, &due_ms) && due_ms < first_ms)
            first_ms = due_ms;
        if (slot->task && task_park_next_due(slot->task, &due_ms) && due_ms < first_ms)
            first_ms = due_ms;
    }
    if (first_ms == INT64_MAX) {
        loop_timer_cancel(s->due_timer);
        return;
    }
    int64_t after_ms = first_ms - clock_wall_ms(s->clock);
    loop_timer_start(s->due_timer, after_ms > 0 ? after_ms : 0);
}

static void on_readable(void *context) {
    service_arm_turn(context);
}

void service_watch_relay(struct service *s) {
    loop_watch_destroy(s->relay_watch);
    s->relay_watch = loop_watch_create(s->options.loop, relay_fd(s->relay), on_readable, s);
}

static int32_t partitions_of(void *context, const char *topic) {
    const struct declared_topic *t = declaration_topic(context, topic);
    return t ? t->partitions : 0;
}

/* ---- slots */

static enum error slot_open_task(struct service *s, struct slot *slot) {
    struct task_options options = {
        .system = s->options.declaration->system,
        .service = s->options.declared,
        .declaration = s->options.declaration,
        .handlers = s->options.code->handlers,
        .store_kind = s->options.store_kind,
        .store_url = s->store_url,
        .task = slot->number,
        .sync = true,
        .journal_inputs = true,
        .version = s->options.version,
        .schemas = s->options.schemas,
        .trace_ppm = s->options.declaration->trace_ppm,
        .on_step = s->options.on_span ? span_step : NULL,
        .step_context = s,
        .clock = s->clock,
        .partitions_of = partitions_of,
        .context = (void *)(uintptr_t)s->options.declaration,
    };
    return task_open(&slot->task, &options);
}

/* A snapshot of another cluster's positions is no use to a fold that can be made again. */
static enum error slot_open_again(struct service *s, struct slot *slot) {
    task_refuse_snapshot(slot->task, error_story());
    task_close(slot->task);
    slot->task = NULL;
    TRY(slot_open_task(s, slot));
    task_set_cluster(slot->task, s->cluster);
    return slot_load_positions(slot, s->cluster);
}

/* Opens the task, learns where it stood, and gives the relay what it had not yet sent. E_locked:
 * another process still has it. */
static enum error slot_take(struct service *s, struct slot *slot) {
    TRY(slot_open_task(s, slot));
    task_set_cluster(slot->task, s->cluster);
    enum error e = slot_load_positions(slot, s->cluster);
    if (e == E_diverged && task_rebuilds(slot->task))
        e = slot_open_again(s, slot);
    TRY(e);
    folds_begin(s, slot);
    TRY(outlet_open(s, slot));
    effects_add_task(s->effects, slot->task);
    event_log(EV_task_assigned, "service=%s task=%d", s->options.declared->name, slot->number);
    return E_ok;
}

static struct slot *slot_create(struct service *s, int32_t number) {
    const struct declaration *d = s->options.declaration;
    const struct declared_service *declared = s->options.declared;
    struct slot *slot = memory_get(sizeof(*slot));
    size_t count = 0;
    for (size_t i = 0; i < declared->consumes_count; i++)
        count +=
            declared->tasks ? (size_t)declaration_topic(d, declared->consumes[i])->partitions : 1;
    slot->number = number;
    slot->parts = memory_get(count * sizeof(*slot->parts));
    for (size_t i = 0; i < declared->consumes_count; i++) {
        int32_t all = declaration_topic(d, declared->consumes[i])->partitions;
        for (int32_t p = declared->tasks ? 0 : number; p < (declared->tasks ? all : number + 1);
             p++)
            slot->parts[slot->part_count++] =
                (struct slot_part){ .topic = declared->consumes[i], .partition = p };
    }
    slot->next = s->slots;
    s->slots = slot;
    return slot;
}

static struct slot *slot_of_task(struct service *s, int32_t number) {
    for (struct slot *slot = s->slots; slot; slot = slot->next)
        if (slot->number == number)
            return slot;
    return slot_create(s, number);
}

static void slot_release(struct service *s, struct slot *slot) {
    if (!slot->task)
        return;
    outlet_close(s, slot);
    effects_remove_task(s->effects, slot->task);
    struct task_counts counts = task_counts(slot->task);
    task_counts_add(&s->closed_counts, &counts);
    task_close(slot->task);
    slot->task = NULL;
    slot_gaps_forget(slot);
    event_log(EV_task_revoked, "service=%s task=%d", s->options.declared->name, slot->number);
}

/* ---- being given and losing partitions (a group) */

static bool slot_is_whole(const struct slot *slot) {
    for (size_t i = 0; i < slot->part_count; i++)
        if (!slot->parts[i].wanted)
            return false;
    return true;
}

/* True when the slot's task is ours and open. A lock held elsewhere is tried again by a timer. */
static bool slot_ready(struct service *s, struct slot *slot) {
    if (slot->task)
        return true;
    if (!slot_is_whole(slot))
        return false;
    enum error e = slot_take(s, slot);
    if (e == E_locked)
        loop_timer_start(s->lock_timer, LOCK_RETRY_MS);
    else if (e)
        service_fail(s);
    return e == E_ok;
}

static void on_assigned(void *context, struct kafka_part *parts, size_t count) {
    struct service *s = context;
    s->assigned = s->assignment_changed = true;
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = slot_of_task(s, parts[i].partition);
        struct slot_part *p = slot_part_find(slot, bytes_text(parts[i].topic), parts[i].partition);
        if (p)
            p->wanted = true;
    }
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = slot_of_task(s, parts[i].partition);
        struct slot_part *p = slot_part_find(slot, bytes_text(parts[i].topic), parts[i].partition);
        if (!p || !slot_ready(s, slot))
            continue;
        parts[i].offset = slot_start_offset(p);
        p->started = true;
    }
}

static void on_revoked(void *context, const char *topic, int32_t partition) {
    struct service *s = context;
    struct slot *slot = slot_of_task(s, partition);
    struct slot_part *p = slot_part_find(slot, bytes_text(topic), partition);
    if (p)
        p->wanted = p->started = false;
    if (!slot->task || s->failed)
        return;
    if (turn_commit_slot(s, slot) || effects_drain(s->effects, slot->task, STOP_FLUSH_MS)) {
        service_fail(s);
        return;
    }
    outlet_flush(s, slot);
    if (turn_flush_slot(s, slot) || folds_keep(s, slot))
        service_fail(s);
    slot_release(s, slot);
}

static void start_parts(struct service *s, struct slot *slot) {
    for (size_t i = 0; i < slot->part_count && !s->failed; i++) {
        struct slot_part *p = &slot->parts[i];
        struct kafka_part part = { p->topic, p->partition, slot_start_offset(p) };
        if (p->started)
            continue;
        p->started = true;
        s->assignment_changed = true;
        if (kafka_consumer_start(s->consumer, &part, 1))
            service_fail(s);
    }
}

static void on_lock_retry(void *context) {
    struct service *s = context;
    for (struct slot *slot = s->slots; slot && !s->failed; slot = slot->next)
        if (!slot->task && slot->part_count && slot_is_whole(slot) && slot_ready(s, slot))
            start_parts(s, slot);
}

/* ---- a service without a group: the first free task, every partition */

static enum error take_first_free_task(struct service *s) {
    enum error e = E_locked;
    struct slot *slot = slot_create(s, 0);
    for (int32_t n = 0; n < s->options.declared->tasks && e == E_locked; n++) {
        slot->number = n;
        e = slot_take(s, slot);
    }
    TRY(e);
    struct kafka_part *parts = memory_get((slot->part_count + 1) * sizeof(*parts));
    for (size_t i = 0; i < slot->part_count; i++) {
        struct slot_part *p = &slot->parts[i];
        p->wanted = p->started = true;
        parts[i] = (struct kafka_part){ p->topic, p->partition, slot_start_offset(p) };
    }
    e = kafka_consumer_start(s->consumer, parts, slot->part_count);
    free(parts);
    return e;
}

/* ---- edges */

static enum error edge_open(struct service *s, const struct declared_edge *edge) {
    const struct connector_source *source = source_kind(s->options.connectors, edge);
    if (source)
        return source_open(s, edge, source);
    return edge->asks_queries ? query_open(s, edge) : requests_open(s, edge);
}

static struct sealing_options sealing_options_of(const struct service *s) {
    return (struct sealing_options){ disk_real(), s->options.data_dir, s->options.declaration,
                                     s->options.declared->name };
}

static enum error edges_open(struct service *s) {
    const struct declared_service *declared = s->options.declared;
    struct sealing_options sealing = sealing_options_of(s);
    TRY(sealing_open(&s->sealing, &sealing));
    for (size_t i = 0; i < declared->edge_count; i++)
        if (declared->edges[i].effects.class == CLASS_NONE)
            TRY_WHILE(edge_open(s, &declared->edges[i]), "opening edge %s",
                      declared->edges[i].name);
    return E_ok;
}

static void on_effects_work(void *context) {
    service_arm_turn(context);
}

static enum error service_open_effects(struct service *s) {
    struct effects_options options = {
        .sealing = sealing_options_of(s),
        .loop = s->options.loop,
        .declared = s->options.declared,
        .connectors = s->options.connectors,
        .data_dir = s->options.data_dir,
        .on_work = on_effects_work,
        .begin = turn_begin_task,
        .commit = turn_commit_task,
        .on_attempt = s->options.on_span ? span_attempt : NULL,
        .context = s,
    };
    return effects_open(&s->effects, &options);
}

/* ---- opening */

static enum error topics_ensure(struct service *s) {
    const struct declaration *d = s->options.declaration;
    struct kafka_topic_wanted *wanted = memory_get((d->topic_count + 1) * sizeof(*wanted));
    for (size_t i = 0; i < d->topic_count; i++)
        wanted[i] = (struct kafka_topic_wanted){ d->topics[i].name, d->topics[i].partitions,
                                                 d->topics[i].compacted, d->topics[i].retention_ms,
                                                 d->topics[i].tombstones_ms };
    int wait_ms = s->options.broker_wait_ms ? s->options.broker_wait_ms : 30000;
    enum error e = kafka_ensure_topics(s->options.bootstrap, wanted, d->topic_count, wait_ms);
    free(wanted);
    return e;
}

static void on_broker_state(void *context, bool away) {
    struct service *s = context;
    s->broker_away = away;
    event_log(away ? EV_broker_away : EV_broker_back, "service=%s broker=%s",
              s->options.declared->name, s->options.bootstrap);
}

static enum error consumer_open(struct service *s) {
    const struct declared_service *declared = s->options.declared;
    char *group = text_format("%s.%s", s->options.declaration->system, declared->name);
    char *member = text_format("%s.%s", group, s->options.instance ? s->options.instance : "0");
    struct kafka_consumer_options options = {
        .bootstrap = s->options.bootstrap,
        .client_id = s->client_id,
        .group = declared->tasks ? NULL : group,
        .group_instance = member,
        .topics = declared->consumes,
        .topic_count = declared->consumes_count,
        .wait_ms = declared->group_wait_ms,
        .on_assigned = on_assigned,
        .on_revoked = on_revoked,
        .on_broker_state = on_broker_state,
        .on_end = s->options.declared->state == STATE_FOLD ? folds_at_end : NULL,
        .context = s,
    };
    enum error e = kafka_consumer_create(&s->consumer, &options);
    if (!e)
        (void)snprintf(s->cluster, sizeof(s->cluster), "%s",
                       kafka_consumer_cluster(s->consumer, 5000));
    free(group);
    free(member);
    return e;
}

static enum error relay_open(struct service *s) {
    struct relay_options options = {
        .bootstrap = s->options.bootstrap,
        .client_id = s->client_id,
        .clock = s->clock,
        .on_acked = outlet_on_acked,
        .context = s,
    };
    return relay_create(&s->relay, &options);
}

static void timers_open(struct service *s) {
    struct loop *l = s->options.loop;
    s->turn_timer = loop_timer_create(l, on_turn, s);
    s->group_timer = loop_timer_create(l, on_readable, s);
    s->tick_timer = loop_timer_create(l, on_tick, s);
    s->due_timer = loop_timer_create(l, on_due, s);
    s->lock_timer = loop_timer_create(l, on_lock_retry, s);
}

static enum error service_start(struct service *s) {
    TRY_WHILE(seeing_open(&s->seeing, s), "opening its control socket");
    TRY(topics_ensure(s));
    TRY(relay_open(s));
    TRY(service_open_effects(s));
    TRY(consumer_open(s));
    if (s->options.declared->tasks)
        TRY(take_first_free_task(s));
    s->assigned = s->options.declared->tasks > 0;
    TRY(edges_open(s));
    s->consumer_watch =
        loop_watch_create(s->options.loop, kafka_consumer_fd(s->consumer), on_readable, s);
    service_watch_relay(s);
    loop_timer_start(s->tick_timer, TICK_MS);
    ticks_open(s);
    service_arm_turn(s);
    s->ready = true;
    event_log(EV_service_ready, "service=%s port=%d", s->options.declared->name,
              service_edge_port(s));
    if (s->options.on_ready)
        s->options.on_ready(s->options.context, s);
    return E_ok;
}

static char *store_url_of(const struct service_options *o) {
    const char *colon = strchr(o->declaration->store, ':');
    return text_format("%s:%s", o->store_kind->scheme, colon ? colon + 1 : o->data_dir);
}

enum error service_open(struct service **out, const struct service_options *options) {
    struct service *s = memory_get(sizeof(*s));
    s->options = *options;
    s->clock = loop_clock(options->loop);
    s->store_url = store_url_of(options);
    s->client_id = text_format("%s.%s", options->declaration->system, options->declared->name);
    s->snapshots = snapshots_create(&(struct snapshots_options){
        options->store_kind, s->store_url, options->declaration->system, options->declared });
    timers_open(s);
    enum error e = service_start(s);
    if (e) {
        fail_while("starting service %s", options->declared->name);
        s->failed = true;
        service_close(s);
        s = NULL;
    }
    *out = s;
    return e;
}

/* ---- the way out */

static void service_finish_work(struct service *s) {
    for (struct slot *slot = s->slots; slot && !s->failed; slot = slot->next)
        if (slot->task && turn_commit_slot(s, slot))
            service_fail(s);
    if (!s->failed && effects_drain(s->effects, NULL, STOP_FLUSH_MS))
        service_fail(s);
    if (!s->failed)
        outlets_flush(s);
    for (struct slot *slot = s->slots; slot && !s->failed; slot = slot->next)
        if (slot->task && (turn_flush_slot(s, slot) || folds_keep(s, slot)))
            service_fail(s);
}

static void service_free(struct service *s) {
    held_forget(s, NULL);
    while (s->slots) {
        struct slot *slot = s->slots;
        s->slots = slot->next;
        outlet_abandon(slot);
        task_close(slot->task);
        slot_gaps_forget(slot);
        free(slot->parts);
        free(slot);
    }
    snapshots_destroy(s->snapshots);
    loop_timer_destroy(s->turn_timer);
    loop_timer_destroy(s->group_timer);
    loop_timer_destroy(s->tick_timer);
    loop_timer_destroy(s->due_timer);
    loop_timer_destroy(s->lock_timer);
    ticks_close(s);
    table_finish(&s->tickets);
    free(s->store_url);
    free(s->client_id);
    free(s);
}

static long mean_us(int64_t sum_ns, uint64_t count) {
    return count ? (long)(sum_ns / (int64_t)count / 1000) : 0;
}

/* The stages an event passes here, in microseconds: tools/bench reads them from this line. */
static void tell_stopped(struct service *s) {
    struct task_counts c = service_counts(s);
    int64_t waited_ns;
    uint64_t rows = relay_rows_acked(s->relay, &waited_ns);
    event_log(EV_service_stopped,
              "service=%s handled=%" PRIu64 " repeats=%" PRIu64 " gaps=%" PRIu64 " events=%" PRIu64
              " commits=%" PRIu64 " take_us=%ld commit_us=%ld relay_us=%ld",
              s->options.declared->name, c.handled, c.repeats, c.gaps, c.events, c.commits,
              mean_us(s->take_ns, c.handled + c.passed), mean_us(s->commit_ns, c.commits),
              mean_us(waited_ns, rows));
}

void service_close(struct service *s) {
    if (!s)
        return;
    s->stopping = true;
    loop_watch_destroy(s->consumer_watch);
    loop_watch_destroy(s->relay_watch);
    sources_close(s);
    if (s->relay && s->consumer)
        service_finish_work(s);
    effects_close(s->effects);
    s->effects = NULL;
    requests_close(s);
    sealing_close(s->sealing);
    queries_close(s);
    if (!s->failed)
        tell_stopped(s);
    kafka_consumer_close(s->consumer);
    relay_destroy(s->relay);
    s->relay = NULL;
    seeing_close(s->seeing);
    service_free(s);
}

bool service_has_failed(const struct service *s) {
    return s->failed;
}

int service_http_port(const struct service *s) {
    return seeing_port(s->seeing);
}

int service_edge_port(const struct service *s) {
    return requests_has(s) ? requests_port(s) : queries_port(s);
}

struct task_counts service_counts(const struct service *s) {
    struct task_counts all = s->closed_counts;
    for (const struct slot *slot = s->slots; slot; slot = slot->next) {
        if (!slot->task)
            continue;
        struct task_counts counts = task_counts(slot->task);
        task_counts_add(&all, &counts);
    }
    return all;
}
