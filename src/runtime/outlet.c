/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Outlets: one relay for all tasks, or a transactor for each. */
#include "runtime/outlet.h"

#include "base/check.h"
#include "runtime/held.h"

#include <stdlib.h>

static void on_readable(void *context) {
    service_arm_turn(context);
}

void outlet_on_acked(void *context, void *task, int64_t outbox_id) {
    task_outbox_acked(task, outbox_id);
    held_release(context, task, outbox_id);
}

static enum error row_add(struct service *s, struct slot *slot, int64_t id, struct bytes packed) {
    return slot->transactor ? transactor_add(slot->transactor, id, packed)
                            : relay_add(s->relay, slot->task, id, packed);
}

/* Before the outbox is read: what an owner before left open in the broker ends with its first act.
 */
static void transactor_open(struct service *s, struct slot *slot) {
    char *id = text_format("%s.%s.%d", s->options.declaration->system, s->options.declared->name,
                           slot->number);
    struct transactor_options options = {
        .bootstrap = s->options.bootstrap,
        .client_id = s->client_id,
        .transactional_id = id,
        .clock = s->clock,
        .on_acked = outlet_on_acked,
        .context = s,
        .owner = slot->task,
    };
    slot->transactor = transactor_create(&options);
    slot->transactor_watch =
        loop_watch_create(s->options.loop, transactor_fd(slot->transactor), on_readable, s);
    free(id);
}

struct resend {
    struct service *service;
    struct slot *slot;
    enum error error;
};

static void on_outbox_row(void *context, int64_t id, struct bytes packed) {
    struct resend *r = context;
    if (!r->error)
        r->error = row_add(r->service, r->slot, id, packed);
}

enum error outlet_open(struct service *s, struct slot *slot) {
    struct resend resend = { s, slot, E_ok };
    if (s->options.declared->produces_compacted)
        transactor_open(s, slot);
    TRY(task_outbox_each(slot->task, on_outbox_row, &resend));
    return resend.error;
}

enum error outlet_add(struct service *s, struct slot *slot, const struct committed *done) {
    return done->outbox_id ? row_add(s, slot, done->outbox_id, done->outbox) : E_ok;
}

/* With the broker away nothing is waited for: a session that timed out takes every partition, and
 * each would block the loop as long. */
void outlet_flush(struct service *s, struct slot *slot) {
    if (slot->transactor && transactor_oldest_ms(slot->transactor) < RELAY_STUCK_MS)
        (void)transactor_flush(slot->transactor, STOP_FLUSH_MS);
    if (slot->transactor)
        return;
    if (relay_oldest_ms(s->relay) < RELAY_STUCK_MS)
        (void)relay_flush(s->relay, STOP_FLUSH_MS);
    if (!s->stopping)
        service_watch_relay(s); /* it may have a new producer */
}

void outlet_abandon(struct slot *slot) {
    loop_watch_destroy(slot->transactor_watch);
    transactor_destroy(slot->transactor);
    slot->transactor_watch = NULL;
    slot->transactor = NULL;
}

void outlet_close(struct service *s, struct slot *slot) {
    relay_forget(s->relay, slot->task);
    held_forget(s, slot->task);
    outlet_abandon(slot);
}

void outlets_flush(struct service *s) {
    for (struct slot *slot = s->slots; slot; slot = slot->next)
        if (slot->transactor)
            (void)transactor_flush(slot->transactor, STOP_FLUSH_MS);
    (void)relay_flush(s->relay, STOP_FLUSH_MS);
}

enum error outlets_turn(struct service *s) {
    for (struct slot *slot = s->slots; slot; slot = slot->next)
        if (slot->transactor)
            TRY(transactor_turn(slot->transactor));
    if (relay_turn(s->relay))
        service_watch_relay(s);
    return E_ok;
}

uint64_t outlets_waiting(const struct service *s) {
    uint64_t waiting = s->relay ? relay_waiting(s->relay) : 0;
    for (const struct slot *slot = s->slots; slot; slot = slot->next)
        if (slot->transactor)
            waiting += transactor_waiting(slot->transactor);
    return waiting;
}

int64_t outlets_oldest_ms(const struct service *s) {
    int64_t oldest_ms = s->relay ? relay_oldest_ms(s->relay) : 0;
    for (const struct slot *slot = s->slots; slot; slot = slot->next)
        if (slot->transactor && transactor_oldest_ms(slot->transactor) > oldest_ms)
            oldest_ms = transactor_oldest_ms(slot->transactor);
    return oldest_ms;
}
