/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Event time and its timers. One timer is asked for at a time: the handler of one may set, move or
 * cancel the next. */
#include "runtime/event_time.h"

#include "base/check.h"
#include "base/event.h"
#include "runtime/task_inside.h"

#include <inttypes.h>

static void on_position(void *context, struct bytes topic, int32_t partition,
                        const struct position *p) {
    struct event_clock *clock = context;
    (void)topic;
    (void)partition;
    if (p->event_ms > clock->now_ms)
        clock->now_ms = p->event_ms;
}

enum error event_clock_load(struct task *t) {
    TRY(t->store->ops->position_each(t->store, on_position, &t->clock));
    event_clock_keep(t);
    return E_ok;
}

enum error event_time_ahead(struct task *t, struct bytes topic, int32_t partition,
                            const struct event_ahead *ahead) {
    struct place *place;
    TRY(places_place(&t->places, topic, partition, &place));
    t->clock.ahead = *ahead;
    t->clock.ahead.place = place;
    return E_ok;
}

static void ahead_tell(struct task *t, const struct input *in) {
    if (!t->clock.ahead_told) /* a device with a wrong clock has it in every record */
        event_log(EV_time_ahead,
                  "service=%s topic=%.*s partition=%d offset=%" PRId64 " ahead_ms=%" PRId64,
                  t->options.service->name, (int)in->topic.len, (const char *)in->topic.data,
                  in->partition, in->offset, in->time_ms - t->now_ms);
    t->clock.ahead_told = true;
}

bool event_time_bound(struct task *t, const struct place *place, struct input *in) {
    const struct event_ahead *replayed = &t->clock.ahead;
    if (t->options.replay) {
        bool is_it = replayed->place == place && replayed->offset == in->offset;
        in->time_ms = is_it ? replayed->at_ms : in->time_ms;
        return is_it;
    }
    if (task_is_fold(t) || !t->now_ms || in->time_ms <= t->now_ms + EVENT_AHEAD_MS)
        return false;
    ahead_tell(t, in);
    in->time_ms = t->now_ms;
    return true;
}

void event_clock_move(struct task *t, struct place *place, int64_t time_ms) {
    if (time_ms > place->now.event_ms)
        place->now.event_ms = time_ms;
    if (time_ms > t->clock.now_ms)
        t->clock.now_ms = time_ms;
}

void event_clock_drop(struct task *t) {
    t->clock.now_ms = t->clock.kept_ms;
    t->clock.timer_known = false;
}

void event_clock_keep(struct task *t) {
    t->clock.kept_ms = t->clock.now_ms;
}

int64_t task_event_time(const struct task *t) {
    return t->clock.now_ms;
}

struct first_due {
    struct arena *arena;
    struct timer_row row;
    bool found;
};

static void on_due(void *context, const struct timer_row *timer) {
    struct first_due *first = context;
    first->row = *timer;
    first->row.name = arena_copy(first->arena, timer->name);
    first->row.key = arena_copy(first->arena, timer->key);
    first->found = true;
}

static enum error first_know(struct task *t) {
    struct event_clock *clock = &t->clock;
    if (clock->timer_known)
        return E_ok;
    TRY(t->store->ops->timer_first(t->store, TIMER_EVENT, &clock->first_timer,
                                   &clock->timer_found));
    clock->timer_known = true;
    return E_ok;
}

enum error event_timers_fire(struct task *t) {
    for (;;) {
        struct first_due first = { .arena = &t->arena };
        TRY(first_know(t));
        if (!t->clock.timer_found || t->clock.first_timer > t->clock.now_ms)
            return E_ok;
        TRY(task_enter(t));
        TRY(t->store->ops->timer_due(t->store, TIMER_EVENT, t->clock.now_ms, 1, on_due, &first));
        assert(first.found);
        TRY(task_take_timer(t, &first.row));
    }
}
