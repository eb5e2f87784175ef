/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The coordinator: its groups, its limits, its next deadline, and tickets that are withdrawn.
 *
 * The deadline is a lower bound: setting a timer lowers it, a heartbeat that moves a timer later
 * leaves it. So it costs nothing per heartbeat, and a tick that comes too early looks once at
 * everything and puts it right. */
#include "group.h"

#include "base/check.h"

#include <stdlib.h>

static void options_fill(struct coordinator_options *o) {
    if (!o->session_timeout_min_ms)
        o->session_timeout_min_ms = GROUP_SESSION_MIN_MS;
    if (!o->session_timeout_max_ms)
        o->session_timeout_max_ms = GROUP_SESSION_MAX_MS;
    if (!o->groups_max)
        o->groups_max = 10000;
    if (!o->members_max)
        o->members_max = 1000;
    if (!o->member_bytes_max)
        o->member_bytes_max = (size_t)1 << 20;
    if (!o->bytes_max)
        o->bytes_max = (size_t)64 << 20;
}

struct coordinator *coordinator_create(const struct coordinator_options *options) {
    struct coordinator *c = memory_get(sizeof(*c));
    c->options = *options;
    options_fill(&c->options);
    c->random = random_seeded(options->seed);
    c->deadline_ms = NEVER;
    return c;
}

void coordinator_destroy(struct coordinator *c) {
    struct bytes id;
    void *group;
    if (!c)
        return;
    for (size_t at = 0; table_next(&c->groups, &at, &id, &group);)
        group_destroy(group);
    assert(c->bytes == 0);
    table_finish(&c->groups);
    table_finish(&c->parked);
    arena_finish(&c->arena);
    free(c->replies);
    free(c);
}

struct group *coordinator_find(const struct coordinator *c, struct bytes group_id) {
    return table_find(&c->groups, group_id);
}

static bool group_is_forgettable(const struct group *g) {
    return g->state == EMPTY && !g->pending_count;
}

static bool forget_one_empty(struct coordinator *c) {
    struct bytes id;
    void *group;
    for (size_t at = 0; table_next(&c->groups, &at, &id, &group);)
        if (group_is_forgettable(group)) {
            (void)table_remove(&c->groups, id);
            group_destroy(group);
            return true;
        }
    return false;
}

bool coordinator_has_room(const struct coordinator *c, size_t bytes) {
    return c->bytes + bytes <= c->options.bytes_max;
}

struct group *coordinator_get(struct coordinator *c, struct bytes group_id) {
    struct group *g = coordinator_find(c, group_id);
    if (g)
        return g;
    while (c->groups.count >= c->options.groups_max
           || !coordinator_has_room(c, sizeof(*g) + group_id.len))
        if (!forget_one_empty(c))
            return NULL;
    g = group_create(c, group_id);
    (void)table_put(&c->groups, group_id, g);
    return g;
}

void coordinator_due(struct coordinator *c, int64_t at_ms) {
    if (at_ms < c->deadline_ms)
        c->deadline_ms = at_ms;
}

int64_t coordinator_next_deadline_ms(const struct coordinator *c) {
    return c->deadline_ms;
}

void coordinator_tick(struct coordinator *c, int64_t now_ms) {
    struct bytes id;
    void *group;
    if (now_ms < c->deadline_ms)
        return;
    for (size_t at = 0; table_next(&c->groups, &at, &id, &group);)
        group_tick(group, now_ms);
    c->deadline_ms = NEVER;
    for (size_t at = 0; table_next(&c->groups, &at, &id, &group);)
        coordinator_due(c, group_next_deadline_ms(group));
}

void coordinator_forget(struct coordinator *c, uint64_t ticket, int64_t now_ms) {
    struct member *m = table_find(&c->parked, bytes_of(&ticket, sizeof(ticket)));
    if (!m)
        return;
    struct group *g = m->group;
    bool joins = m->join.waits && m->join.ticket == ticket;
    member_unpark(m, joins ? &m->join : &m->sync, now_ms);
    if (!joins)
        m->must_sync = true; /* it still has to ask for its assignment */
    if (!joins || m->knows_id)
        return;
    group_remove(g, m, now_ms); /* nobody will ever speak with its id */
    group_settle(g, now_ms);
}

/* ---- looking in */

static struct group_member_view member_view(const struct member *m, struct arena *arena) {
    const struct group *g = m->group;
    struct group_member_view view = {
        .member_id = arena_copy(arena, m->id),
        .group_instance_id = arena_copy(arena, m->instance_id),
        .client_id = arena_copy(arena, m->client_id),
        .client_host = arena_copy(arena, m->client_host),
        .metadata = bytes_text(""),
        .assignment = bytes_text(""),
    };
    if (g->state == STABLE) {
        view.metadata = arena_copy(arena, member_protocol(m, g->protocol)->metadata);
        if (m->assignment.data)
            view.assignment = arena_copy(arena, m->assignment);
    }
    return view;
}

bool coordinator_view(const struct coordinator *c, struct bytes group_id, struct arena *arena,
                      struct group_view *out) {
    const struct group *g = coordinator_find(c, group_id);
    if (!g)
        return false;
    struct group_member_view *members = arena_get(arena, g->member_count * sizeof(*members));
    for (size_t i = 0; i < g->member_count; i++)
        members[i] = member_view(g->members[i], arena);
    *out = (struct group_view){
        .group_id = arena_copy(arena, g->id),
        .state = group_state_name(g->state),
        .generation = g->generation,
        .protocol_type =
            g->protocol_type.data ? arena_copy(arena, g->protocol_type) : bytes_text(""),
        .protocol = g->state == STABLE ? arena_copy(arena, g->protocol) : bytes_text(""),
        .leader = g->leader ? arena_copy(arena, g->leader->id) : bytes_text(""),
        .members = members,
        .member_count = g->member_count,
    };
    return true;
}

bool coordinator_next_group(const struct coordinator *c, size_t *at, struct bytes *group_id) {
    void *group;
    return table_next(&c->groups, at, group_id, &group);
}

bool coordinator_has_group(const struct coordinator *c, struct bytes group_id) {
    return coordinator_find(c, group_id);
}

bool coordinator_group_is_busy(const struct coordinator *c, struct bytes group_id) {
    const struct group *g = coordinator_find(c, group_id);
    return g && !group_is_forgettable(g);
}

void coordinator_delete_group(struct coordinator *c, struct bytes group_id) {
    struct group *g = coordinator_find(c, group_id);
    if (!g)
        return;
    assert(group_is_forgettable(g));
    (void)table_remove(&c->groups, group_id);
    group_destroy(g);
}
