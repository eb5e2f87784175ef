/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A timer of the loop, and a record for each partition when it goes off. It goes past what waits to
 * be sent, so its time is before that: all that was committed before a tick's time stands before
 * the tick. */
#include "runtime/ticks.h"

#include "runtime/outlet.h"
#include "runtime/service_state.h"

#include <inttypes.h>
#include <stdio.h>

static bool owns_task_0(const struct service *s) {
    for (const struct slot *slot = s->slots; slot; slot = slot->next)
        if (slot->number == 0 && slot->task)
            return true;
    return false;
}

static void tick_topic(struct service *s, const char *topic, struct out_event *event) {
    const struct declared_topic *declared = declaration_topic(s->options.declaration, topic);
    event->topic = bytes_text(topic);
    if (declared->untimed)
        return;
    for (event->partition = 0; event->partition < declared->partitions; event->partition++)
        relay_pass(s->relay, event);
}

static void tick_all(struct service *s) {
    char id[48];
    int64_t now_ms = clock_wall_ms(s->clock) - outlets_oldest_ms(s);
    (void)snprintf(id, sizeof(id), "octavo.tick-%" PRId64, now_ms);
    struct out_event event = {
        .id = bytes_text(id),
        .type = bytes_text("octavo.tick"),
        .key = bytes_text("octavo-tick"),
        .value = bytes_text("{}"),
        .time_ms = now_ms,
    };
    for (size_t i = 0; i < s->options.declared->produces_count; i++)
        tick_topic(s, s->options.declared->produces[i], &event);
}

static void on_tick(void *context) {
    struct service *s = context;
    if (s->ready && !s->stopping && !s->failed && owns_task_0(s))
        tick_all(s);
    loop_timer_start(s->ticks_timer, (int)s->options.declared->ticks_ms);
}

void ticks_open(struct service *s) {
    if (!s->options.declared->ticks_ms)
        return;
    s->ticks_timer = loop_timer_create(s->options.loop, on_tick, s);
    loop_timer_start(s->ticks_timer, (int)s->options.declared->ticks_ms);
}

void ticks_close(struct service *s) {
    loop_timer_destroy(s->ticks_timer);
    s->ticks_timer = NULL;
}
