/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Thousands of random stories: clients join, sync, beat, leave, restart, vanish and are slow, and
 * after every event the promises hold: each ticket is answered exactly once (a withdrawn one
 * never), a generation has one leader and one protocol, generations only grow, whoever is answered
 * is who asked, who is put out hears UNKNOWN_MEMBER_ID, and in the end nothing stays parked. */
#include "coordinator.h"

#include "base/random.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 8, GROUPS = 2, EVENTS = 400, STORIES = 5000, TICKETS = EVENTS * 4 };
enum { MEMBERS = 64 }; /* a client that restarts leaves its old self behind for a session */
enum { IDLE, JOINING, SYNCING };

struct client {
    int group;
    int is_static;
    char id[64]; /* empty: it has none */
    int generation;
    bool leads;
    bool stable; /* it has the assignment of its generation */
    int waits;   /* IDLE, JOINING, SYNCING */
    uint64_t ticket;
    char members[MEMBERS][64]; /* as leader */
    char names[MEMBERS][64];   /* what it assigns to each: its instance id, or its member id */
    size_t member_count;
};

struct told { /* what was said of one generation of one group */
    char leader[64];
    char protocol[16];
    int lists; /* how many distinct members got the list */
};

struct story {
    struct coordinator *c;
    struct random random;
    int64_t now;
    uint64_t tickets;
    bool open[TICKETS]; /* asked, not answered, not withdrawn */
    bool settled;       /* the end: no more mischief */
    struct client clients[CLIENTS];
    int newest[GROUPS];
    struct told told[GROUPS][TICKETS];
};

static struct story *s;

static bool chance(unsigned percent) {
    return random_below(&s->random, 100) < percent;
}

static uint64_t ask(struct client *k, int waits) {
    uint64_t ticket = ++s->tickets;
    CHECK(ticket < TICKETS);
    s->open[ticket] = true;
    k->waits = waits;
    k->ticket = ticket;
    return ticket;
}

static void set_text(char *to, size_t size, struct bytes from) {
    CHECK(from.len < size);
    (void)snprintf(to, size, "%.*s", (int)from.len, (const char *)from.data);
}

static struct bytes group_name(const struct client *k) {
    return bytes_text(k->group ? "beta" : "alpha");
}

static struct bytes instance_name(const struct client *k) {
    static const char *const names[] = { "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7" };
    return k->is_static ? bytes_text(names[k - s->clients]) : (struct bytes){ 0 };
}

/* ---- what is heard */

static void hear_generation(const struct client *k, const struct group_reply *r) {
    struct told *t = &s->told[k->group][r->generation];
    char text[64];
    CHECK(r->generation > 0 && r->generation >= k->generation);
    CHECK(r->generation >= s->newest[k->group]); /* an old generation is never handed out */
    s->newest[k->group] = r->generation;
    set_text(text, sizeof(text), r->protocol);
    if (!t->protocol[0])
        set_text(t->protocol, sizeof(t->protocol), r->protocol);
    CHECK_TEXT(text, t->protocol); /* one protocol in a generation */
    if (!r->member_count)
        return;
    set_text(text, sizeof(text), r->leader);
    CHECK(bytes_equal(r->leader, r->member_id)); /* only the leader gets the list */
    if (r->skip_assignment)
        return;
    if (!t->leader[0])
        set_text(t->leader, sizeof(t->leader), r->leader);
    CHECK_TEXT(text, t->leader); /* one leader in a generation */
}

static void hear_join(struct client *k, const struct group_reply *r) {
    switch (r->code) {
    case GROUP_OK:
        hear_generation(k, r);
        if (k->id[0] && !k->is_static)
            CHECK(bytes_is_text(r->member_id, k->id));
        set_text(k->id, sizeof(k->id), r->member_id);
        k->generation = r->generation;
        k->stable = false;
        k->leads = r->member_count && !r->skip_assignment;
        k->member_count = k->leads ? r->member_count : 0;
        CHECK(k->member_count <= MEMBERS);
        for (size_t i = 0; i < k->member_count; i++) {
            const struct join_reply_member *m = &r->members[i];
            set_text(k->members[i], sizeof(k->members[i]), m->member_id);
            set_text(k->names[i], sizeof(k->names[i]),
                     m->group_instance_id.data ? m->group_instance_id : m->member_id);
        }
        return;
    case GROUP_MEMBER_ID_REQUIRED:
        CHECK(!k->id[0]);
        set_text(k->id, sizeof(k->id), r->member_id);
        return;
    case GROUP_UNKNOWN_MEMBER:
    case GROUP_FENCED_INSTANCE:
        k->id[0] = 0;
        return;
    case GROUP_REBALANCE_IN_PROGRESS:
        return;
    case GROUP_NOT_AVAILABLE:
    case GROUP_ILLEGAL_GENERATION:
    case GROUP_INCONSISTENT_PROTOCOL:
    case GROUP_INVALID_ID:
    case GROUP_INVALID_SESSION_TIMEOUT:
    case GROUP_INVALID_REQUEST:
    case GROUP_FULL:
        break;
    }
    test_failed(__FILE__, __LINE__, "join answered %d", (int)r->code);
}

static void hear_sync(struct client *k, const struct group_reply *r) {
    char text[64];
    if (r->code == GROUP_OK) {
        set_text(text, sizeof(text), r->assignment);
        if (k->is_static)
            CHECK(bytes_equal(r->assignment, instance_name(k))); /* also after a restart */
        else
            CHECK_TEXT(text, k->id);
        k->stable = true;
    } else if (r->code == GROUP_UNKNOWN_MEMBER || r->code == GROUP_FENCED_INSTANCE) {
        k->id[0] = 0;
    } else {
        CHECK(r->code == GROUP_REBALANCE_IN_PROGRESS || r->code == GROUP_ILLEGAL_GENERATION);
        k->generation = 0;
    }
}

static void hear(const struct group_reply *r) {
    CHECK(r->ticket && r->ticket <= s->tickets && s->open[r->ticket]);
    s->open[r->ticket] = false;
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *k = &s->clients[i];
        if (k->waits == IDLE || k->ticket != r->ticket)
            continue;
        int waited = k->waits;
        k->waits = IDLE;
        CHECK((int)r->kind == (waited == JOINING ? GROUP_REPLY_JOIN : GROUP_REPLY_SYNC));
        if (waited == JOINING)
            hear_join(k, r);
        else
            hear_sync(k, r);
    }
}

static void hear_all(void) {
    size_t count;
    const struct group_reply *replies = coordinator_replies(s->c, &count);
    for (size_t i = 0; i < count; i++)
        hear(&replies[i]);
    coordinator_replies_clear(s->c);
}

/* ---- what is said */

static void say_join(struct client *k) {
    char metadata[16];
    (void)snprintf(metadata, sizeof(metadata), "m%d", chance(10) && !s->settled ? 1 : 0);
    struct join_protocol protocols[] = { { bytes_text("range"), bytes_text(metadata) },
                                         { bytes_text("sticky"), bytes_text(metadata) } };
    if (chance(20)) {
        struct join_protocol swapped = protocols[0];
        protocols[0] = protocols[1];
        protocols[1] = swapped;
    }
    struct join_request request = {
        .version = (int16_t)random_below(&s->random, 10),
        .group_id = group_name(k),
        .member_id = bytes_text(k->id),
        .group_instance_id = instance_name(k),
        .client_id = bytes_text("model"),
        .protocol_type = bytes_text("consumer"),
        .session_timeout_ms = 1000 + (int32_t)random_below(&s->random, 9000),
        .rebalance_timeout_ms = (int32_t)random_below(&s->random, 20000) - 1,
        .protocols = protocols,
        .protocol_count = 2,
    };
    coordinator_join(s->c, ask(k, JOINING), &request, s->now);
}

static void say_sync(struct client *k) {
    struct sync_assignment list[MEMBERS];
    struct sync_request request = { .group_id = group_name(k),
                                    .member_id = bytes_text(k->id),
                                    .group_instance_id = instance_name(k),
                                    .generation = k->generation,
                                    .assignments = list };
    request.assignment_count = k->leads ? k->member_count : 0;
    for (size_t i = 0; i < request.assignment_count; i++)
        list[i] = (struct sync_assignment){ bytes_text(k->members[i]), bytes_text(k->names[i]) };
    coordinator_sync(s->c, ask(k, SYNCING), &request, s->now);
}

static struct group_speaker speaker_of(const struct client *k) {
    return (struct group_speaker){ group_name(k), bytes_text(k->id), instance_name(k),
                                   k->generation };
}

/* A heartbeat, answered at once under a ticket of its own. */
static void say_heartbeat(struct client *k) {
    struct group_speaker speaker = speaker_of(k);
    uint64_t ticket = ++s->tickets;
    size_t count;
    coordinator_heartbeat(s->c, ticket, &speaker, s->now);
    const struct group_reply *replies = coordinator_replies(s->c, &count);
    CHECK_INT((int)count, 1);
    CHECK(replies[0].ticket == ticket && replies[0].kind == GROUP_REPLY_HEARTBEAT);
    enum group_error code = replies[0].code;
    coordinator_replies_clear(s->c);
    if (code == GROUP_UNKNOWN_MEMBER || code == GROUP_FENCED_INSTANCE)
        k->id[0] = 0;
    if (code == GROUP_ILLEGAL_GENERATION || code == GROUP_REBALANCE_IN_PROGRESS)
        k->generation = 0;
    if (code == GROUP_OK)
        CHECK(coordinator_check_commit(s->c, &speaker, s->now) == GROUP_OK || !k->stable);
}

static void say_leave(struct client *k) {
    struct leave_member member = { bytes_text(k->id), instance_name(k) };
    struct leave_request request = { group_name(k), chance(50), &member, 1 };
    uint64_t ticket = ++s->tickets;
    s->open[ticket] = true;
    coordinator_leave(s->c, ticket, &request, s->now);
    k->id[0] = 0;
    k->generation = 0;
}

/* The connection breaks: mostly the broker sees it, sometimes it does not. */
static void vanish(struct client *k) {
    if (k->waits != IDLE && chance(70)) {
        coordinator_forget(s->c, k->ticket, s->now);
        s->open[k->ticket] = false;
    }
    k->waits = IDLE; /* an answer that still comes is nobody's */
    if (chance(30) || k->is_static)
        k->id[0] = 0; /* the whole process restarted */
    k->generation = 0;
}

static void act(struct client *k) {
    if (!s->settled && chance(6))
        vanish(k);
    else if (k->waits != IDLE)
        return;
    else if (!s->settled && k->id[0] && chance(6))
        say_leave(k);
    else if (!k->id[0] || !k->generation)
        say_join(k);
    else if (!k->stable)
        say_sync(k);
    else
        say_heartbeat(k);
    hear_all();
}

static void let_time_pass(int64_t ms) {
    int64_t until = s->now + ms;
    while (coordinator_next_deadline_ms(s->c) <= until) {
        int64_t due = coordinator_next_deadline_ms(s->c);
        CHECK(due >= s->now || due == coordinator_next_deadline_ms(s->c));
        s->now = due > s->now ? due : s->now;
        coordinator_tick(s->c, s->now);
        CHECK(coordinator_next_deadline_ms(s->c) > s->now);
        hear_all();
    }
    s->now = until;
}

/* ---- the end: everyone behaves, and the groups become stable */

static bool all_stable(void) {
    for (size_t i = 0; i < CLIENTS; i++)
        if (!s->clients[i].stable || !s->clients[i].id[0] || !s->clients[i].generation)
            return false;
    return true;
}

static void settle(void) {
    s->settled = true;
    for (int round = 0; round < 200 && !all_stable(); round++) {
        for (size_t i = 0; i < CLIENTS; i++)
            if (s->tickets + 2 < TICKETS)
                act(&s->clients[i]);
        let_time_pass(300);
    }
    CHECK(all_stable());
    let_time_pass(3600 * 1000);
    for (uint64_t t = 1; t <= s->tickets; t++)
        CHECK(!s->open[t]); /* every parked ticket has been answered */
    CHECK(coordinator_next_deadline_ms(s->c) == INT64_MAX);
}

static void tell_story(uint64_t seed) {
    struct coordinator_options options = { .seed = seed };
    s = calloc(1, sizeof(*s));
    s->random = random_seeded(seed);
    s->c = coordinator_create(&options);
    s->now = 5000;
    for (size_t i = 0; i < CLIENTS; i++) {
        s->clients[i].group = (int)i % GROUPS;
        s->clients[i].is_static = chance(30);
    }
    for (int event = 0; event < EVENTS; event++) {
        act(&s->clients[random_below(&s->random, CLIENTS)]);
        if (chance(30))
            let_time_pass((int64_t)random_below(&s->random, chance(10) ? 15000 : 400));
    }
    settle();
    coordinator_destroy(s->c);
    free(s);
}

TEST(in_random_stories_every_promise_holds) {
    uint64_t seed = test_seed();
    for (uint64_t i = 0; i < STORIES; i++)
        tell_story(seed + i);
    printf("# %d stories of %d events from seed %llu\n", STORIES, EVENTS, (unsigned long long)seed);
}
