/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* JoinGroup: who asks, is it allowed, does it start a rebalance.
 *
 * Five kinds of Join: a new dynamic member (from version 4 it first gets an id, so that a client
 * that never sees the answer leaves no ghost), a new static one, the holder of a fresh id, a known
 * member, and a static member that was restarted and has lost its id. The last one takes over its
 * predecessor's place and fences it; in a stable group, with the same subscription, it also takes
 * over the assignment and nobody else notices. (Kafka does so whatever the new subscription is, and
 * only notices a changed one at the next rebalance.) */
#include "group.h"

#include "base/check.h"

struct join {
    struct coordinator *c;
    struct group *g; /* NULL until it is found or made */
    uint64_t ticket;
    const struct join_request *r;
    int64_t now_ms;
};

static size_t join_bytes(const struct join_request *r) {
    return sizeof(struct member) + protocols_bytes(r->protocols, r->protocol_count)
           + r->client_id.len + r->client_host.len + r->group_instance_id.len + r->member_id.len;
}

static enum group_error join_check(const struct coordinator *c, const struct join_request *r) {
    if (!r->group_id.len)
        return GROUP_INVALID_ID;
    if (r->session_timeout_ms < c->options.session_timeout_min_ms
        || r->session_timeout_ms > c->options.session_timeout_max_ms)
        return GROUP_INVALID_SESSION_TIMEOUT;
    if (!r->protocol_count || !r->protocol_type.len)
        return GROUP_INCONSISTENT_PROTOCOL;
    if (r->protocol_count > PROTOCOLS_MAX || join_bytes(r) > c->options.member_bytes_max)
        return GROUP_INVALID_REQUEST;
    return GROUP_OK;
}

static void join_refuse(const struct join *j, enum group_error code) {
    reply_join_refused(j->c, j->ticket, code, j->r->member_id);
}

/* The protocols are fine and there is memory for them; else refuses. */
static bool join_fits(const struct join *j, const struct member *m) {
    size_t more = join_bytes(j->r);
    if (!group_accepts(j->g, m, j->r)) {
        join_refuse(j, GROUP_INCONSISTENT_PROTOCOL);
        return false;
    }
    if (!coordinator_has_room(j->c, m && m->bytes > more ? 0 : more)) {
        join_refuse(j, GROUP_NOT_AVAILABLE);
        return false;
    }
    return true;
}

/* Into the barrier, which begins if there is none. */
static void join_park(const struct join *j, struct member *m) {
    if (j->g->member_count == 1) { /* alone it may change the type */
        bytes_drop(&j->g->protocol_type);
        j->g->protocol_type = bytes_keep(j->r->protocol_type);
    }
    group_prepare(j->g, j->now_ms);
    member_park(m, &m->join, j->ticket);
    group_advance(j->g, j->now_ms);
}

static void join_add(const struct join *j, struct bytes own_id) {
    struct member *m = member_create(j->g, own_id, j->r);
    group_add(j->g, m);
    group_joined(j->g, j->now_ms);
    join_park(j, m);
}

/* With the current generation; nothing changes for the others. */
static void join_answer_now(const struct join *j, struct member *m) {
    m->must_sync = j->g->state == COMPLETING_REBALANCE;
    member_touch(m, j->now_ms);
    (void)reply_join(m, j->ticket);
}

static bool static_keeps_place(const struct group *g, const struct member *m,
                               const struct join_request *r) {
    if (g->state != STABLE)
        return false;
    const struct join_protocol *had = member_protocol(m, g->protocol);
    for (size_t i = 0; i < r->protocol_count; i++)
        if (bytes_equal(r->protocols[i].name, had->name))
            return bytes_equal(r->protocols[i].metadata, had->metadata);
    return false;
}

/* A leader that came back must not hand out assignments: nothing changed. Before version 9 it is
 * told that its old self still leads. */
static void static_answer_now(const struct join *j, struct member *m, struct bytes old_id) {
    m->must_sync = false;
    member_touch(m, j->now_ms);
    struct group_reply *reply = reply_join(m, j->ticket);
    if (m != j->g->leader)
        return;
    if (j->r->version >= 9) {
        reply->skip_assignment = true;
        return;
    }
    reply->leader = old_id;
    reply->members = NULL;
    reply->member_count = 0;
}

static void join_replace_static(const struct join *j, struct member *m) {
    if (!join_fits(j, m))
        return;
    struct bytes old_id = arena_copy(&j->c->arena, m->id);
    bool keeps_place = static_keeps_place(j->g, m, j->r);
    reply_parked(m, GROUP_FENCED_INSTANCE, j->now_ms);
    member_rename(m, member_new_id(j->c, j->r->client_id));
    member_update(m, j->r);
    if (keeps_place && bytes_equal(group_choose_protocol(j->g), j->g->protocol))
        static_answer_now(j, m, old_id);
    else
        join_park(j, m);
}

static void join_new(struct join *j) {
    bool is_static = j->r->group_instance_id.data;
    struct member *m = NULL;
    j->g = coordinator_get(j->c, j->r->group_id);
    if (!j->g) {
        join_refuse(j, GROUP_NOT_AVAILABLE);
        return;
    }
    if (is_static)
        m = group_find_instance(j->g, j->r->group_instance_id);
    if (m) {
        join_replace_static(j, m);
        return;
    }
    if (!join_fits(j, NULL))
        return;
    if (j->g->member_count + j->g->pending_count >= j->c->options.members_max) {
        join_refuse(j, GROUP_FULL);
        return;
    }
    struct bytes id = member_new_id(j->c, j->r->client_id);
    if (is_static || j->r->version < 4) {
        join_add(j, id);
        return;
    }
    reply_join_refused(j->c, j->ticket, GROUP_MEMBER_ID_REQUIRED, id);
    group_add_pending(j->g, id, j->now_ms + j->r->session_timeout_ms);
}

static void join_again(const struct join *j, struct member *m) {
    if (m->join.waits)
        reply_parked(m, GROUP_REBALANCE_IN_PROGRESS, j->now_ms); /* of a connection it gave up */
    member_update(m, j->r);
    join_park(j, m);
}

static void join_known(const struct join *j, struct member *m) {
    bool same = member_matches(m, j->r);
    if (!join_fits(j, m))
        return;
    switch (j->g->state) {
    case PREPARING_REBALANCE:
        join_again(j, m);
        return;
    case COMPLETING_REBALANCE:
        if (same)
            join_answer_now(j, m); /* its first answer was lost */
        else
            join_again(j, m);
        return;
    case STABLE:
        if (same && m != j->g->leader)
            join_answer_now(j, m);
        else
            join_again(j, m); /* a leader that joins again asks for a new balance */
        return;
    case EMPTY:
        assert(false); /* an empty group has no member */
    }
}

static void join_with_id(struct join *j) {
    struct member *m;
    j->g = coordinator_find(j->c, j->r->group_id);
    if (!j->g) {
        join_refuse(j, GROUP_UNKNOWN_MEMBER);
        return;
    }
    if (!j->r->group_instance_id.data && group_has_pending(j->g, j->r->member_id)) {
        if (!join_fits(j, NULL))
            return;
        (void)group_remove_pending(j->g, j->r->member_id);
        join_add(j, bytes_keep(j->r->member_id));
        return;
    }
    struct group_speaker speaker = { j->r->group_id, j->r->member_id, j->r->group_instance_id, 0 };
    enum group_error code = group_find_speaker(j->g, &speaker, &m);
    if (code)
        join_refuse(j, code);
    else
        join_known(j, m);
}

void coordinator_join(struct coordinator *c, uint64_t ticket, const struct join_request *request,
                      int64_t now_ms) {
    struct join j = { c, NULL, ticket, request, now_ms };
    enum group_error code = join_check(c, request);
    if (code)
        join_refuse(&j, code);
    else if (request->member_id.len)
        join_with_id(&j);
    else
        join_new(&j);
}
