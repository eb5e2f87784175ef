/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* DescribeGroups: the members of a group and what each was given. A group that nobody knows is
 * "Dead", as Kafka has it; one of which only offsets are left is "Empty". */
#include "server/api/api.h"
#include "server/groups.h"

static void fill_members(struct request *r, const struct group_view *view,
                         struct describe_groups_response_group *out) {
    out->members_count = view->member_count;
    out->members =
        message_items(&message_describe_groups_response_member, view->member_count, &r->arena);
    for (size_t i = 0; i < view->member_count; i++) {
        const struct group_member_view *m = &view->members[i];
        struct describe_groups_response_member *to = &out->members[i];
        to->member_id = m->member_id;
        to->group_instance_id = m->group_instance_id;
        to->client_id = m->client_id;
        to->client_host = m->client_host;
        to->member_metadata = m->metadata;
        to->member_assignment = m->assignment;
    }
}

static void describe(struct request *r, struct bytes id,
                     struct describe_groups_response_group *out) {
    struct group_view view;
    out->group_id = id;
    out->group_state = out->protocol_type = out->protocol_data = bytes_text("");
    if (!id.len) {
        out->error_code = KAFKA_INVALID_GROUP_ID;
        return;
    }
    if (!coordinator_view(server_coordinator(r->server), id, &r->arena, &view)) {
        out->group_state = bytes_text(group_has_offsets(r->server, id) ? "Empty" : "Dead");
        return;
    }
    out->group_state = bytes_text(view.state);
    out->protocol_type = view.protocol_type;
    out->protocol_data = view.protocol;
    fill_members(r, &view, out);
}

void describe_groups_on_request(struct request *r, const struct describe_groups_request *body) {
    struct describe_groups_response response = { .groups_count = body->groups_count };
    if (body->groups_count > PARTITIONS_ASKED_MAX) {
        request_refuse(r, "asks_too_much");
        return;
    }
    response.groups =
        message_items(&message_describe_groups_response_group, body->groups_count, &r->arena);
    for (size_t i = 0; i < body->groups_count && !request_asks_too_much(r); i++)
        describe(r, body->groups[i], &response.groups[i]);
    if (request_asks_too_much(r))
        request_refuse(r, "asks_too_much");
    else
        request_reply(r, &response);
}
