/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* DeleteGroups: a group without members is forgotten, and all its offsets. */
#include "server/api/api.h"
#include "server/groups.h"

static enum kafka_error forget(struct request *r, struct bytes id, lsn_t *lsn) {
    struct server *s = r->server;
    if (!id.len)
        return KAFKA_INVALID_GROUP_ID;
    if (coordinator_group_is_busy(server_coordinator(s), id))
        return KAFKA_NON_EMPTY_GROUP;
    bool was_known = coordinator_has_group(server_coordinator(s), id);
    if (!was_known && !group_has_offsets(s, id))
        return KAFKA_GROUP_ID_NOT_FOUND;
    if (offset_forget_group(server_storage(s), id, lsn))
        return KAFKA_COORDINATOR_NOT_AVAILABLE;
    coordinator_delete_group(server_coordinator(s), id);
    return KAFKA_NONE;
}

void delete_groups_on_request(struct request *r, const struct delete_groups_request *body) {
    struct delete_groups_response response = { .groups_count = body->groups_count };
    lsn_t lsn = 0;
    if (body->groups_count > PARTITIONS_ASKED_MAX) {
        request_refuse(r, "asks_too_much");
        return;
    }
    response.groups =
        message_items(&message_delete_groups_response_group, body->groups_count, &r->arena);
    for (size_t i = 0; i < body->groups_count; i++) {
        response.groups[i].group_id = body->groups[i];
        response.groups[i].error_code = (int16_t)forget(r, body->groups[i], &lsn);
    }
    request_reply_synced(r, &response, lsn);
}
