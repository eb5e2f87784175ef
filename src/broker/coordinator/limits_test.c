/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Bad input, limits, and connections that go away. */
#include "story_test.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

TEST(a_forgotten_join_is_not_answered_and_its_session_runs) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    struct seen *gone = join((struct who){ .id = two, .metadata = "x" });
    coordinator_forget(c, last_ticket, now);
    coordinator_forget(c, 999, now);
    struct seen *first = join((struct who){ .id = one });
    CHECK(!first->there); /* it still waits for the other */
    wait_ms(SESSION);
    CHECK(!gone->there);
    CHECK_INT((int)first->member_count, 1);
}

TEST(a_forgotten_first_join_leaves_no_ghost) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    (void)join((struct who){ 0 });
    coordinator_forget(c, last_ticket, now);
    struct seen *second = join((struct who){ .id = two });
    struct seen *first = join((struct who){ .id = one });
    CHECK_INT((int)first->member_count, 2);
    CHECK_INT(second->generation, 3);
}

TEST(a_forgotten_newcomer_lets_the_others_go_on) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    (void)join((struct who){ .version = 3 });
    uint64_t newcomer = last_ticket;
    struct seen *id = join((struct who){ .version = 4 });
    struct seen *first = join((struct who){ .id = one });
    struct seen *second = join((struct who){ .id = two });
    CHECK(!first->there); /* the given-out id holds the barrier */
    coordinator_forget(c, newcomer, now);
    CHECK(!first->there);
    CHECK_INT(leave(id->member_id, NULL), GROUP_OK);
    CHECK_INT((int)first->member_count, 2);
    CHECK(second->there);
}

TEST(a_group_whose_only_newcomer_is_forgotten_is_empty) {
    begin();
    struct seen *id = join((struct who){ .version = 4 });
    CHECK(!join((struct who){ 0 })->there); /* the given-out id holds the barrier */
    coordinator_forget(c, last_ticket, now);
    CHECK_TEXT(state(), "Empty");
    CHECK_INT(join((struct who){ .version = 4, .id = id->member_id })->code, GROUP_OK);
}

TEST(a_forgotten_sync_can_be_asked_again) {
    begin();
    struct seen *a = join((struct who){ 0 });
    struct seen *b = join((struct who){ 0 });
    (void)join((struct who){ .id = a->member_id });
    struct seen *gone = sync_group(b->member_id, 2);
    coordinator_forget(c, last_ticket, now);
    (void)sync_group(a->member_id, 2);
    CHECK(!gone->there);
    CHECK_INT(sync_group(b->member_id, 2)->code, GROUP_OK);
}

TEST(session_timeouts_have_bounds_and_groups_have_names) {
    begin();
    CHECK_INT(join((struct who){ .session = 999 })->code, GROUP_INVALID_SESSION_TIMEOUT);
    CHECK_INT(join((struct who){ .session = 1800001 })->code, GROUP_INVALID_SESSION_TIMEOUT);
    CHECK_INT(join((struct who){ .session = -5 })->code, GROUP_INVALID_SESSION_TIMEOUT);
    struct join_protocol p = { bytes_text("range"), bytes_text("") };
    struct join_request request = { .session_timeout_ms = SESSION,
                                    .protocols = &p,
                                    .protocol_count = 1 };
    coordinator_join(c, ++last_ticket, &request, now);
    drain();
    CHECK_INT(seen[last_ticket].code, GROUP_INVALID_ID);
}

TEST(a_full_group_refuses_members_and_ids) {
    begin_with((struct coordinator_options){ .members_max = 2 });
    struct seen *a = join((struct who){ 0 });
    struct seen *id = join((struct who){ .version = 4 });
    CHECK_INT(id->code, GROUP_MEMBER_ID_REQUIRED);
    CHECK_INT(join((struct who){ 0 })->code, GROUP_FULL);
    CHECK_INT(join((struct who){ .version = 4 })->code, GROUP_FULL);
    CHECK(!join((struct who){ .version = 4, .id = id->member_id })->there);
    CHECK_INT(join((struct who){ .id = a->member_id })->generation, 2);
}

TEST(large_metadata_is_refused_before_it_is_kept) {
    begin_with((struct coordinator_options){ .member_bytes_max = 700, .bytes_max = 1700 });
    char large[900] = { 0 };
    memset(large, 'x', sizeof(large) - 1);
    CHECK_INT(join((struct who){ .metadata = large })->code, GROUP_INVALID_REQUEST);
    large[300] = 0;
    CHECK_INT(join((struct who){ .metadata = large, .instance = "a" })->code, GROUP_OK);
    (void)join((struct who){ .metadata = large, .instance = "b" });
    CHECK_INT(join((struct who){ .metadata = large, .instance = "c" })->code, GROUP_NOT_AVAILABLE);
    struct join_protocol many[17];
    for (size_t i = 0; i < 17; i++)
        many[i] = (struct join_protocol){ bytes_text("p"), bytes_text("") };
    struct join_request request = { .group_id = bytes_text("g"),
                                    .protocol_type = bytes_text("consumer"),
                                    .session_timeout_ms = SESSION,
                                    .protocols = many,
                                    .protocol_count = 17 };
    coordinator_join(c, ++last_ticket, &request, now);
    drain();
    CHECK_INT(seen[last_ticket].code, GROUP_INVALID_REQUEST);
}

TEST(a_large_assignment_is_refused_and_the_group_goes_on) {
    begin_with((struct coordinator_options){ .member_bytes_max = 400 });
    char large[900] = { 0 };
    memset(large, 'x', sizeof(large) - 1);
    struct seen *a = join((struct who){ 0 });
    struct sync_assignment list = { bytes_text(a->member_id), bytes_text(large) };
    CHECK_INT(sync_with(a->member_id, 1, &list, 1)->code, GROUP_INVALID_REQUEST);
    list.assignment = bytes_text("small");
    CHECK_TEXT(sync_with(a->member_id, 1, &list, 1)->assignment, "small");
}

TEST(at_the_limit_of_groups_an_empty_one_is_forgotten_and_a_living_one_is_not) {
    begin_with((struct coordinator_options){ .groups_max = 2 });
    const char *names[] = { "a", "b", "c" };
    int codes[3];
    char id[300] = "";
    struct join_protocol p = { bytes_text("range"), bytes_text("") };
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
            struct join_request request = { .group_id = bytes_text(names[i]),
                                            .protocol_type = bytes_text("consumer"),
                                            .session_timeout_ms = SESSION,
                                            .protocols = &p,
                                            .protocol_count = 1 };
            coordinator_join(c, ++last_ticket, &request, now);
            drain();
            codes[i] = seen[last_ticket].code;
            if (i == 1 && !round)
                (void)snprintf(id, sizeof(id), "%s", seen[last_ticket].member_id);
        }
        if (round)
            break;
        CHECK(codes[0] == GROUP_OK && codes[1] == GROUP_OK && codes[2] == GROUP_NOT_AVAILABLE);
        struct leave_member m = { bytes_text(id), { 0 } };
        struct leave_request l = { bytes_text("b"), false, &m, 1 };
        coordinator_leave(c, ++last_ticket, &l, now);
        drain();
        wait_ms(SESSION); /* "a" has not synced, its session is over: empty too */
    }
    CHECK(codes[0] == GROUP_OK && codes[1] == GROUP_OK && codes[2] == GROUP_NOT_AVAILABLE);
}

TEST(a_long_client_id_is_cut_between_characters) {
    begin();
    char client[400];
    for (size_t i = 0; i < sizeof(client); i++)
        client[i] = (char)(i % 2 ? 0xa9 : 0xc3); /* two bytes each */
    client[0] = 'x';                             /* so that 200 is inside one */
    for (size_t i = 1; i + 1 < sizeof(client); i += 2) {
        client[i] = (char)0xc3;
        client[i + 1] = (char)0xa9;
    }
    struct join_protocol p = { bytes_text("range"), bytes_text("") };
    struct join_request request = { .group_id = bytes_text("g"),
                                    .client_id = bytes_of(client, 399),
                                    .protocol_type = bytes_text("consumer"),
                                    .session_timeout_ms = SESSION,
                                    .protocols = &p,
                                    .protocol_count = 1 };
    coordinator_join(c, ++last_ticket, &request, now);
    drain();
    CHECK(strncmp(seen[last_ticket].member_id + 199, "-1-", 3) == 0);
}
