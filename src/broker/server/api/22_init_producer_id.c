/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* InitProducerId: an id that no producer ever had, told once it is durable. A transactional id is
 * refused for good, see FindCoordinator. */
#include "server/api/api.h"

void init_producer_id_on_request(struct request *r, const struct init_producer_id_request *body) {
    struct init_producer_id_response response = { .producer_id = -1, .producer_epoch = -1 };
    lsn_t lsn = 0;
    if (body->transactional_id.data)
        response.error_code = KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    else if (producer_id_next(server_storage(r->server), &response.producer_id, &lsn))
        response.error_code = KAFKA_COORDINATOR_NOT_AVAILABLE;
    else
        response.producer_epoch = 0;
    request_reply_synced(r, &response, lsn);
}
