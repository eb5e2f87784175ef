/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Heartbeat: a member lives. */
#include "server/api/api.h"
#include "server/groups.h"

void heartbeat_on_request(struct request *r, const struct heartbeat_request *body) {
    struct server *s = r->server;
    struct group_speaker speaker = {
        .group_id = body->group_id,
        .member_id = body->member_id,
        .group_instance_id = body->group_instance_id,
        .generation = body->generation_id,
    };
    coordinator_heartbeat(server_coordinator(s), group_ticket(r), &speaker, server_now_ms(s));
    groups_settle(s);
}

void heartbeat_reply(struct request *r, const struct group_reply *reply) {
    struct heartbeat_response response = { .error_code = (int16_t)reply->code };
    request_reply(r, &response);
}
