/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Static members: a restart keeps the place and fences the predecessor. */
#include "story_test.h"

#include "base/test.h"

#include <string.h>

TEST(a_static_member_that_restarts_keeps_its_assignment_and_nobody_notices) {
    begin();
    struct seen *a = given_one((struct who){ .instance = "box1", .version = 5 });
    struct seen *again = join((struct who){ .instance = "box1", .version = 5 });
    CHECK_INT(again->code, GROUP_OK);
    CHECK_INT(again->generation, 1);
    CHECK(strcmp(again->member_id, a->member_id) != 0);
    CHECK_TEXT(again->leader, a->member_id); /* so that it does not assign anew */
    CHECK_INT((int)again->member_count, 0);
    struct sync_request request = { .group_id = bytes_text("g"),
                                    .member_id = bytes_text(again->member_id),
                                    .group_instance_id = bytes_text("box1"),
                                    .generation = 1 };
    coordinator_sync(c, ++last_ticket, &request, now);
    drain();
    CHECK_TEXT(seen[last_ticket].assignment, "A");
}

TEST(from_version_9_a_static_leader_that_restarts_is_told_to_skip_the_assignment) {
    begin();
    (void)given_one((struct who){ .instance = "box1", .version = 9 });
    struct seen *again = join((struct who){ .instance = "box1", .version = 9 });
    CHECK(again->skip_assignment);
    CHECK_TEXT(again->leader, again->member_id);
    CHECK_INT((int)again->member_count, 1);
}

TEST(a_static_member_that_restarts_with_another_subscription_starts_a_rebalance) {
    begin();
    (void)given_one((struct who){ .instance = "box1", .version = 5 });
    struct seen *again = join((struct who){ .instance = "box1", .version = 5, .metadata = "x" });
    CHECK_INT(again->generation, 2);
    CHECK_TEXT(again->leader, again->member_id);
}

TEST(the_predecessor_of_a_static_member_is_fenced) {
    begin();
    struct seen *a = given_one((struct who){ .instance = "box1", .version = 5 });
    (void)join((struct who){ .instance = "box1", .version = 5 });
    struct group_speaker old = speaker(a->member_id, "box1", 1);
    CHECK_INT(coordinator_check_commit(c, &old, now), GROUP_FENCED_INSTANCE);
    coordinator_heartbeat(c, ++last_ticket, &old, now);
    drain();
    CHECK_INT(seen[last_ticket].code, GROUP_FENCED_INSTANCE);
    CHECK_INT(join((struct who){ .id = a->member_id, .instance = "box1", .version = 5 })->code,
              GROUP_FENCED_INSTANCE);
    CHECK_INT(leave(a->member_id, "box1"), GROUP_FENCED_INSTANCE);
    CHECK_INT(leave("", "box1"), GROUP_OK); /* an operator removes it by name */
}

TEST(a_parked_static_join_is_fenced_by_its_successor) {
    begin();
    struct seen *a = given_one((struct who){ 0 });
    struct seen *old = join((struct who){ .instance = "box1", .version = 5 });
    struct seen *young = join((struct who){ .instance = "box1", .version = 5 });
    CHECK_INT(old->code, GROUP_FENCED_INSTANCE);
    CHECK(!young->there);
    (void)join((struct who){ .id = a->member_id });
    CHECK_INT(young->generation, 2);
}

TEST(an_absent_static_member_survives_the_barrier_until_its_session_ends) {
    begin();
    (void)given_one((struct who){ .instance = "box1", .version = 5, .session = 100000 });
    struct seen *b = join((struct who){ .rebalance = 20000 });
    wait_ms(REBALANCE);
    CHECK_INT(b->generation, 2);
    CHECK_INT((int)b->member_count, 2);
    CHECK_TEXT(b->leader, b->member_id);
}

TEST(the_leader_stays_although_an_older_member_comes_back) {
    begin();
    (void)given_one((struct who){ .instance = "box1", .version = 5, .session = 100000 });
    struct seen *b = join((struct who){ .version = 3 });
    wait_ms(REBALANCE);
    CHECK_TEXT(b->leader, b->member_id);
    struct seen *back = join((struct who){ .instance = "box1", .version = 5 });
    CHECK(!back->there);
    CHECK_INT((int)join((struct who){ .id = b->member_id })->member_count, 2);
    CHECK_TEXT(back->leader, b->member_id);
}
