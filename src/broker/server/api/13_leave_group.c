/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* LeaveGroup: one member (to version 2) or several (from 3). */
#include "server/api/api.h"
#include "server/groups.h"

static void leave(struct request *r, const struct leave_request *request) {
    struct server *s = r->server;
    coordinator_leave(server_coordinator(s), group_ticket(r), request, server_now_ms(s));
    groups_settle(s);
}

void leave_group_on_request(struct request *r, const struct leave_group_request *body) {
    struct leave_member one = { .member_id = body->member_id };
    struct leave_request request = { .group_id = body->group_id };
    if (r->header.api_version < 3) {
        request.members = &one;
        request.member_count = 1;
        leave(r, &request);
        return;
    }
    struct leave_member *members =
        arena_get(&r->arena, (body->members_count + 1) * sizeof(*members));
    for (size_t i = 0; i < body->members_count; i++) {
        members[i].member_id = body->members[i].member_id;
        members[i].group_instance_id = body->members[i].group_instance_id;
    }
    request.batched = true;
    request.members = members;
    request.member_count = body->members_count;
    leave(r, &request);
}

void leave_group_reply(struct request *r, const struct group_reply *reply) {
    struct leave_group_response response = {
        .error_code = (int16_t)reply->code,
        .members_count = reply->left_count,
    };
    response.members =
        message_items(&message_leave_group_response_member, reply->left_count, &r->arena);
    for (size_t i = 0; i < reply->left_count; i++) {
        response.members[i].member_id = reply->left[i].member_id;
        response.members[i].group_instance_id = reply->left[i].group_instance_id;
        response.members[i].error_code = (int16_t)reply->left[i].code;
    }
    request_reply(r, &response);
}
