/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The coordinator is a pure machine: here its tickets are requests and its time is the loop's.
 *
 * A ticket is the request's address: it lives until its reply, and the coordinator forgets it when
 * the client goes. */
#include "groups.h"

#include "server/api/api.h"
#include "base/event.h"
#include "server_inside.h"

static void on_abandoned(struct request *r) {
    coordinator_forget(r->server->coordinator, (uint64_t)(uintptr_t)r, server_now_ms(r->server));
    groups_settle(r->server);
}

uint64_t group_ticket(struct request *r) {
    r->on_abandoned = on_abandoned;
    return (uint64_t)(uintptr_t)r;
}

bool group_has_offsets(struct server *s, struct bytes id) {
    struct committed_offset found;
    struct bytes topic;
    int32_t partition;
    size_t at = 0;
    return offset_next(s->storage, id, &at, &topic, &partition, &found);
}

static void send_reply(const struct group_reply *reply) {
    struct request *r = (struct request *)(uintptr_t)reply->ticket;
    switch (reply->kind) {
    case GROUP_REPLY_JOIN:
        join_group_reply(r, reply);
        return;
    case GROUP_REPLY_SYNC:
        sync_group_reply(r, reply);
        return;
    case GROUP_REPLY_HEARTBEAT:
        heartbeat_reply(r, reply);
        return;
    case GROUP_REPLY_LEAVE:
        leave_group_reply(r, reply);
        return;
    }
}

void groups_settle(struct server *s) {
    size_t count;
    const struct group_reply *replies = coordinator_replies(s->coordinator, &count);
    for (size_t i = 0; i < count; i++)
        send_reply(&replies[i]);
    coordinator_replies_clear(s->coordinator);
    int64_t deadline_ms = coordinator_next_deadline_ms(s->coordinator);
    if (deadline_ms == INT64_MAX)
        loop_timer_cancel(s->group_timer);
    else
        loop_timer_start(s->group_timer, deadline_ms - server_now_ms(s));
}

void groups_on_time(void *server) {
    struct server *s = server;
    coordinator_tick(s->coordinator, server_now_ms(s));
    groups_settle(s);
}
