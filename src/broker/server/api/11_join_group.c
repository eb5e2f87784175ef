/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* JoinGroup: the coordinator parks it until all members are there. */
#include "server/api/api.h"
#include "server/groups.h"

#include <string.h>

/* "/127.0.0.1", as Kafka writes a member's host. */
static struct bytes client_host(struct request *r) {
    const char *peer = request_peer(r);
    const char *end = strrchr(peer, ':');
    struct bytes host = bytes_of(peer, end ? (size_t)(end - peer) : strlen(peer));
    char *text = arena_get(&r->arena, host.len + 2);
    text[0] = '/';
    memcpy(text + 1, host.data, host.len);
    return bytes_text(text);
}

void join_group_on_request(struct request *r, const struct join_group_request *body) {
    struct join_protocol *protocols =
        arena_get(&r->arena, (body->protocols_count + 1) * sizeof(*protocols));
    for (size_t i = 0; i < body->protocols_count; i++) {
        protocols[i].name = body->protocols[i].name;
        protocols[i].metadata = body->protocols[i].metadata;
    }
    struct join_request request = {
        .version = r->header.api_version,
        .group_id = body->group_id,
        .member_id = body->member_id,
        .group_instance_id = body->group_instance_id,
        .client_id = r->header.client_id,
        .client_host = client_host(r),
        .protocol_type = body->protocol_type,
        .session_timeout_ms = body->session_timeout_ms,
        .rebalance_timeout_ms = body->rebalance_timeout_ms,
        .protocols = protocols,
        .protocol_count = body->protocols_count,
    };
    struct server *s = r->server;
    coordinator_join(server_coordinator(s), group_ticket(r), &request, server_now_ms(s));
    groups_settle(s);
}

void join_group_reply(struct request *r, const struct group_reply *reply) {
    struct join_group_response response = {
        .error_code = (int16_t)reply->code,
        .generation_id = reply->generation,
        .protocol_type = reply->protocol_type,
        .protocol_name = reply->protocol,
        .leader = reply->leader,
        .skip_assignment = reply->skip_assignment,
        .member_id = reply->member_id,
        .members_count = reply->member_count,
    };
    response.members =
        message_items(&message_join_group_response_member, reply->member_count, &r->arena);
    for (size_t i = 0; i < reply->member_count; i++) {
        response.members[i].member_id = reply->members[i].member_id;
        response.members[i].group_instance_id = reply->members[i].group_instance_id;
        response.members[i].metadata = reply->members[i].metadata;
    }
    request_reply(r, &response);
}
