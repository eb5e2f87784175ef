/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* AddOffsetsToTxn: offsets of this group will be part of the transaction; opens it. */
#include "server/api/api.h"
#include "server/transactions.h"

#include <string.h>

enum { FENCED_FROM = 2 };

static enum kafka_error add(struct request *r, const struct add_offsets_to_txn_request *body,
                            lsn_t *lsn) {
    struct storage *storage = server_storage(r->server);
    struct transaction_event event = { .kind = TRANSACTION_ADD,
                                       .producer_id = body->producer_id,
                                       .epoch = body->producer_epoch };
    if (!body->group_id.len || memchr(body->group_id.data, 0, body->group_id.len))
        return KAFKA_INVALID_GROUP_ID;
    struct transaction t = transaction_ask(r, body->transactional_id, &event);
    if (t.verdict.code)
        return transaction_code(r, t.verdict.code, FENCED_FROM);
    *lsn = storage_appended_lsn(storage);
    if (t.verdict.opens || !txn_has_group(t.txn, body->group_id)) {
        enum error e = txn_add_group(storage, t.txn, body->group_id, lsn);
        if (e)
            return e == E_too_large ? KAFKA_POLICY_VIOLATION : KAFKA_COORDINATOR_NOT_AVAILABLE;
    }
    transaction_opened(r, &t);
    return KAFKA_NONE;
}

void add_offsets_to_txn_on_request(struct request *r,
                                   const struct add_offsets_to_txn_request *body) {
    struct add_offsets_to_txn_response response = { 0 };
    lsn_t lsn = 0;
    response.error_code = (int16_t)add(r, body, &lsn);
    request_reply_synced(r, &response, response.error_code ? 0 : lsn);
}
