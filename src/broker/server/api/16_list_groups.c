/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* ListGroups: those with members, and those of which offsets are kept. */
#include "server/api/api.h"
#include "server/groups.h"

struct listing {
    struct request *r;
    const struct list_groups_request *asked;
    struct list_groups_response_group *out; /* NULL: only counted */
    size_t count;
};

static bool is_asked(const struct list_groups_request *asked, const char *state) {
    for (size_t i = 0; i < asked->states_filter_count; i++)
        if (bytes_is_text(asked->states_filter[i], state))
            return true;
    return !asked->states_filter_count;
}

static void list_one(struct listing *l, const struct group_view *view) {
    if (!is_asked(l->asked, view->state))
        return;
    if (l->out)
        l->out[l->count] = (struct list_groups_response_group){
            .group_id = view->group_id,
            .protocol_type = view->protocol_type,
            .group_state = bytes_text(view->state),
        };
    l->count++;
}

static void list_all(struct listing *l) {
    struct server *s = l->r->server;
    struct coordinator *c = server_coordinator(s);
    struct group_view view;
    struct bytes id;
    for (size_t at = 0; coordinator_next_group(c, &at, &id);)
        if (coordinator_view(c, id, &l->r->arena, &view))
            list_one(l, &view);
    for (size_t at = 0; offset_next_group(server_storage(s), &at, &id);) {
        struct group_view empty = { .group_id = id, .state = "Empty" };
        empty.protocol_type = bytes_text("");
        if (!coordinator_has_group(c, id))
            list_one(l, &empty);
    }
}

void list_groups_on_request(struct request *r, const struct list_groups_request *body) {
    struct list_groups_response response = { 0 };
    struct listing l = { .r = r, .asked = body };
    list_all(&l);
    response.groups = l.out =
        message_items(&message_list_groups_response_group, l.count, &r->arena);
    l.count = 0;
    list_all(&l);
    response.groups_count = l.count;
    request_reply(r, &response);
}
