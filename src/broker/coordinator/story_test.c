/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The words of story_test.h. */
#include "story_test.h"

#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct coordinator *c;
int64_t now = 1000;
uint64_t last_ticket;
struct seen seen[SEEN_MAX];

static void copy_text(char *to, size_t size, struct bytes from) {
    (void)snprintf(to, size, "%.*s", (int)from.len, from.data ? (const char *)from.data : "");
}

static void see(const struct group_reply *reply) {
    struct seen *s = &seen[reply->ticket];
    CHECK(reply->ticket < SEEN_MAX);
    CHECK(!s->there); /* no ticket is answered twice */
    *s = (struct seen){ .there = true, .kind = reply->kind, .code = (int)reply->code };
    s->generation = reply->generation;
    s->skip_assignment = reply->skip_assignment;
    s->member_count = reply->member_count;
    copy_text(s->protocol, sizeof(s->protocol), reply->protocol);
    copy_text(s->leader, sizeof(s->leader), reply->leader);
    copy_text(s->member_id, sizeof(s->member_id), reply->member_id);
    copy_text(s->assignment, sizeof(s->assignment), reply->assignment);
    if (reply->member_count)
        copy_text(s->first_metadata, sizeof(s->first_metadata), reply->members[0].metadata);
    for (size_t i = 0; i < reply->left_count && i < 4; i++)
        s->left[i] = (int)reply->left[i].code;
}

void drain(void) {
    size_t count;
    const struct group_reply *replies = coordinator_replies(c, &count);
    for (size_t i = 0; i < count; i++)
        see(&replies[i]);
    coordinator_replies_clear(c);
}

static void end(void) {
    coordinator_destroy(c);
    c = NULL;
}

void begin_with(struct coordinator_options options) {
    options.seed = 7;
    c = coordinator_create(&options);
    (void)atexit(end);
}

void begin(void) {
    begin_with((struct coordinator_options){ 0 });
}

void wait_ms(int64_t ms) {
    now += ms;
    coordinator_tick(c, now);
    drain();
}

struct bytes text_or_null(const char *text) {
    return text ? bytes_text(text) : (struct bytes){ 0 };
}

struct seen *join(struct who w) {
    struct bytes metadata = bytes_text(w.metadata ? w.metadata : "m");
    struct join_protocol protocols[] = { { bytes_text(w.protocol ? w.protocol : "range"),
                                           metadata },
                                         { text_or_null(w.protocol2), metadata } };
    struct join_request request = {
        .version = (int16_t)(w.version ? w.version : 3),
        .group_id = bytes_text("g"),
        .member_id = bytes_text(w.id ? w.id : ""),
        .group_instance_id = text_or_null(w.instance),
        .client_id = bytes_text("app"),
        .client_host = bytes_text("/127.0.0.1"),
        .protocol_type = bytes_text(w.type ? w.type : "consumer"),
        .session_timeout_ms = w.session ? w.session : SESSION,
        .rebalance_timeout_ms = w.rebalance ? w.rebalance : REBALANCE,
        .protocols = protocols,
        .protocol_count = w.protocol2 ? 2 : 1,
    };
    uint64_t ticket = ++last_ticket;
    coordinator_join(c, ticket, &request, now);
    drain();
    return &seen[ticket];
}

struct group_speaker speaker(const char *id, const char *instance, int generation) {
    return (struct group_speaker){ bytes_text("g"), bytes_text(id), text_or_null(instance),
                                   generation };
}

int heartbeat(const char *id, int generation) {
    struct group_speaker s = speaker(id, NULL, generation);
    coordinator_heartbeat(c, ++last_ticket, &s, now);
    drain();
    CHECK(seen[last_ticket].there);
    return seen[last_ticket].code;
}

int commit(const char *id, int generation) {
    struct group_speaker s = speaker(id, NULL, generation);
    return (int)coordinator_check_commit(c, &s, now);
}

struct seen *sync_with(const char *id, int generation, const struct sync_assignment *list,
                       size_t count) {
    struct sync_request request = { .group_id = bytes_text("g"),
                                    .member_id = bytes_text(id),
                                    .generation = generation,
                                    .assignments = list,
                                    .assignment_count = count };
    coordinator_sync(c, ++last_ticket, &request, now);
    drain();
    return &seen[last_ticket];
}

struct seen *sync_group(const char *id, int generation) {
    return sync_with(id, generation, NULL, 0);
}

int leave(const char *id, const char *instance) {
    struct leave_member member = { bytes_text(id), text_or_null(instance) };
    struct leave_request request = { bytes_text("g"), false, &member, 1 };
    coordinator_leave(c, ++last_ticket, &request, now);
    drain();
    return seen[last_ticket].code;
}

const char *state(void) {
    struct arena arena = { 0 };
    struct group_view view;
    bool there = coordinator_view(c, bytes_text("g"), &arena, &view);
    arena_finish(&arena);
    return there ? view.state : "Dead";
}

void given_two(const char **one, const char **two) {
    struct seen *a = join((struct who){ 0 });
    struct seen *b = join((struct who){ 0 });
    CHECK(a->there && a->generation == 1 && !b->there);
    struct seen *again = join((struct who){ .id = a->member_id });
    CHECK(b->there && again->generation == 2 && again->member_count == 2);
    CHECK(strcmp(again->leader, a->member_id) == 0 && b->member_count == 0);
    struct sync_assignment list[] = { { bytes_text(a->member_id), bytes_text("A") },
                                      { bytes_text(b->member_id), bytes_text("B") } };
    struct seen *waiting = sync_group(b->member_id, 2);
    CHECK(!waiting->there);
    CHECK_TEXT(sync_with(a->member_id, 2, list, 2)->assignment, "A");
    CHECK_TEXT(waiting->assignment, "B");
    CHECK_TEXT(state(), "Stable");
    *one = a->member_id;
    *two = b->member_id;
}

struct seen *given_one(struct who w) {
    struct seen *a = join(w);
    struct sync_assignment list = { bytes_text(a->member_id), bytes_text("A") };
    CHECK_INT(a->code, GROUP_OK);
    struct sync_request request = { .group_id = bytes_text("g"),
                                    .member_id = bytes_text(a->member_id),
                                    .group_instance_id = text_or_null(w.instance),
                                    .generation = a->generation,
                                    .assignments = &list,
                                    .assignment_count = 1 };
    coordinator_sync(c, ++last_ticket, &request, now);
    drain();
    CHECK_TEXT(seen[last_ticket].assignment, "A");
    return a;
}
