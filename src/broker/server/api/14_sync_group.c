/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* SyncGroup: the leader brings the assignment, everybody takes theirs home. */
#include "server/api/api.h"
#include "server/groups.h"

void sync_group_on_request(struct request *r, const struct sync_group_request *body) {
    struct server *s = r->server;
    struct sync_assignment *assignments =
        arena_get(&r->arena, (body->assignments_count + 1) * sizeof(*assignments));
    for (size_t i = 0; i < body->assignments_count; i++) {
        assignments[i].member_id = body->assignments[i].member_id;
        assignments[i].assignment = body->assignments[i].assignment;
    }
    struct sync_request request = {
        .group_id = body->group_id,
        .member_id = body->member_id,
        .group_instance_id = body->group_instance_id,
        .generation = body->generation_id,
        .protocol_type = body->protocol_type,
        .protocol = body->protocol_name,
        .assignments = assignments,
        .assignment_count = body->assignments_count,
    };
    coordinator_sync(server_coordinator(s), group_ticket(r), &request, server_now_ms(s));
    groups_settle(s);
}

void sync_group_reply(struct request *r, const struct group_reply *reply) {
    struct sync_group_response response = {
        .error_code = (int16_t)reply->code,
        .protocol_type = reply->protocol_type,
        .protocol_name = reply->protocol,
        .assignment = reply->assignment,
    };
    request_reply(r, &response);
}
