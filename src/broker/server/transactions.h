/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Between requests, the transaction decisions of the coordinator, and storage that keeps them. */
#ifndef OCTAVO_SERVER_TRANSACTIONS_H
#define OCTAVO_SERVER_TRANSACTIONS_H

#include "coordinator/transaction.h"
#include "request.h"
#include "storage/transactions.h"

struct transaction {
    struct txn *txn; /* NULL: the id is not known */
    struct transaction_verdict verdict;
};

/* Asks the coordinator about this event of the id. */
struct transaction transaction_ask(struct request *r, struct bytes id,
                                   const struct transaction_event *event);
/* Does what the verdict says about ending and beginning a session, durable at *lsn. The connection
 * becomes the one that speaks for the session. */
enum error transaction_begin(struct request *r, struct bytes id, struct transaction *t,
                             int32_t timeout_ms, lsn_t *lsn) MUST_CHECK;
enum error transaction_end(struct request *r, struct transaction *t, lsn_t *lsn) MUST_CHECK;
/* After something was added: the connection speaks for the session, the transaction's clock runs.
 */
void transaction_opened(struct request *r, struct transaction *t);
/* The code as this version of the API has it: before `fenced_from` there was no PRODUCER_FENCED. */
enum kafka_error transaction_code(const struct request *r, enum transaction_code code,
                                  int16_t fenced_from);

void transactions_start(struct server *s); /* the clocks of those that a restart left open */
void transactions_on_time(void *server);

#endif
