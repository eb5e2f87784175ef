/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A task and how it takes its inputs: what is a repeat, what is a gap, who handles the rest.
 *
 * Two filters stand before a handler. The position: a record below it was read before (a reread
 * after a rebalance, a fetch that came late). The lane: a sequence at or below its watermark was
 * sent again by a relay that did not know of its success. A record without a lane is known by its
 * position only; its handler dedupes by a natural key. handle.c has what comes behind the filters,
 * commit.c how a group ends. */
#include "runtime/task.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/event.h"
#include "runtime/fired.h"
#include "runtime/generation.h"
#include "runtime/producers.h"
#include "runtime/step.h"
#include "runtime/task_inside.h"

#include <stdlib.h>
#include <string.h>

/* ---- open and close */

static void tables_init(struct task *t) {
    const struct declared_service *service = t->options.service;
    t->table_count = service->table_count;
    t->tables = memory_get(t->table_count * sizeof(*t->tables));
    t->logs = memory_get(t->table_count * sizeof(*t->logs));
    for (size_t i = 0; i < t->table_count; i++)
        t->tables[i] = service->tables[i].table;
}

/* "moves/8 orders/8": what a fold's snapshot belongs to. */
static char *reads_text(const struct task *t) {
    const struct declared_service *service = t->options.service;
    struct buf text = { 0 };
    for (size_t i = 0; t->options.partitions_of && i < service->consumes_count; i++)
        buf_print(&text, "%s%s/%d", i ? " " : "", service->consumes[i],
                  t->options.partitions_of(t->options.context, service->consumes[i]));
    char *reads = text_copy(buf_text(&text));
    buf_finish(&text);
    return reads;
}

static int64_t wall_ms(const struct task *t) {
    return clock_wall_ms(t->options.clock ? t->options.clock : clock_real());
}

static enum error store_open(struct task *t) {
    bool rebuilds = task_rebuilds(t);
    char *reads = reads_text(t);
    char *runs_with = task_runs_with(t);
    struct store_options options = {
        .url = t->options.store_url,
        .system = t->options.system,
        .service = t->options.service->name,
        .generation = t->options.service->generation,
        .task = t->options.task,
        .tables = t->tables,
        .table_count = t->table_count,
        .sync = t->options.sync,
        .reads = reads,
        .code = t->options.version,
        .runs_with = runs_with,
        .rebuilds = rebuilds,
        .oldest_ms = rebuilds ? wall_ms(t) - task_tombstones_ms(t) : 0,
        .indexes = t->options.service->indexes,
        .index_count = t->options.service->index_count,
        .memory_max = (uint64_t)t->options.service->memory_max,
    };
    enum error e = t->options.store_kind->open(&t->store, &options);
    free(runs_with);
    free(reads);
    return e;
}

static enum error incarnation_make(struct task *t) {
    const struct store_ops *ops = t->store->ops;
    TRY(ops->begin(t->store));
    enum error e = ops->fact_put(t->store, "incarnation", bytes_text("1"));
    if (!e)
        return ops->commit(t->store);
    ops->rollback(t->store);
    return e;
}

/* The incarnation is raised by a restore, so that the lanes of the time before end. */
static enum error source_load(struct task *t) {
    struct buf incarnation = { 0 };
    bool found = false;
    enum error e = t->store->ops->fact_get(t->store, "incarnation", &incarnation, &found);
    if (!e && !found) {
        e = incarnation_make(t);
        buf_clear(&incarnation);
        buf_put_text(&incarnation, "1");
    }
    if (!e)
        t->source =
            text_format("/octavo/%s/%s/%d/%d/%s", t->options.system, t->options.service->name,
                        t->options.service->generation, t->options.task, buf_text(&incarnation));
    buf_finish(&incarnation);
    return e;
}

static enum error state_load(struct task *t) {
    const struct store_ops *ops = t->store->ops;
    if (!t->options.replay)
        TRY(generation_check(t->store, t->options.service));
    TRY(source_load(t));
    TRY(event_clock_load(t));
    TRY(ops->lane_in_each(t->store, lane_loaded, &t->lanes_in));
    TRY(ops->lane_out_each(t->store, lane_loaded, &t->lanes_out));
    if (ops->park_sums)
        TRY(ops->park_sums(t->store, park_loaded, &t->park));
    for (size_t i = 0; i < t->table_count; i++) {
        if (t->tables[i].log)
            TRY(ops->log_last(t->store, i, &t->logs[i].kept));
        t->logs[i].now = t->logs[i].kept;
    }
    return task_effects_open(t);
}

enum error task_open(struct task **out, const struct task_options *options) {
    struct task *t = memory_get(sizeof(*t));
    *out = NULL;
    t->options = *options;
    t->options.journal_inputs = options->journal_inputs && !task_is_fold(t);
    t->cluster_id = text_copy("");
    t->partition_key = text_format("%d", options->task);
    tables_init(t);
    enum error e = store_open(t);
    if (!e) {
        row_cache_init(&t->rows, t->store, t->tables, t->table_count);
        t->rows.is_direct = task_is_fold(t);
        t->places.store = t->store;
        t->marks.store = t->store;
        t->journal.version = options->version;
        e = state_load(t);
    }
    if (e) {
        fail_while("opening task %d of %s", options->task, options->service->name);
        task_close(t);
        return e;
    }
    *out = t;
    return E_ok;
}

void task_close(struct task *t) {
    if (!t)
        return;
    if (t->in_transaction)
        t->store->ops->rollback(t->store);
    row_cache_finish(&t->rows);
    lanes_finish(&t->lanes_in);
    lanes_finish(&t->lanes_out);
    places_finish(&t->places);
    marks_finish(&t->marks);
    journal_finish(&t->journal);
    outputs_finish(&t->outputs);
    attempt_finish(t);
    task_effects_close(t);
    park_finish(&t->park);
    if (t->store)
        t->store->ops->close(t->store);
    arena_finish(&t->arena);
    buf_finish(&t->outbox);
    buf_finish(&t->value);
    buf_finish(&t->scratch);
    buf_finish(&t->reason);
    free(t->replies);
    free(t->tables);
    free(t->logs);
    free(t->source);
    free(t->partition_key);
    free(t->cluster_id);
    free(t);
}

void task_set_cluster(struct task *t, const char *cluster_id) {
    free(t->cluster_id);
    t->cluster_id = text_copy(cluster_id);
}

enum error task_position(struct task *t, const char *topic, int32_t partition, struct position *out,
                         bool *found) {
    struct place *place;
    TRY(places_place(&t->places, bytes_text(topic), partition, &place));
    *out = place->now;
    *found = place->known;
    return E_ok;
}

enum error task_source_position(struct task *t, const char *edge, struct bytes *out) {
    struct mark *mark;
    TRY(marks_mark(&t->marks, bytes_text(edge), &mark));
    *out = buf_bytes(&mark->now);
    return E_ok;
}

struct task_counts task_counts(const struct task *t) {
    return t->counts;
}

enum error task_journal_range(struct task *t, int64_t *first_id, int64_t *last_id) {
    return t->store->ops->journal_range(t->store, first_id, last_id);
}

enum error task_journal_cut(struct task *t, int64_t through_id) {
    const struct store_ops *ops = t->store->ops;
    assert(!t->in_group);
    TRY(ops->begin(t->store));
    enum error e = ops->journal_cut(t->store, through_id);
    if (!e)
        return ops->commit(t->store);
    ops->rollback(t->store);
    return e;
}

void task_counts_add(struct task_counts *to, const struct task_counts *more) {
    to->handled += more->handled;
    to->passed += more->passed;
    to->repeats += more->repeats;
    to->gaps += more->gaps;
    to->events += more->events;
    to->replies += more->replies;
    to->commits += more->commits;
    to->timers += more->timers;
    to->effects += more->effects;
    to->outcomes += more->outcomes;
    to->parked += more->parked;
    to->retried += more->retried;
    to->dropped += more->dropped;
    to->poison += more->poison;
}

void task_set_now(struct task *t, int64_t now_ms) {
    t->now_ms = now_ms;
}

/* ---- taking an input */

enum error task_enter(struct task *t) {
    assert(t->in_group);
    if (t->in_transaction)
        return E_ok;
    TRY(t->store->ops->begin(t->store));
    t->in_transaction = true;
    return E_ok;
}

/* A compacted topic says what is, not what happened: the newest record of a key counts, and every
 * one is taken. Holes in a lane are records that were compacted away; and a lane sent again may
 * have lost its first copy but for the end, so that a new reader who dropped what is not above its
 * watermark would miss keys (tests/model/coldstart.pml). */
static bool topic_is_compacted(const struct task *t, struct bytes topic) {
    const struct declared_service *s = t->options.service;
    for (size_t i = 0; i < s->consumes_count; i++)
        if (bytes_is_text(topic, s->consumes[i]))
            return s->consumes_compacted && s->consumes_compacted[i];
    return false;
}

/* Whoever writes "/octavo/..." as its source could else stop a service with a number. */
static bool lane_is_waited_for(struct task *t, const struct input *in) {
    const struct declaration *d = t->options.declaration;
    if (!d || producers_declare(d, in->topic, in->source))
        return true;
    if (!t->undeclared_told) {
        char lane[128];
        shown_copy(lane, sizeof(lane), in->source);
        event_log(EV_lane_undeclared,
                  "service=%s topic=%.*s partition=%d offset=%lld lane=%s sequence=%lld",
                  t->options.service->name, (int)in->topic.len, (const char *)in->topic.data,
                  in->partition, (long long)in->offset, lane, (long long)in->sequence);
    }
    t->undeclared_told = true;
    return false;
}

static struct lane *lane_of(struct task *t, const struct input *in) {
    buf_clear(&t->scratch);
    buf_put_bytes(&t->scratch, in->source);
    buf_put_byte(&t->scratch, ' ');
    buf_put_bytes(&t->scratch, in->topic);
    buf_put_byte(&t->scratch, '/');
    buf_put_decimal(&t->scratch, in->partition);
    return lanes_lane(&t->lanes_in, buf_bytes(&t->scratch));
}

/* A fold's is kept of a compacted topic too, only to be asked how far it is (view.h): nothing is
 * judged by it, and what is sent again does not take it back. */
static enum lane_verdict compacted_judge(struct task *t, const struct input *in,
                                         struct lane **lane) {
    if (!task_is_fold(t))
        return LANE_NEXT;
    *lane = lane_of(t, in);
    if (in->sequence <= (*lane)->now)
        *lane = NULL;
    return LANE_NEXT;
}

/* *lane stays NULL where there is none. */
static enum lane_verdict record_judge(struct task *t, const struct input *in, struct lane **lane) {
    *lane = NULL;
    if (in->source.len == 0 || in->sequence < 1) /* sequences of ours begin with 1 */
        return LANE_NEXT;
    if (topic_is_compacted(t, in->topic))
        return compacted_judge(t, in, lane);
    *lane = lane_of(t, in);
    enum lane_verdict verdict = lane_judge(*lane, in->sequence);
    return verdict == LANE_GAP && !lane_is_waited_for(t, in) ? LANE_NEXT : verdict;
}

/* What it is by its lane, and what became of it. */
static enum error record_handle(struct task *t, const struct input *in, enum taken *taken) {
    struct lane *lane;
    switch (record_judge(t, in, &lane)) {
    case LANE_REPEAT:
        *taken = TAKEN_REPEAT;
        t->group_counts.repeats++;
        return E_ok;
    case LANE_GAP:
        *taken = TAKEN_GAP;
        t->group_counts.gaps++;
        return E_ok;
    case LANE_NEXT:
        break;
    }
    *taken = TAKEN_PASSED;
    if (task_is_answered(t, in))
        TRY(task_handle(t, in, taken));
    else
        t->group_counts.passed++;
    if (lane && *taken != TAKEN_FULL)
        lane_set(&t->lanes_in, lane, in->sequence);
    return E_ok;
}

/* Position and watermark move with what became of the record, and not for one that has to stay in
 * its topic, as there is no room to park it. */
static enum error record_take(struct task *t, const struct input *given, enum taken *taken) {
    struct input in = *given;
    struct place *place;
    TRY(places_place(&t->places, in.topic, in.partition, &place));
    if (place->known && in.offset < place->now.next_offset) {
        *taken = TAKEN_REPEAT;
        t->group_counts.repeats++;
        return E_ok;
    }
    bool ahead = event_time_bound(t, place, &in);
    TRY(record_handle(t, &in, taken));
    if (*taken == TAKEN_FULL)
        return E_ok;
    place_read(&t->places, place, in.offset, in.hash);
    event_clock_move(t, place, in.time_ms);
    if (ahead && t->options.journal_inputs)
        journal_ahead(&t->journal, place, in.offset, in.time_ms);
    if (t->options.journal_inputs)
        journal_record(&t->journal, place, in.offset);
    return event_timers_fire(t);
}

/* Only what was taken goes into the journal, and that was read as JSON: it stands there as it is.
 */
static enum error request_take(struct task *t, const struct input *in, enum taken *taken) {
    struct journal_request request = {
        .id = in->id, .type = in->type, .json = in->json, .at_ms = in->time_ms
    };
    TRY(task_handle(t, in, taken));
    if (t->options.journal_inputs && (*taken == TAKEN_HANDLED || *taken == TAKEN_PARKED))
        journal_request(&t->journal, &request);
    return E_ok;
}

/* An item of a source: its position moves with what became of it, and so it is taken once. */
static enum error item_take(struct task *t, const struct input *in, enum taken *taken) {
    struct mark *mark;
    TRY(marks_mark(&t->marks, in->topic, &mark));
    TRY(task_handle(t, in, taken));
    if (*taken == TAKEN_FULL)
        return E_ok;
    mark_set(mark, in->position);
    if (t->options.journal_inputs)
        journal_item(&t->journal, &(struct journal_request){ .id = in->id,
                                                             .type = in->type,
                                                             .json = in->json,
                                                             .at_ms = in->time_ms,
                                                             .edge = in->topic,
                                                             .key = in->key,
                                                             .position = in->position });
    return E_ok;
}

/* The timer's row goes with the commit that handles it; the handler may set it anew. */
static enum error timer_take(struct task *t, const struct input *in, enum taken *taken) {
    static const size_t lead = sizeof("timer:") - 1;
    struct timer_row timer = { .due_ms = in->time_ms, .key = in->key };
    assert(in->type.len > lead);
    timer.name = bytes_part(in->type, lead, in->type.len - lead);
    TRY(task_enter(t));
    TRY(t->store->ops->timer_delete(t->store, timer.name, timer.key));
    TRY(fired_note(t, in->clock, in->time_ms));
    t->timer_known = t->clock.timer_known = false;
    t->changed = true;
    t->group_counts.timers++;
    if (t->options.journal_inputs && in->clock == TIMER_WALL) /* event time is derived again */
        journal_timer(&t->journal, &timer);
    return task_handle(t, in, taken);
}

static enum error input_take(struct task *t, const struct input *in, enum taken *taken) {
    switch (in->kind) {
    case INPUT_RECORD:
        return record_take(t, in, taken);
    case INPUT_REQUEST:
        return in->topic.len ? item_take(t, in, taken) : request_take(t, in, taken);
    case INPUT_TIMER:
        return timer_take(t, in, taken);
    case INPUT_OUTCOME:
        return task_outcome(t, in, taken);
    case INPUT_UNPARK:
        return task_unpark(t, in, taken);
    }
    assert(false && "an input kind");
}

enum error task_take(struct task *t, const struct input *in, enum taken *taken) {
    assert(t->in_group);
    assert(!t->failed);
    enum error e = input_take(t, in, taken);
    t->failed = e != E_ok;
    return e;
}

/* ---- timers */

struct due {
    struct task *task;
    struct timer_row *timers; /* in the group's arena; no name: void by now */
    size_t count;
};

void task_timer_moved(struct task *t, const struct timer_row *timer) {
    t->timer_known = t->clock.timer_known = false;
    for (size_t i = 0; t->due && i < t->due->count; i++)
        if (bytes_equal(t->due->timers[i].name, timer->name)
            && bytes_equal(t->due->timers[i].key, timer->key))
            t->due->timers[i].name.len = 0;
}

static void timer_is_due(void *context, const struct timer_row *timer) {
    struct due *due = context;
    struct timer_row *copy = &due->timers[due->count++];
    copy->due_ms = timer->due_ms;
    copy->name = arena_copy(&due->task->arena, timer->name);
    copy->key = arena_copy(&due->task->arena, timer->key);
}

enum error task_take_timer(struct task *t, const struct timer_row *timer) {
    struct buf text = { 0 };
    buf_put_text(&text, "timer:");
    buf_put_bytes(&text, timer->name);
    struct input in = {
        .kind = INPUT_TIMER, .key = timer->key, .time_ms = timer->due_ms, .clock = timer->clock
    };
    in.type = arena_copy(&t->arena, buf_bytes(&text));
    buf_clear(&text);
    buf_put_bytes(&text, timer->name);
    buf_put_byte(&text, ' ');
    buf_put_bytes(&text, timer->key);
    buf_print(&text, " %lld %d", (long long)timer->due_ms, (int)t->options.task);
    in.id = arena_copy(&t->arena, buf_bytes(&text));
    in.json = bytes_text("{}");
    buf_finish(&text);
    enum taken taken;
    return task_take(t, &in, &taken);
}

static enum error due_fire(struct task *t, struct due *due, size_t *taken) {
    for (size_t i = 0; i < due->count; i++) {
        if (due->timers[i].name.len == 0)
            continue;
        TRY(task_take_timer(t, &due->timers[i]));
        *taken += 1;
    }
    return E_ok;
}

enum error task_take_timers(struct task *t, int64_t now_ms, size_t max, size_t *taken) {
    struct due due = { .task = t };
    int64_t first;
    *taken = 0;
    if (max == 0 || !task_next_timer(t, &first) || first > now_ms)
        return E_ok;
    due.timers = arena_get(&t->arena, max * sizeof(*due.timers));
    TRY(task_enter(t));
    TRY(t->store->ops->timer_due(t->store, TIMER_WALL, now_ms, max, timer_is_due, &due));
    t->due = &due;
    enum error e = due_fire(t, &due, taken);
    t->due = NULL;
    return e;
}

/* Asked between any two groups, so what the store answers is remembered. */
bool task_next_timer(struct task *t, int64_t *due_ms) {
    if (!t->timer_known) {
        enum error e =
            t->store->ops->timer_first(t->store, TIMER_WALL, &t->first_timer, &t->timer_found);
        if (e) /* the next commit meets the same store and stops the process */
            return false;
        t->timer_known = true;
    }
    *due_ms = t->first_timer;
    return t->timer_found;
}
