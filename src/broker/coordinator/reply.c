/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Replies: built from the group's state at the moment they are due, copied into the arena, so that
 * they stay true whatever happens to the group before the caller takes them. */
#include "group.h"

#include "base/check.h"

#include <stdlib.h>

const struct group_reply *coordinator_replies(const struct coordinator *c, size_t *count) {
    *count = c->reply_count;
    return c->replies;
}

void coordinator_replies_clear(struct coordinator *c) {
    c->reply_count = 0;
    arena_reset(&c->arena);
}

struct group_reply *reply_add(struct coordinator *c, uint64_t ticket, enum group_reply_kind kind,
                              enum group_error code) {
    if (c->reply_count == c->reply_capacity) {
        c->reply_capacity = c->reply_capacity ? 2 * c->reply_capacity : 16;
        c->replies = memory_resize(c->replies, c->reply_capacity * sizeof(*c->replies));
    }
    struct group_reply *reply = &c->replies[c->reply_count++];
    *reply = (struct group_reply){
        .ticket = ticket,
        .kind = kind,
        .code = code,
        .generation = -1,
        .protocol_type = bytes_text(""),
        .protocol = bytes_text(""),
        .leader = bytes_text(""),
        .member_id = bytes_text(""),
        .assignment = bytes_text(""),
    };
    return reply;
}

static struct bytes copy(struct coordinator *c, struct bytes b) {
    return b.data ? arena_copy(&c->arena, b) : b;
}

static void reply_list_members(struct group_reply *reply, struct group *g) {
    struct coordinator *c = g->coordinator;
    struct join_reply_member *list = arena_get(&c->arena, g->member_count * sizeof(*list));
    for (size_t i = 0; i < g->member_count; i++) {
        const struct member *m = g->members[i];
        const struct join_protocol *protocol = member_protocol(m, g->protocol);
        assert(protocol); /* the vote only counts protocols that all have */
        list[i].member_id = copy(c, m->id);
        list[i].group_instance_id = copy(c, m->instance_id);
        list[i].metadata = copy(c, protocol->metadata);
    }
    reply->members = list;
    reply->member_count = g->member_count;
}

struct group_reply *reply_join(struct member *m, uint64_t ticket) {
    struct group *g = m->group;
    struct coordinator *c = g->coordinator;
    struct group_reply *reply = reply_add(c, ticket, GROUP_REPLY_JOIN, GROUP_OK);
    assert(g->leader);
    reply->generation = g->generation;
    reply->protocol_type = copy(c, g->protocol_type);
    reply->protocol = copy(c, g->protocol);
    reply->leader = copy(c, g->leader->id);
    reply->member_id = copy(c, m->id);
    if (m == g->leader)
        reply_list_members(reply, g);
    m->knows_id = true;
    return reply;
}

void reply_join_refused(struct coordinator *c, uint64_t ticket, enum group_error code,
                        struct bytes member_id) {
    struct group_reply *reply = reply_add(c, ticket, GROUP_REPLY_JOIN, code);
    reply->member_id = copy(c, member_id);
}

void reply_sync(struct member *m, uint64_t ticket) {
    struct group *g = m->group;
    struct coordinator *c = g->coordinator;
    struct group_reply *reply = reply_add(c, ticket, GROUP_REPLY_SYNC, GROUP_OK);
    reply->protocol_type = copy(c, g->protocol_type);
    reply->protocol = copy(c, g->protocol);
    if (m->assignment.data)
        reply->assignment = copy(c, m->assignment);
}

void reply_parked(struct member *m, enum group_error code, int64_t now_ms) {
    struct coordinator *c = m->group->coordinator;
    if (m->join.waits) {
        uint64_t ticket = m->join.ticket;
        member_unpark(m, &m->join, now_ms);
        reply_join_refused(c, ticket, code, m->id);
    }
    if (m->sync.waits) {
        uint64_t ticket = m->sync.ticket;
        member_unpark(m, &m->sync, now_ms);
        (void)reply_add(c, ticket, GROUP_REPLY_SYNC, code);
    }
}
