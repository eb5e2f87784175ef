/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* InitProducerId: an id that no producer ever had, told once it is durable; for a transactional id
 * its next session, which fences the one before and aborts what that left open. */
#include "server/api/api.h"
#include "server/transactions.h"

#include <string.h>

enum { FENCED_FROM = 4 };

static enum kafka_error plain(struct request *r, struct init_producer_id_response *out,
                              lsn_t *lsn) {
    if (producer_id_next(server_storage(r->server), &out->producer_id, lsn))
        return KAFKA_COORDINATOR_NOT_AVAILABLE;
    out->producer_epoch = 0;
    return KAFKA_NONE;
}

static enum kafka_error code_of(enum error e) {
    return e == E_too_large ? KAFKA_POLICY_VIOLATION : KAFKA_COORDINATOR_NOT_AVAILABLE;
}

static enum kafka_error session(struct request *r, const struct init_producer_id_request *body,
                                struct init_producer_id_response *out, lsn_t *lsn) {
    struct transaction_event event = { .kind = TRANSACTION_INIT,
                                       .producer_id = body->producer_id,
                                       .epoch = body->producer_epoch,
                                       .timeout_ms = body->transaction_timeout_ms };
    if (!body->transactional_id.len
        || memchr(body->transactional_id.data, 0, body->transactional_id.len))
        return KAFKA_INVALID_REQUEST;
    struct transaction t = transaction_ask(r, body->transactional_id, &event);
    if (t.verdict.code)
        return transaction_code(r, t.verdict.code, FENCED_FROM);
    enum error e =
        transaction_begin(r, body->transactional_id, &t, body->transaction_timeout_ms, lsn);
    if (e)
        return code_of(e);
    out->producer_id = t.txn->session.producer_id;
    out->producer_epoch = t.txn->session.epoch;
    return KAFKA_NONE;
}

void init_producer_id_on_request(struct request *r, const struct init_producer_id_request *body) {
    struct init_producer_id_response response = { .producer_id = -1, .producer_epoch = -1 };
    lsn_t lsn = 0;
    enum kafka_error code =
        body->transactional_id.data ? session(r, body, &response, &lsn) : plain(r, &response, &lsn);
    response.error_code = (int16_t)code;
    request_reply_synced(r, &response, code ? 0 : lsn);
}
