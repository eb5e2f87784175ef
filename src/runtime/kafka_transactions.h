/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A producer of Kafka transactions (KIP-98): what it sends is seen whole or not at all, and a newer
 * producer of the same transactional id fences it for good.
 *
 * Every call may block for as long as a transaction may last: it belongs to a thread of its own.
 * E_fenced: another owner has taken over. Any other error but E_timed_out of init: destroy it and
 * make a new one, whose init ends what this one has left open; what it sent may have been committed
 * or not. */
#ifndef OCTAVO_RUNTIME_KAFKA_TRANSACTIONS_H
#define OCTAVO_RUNTIME_KAFKA_TRANSACTIONS_H

#include "base/error.h"
#include "runtime/outbox.h"

struct kafka_transactions;

struct kafka_transactions_options {
    const char *bootstrap;
    const char *client_id;
    const char *transactional_id;
    int timeout_ms; /* the broker aborts a transaction that lasts longer; 0: 10,000 */
};

enum error kafka_transactions_create(struct kafka_transactions **out,
                                     const struct kafka_transactions_options *options) MUST_CHECK;
void kafka_transactions_destroy(struct kafka_transactions *t); /* NULL is fine */
/* Fences the producers before. E_timed_out: the broker did not answer; call it again. */
enum error kafka_transactions_init(struct kafka_transactions *t, int timeout_ms) MUST_CHECK;
enum error kafka_transaction_begin(struct kafka_transactions *t) MUST_CHECK;
enum error kafka_transaction_send(struct kafka_transactions *t,
                                  const struct out_event *e) MUST_CHECK; /* copies it */
enum error kafka_transaction_commit(struct kafka_transactions *t) MUST_CHECK;

#endif
