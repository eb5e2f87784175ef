/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a member says between two Joins: SyncGroup, Heartbeat, LeaveGroup, and whether it may commit
 * offsets. Each is first checked for who speaks and of which generation; a rebalance under way is
 * told as REBALANCE_IN_PROGRESS. */
#include "group.h"

#include "base/check.h"

/* The group and member that speak, or why not. */
static enum group_error speaker_find(const struct coordinator *c,
                                     const struct group_speaker *speaker, struct group **g,
                                     struct member **m) {
    if (!speaker->group_id.len)
        return GROUP_INVALID_ID;
    *g = coordinator_find(c, speaker->group_id);
    if (!*g)
        return GROUP_UNKNOWN_MEMBER;
    enum group_error code = group_find_speaker(*g, speaker, m);
    if (code)
        return code;
    return speaker->generation == (*g)->generation ? GROUP_OK : GROUP_ILLEGAL_GENERATION;
}

/* ---- SyncGroup */

static enum group_error sync_find(const struct coordinator *c, const struct sync_request *r,
                                  struct group **g, struct member **m) {
    struct group_speaker speaker = { r->group_id, r->member_id, r->group_instance_id,
                                     r->generation };
    enum group_error code = speaker_find(c, &speaker, g, m);
    if (code)
        return code;
    if (r->protocol_type.data && !bytes_equal(r->protocol_type, (*g)->protocol_type))
        return GROUP_INCONSISTENT_PROTOCOL;
    if (r->protocol.data && !bytes_equal(r->protocol, (*g)->protocol))
        return GROUP_INCONSISTENT_PROTOCOL;
    return GROUP_OK;
}

/* The leader's list: bounded, each assignment and all of them. */
static enum group_error assignments_check(struct coordinator *c, const struct sync_request *r) {
    size_t bytes = 0;
    if (r->assignment_count > c->options.members_max)
        return GROUP_INVALID_REQUEST;
    for (size_t i = 0; i < r->assignment_count; i++) {
        bytes += r->assignments[i].assignment.len;
        if (r->assignments[i].assignment.len > c->options.member_bytes_max)
            return GROUP_INVALID_REQUEST;
    }
    return coordinator_has_room(c, bytes) ? GROUP_OK : GROUP_NOT_AVAILABLE;
}

static void assignments_take(struct group *g, const struct sync_request *r) {
    for (size_t i = 0; i < r->assignment_count; i++) {
        struct member *m = group_find(g, r->assignments[i].member_id);
        if (m) /* a member that is not listed gets nothing; one that is not known is not ours */
            member_assign(m, r->assignments[i].assignment);
    }
}

static void sync_park(struct member *m, uint64_t ticket, int64_t now_ms) {
    if (m->sync.waits)
        reply_parked(m, GROUP_REBALANCE_IN_PROGRESS, now_ms); /* of a connection it gave up */
    m->must_sync = false;
    member_park(m, &m->sync, ticket);
}

static enum group_error sync_complete(struct member *m, uint64_t ticket,
                                      const struct sync_request *r, int64_t now_ms) {
    struct group *g = m->group;
    bool leads = g->leader == m;
    enum group_error code = leads ? assignments_check(g->coordinator, r) : GROUP_OK;
    if (code)
        return code;
    sync_park(m, ticket, now_ms);
    if (leads) {
        assignments_take(g, r);
        group_finish_sync(g, now_ms);
    }
    return GROUP_OK;
}

static enum group_error sync_member(struct member *m, uint64_t ticket, const struct sync_request *r,
                                    int64_t now_ms) {
    switch (m->group->state) {
    case PREPARING_REBALANCE:
        return GROUP_REBALANCE_IN_PROGRESS;
    case COMPLETING_REBALANCE:
        return sync_complete(m, ticket, r, now_ms);
    case STABLE:
        m->must_sync = false;
        member_touch(m, now_ms);
        reply_sync(m, ticket);
        return GROUP_OK;
    case EMPTY:
        break;
    }
    return GROUP_UNKNOWN_MEMBER;
}

void coordinator_sync(struct coordinator *c, uint64_t ticket, const struct sync_request *request,
                      int64_t now_ms) {
    struct group *g;
    struct member *m;
    enum group_error code = sync_find(c, request, &g, &m);
    if (!code)
        code = sync_member(m, ticket, request, now_ms);
    if (code)
        (void)reply_add(c, ticket, GROUP_REPLY_SYNC, code);
}

/* ---- Heartbeat and OffsetCommit */

void coordinator_heartbeat(struct coordinator *c, uint64_t ticket,
                           const struct group_speaker *speaker, int64_t now_ms) {
    struct group *g;
    struct member *m;
    enum group_error code = speaker_find(c, speaker, &g, &m);
    if (!code) {
        member_touch(m, now_ms);
        if (g->state == PREPARING_REBALANCE)
            code = GROUP_REBALANCE_IN_PROGRESS;
    }
    (void)reply_add(c, ticket, GROUP_REPLY_HEARTBEAT, code);
}

enum group_error coordinator_check_commit(struct coordinator *c,
                                          const struct group_speaker *speaker, int64_t now_ms) {
    struct group *g = coordinator_find(c, speaker->group_id);
    struct member *m;
    bool simple = speaker->generation < 0;
    if (!speaker->group_id.len)
        return GROUP_INVALID_ID;
    if (!g || g->state == EMPTY)
        return simple ? GROUP_OK : GROUP_ILLEGAL_GENERATION;
    if (simple && !speaker->member_id.len && !speaker->group_instance_id.data)
        return GROUP_UNKNOWN_MEMBER; /* while a group has members, only they commit */
    enum group_error code = speaker_find(c, speaker, &g, &m);
    if (code)
        return code;
    member_touch(m, now_ms);
    /* Preparing is fine: that is when clients commit what they are about to give away. */
    return g->state == COMPLETING_REBALANCE ? GROUP_REBALANCE_IN_PROGRESS : GROUP_OK;
}

/* ---- LeaveGroup */

static enum group_error leave_find(struct group *g, const struct leave_member *who,
                                   struct member **out) {
    if (who->group_instance_id.data && !who->member_id.len) { /* an operator removes it by name */
        *out = group_find_instance(g, who->group_instance_id);
        return *out ? GROUP_OK : GROUP_UNKNOWN_MEMBER;
    }
    struct group_speaker speaker = { g->id, who->member_id, who->group_instance_id, 0 };
    return group_find_speaker(g, &speaker, out);
}

static enum group_error leave_one(struct group *g, const struct leave_member *who, int64_t now_ms) {
    struct member *m;
    if (!who->group_instance_id.data && group_remove_pending(g, who->member_id))
        return GROUP_OK;
    enum group_error code = leave_find(g, who, &m);
    if (!code)
        group_remove(g, m, now_ms);
    return code;
}

static void leave_all(struct coordinator *c, const struct leave_request *r,
                      struct leave_reply_member *left, int64_t now_ms) {
    struct group *g = coordinator_find(c, r->group_id);
    size_t before = g ? g->member_count : 0;
    for (size_t i = 0; i < r->member_count; i++) {
        left[i].member_id = arena_copy(&c->arena, r->members[i].member_id);
        left[i].group_instance_id = arena_copy(&c->arena, r->members[i].group_instance_id);
        left[i].code = g ? leave_one(g, &r->members[i], now_ms) : GROUP_UNKNOWN_MEMBER;
    }
    if (g && g->member_count < before)
        group_settle(g, now_ms);
    else if (g)
        group_advance(g, now_ms); /* a given-up id may have been all the barrier waited for */
}

static enum group_error leave_check(const struct coordinator *c, const struct leave_request *r) {
    if (!r->group_id.len)
        return GROUP_INVALID_ID;
    return r->member_count > c->options.members_max ? GROUP_INVALID_REQUEST : GROUP_OK;
}

void coordinator_leave(struct coordinator *c, uint64_t ticket, const struct leave_request *request,
                       int64_t now_ms) {
    struct leave_reply_member *left = NULL;
    enum group_error code = leave_check(c, request);
    if (!code) {
        left = arena_get(&c->arena, request->member_count * sizeof(*left));
        leave_all(c, request, left, now_ms);
        if (!request->batched && request->member_count)
            code = left[0].code;
    }
    struct group_reply *reply = reply_add(c, ticket, GROUP_REPLY_LEAVE, code);
    reply->left = left;
    reply->left_count = left ? request->member_count : 0;
}
