/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The relay of one task that writes to compacted topics: its outbox rows go out in Kafka
 * transactions.
 *
 * In a compacted topic the newest record of a key wins and is all that stays. A record that a
 * stalled owner sends late would win for ever, and no reader could tell. So the broker is the fence
 * here: the new owner of a task takes over its transactional id, and what the old one still sends
 * is refused. Rows go in order, several to a transaction; a transaction whose end is unknown is
 * sent again under a new epoch: equal ids and sequences, which receivers drop by their watermarks.
 *
 * A thread of its own, because librdkafka's transaction calls block; reports come back through a
 * descriptor that the service's loop watches. */
#ifndef OCTAVO_RUNTIME_TRANSACTOR_H
#define OCTAVO_RUNTIME_TRANSACTOR_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

struct transactor;

struct transactor_options {
    const char *bootstrap;
    const char *client_id;
    const char *transactional_id; /* SYSTEM.SERVICE.TASK */
    struct clock *clock;
    void (*on_acked)(void *context, void *owner, int64_t outbox_id); /* through this id */
    void *context;
    void *owner;
};

struct transactor *transactor_create(const struct transactor_options *options);
/* Waits for the transaction under way, ten seconds at most. What is unsent stays in the outbox;
 * NULL is fine. */
void transactor_destroy(struct transactor *t);
int transactor_fd(struct transactor *t);
/* Queues one packed outbox row (copied). E_corrupt when it is none. */
enum error transactor_add(struct transactor *t, int64_t outbox_id, struct bytes packed) MUST_CHECK;
/* Takes the reports. E_fenced: another process owns this task now; this one must stop. */
enum error transactor_turn(struct transactor *t) MUST_CHECK;
bool transactor_flush(struct transactor *t, int timeout_ms); /* true: all is acknowledged */
uint64_t transactor_waiting(const struct transactor *t);     /* rows not yet acknowledged */
int64_t transactor_oldest_ms(const struct transactor *t);

#endif
