/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The turn: take what arrived, commit each task once, then let it out.
 *
 * Order matters and is the promise: nothing - no event, no answer - leaves before its commit has
 * returned synced. */
#include "runtime/service_state.h"

#include "base/check.h"
#include "base/crash_point.h"
#include "base/event.h"
#include "runtime/held.h"
#include "runtime/outlet.h"
#include "runtime/programs.h"
#include "runtime/requests.h"
#include "runtime/seeing.h"
#include "runtime/step.h"

#include <inttypes.h>

void turn_begin_slot(struct service *s, struct slot *slot) {
    if (slot->open)
        return;
    task_set_now(slot->task, clock_wall_ms(s->clock));
    task_begin(slot->task);
    slot->open = true;
    slot->opened_ms = clock_steady_ms(s->clock);
}

/* ---- letting out */

static enum error let_out(struct service *s, struct slot *slot, const struct committed *done) {
    TRY(outlet_add(s, slot, done));
    held_add(s, slot->task, done);
    return E_ok;
}

enum error turn_commit_slot(struct service *s, struct slot *slot) {
    struct committed done = { 0 };
    if (!slot->open)
        return E_ok;
    if (slot->has_requests)
        TRY(sealing_sync(s->sealing));
    if (slot->has_requests)
        CRASH_POINT(request_before_commit);
    if (slot->has_items)
        CRASH_POINT(source_before_commit);
    int64_t start_ns = clock_steady_ns(s->clock);
    uint64_t before = task_counts(slot->task).commits;
    TRY(task_commit(slot->task, clock_wall_ms(s->clock), &done));
    int64_t took_ns = clock_steady_ns(s->clock) - start_ns;
    if (task_counts(slot->task).commits != before) /* else it had nothing for the disk */
        histogram_add(&s->commit_times, took_ns);
    s->commit_ns += took_ns;
    if (slot->has_requests)
        CRASH_POINT(request_after_commit);
    if (slot->has_items)
        CRASH_POINT(source_after_commit);
    if (slot->has_timers)
        CRASH_POINT(timer_after_commit);
    slot->open = slot->has_requests = slot->has_timers = slot->has_items = false;
    return let_out(s, slot, &done);
}

static struct slot *slot_of(struct service *s, const struct task *task) {
    struct slot *slot = s->slots;
    while (slot->task != task)
        slot = slot->next;
    return slot;
}

void turn_begin_task(void *service, struct task *task) {
    turn_begin_slot(service, slot_of(service, task));
}

enum error turn_commit_task(void *service, struct task *task) {
    return turn_commit_slot(service, slot_of(service, task));
}

/* ---- taking in */

static void on_gap(struct service *s, struct slot *slot, const struct slot_part *part,
                   const struct kafka_record *r) {
    char lane[128];
    slot_gap_seen(slot, r, clock_steady_ms(s->clock));
    shown_copy(lane, sizeof(lane), r->source);
    event_log(EV_gap_seen,
              "service=%s topic=%s partition=%d offset=%" PRId64 " lane=%s sequence=%" PRId64,
              s->options.declared->name, part->topic, r->partition, r->offset, lane, r->sequence);
}

static enum error take_record(struct service *s, struct slot *slot, struct slot_part *part,
                              const struct kafka_record *r) {
    bool skip;
    enum taken taken;
    if (part->full) /* what was fetched before it was stopped comes again */
        return E_ok;
    TRY(slot_check_record(part, r, &skip));
    part->taken_offset = r->offset + 1;
    part->taken_time_ms = r->timestamp_ms;
    if (skip)
        return E_ok;
    struct input in = slot_input(r);
    turn_begin_slot(s, slot);
    TRY_WHILE(task_take(slot->task, &in, &taken), "handling %s-%d at offset %" PRId64, part->topic,
              r->partition, r->offset);
    if (taken == TAKEN_FULL)
        return turn_part_full(s, slot, part, r->offset);
    if (taken == TAKEN_PARKED)
        turn_note_parked(s, slot, &in);
    if (taken == TAKEN_GAP)
        on_gap(s, slot, part, r);
    else if (taken != TAKEN_REPEAT)
        slot_gap_closed(slot, r->source);
    return E_ok;
}

enum error turn_route_record(struct service *s, const struct kafka_record *r) {
    for (struct slot *slot = s->slots; slot; slot = slot->next) {
        struct slot_part *part = slot_part_find(slot, r->topic, r->partition);
        if (part && slot->task && part->started)
            return take_record(s, slot, part, r);
    }
    return E_ok; /* taken from us while it waited in the queue */
}

static enum error take_records(struct service *s) {
    int32_t most = s->options.declared->group_max;
    s->undrained = false;
    if (folds_drain(s))
        return E_ok;
    s->undrained = true;
    if (programs_is(s->options.code))
        return turn_take_ahead(s);
    for (int32_t i = 0; i < most; i++) {
        struct kafka_record r;
        bool found;
        TRY(kafka_consumer_poll(s->consumer, &r, &found));
        if (!found) {
            s->undrained = false;
            break;
        }
        int64_t start_ns = clock_steady_ns(s->clock);
        enum error e = turn_route_record(s, &r);
        s->take_ns += clock_steady_ns(s->clock) - start_ns;
        kafka_record_done(&r);
        TRY(e);
    }
    return E_ok;
}

/* With the broker away a request that must be sent is refused before its commit. One that needs
 * nothing sent is taken all the same: it repeats a request that was committed before, and a
 * refusal would tell its asker that nothing happens, which may not be true. It gets a group of its
 * own, so that a refusal undoes nothing else. */
static enum error take_alone(struct service *s, struct slot *slot, struct input *in,
                             enum taken *taken) {
    in->sends_nothing = true;
    TRY(turn_commit_slot(s, slot));
    turn_begin_slot(s, slot);
    enum error e = task_take(slot->task, in, taken);
    if (e) {
        task_drop(slot->task);
        slot->open = false;
    }
    return e;
}

static bool is_stuck(const struct service *s) {
    return outlets_oldest_ms(s) > RELAY_STUCK_MS || outlets_waiting(s) > WAITING_EVENTS_MAX;
}

bool turn_is_pressed(const struct service *s) {
    return s->paused || is_stuck(s);
}

static enum error take_request(struct service *s, struct slot *slot, struct input *in,
                               enum taken *taken) {
    if (is_stuck(s))
        return take_alone(s, slot, in, taken);
    turn_begin_slot(s, slot);
    return task_take(slot->task, in, taken);
}

static bool refuse_request(struct service *s, const char *reason) {
    s->refused_total++;
    s->refused++; /* told once a second: a storm of requests must not fill the log */
    s->refused_reason = reason;
    return false;
}

bool turn_take_request(struct service *s, const struct connector_request *r) {
    struct slot *slot = s->slots;
    struct input in = {
        .kind = INPUT_REQUEST,
        .type = bytes_text(r->type),
        .id = r->key,
        .key = r->key,
        .json = r->json,
        .time_ms = clock_wall_ms(s->clock),
    };
    if (!slot || !slot->task || s->stopping || s->failed || !s->ready)
        return refuse_request(s, "not_ready");
    if (effects_are_full(s->effects))
        return refuse_request(s, "effects_wait");
    enum taken taken = TAKEN_REFUSED;
    enum error e = take_request(s, slot, &in, &taken);
    if (e == E_busy)
        return refuse_request(s, "broker_away");
    if (e) {
        service_fail(s);
        return false;
    }
    if (taken == TAKEN_REFUSED) {
        service_arm_turn(s); /* the group may be open by it */
        return refuse_request(s, task_is_parked(slot->task, r->key) ? "parked" : "handler");
    }
    slot->has_requests = true;
    (void)table_put(&s->tickets, r->key, (void *)(uintptr_t)r->ticket);
    service_arm_turn(s);
    return true;
}

static enum error slot_take_due(struct service *s, struct slot *slot, int64_t now_ms) {
    size_t taken = 0;
    int64_t due_ms;
    if (task_next_timer(slot->task, &due_ms) && due_ms <= now_ms) {
        turn_begin_slot(s, slot);
        TRY(task_take_timers(slot->task, now_ms, TIMERS_A_TURN, &taken));
        slot->has_timers = slot->has_timers || taken > 0;
    }
    return turn_take_retries(s, slot, now_ms);
}

void turn_take_due(struct service *s) {
    int64_t now_ms = clock_wall_ms(s->clock);
    for (struct slot *slot = s->slots; slot && !s->failed; slot = slot->next)
        if (slot->task && slot_take_due(s, slot, now_ms))
            service_fail(s);
    service_arm_turn(s);
}

/* ---- the turn itself */

/* A commit costs about the same for one event as for a hundred: a service that hurries nobody may
 * declare to wait for more. How much longer, in ms; 0: no longer. */
static int64_t group_waits_ms(const struct service *s, const struct slot *slot) {
    int64_t wait_ms = s->options.declared->group_wait_ms;
    if (!wait_ms || !slot->open || s->undrained)
        return 0;
    int64_t left_ms = slot->opened_ms + wait_ms - clock_steady_ms(s->clock);
    return left_ms > 0 ? left_ms : 0;
}

static enum error commit_all(struct service *s) {
    int64_t first_ms = 0;
    for (struct slot *slot = s->slots; slot; slot = slot->next) {
        int64_t wait_ms = group_waits_ms(s, slot);
        if (!wait_ms)
            TRY(turn_commit_slot(s, slot));
        else if (!first_ms || wait_ms < first_ms)
            first_ms = wait_ms;
    }
    if (first_ms)
        loop_timer_start(s->group_timer, first_ms);
    return E_ok;
}

/* A partition is paused or not whatever assignment it belongs to: told again after each. */
static void watch_pressure(struct service *s) {
    uint64_t waiting = outlets_waiting(s);
    bool paused = s->paused ? waiting >= WAITING_LOW : waiting > WAITING_EVENTS_MAX;
    paused = effects_are_full(s->effects) || paused;
    if (paused == s->paused && !s->assignment_changed)
        return;
    kafka_consumer_pause(s->consumer, s->paused = paused);
    s->assignment_changed = false;
}

static enum error turn_steps(struct service *s) {
    TRY(take_records(s));
    TRY(effects_take(s->effects));
    TRY(commit_all(s));
    TRY(outlets_turn(s));
    TRY(folds_turn(s));
    /* outcomes make events: not while those pile up */
    return outlets_waiting(s) > WAITING_EVENTS_MAX ? E_ok : effects_dispatch(s->effects);
}

void turn_run(struct service *s) {
    if (s->failed)
        return;
    enum error e = turn_steps(s);
    if (e == E_diverged)
        folds_refuse(s);
    if (e) {
        service_fail(s);
        return;
    }
    watch_pressure(s);
    service_arm_due(s);
    if (s->undrained)
        service_arm_turn(s);
}

/* The positions that are durable go to the broker too, for lag tools. */
static void mirror_slot(struct service *s, struct slot *slot) {
    for (size_t i = 0; i < slot->part_count; i++) {
        struct slot_part *part = &slot->parts[i];
        if (part->taken_offset < 0 || part->taken_offset == part->mirrored_offset)
            continue;
        kafka_consumer_commit(s->consumer, part->topic, part->partition, part->taken_offset);
        part->mirrored_offset = part->taken_offset;
    }
}

enum error turn_flush_slot(struct service *s, struct slot *slot) {
    TRY(turn_commit_slot(s, slot));
    TRY(task_flush(slot->task, clock_wall_ms(s->clock)));
    if (!s->options.declared->tasks)
        mirror_slot(s, slot);
    return E_ok;
}

static void tell_refused(struct service *s) {
    char reason[256];
    if (s->refused)
        event_log(EV_request_refused, "service=%s count=%" PRIu64 " reason=%s",
                  s->options.declared->name, s->refused,
                  event_quote(reason, sizeof(reason), bytes_text(s->refused_reason)));
    s->refused = 0;
}

void turn_take_tick(struct service *s) {
    tell_refused(s);
    kafka_consumer_tick(s->consumer);
    service_note_level(s);
    if (!s->failed && turn_park_tick(s))
        service_fail(s);
    effects_tick(s->effects);
    programs_tick(s->options.code);
    for (struct slot *slot = s->slots; slot && !s->failed; slot = slot->next)
        if (slot->task
            && (turn_flush_slot(s, slot) || slot_gap_check(slot, clock_steady_ms(s->clock))
                || snapshots_turn(s->snapshots, slot->task, slot->number)))
            service_fail(s);
    sources_turn(s);
    folds_tick(s);
    turn_run(s);
}
