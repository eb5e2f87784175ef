/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The relay empties outboxes after the commit: committed events to the broker, in lane order.
 *
 * One relay per service instance, for all its tasks. A row (one committed group) is handed over in
 * order; when its last event is acknowledged, and every earlier row of that owner is too, on_acked
 * tells the owner, who deletes it with a later commit. Any failure of the producer, fatal or not,
 * replaces it, and everything unacknowledged is sent again from the first row: whole lanes, never
 * one key. Receivers drop the repeats by their watermarks. */
#ifndef OCTAVO_RUNTIME_RELAY_H
#define OCTAVO_RUNTIME_RELAY_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "runtime/outbox.h"

struct relay;

struct relay_options {
    const char *bootstrap;
    const char *client_id;
    struct clock *clock;
    void (*on_acked)(void *context, void *owner, int64_t outbox_id); /* through this id */
    void *context;
};

enum error relay_create(struct relay **out, const struct relay_options *options) MUST_CHECK;
void relay_destroy(struct relay *r); /* what is unsent stays in the outboxes; NULL is fine */
int relay_fd(struct relay *r);       /* changes when the producer is replaced: see relay_turn */
/* Queues one packed outbox row (copied). E_corrupt when it is none. */
enum error relay_add(struct relay *r, void *owner, int64_t outbox_id,
                     struct bytes packed) MUST_CHECK;
/* Polls reports, sends what waits, replaces a failed producer. True: relay_fd has changed. */
bool relay_turn(struct relay *r);
bool relay_flush(struct relay *r, int timeout_ms); /* true: everything is acknowledged */
/* Its rows are no longer reported, and no new producer sends them again: the next owner does. */
void relay_forget(struct relay *r, void *owner);
/* An event that is nobody's, has no lane and may be lost: past the rows. */
void relay_pass(struct relay *r, const struct out_event *event);
uint64_t relay_waiting(const struct relay *r);  /* events not yet acknowledged */
int64_t relay_oldest_ms(const struct relay *r); /* how long the first of them has waited */
/* For the stage table of the bench: rows acknowledged, and the time from relay_add to that, summed.
 */
uint64_t relay_rows_acked(const struct relay *r, int64_t *waited_ns);

#endif
