/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* EndTxn: one log record, told once it is durable; told again if it was ended so before. */
#include "server/api/api.h"
#include "server/transactions.h"

enum { FENCED_FROM = 2 };

static enum kafka_error finish(struct request *r, const struct end_txn_request *body, lsn_t *lsn) {
    struct transaction_event event = { .kind = TRANSACTION_END,
                                       .producer_id = body->producer_id,
                                       .epoch = body->producer_epoch,
                                       .commits = body->committed };
    struct transaction t = transaction_ask(r, body->transactional_id, &event);
    if (t.verdict.code)
        return transaction_code(r, t.verdict.code, FENCED_FROM);
    return transaction_end(r, &t, lsn) ? KAFKA_COORDINATOR_NOT_AVAILABLE : KAFKA_NONE;
}

void end_txn_on_request(struct request *r, const struct end_txn_request *body) {
    struct end_txn_response response = { 0 };
    lsn_t lsn = 0;
    response.error_code = (int16_t)finish(r, body, &lsn);
    request_reply_synced(r, &response, response.error_code ? 0 : lsn);
}
