/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A group's life: who is in it, and the rebalance that gives all of them one generation.
 *
 * A rebalance has two halves. Preparing: everyone is told to join again (heartbeats answer
 * REBALANCE_IN_PROGRESS) and their Joins are parked until all known members and all who hold a
 * fresh id have come, or the longest rebalance timeout is over; who has not come by then is out,
 * unless static. Completing: all know the new generation, their Syncs are parked until the leader
 * sends the assignment; who has not asked within the same time is out, and the rebalance begins
 * again. Invariant, asserted at every move: Joins are parked only while preparing, Syncs only
 * while completing, a generation has a leader and a protocol that every member has. */
#include "group.h"

#include "base/check.h"
#include "base/event.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    enum group_state from;
    enum group_state to;
    const char *because;
} group_moves[] = {
    { EMPTY, PREPARING_REBALANCE, "the first member joined" },
    { PREPARING_REBALANCE, COMPLETING_REBALANCE, "all rejoined, or time ran out" },
    { COMPLETING_REBALANCE, STABLE, "the leader sent the assignment" },
    { COMPLETING_REBALANCE, PREPARING_REBALANCE, "members changed before the assignment" },
    { STABLE, PREPARING_REBALANCE, "members or subscription changed" },
    { PREPARING_REBALANCE, EMPTY, "the last member left" },
    { COMPLETING_REBALANCE, EMPTY, "the last member left" },
    { STABLE, EMPTY, "the last member left" },
};

static const char *move_find(enum group_state from, enum group_state to) {
    for (size_t i = 0; i < sizeof(group_moves) / sizeof(*group_moves); i++)
        if (group_moves[i].from == from && group_moves[i].to == to)
            return group_moves[i].because;
    return NULL;
}

const char *group_state_name(enum group_state s) {
    switch (s) {
    case EMPTY:
        return "Empty";
    case PREPARING_REBALANCE:
        return "PreparingRebalance";
    case COMPLETING_REBALANCE:
        return "CompletingRebalance";
    case STABLE:
        return "Stable";
    }
    return "Dead";
}

static void group_assert(const struct group *g) {
    bool has_generation = g->state == COMPLETING_REBALANCE || g->state == STABLE;
    assert((g->member_count == 0) == (g->state == EMPTY));
    assert(!has_generation || (g->leader && g->protocol.data));
    for (size_t i = 0; i < g->member_count; i++) {
        const struct member *m = g->members[i];
        assert(m->group == g);
        assert(!m->join.waits || g->state == PREPARING_REBALANCE);
        assert(!m->sync.waits || g->state == COMPLETING_REBALANCE);
        assert(!has_generation || member_protocol(m, g->protocol));
    }
}

static void group_move(struct group *g, enum group_state to) {
    const char *because = move_find(g->state, to);
    assert(because);
    g->state = to;
    group_assert(g);
    if (to == STABLE || to == EMPTY)
        event_log(EV_group_rebalanced, "state=%s generation=%d members=%zu because=\"%s\"",
                  group_state_name(to), g->generation, g->member_count, because);
}

struct group *group_create(struct coordinator *c, struct bytes id) {
    struct group *g = memory_get(sizeof(*g));
    g->coordinator = c;
    g->id = bytes_keep(id);
    g->deadline_ms = NEVER;
    c->bytes += sizeof(*g) + id.len;
    return g;
}

static void group_drop_pending(struct group *g, size_t at) {
    g->coordinator->bytes -= sizeof(*g->pending) + g->pending[at].id.len;
    bytes_drop(&g->pending[at].id);
    g->pending[at] = g->pending[--g->pending_count];
}

void group_destroy(struct group *g) {
    for (size_t i = 0; i < g->member_count; i++) {
        g->members[i]->join.waits = g->members[i]->sync.waits = false;
        member_destroy(g->members[i]);
    }
    while (g->pending_count)
        group_drop_pending(g, g->pending_count - 1);
    g->coordinator->bytes -= sizeof(*g) + g->id.len;
    bytes_drop(&g->id);
    bytes_drop(&g->protocol_type);
    bytes_drop(&g->protocol);
    free(g->members);
    free(g->pending);
    free(g);
}

/* ---- who is in it */

struct member *group_find(const struct group *g, struct bytes member_id) {
    for (size_t i = 0; i < g->member_count; i++)
        if (bytes_equal(g->members[i]->id, member_id))
            return g->members[i];
    return NULL;
}

struct member *group_find_instance(const struct group *g, struct bytes instance_id) {
    for (size_t i = 0; i < g->member_count; i++)
        if (g->members[i]->instance_id.data && bytes_equal(g->members[i]->instance_id, instance_id))
            return g->members[i];
    return NULL;
}

enum group_error group_find_speaker(const struct group *g, const struct group_speaker *speaker,
                                    struct member **out) {
    *out = NULL;
    if (speaker->group_instance_id.data) {
        struct member *m = group_find_instance(g, speaker->group_instance_id);
        if (!m)
            return GROUP_UNKNOWN_MEMBER;
        if (!bytes_equal(m->id, speaker->member_id))
            return GROUP_FENCED_INSTANCE;
        *out = m;
        return GROUP_OK;
    }
    *out = group_find(g, speaker->member_id);
    return *out ? GROUP_OK : GROUP_UNKNOWN_MEMBER;
}

void group_add(struct group *g, struct member *m) {
    if (g->member_count == g->member_capacity) {
        g->member_capacity = g->member_capacity ? 2 * g->member_capacity : 4;
        g->members = memory_resize(g->members, g->member_capacity * sizeof(*g->members));
    }
    g->members[g->member_count++] = m;
}

void group_remove(struct group *g, struct member *m, int64_t now_ms) {
    size_t at = 0;
    while (g->members[at] != m)
        at++;
    reply_parked(m, GROUP_UNKNOWN_MEMBER, now_ms);
    memmove(&g->members[at], &g->members[at + 1], (g->member_count - at - 1) * sizeof(*g->members));
    g->member_count--;
    if (g->leader == m)
        g->leader = NULL;
    member_destroy(m);
}

void group_add_pending(struct group *g, struct bytes own_id, int64_t expires_ms) {
    g->pending = memory_resize(g->pending, (g->pending_count + 1) * sizeof(*g->pending));
    g->pending[g->pending_count++] = (struct pending_id){ own_id, expires_ms };
    g->coordinator->bytes += sizeof(*g->pending) + own_id.len;
    coordinator_due(g->coordinator, expires_ms);
}

bool group_has_pending(const struct group *g, struct bytes member_id) {
    for (size_t i = 0; i < g->pending_count; i++)
        if (bytes_equal(g->pending[i].id, member_id))
            return true;
    return false;
}

bool group_remove_pending(struct group *g, struct bytes member_id) {
    for (size_t i = 0; i < g->pending_count; i++)
        if (bytes_equal(g->pending[i].id, member_id)) {
            group_drop_pending(g, i);
            return true;
        }
    return false;
}

/* ---- protocols */

/* All but `without` have it. */
static bool group_all_have(const struct group *g, struct bytes name, const struct member *without) {
    for (size_t i = 0; i < g->member_count; i++)
        if (g->members[i] != without && !member_protocol(g->members[i], name))
            return false;
    return true;
}

bool group_accepts(const struct group *g, const struct member *m, const struct join_request *r) {
    size_t others = g->member_count - (m ? 1 : 0);
    if (!r->protocol_type.len)
        return false;
    if (others && !bytes_equal(g->protocol_type, r->protocol_type))
        return false;
    for (size_t i = 0; i < r->protocol_count; i++)
        if (group_all_have(g, r->protocols[i].name, m))
            return true;
    return false;
}

/* Which of the oldest member's protocols, of those that are common. */
static size_t member_vote(const struct member *m, const struct member *oldest, const bool *common) {
    for (size_t i = 0; i < m->protocol_count; i++)
        for (size_t p = 0; p < oldest->protocol_count; p++)
            if (common[p] && bytes_equal(m->protocols[i].name, oldest->protocols[p].name))
                return p;
    assert(false); /* group_accepts kept one protocol that all have */
    return 0;
}

/* Each member votes for the first of its protocols that all have; ties go to the one that the
 * oldest member wants more. The result lives in a member. */
struct bytes group_choose_protocol(const struct group *g) {
    const struct member *oldest = g->members[0];
    size_t votes[PROTOCOLS_MAX] = { 0 };
    bool common[PROTOCOLS_MAX];
    size_t best = 0;
    for (size_t p = 0; p < oldest->protocol_count; p++)
        common[p] = group_all_have(g, oldest->protocols[p].name, oldest);
    for (size_t i = 0; i < g->member_count; i++)
        votes[member_vote(g->members[i], oldest, common)]++;
    for (size_t p = 1; p < oldest->protocol_count; p++)
        if (votes[p] > votes[best])
            best = p;
    assert(votes[best]);
    return oldest->protocols[best].name;
}

/* ---- the rebalance */

static int64_t group_rebalance_timeout(const struct group *g) {
    int32_t longest = 0;
    for (size_t i = 0; i < g->member_count; i++)
        if (g->members[i]->rebalance_timeout_ms > longest)
            longest = g->members[i]->rebalance_timeout_ms;
    return longest;
}

/* Members that start together would else rebalance once for each: an empty group waits a while, and
 * as long again for each that comes, but never beyond the rebalance timeout. */
static void group_gather(struct group *g, int64_t now_ms) {
    int64_t until = now_ms + g->coordinator->options.initial_delay_ms;
    g->gathers_until_ms = until < g->deadline_ms ? until : g->deadline_ms;
    coordinator_due(g->coordinator, g->gathers_until_ms);
}

static void group_set_deadline(struct group *g, int64_t now_ms) {
    g->deadline_ms = now_ms + group_rebalance_timeout(g);
    coordinator_due(g->coordinator, g->deadline_ms);
}

void group_prepare(struct group *g, int64_t now_ms) {
    if (g->state == PREPARING_REBALANCE)
        return;
    for (size_t i = 0; i < g->member_count; i++) {
        struct member *m = g->members[i];
        m->must_sync = false;
        if (m->sync.waits) {
            uint64_t ticket = m->sync.ticket;
            member_unpark(m, &m->sync, now_ms);
            (void)reply_add(g->coordinator, ticket, GROUP_REPLY_SYNC, GROUP_REBALANCE_IN_PROGRESS);
        }
    }
    bool is_first = g->state == EMPTY;
    group_move(g, PREPARING_REBALANCE);
    group_set_deadline(g, now_ms);
    g->gathers_until_ms = 0;
    if (is_first && g->coordinator->options.initial_delay_ms)
        group_gather(g, now_ms);
}

void group_joined(struct group *g, int64_t now_ms) {
    if (g->state == PREPARING_REBALANCE && g->gathers_until_ms > now_ms)
        group_gather(g, now_ms);
}

static void group_become_empty(struct group *g) {
    g->generation++;
    g->leader = NULL;
    g->deadline_ms = NEVER;
    bytes_drop(&g->protocol);
    group_move(g, EMPTY);
}

/* The leader stays if it has joined; else the first that has. False: nobody has joined. */
static bool group_elect(struct group *g) {
    if (g->leader && g->leader->join.waits)
        return true;
    for (size_t i = 0; i < g->member_count; i++)
        if (g->members[i]->join.waits) {
            g->leader = g->members[i];
            return true;
        }
    return false;
}

static void group_remove_absent(struct group *g, int64_t now_ms) {
    for (size_t i = g->member_count; i-- > 0;) {
        struct member *m = g->members[i];
        if (!m->join.waits && !m->instance_id.data)
            group_remove(g, m, now_ms);
    }
}

static void group_tell_generation(struct group *g, int64_t now_ms) {
    for (size_t i = 0; i < g->member_count; i++) {
        struct member *m = g->members[i];
        member_assign(m, (struct bytes){ 0 });
        if (!m->join.waits)
            continue;
        uint64_t ticket = m->join.ticket;
        member_unpark(m, &m->join, now_ms);
        m->must_sync = true;
        (void)reply_join(m, ticket);
    }
}

/* The barrier ends. */
static void group_begin_generation(struct group *g, int64_t now_ms) {
    group_remove_absent(g, now_ms);
    if (!g->member_count) {
        group_become_empty(g);
        return;
    }
    if (!group_elect(g)) { /* only static members, all away: wait on, sessions decide */
        group_set_deadline(g, now_ms);
        return;
    }
    struct bytes chosen = bytes_keep(group_choose_protocol(g));
    bytes_drop(&g->protocol);
    g->protocol = chosen;
    g->generation++;
    group_tell_generation(g, now_ms);
    group_move(g, COMPLETING_REBALANCE);
    group_set_deadline(g, now_ms);
}

void group_advance(struct group *g, int64_t now_ms) {
    if (g->state != PREPARING_REBALANCE || g->pending_count || g->gathers_until_ms > now_ms)
        return;
    for (size_t i = 0; i < g->member_count; i++)
        if (!g->members[i]->join.waits)
            return;
    group_begin_generation(g, now_ms);
}

void group_settle(struct group *g, int64_t now_ms) {
    if (!g->member_count) {
        if (g->state != EMPTY)
            group_become_empty(g);
        return;
    }
    group_prepare(g, now_ms);
    group_advance(g, now_ms);
}

void group_finish_sync(struct group *g, int64_t now_ms) {
    for (size_t i = 0; i < g->member_count; i++) {
        struct member *m = g->members[i];
        if (!m->sync.waits)
            continue;
        uint64_t ticket = m->sync.ticket;
        member_unpark(m, &m->sync, now_ms);
        reply_sync(m, ticket);
    }
    group_move(g, STABLE);
}

/* ---- time */

static bool group_expire(struct group *g, int64_t now_ms) {
    bool gone = false;
    for (size_t i = g->pending_count; i-- > 0;)
        if (g->pending[i].expires_ms <= now_ms)
            group_drop_pending(g, i);
    for (size_t i = g->member_count; i-- > 0;)
        if (g->members[i]->expires_ms <= now_ms) {
            group_remove(g, g->members[i], now_ms);
            gone = true;
        }
    return gone;
}

/* Told of the generation, and silent since. After the leader's assignment it only concerns the
 * one that is silent, and yet the group must be balanced again: its partitions lie idle. */
static bool group_remove_silent(struct group *g, int64_t now_ms) {
    bool gone = false;
    for (size_t i = g->member_count; i-- > 0;)
        if (g->members[i]->must_sync) {
            group_remove(g, g->members[i], now_ms);
            gone = true;
        }
    g->deadline_ms = NEVER;
    return gone;
}

void group_tick(struct group *g, int64_t now_ms) {
    if (group_expire(g, now_ms))
        group_settle(g, now_ms);
    if (g->gathers_until_ms <= now_ms)
        g->gathers_until_ms = 0; /* it is over: what is waited for now is somebody's id */
    group_advance(g, now_ms);    /* an id that nobody used no longer holds the barrier */
    if (g->deadline_ms > now_ms)
        return;
    if (g->state == PREPARING_REBALANCE)
        group_begin_generation(g, now_ms);
    else if (group_remove_silent(g, now_ms))
        group_settle(g, now_ms);
}

int64_t group_next_deadline_ms(const struct group *g) {
    int64_t next = g->deadline_ms;
    if (g->state == PREPARING_REBALANCE && g->gathers_until_ms && g->gathers_until_ms < next)
        next = g->gathers_until_ms;
    for (size_t i = 0; i < g->member_count; i++)
        if (g->members[i]->expires_ms < next)
            next = g->members[i]->expires_ms;
    for (size_t i = 0; i < g->pending_count; i++)
        if (g->pending[i].expires_ms < next)
            next = g->pending[i].expires_ms;
    return next;
}
