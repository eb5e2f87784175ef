/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Consumer groups of dynamic members, rule by rule. */
#include "story_test.h"

#include "base/test.h"

#include <string.h>

TEST(the_first_member_leads_at_once_without_a_delay) {
    begin();
    struct seen *a = join((struct who){ .metadata = "topics" });
    CHECK_INT(a->code, GROUP_OK);
    CHECK_INT(a->generation, 1);
    CHECK_TEXT(a->leader, a->member_id);
    CHECK_TEXT(a->protocol, "range");
    CHECK_TEXT(a->first_metadata, "topics");
    CHECK(strncmp(a->member_id, "app-1-", 6) == 0);
    CHECK_TEXT(state(), "CompletingRebalance");
}

TEST(an_empty_group_waits_for_more_members_when_it_is_told_to) {
    begin_with((struct coordinator_options){ .initial_delay_ms = 3000 });
    struct seen *one = join((struct who){ 0 });
    wait_ms(2000);
    struct seen *two = join((struct who){ 0 }); /* it waits as long again */
    wait_ms(2999);
    CHECK(!one->there && !two->there);
    wait_ms(1);
    CHECK(one->there && one->generation == 1 && one->member_count == 2);
    CHECK(two->there && two->generation == 1);
    struct seen *three = join((struct who){ 0 }); /* later ones rebalance at once */
    CHECK_TEXT(state(), "PreparingRebalance");
    CHECK_INT(join((struct who){ .id = one->member_id })->there, 0);
    CHECK(join((struct who){ .id = two->member_id })->there && three->generation == 2);
}

TEST(an_empty_group_waits_no_longer_than_its_rebalance_timeout) {
    begin_with((struct coordinator_options){ .initial_delay_ms = 3000 });
    struct seen *one = join((struct who){ .rebalance = 5000 });
    wait_ms(2900);
    struct seen *two = join((struct who){ .rebalance = 5000 });
    wait_ms(2000);
    struct seen *three = join((struct who){ .rebalance = 5000 });
    wait_ms(99);
    CHECK(!one->there && !two->there && !three->there);
    wait_ms(1);
    CHECK(one->there && one->member_count == 3);
}

TEST(behind_the_wait_of_an_empty_group_an_id_that_nobody_uses_keeps_nobody_busy) {
    begin_with((struct coordinator_options){ .initial_delay_ms = 3000 });
    CHECK_INT(join((struct who){ .version = 4 })->code, GROUP_MEMBER_ID_REQUIRED);
    struct seen *one = join((struct who){ 0 });
    wait_ms(3000);
    CHECK(!one->there); /* the id may be used yet */
    CHECK(coordinator_next_deadline_ms(c) > now);
    wait_ms(SESSION - 3000);
    CHECK(one->there && one->member_count == 1);
    CHECK(coordinator_next_deadline_ms(c) > now);
}

TEST(two_members_share_a_generation_and_only_the_leader_sees_the_members) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    CHECK_INT(heartbeat(one, 2), GROUP_OK);
    CHECK_INT(heartbeat(two, 2), GROUP_OK);
    CHECK_TEXT(sync_group(two, 2)->assignment, "B"); /* asked again in the stable group */
}

TEST(from_version_4_a_first_join_gets_an_id_and_must_come_again) {
    begin();
    struct seen *first = join((struct who){ .version = 4 });
    CHECK_INT(first->code, GROUP_MEMBER_ID_REQUIRED);
    CHECK_TEXT(state(), "Empty");
    struct seen *second = join((struct who){ .version = 4, .id = first->member_id });
    CHECK_INT(second->code, GROUP_OK);
    CHECK_TEXT(second->member_id, first->member_id);
}

TEST(an_id_given_out_holds_the_barrier_until_its_session_is_over) {
    begin();
    struct seen *one = join((struct who){ .version = 4 });
    struct seen *two = join((struct who){ .version = 4 });
    struct seen *parked = join((struct who){ .version = 4, .id = one->member_id });
    CHECK(!parked->there);
    wait_ms(SESSION);
    CHECK(parked->there && parked->generation == 1);
    CHECK_INT(join((struct who){ .version = 4, .id = two->member_id })->code, GROUP_UNKNOWN_MEMBER);
}

TEST(a_fresh_id_that_leaves_no_longer_holds_the_barrier) {
    begin();
    struct seen *one = join((struct who){ .version = 4 });
    struct seen *two = join((struct who){ .version = 4 });
    struct seen *parked = join((struct who){ .version = 4, .id = one->member_id });
    CHECK_INT(leave(two->member_id, NULL), GROUP_OK);
    CHECK(parked->there && parked->code == GROUP_OK);
}

TEST(heartbeats_tell_of_a_rebalance_and_syncs_are_refused_meanwhile) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    struct seen *third = join((struct who){ 0 });
    CHECK(!third->there);
    CHECK_TEXT(state(), "PreparingRebalance");
    CHECK_INT(heartbeat(one, 2), GROUP_REBALANCE_IN_PROGRESS);
    CHECK_INT(sync_group(one, 2)->code, GROUP_REBALANCE_IN_PROGRESS);
    CHECK_INT(commit(one, 2), GROUP_OK); /* what it is about to give away */
}

TEST(the_barrier_ends_when_all_known_members_have_joined_again) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    struct seen *third = join((struct who){ 0 });
    struct seen *second = join((struct who){ .id = two });
    CHECK(!third->there && !second->there);
    struct seen *first = join((struct who){ .id = one });
    CHECK(third->there && second->there && first->there);
    CHECK_INT(third->generation, 3);
    CHECK_TEXT(third->leader, one); /* the leader stays */
    CHECK_INT((int)first->member_count, 3);
}

TEST(who_has_not_joined_when_the_rebalance_timeout_ends_is_out) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    struct seen *third = join((struct who){ 0 });
    for (int i = 0; i < REBALANCE / 5000; i++) {
        CHECK(!third->there);
        CHECK_INT(heartbeat(one, 2), GROUP_REBALANCE_IN_PROGRESS);
        CHECK_INT(heartbeat(two, 2), GROUP_REBALANCE_IN_PROGRESS);
        wait_ms(5000);
    }
    CHECK(third->there);
    CHECK_TEXT(third->leader, third->member_id);
    CHECK_INT((int)third->member_count, 1);
    CHECK_INT(heartbeat(one, 2), GROUP_UNKNOWN_MEMBER);
}

TEST(a_parked_join_sends_no_heartbeat_and_is_not_given_up) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    struct seen *third = join((struct who){ .session = 1000 });
    struct seen *second = join((struct who){ .id = two });
    for (int i = 0; i < 4; i++) {
        CHECK_INT(heartbeat(one, 2), GROUP_REBALANCE_IN_PROGRESS);
        wait_ms(5000);
    }
    struct seen *first = join((struct who){ .id = one });
    CHECK_INT((int)first->member_count, 3);
    CHECK(second->there && third->there);
    wait_ms(1000);
    CHECK_INT(heartbeat(third->member_id, 3), GROUP_UNKNOWN_MEMBER); /* now its session ran */
}

TEST(a_heartbeat_beside_a_parked_join_does_not_start_its_session) {
    begin();
    struct seen *a = given_one((struct who){ 0 });
    struct seen *b = join((struct who){ .version = 4 });
    struct seen *parked = join((struct who){ .id = a->member_id });
    CHECK_INT(heartbeat(a->member_id, 1), GROUP_REBALANCE_IN_PROGRESS);
    wait_ms(SESSION);
    CHECK_INT(parked->code, GROUP_OK); /* and it was the unused id that ended */
    CHECK_INT(join((struct who){ .version = 4, .id = b->member_id })->code, GROUP_UNKNOWN_MEMBER);
}

TEST(a_follower_that_joins_again_unchanged_gets_its_generation_again) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    struct seen *again = join((struct who){ .id = two });
    CHECK(again->there && again->generation == 2 && again->member_count == 0);
    CHECK_TEXT(again->leader, one);
    CHECK_TEXT(state(), "Stable");
}

TEST(a_leader_that_joins_again_starts_a_rebalance) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    CHECK(!join((struct who){ .id = one })->there);
    CHECK_TEXT(state(), "PreparingRebalance");
}

TEST(a_follower_with_another_subscription_starts_a_rebalance) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    CHECK(!join((struct who){ .id = two, .metadata = "other" })->there);
    CHECK_TEXT(state(), "PreparingRebalance");
}

TEST(a_join_whose_answer_was_lost_is_answered_again_before_the_assignment) {
    begin();
    struct seen *a = join((struct who){ 0 });
    struct seen *again = join((struct who){ .id = a->member_id });
    CHECK(again->there && again->generation == 1 && again->member_count == 1);
    CHECK_TEXT(state(), "CompletingRebalance");
}

TEST(a_second_join_of_the_same_member_answers_the_first_one) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    struct seen *first = join((struct who){ .id = one });
    struct seen *again = join((struct who){ .id = one });
    CHECK_INT(first->code, GROUP_REBALANCE_IN_PROGRESS);
    CHECK(!again->there);
    (void)join((struct who){ .id = two });
    CHECK_INT(again->generation, 3);
}

TEST(a_member_that_is_silent_for_its_session_is_out_and_the_rest_rebalances) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    wait_ms(SESSION / 2);
    CHECK_INT(heartbeat(one, 2), GROUP_OK);
    CHECK_INT((int)(coordinator_next_deadline_ms(c) - now), SESSION / 2);
    wait_ms(SESSION / 2 - 1);
    CHECK_TEXT(state(), "Stable");
    wait_ms(1);
    CHECK_TEXT(state(), "PreparingRebalance");
    CHECK_INT(heartbeat(one, 2), GROUP_REBALANCE_IN_PROGRESS);
    CHECK_INT(heartbeat(two, 2), GROUP_UNKNOWN_MEMBER);
    CHECK_INT((int)join((struct who){ .id = one })->member_count, 1);
}

TEST(a_group_whose_last_member_leaves_is_empty_in_a_new_generation) {
    struct seen *a;
    begin();
    a = given_one((struct who){ 0 });
    CHECK_INT(leave(a->member_id, NULL), GROUP_OK);
    CHECK_TEXT(state(), "Empty");
    CHECK_INT(heartbeat(a->member_id, 1), GROUP_UNKNOWN_MEMBER);
    CHECK_INT(join((struct who){ 0 })->generation, 3);
    CHECK_INT(leave("nobody", NULL), GROUP_UNKNOWN_MEMBER);
}

TEST(the_leader_that_leaves_before_the_assignment_sends_the_others_back) {
    begin();
    struct seen *a = join((struct who){ 0 });
    struct seen *b = join((struct who){ 0 });
    (void)join((struct who){ .id = a->member_id });
    struct seen *waiting = sync_group(b->member_id, 2);
    CHECK_INT(leave(a->member_id, NULL), GROUP_OK);
    CHECK_INT(waiting->code, GROUP_REBALANCE_IN_PROGRESS);
    CHECK_TEXT(join((struct who){ .id = b->member_id })->leader, b->member_id);
}

TEST(a_leader_that_never_sends_the_assignment_is_out) {
    begin();
    struct seen *a = join((struct who){ 0 });
    struct seen *b = join((struct who){ 0 });
    (void)join((struct who){ .id = a->member_id });
    struct seen *waiting = sync_group(b->member_id, 2);
    for (int i = 0; i < REBALANCE / 5000; i++) {
        CHECK_INT(heartbeat(a->member_id, 2), GROUP_OK);
        wait_ms(5000);
    }
    CHECK_INT(waiting->code, GROUP_REBALANCE_IN_PROGRESS);
    CHECK_INT(heartbeat(a->member_id, 2), GROUP_UNKNOWN_MEMBER);
}

TEST(the_protocol_that_most_members_prefer_is_chosen) {
    begin();
    struct seen *a = join((struct who){ .protocol = "range", .protocol2 = "sticky" });
    struct seen *b = join((struct who){ .protocol = "sticky", .protocol2 = "range" });
    struct seen *d = join((struct who){ .protocol = "sticky", .protocol2 = "range" });
    (void)join((struct who){ .id = a->member_id, .protocol = "range", .protocol2 = "sticky" });
    CHECK_TEXT(b->protocol, "sticky");
    CHECK_TEXT(d->protocol, "sticky");
}

TEST(a_protocol_that_not_all_have_is_never_chosen) {
    begin();
    struct seen *a = join((struct who){ .protocol = "sticky", .protocol2 = "range" });
    struct seen *b = join((struct who){ .protocol = "range" });
    (void)join((struct who){ .id = a->member_id, .protocol = "sticky", .protocol2 = "range" });
    CHECK_TEXT(b->protocol, "range");
    CHECK_INT(join((struct who){ .protocol = "sticky" })->code, GROUP_INCONSISTENT_PROTOCOL);
    CHECK_INT(join((struct who){ .type = "connect" })->code, GROUP_INCONSISTENT_PROTOCOL);
    CHECK_INT(join((struct who){ .type = "" })->code, GROUP_INCONSISTENT_PROTOCOL);
}

TEST(commits_are_allowed_to_members_of_the_generation_and_to_nobody_else) {
    const char *one, *two;
    begin();
    CHECK_INT(commit("", -1), GROUP_OK); /* no such group: a simple consumer */
    CHECK_INT(commit("x", 1), GROUP_ILLEGAL_GENERATION);
    given_two(&one, &two);
    CHECK_INT(commit(one, 2), GROUP_OK);
    CHECK_INT(commit(one, 1), GROUP_ILLEGAL_GENERATION);
    CHECK_INT(commit("x", 2), GROUP_UNKNOWN_MEMBER);
    CHECK_INT(commit("", -1), GROUP_UNKNOWN_MEMBER);
    (void)join((struct who){ .id = one });
    (void)join((struct who){ .id = two });
    CHECK_INT(commit(one, 3), GROUP_REBALANCE_IN_PROGRESS);
    (void)leave(one, NULL);
    (void)leave(two, NULL);
    CHECK_INT(commit("", -1), GROUP_OK);
}

TEST(a_commit_keeps_the_session_alive) {
    begin();
    struct seen *a = given_one((struct who){ 0 });
    for (int i = 0; i < 5; i++) {
        wait_ms(SESSION - 1);
        CHECK_INT(commit(a->member_id, 1), GROUP_OK);
    }
}

TEST(an_old_generation_is_illegal_and_an_unknown_member_unknown) {
    begin();
    struct seen *a = given_one((struct who){ 0 });
    CHECK_INT(heartbeat(a->member_id, 0), GROUP_ILLEGAL_GENERATION);
    CHECK_INT(sync_group(a->member_id, 7)->code, GROUP_ILLEGAL_GENERATION);
    CHECK_INT(sync_group("x", 1)->code, GROUP_UNKNOWN_MEMBER);
    CHECK_INT(join((struct who){ .id = "x" })->code, GROUP_UNKNOWN_MEMBER);
    CHECK_INT(join((struct who){ .instance = "i", .id = "x" })->code, GROUP_UNKNOWN_MEMBER);
}

TEST(a_sync_for_another_protocol_is_refused) {
    begin();
    struct seen *a = join((struct who){ 0 });
    struct sync_request request = { .group_id = bytes_text("g"),
                                    .member_id = bytes_text(a->member_id),
                                    .generation = 1,
                                    .protocol_type = bytes_text("consumer"),
                                    .protocol = bytes_text("sticky") };
    coordinator_sync(c, ++last_ticket, &request, now);
    drain();
    CHECK_INT(seen[last_ticket].code, GROUP_INCONSISTENT_PROTOCOL);
}

TEST(several_members_leave_at_once_each_with_its_own_answer) {
    const char *one, *two;
    begin();
    given_two(&one, &two);
    struct leave_member list[] = { { bytes_text(one), { 0 } },
                                   { bytes_text("x"), { 0 } },
                                   { bytes_text(two), { 0 } },
                                   { bytes_text(""), bytes_text("nobody") } };
    struct leave_request request = { bytes_text("g"), true, list, 4 };
    coordinator_leave(c, ++last_ticket, &request, now);
    drain();
    struct seen *s = &seen[last_ticket];
    CHECK_INT(s->code, GROUP_OK);
    CHECK(s->left[0] == GROUP_OK && s->left[2] == GROUP_OK);
    CHECK(s->left[1] == GROUP_UNKNOWN_MEMBER && s->left[3] == GROUP_UNKNOWN_MEMBER);
    CHECK_TEXT(state(), "Empty");
}

TEST(a_view_shows_members_and_assignments_of_a_stable_group) {
    const char *one, *two;
    struct arena arena = { 0 };
    struct group_view view;
    struct bytes id;
    size_t at = 0;
    begin();
    CHECK(!coordinator_view(c, bytes_text("g"), &arena, &view));
    given_two(&one, &two);
    CHECK(coordinator_view(c, bytes_text("g"), &arena, &view));
    CHECK_TEXT(view.state, "Stable");
    CHECK_INT((int)view.member_count, 2);
    CHECK(bytes_is_text(view.members[1].member_id, two));
    CHECK(bytes_is_text(view.members[1].assignment, "B"));
    CHECK(bytes_is_text(view.members[0].metadata, "m"));
    CHECK(bytes_is_text(view.leader, one));
    CHECK(bytes_is_text(view.protocol, "range"));
    CHECK(coordinator_next_group(c, &at, &id) && bytes_is_text(id, "g"));
    CHECK(!coordinator_next_group(c, &at, &id));
    arena_finish(&arena);
}
