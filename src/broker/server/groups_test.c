/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Groups through the wire: joining, offsets, and that committed offsets outlive the broker. */
#include "peer_test.h"

#include <stdio.h>
#include <string.h>

static struct peer p, other;

static void given_broker_with_topic(void) {
    broker_start();
    peer_connect(&p);
    peer_connect(&other);
    given_topic(&p, "t", 2);
}

static void finish(void) {
    peer_close(&p);
    peer_close(&other);
    broker_finish();
}

static void join_send(struct peer *peer, int16_t version, struct bytes member_id) {
    struct join_group_request_protocol protocol = { bytes_text("range"), bytes_text("meta") };
    struct join_group_request request = { .group_id = bytes_text("g"),
                                          .session_timeout_ms = 10000,
                                          .rebalance_timeout_ms = 60000,
                                          .member_id = member_id,
                                          .protocol_type = bytes_text("consumer"),
                                          .protocols = &protocol,
                                          .protocols_count = 1 };
    peer_send(peer, API_join_group, version, &request);
}

static struct join_group_response join_receive(struct peer *peer, int16_t version) {
    struct join_group_response response;
    peer_receive(peer, API_join_group, version, &response);
    return response;
}

static struct sync_group_response sync_group(struct peer *peer,
                                             const struct join_group_response *joined, bool leads) {
    struct sync_group_request_assignment mine = { joined->member_id, bytes_text("assigned") };
    struct sync_group_request request = { .group_id = bytes_text("g"),
                                          .generation_id = joined->generation_id,
                                          .member_id = joined->member_id,
                                          .assignments = &mine,
                                          .assignments_count = leads };
    struct sync_group_response response;
    peer_ask(peer, API_sync_group, 3, &request, &response);
    return response;
}

static int16_t heartbeat(struct peer *peer, const struct join_group_response *joined) {
    struct heartbeat_request request = { .group_id = bytes_text("g"),
                                         .generation_id = joined->generation_id,
                                         .member_id = joined->member_id };
    struct heartbeat_response response;
    peer_ask(peer, API_heartbeat, 3, &request, &response);
    return response.error_code;
}

static struct join_group_response given_member(struct peer *peer) {
    join_send(peer, 5, bytes_text(""));
    struct join_group_response told = join_receive(peer, 5);
    CHECK_INT(told.error_code, KAFKA_MEMBER_ID_REQUIRED);
    join_send(peer, 5, told.member_id);
    return join_receive(peer, 5);
}

TEST(a_member_joins_syncs_lives_and_leaves) {
    struct leave_group_response left;
    given_broker_with_topic();
    struct join_group_response joined = given_member(&p);
    CHECK_INT(joined.error_code, KAFKA_NONE);
    CHECK_INT(joined.generation_id, 1);
    CHECK(bytes_equal(joined.leader, joined.member_id));
    CHECK_INT((long long)joined.members_count, 1);
    CHECK(bytes_is_text(joined.members[0].metadata, "meta"));
    CHECK(bytes_is_text(sync_group(&p, &joined, true).assignment, "assigned"));
    CHECK_INT(heartbeat(&p, &joined), KAFKA_NONE);
    struct leave_group_request leave = { .group_id = bytes_text("g"),
                                         .member_id = joined.member_id };
    peer_ask(&p, API_leave_group, 1, &leave, &left);
    CHECK_INT(left.error_code, KAFKA_NONE);
    CHECK_INT(heartbeat(&p, &joined), KAFKA_UNKNOWN_MEMBER_ID);
    finish();
}

TEST(a_second_member_waits_until_the_first_has_joined_again) {
    given_broker_with_topic();
    struct join_group_response first = given_member(&p);
    (void)sync_group(&p, &first, true);
    join_send(&other, 3, bytes_text("")); /* an old client: no MEMBER_ID_REQUIRED */
    CHECK(!peer_has_answer(&other));
    CHECK_INT(heartbeat(&p, &first), KAFKA_REBALANCE_IN_PROGRESS);
    join_send(&p, 5, first.member_id);
    struct join_group_response again = join_receive(&p, 5);
    struct join_group_response second = join_receive(&other, 3);
    CHECK_INT(again.generation_id, 2);
    CHECK_INT(second.generation_id, 2);
    CHECK_INT((long long)again.members_count, 2);
    CHECK_INT((long long)second.members_count, 0);
    finish();
}

TEST(a_member_that_goes_while_it_waits_is_not_waited_for) {
    given_broker_with_topic();
    struct join_group_response first = given_member(&p);
    (void)sync_group(&p, &first, true);
    join_send(&other, 3, bytes_text(""));
    CHECK(!peer_has_answer(&other));
    peer_close(&other);
    join_send(&p, 5, first.member_id);
    struct join_group_response again = join_receive(&p, 5);
    CHECK_INT(again.error_code, KAFKA_NONE);
    CHECK_INT((long long)again.members_count, 1);
    peer_connect(&other);
    finish();
}

TEST(a_silent_member_is_dropped_when_its_session_ends) {
    given_broker_with_topic();
    struct join_group_response first = given_member(&p);
    (void)sync_group(&p, &first, true);
    broker_pass_ms(9999);
    CHECK_INT(heartbeat(&p, &first), KAFKA_NONE);
    broker_pass_ms(10001);
    CHECK_INT(heartbeat(&p, &first), KAFKA_UNKNOWN_MEMBER_ID);
    finish();
}

/* ---- offsets */

static int16_t commit(int16_t version, const char *topic, int64_t offset, const char *metadata) {
    struct offset_commit_request_partition partition = { .index = 1,
                                                         .committed_offset = offset,
                                                         .committed_leader_epoch = 3,
                                                         .committed_metadata =
                                                             bytes_text(metadata) };
    struct offset_commit_request_topic one = { bytes_text(topic), &partition, 1 };
    struct offset_commit_request request = { .group_id = bytes_text("g"),
                                             .generation_id = -1,
                                             .retention_time_ms = -1,
                                             .topics = &one,
                                             .topics_count = 1 };
    struct offset_commit_response response;
    peer_ask(&p, API_offset_commit, version, &request, &response);
    return response.topics[0].partitions[0].error_code;
}

static struct offset_fetch_response_partition committed(int16_t version, int32_t index) {
    struct offset_fetch_request_topic topic = { bytes_text("t"), &index, 1 };
    struct offset_fetch_request_group group = { bytes_text("g"), &topic, 1 };
    struct offset_fetch_request request = { .group_id = bytes_text("g"),
                                            .topics = &topic,
                                            .topics_count = 1,
                                            .groups = &group,
                                            .groups_count = 1 };
    struct offset_fetch_response response;
    peer_ask(&p, API_offset_fetch, version, &request, &response);
    return version < 8 ? response.topics[0].partitions[0]
                       : response.groups[0].topics[0].partitions[0];
}

TEST(committed_offsets_come_back_in_every_version) {
    given_broker_with_topic();
    CHECK_INT(committed(7, 1).committed_offset, -1);
    CHECK_INT(committed(7, 1).error_code, KAFKA_NONE);
    for (int16_t version = 2; version <= 8; version++) {
        CHECK_INT(commit(version, "t", 100 + version, "note"), KAFKA_NONE);
        struct offset_fetch_response_partition got = committed(version, 1);
        CHECK_INT(got.committed_offset, 100 + version);
        CHECK(bytes_is_text(got.metadata, "note"));
        if (version >= 6)
            CHECK_INT(got.committed_leader_epoch, 3);
        CHECK_INT(committed(version, 0).committed_offset, -1);
    }
    finish();
}

TEST(all_offsets_of_a_group_can_be_asked_for) {
    struct offset_fetch_request request = { .group_id = bytes_text("g") };
    struct offset_fetch_response response;
    given_broker_with_topic();
    given_topic(&p, "u", 2);
    CHECK_INT(commit(7, "t", 5, ""), KAFKA_NONE);
    CHECK_INT(commit(7, "u", 6, ""), KAFKA_NONE);
    peer_ask(&p, API_offset_fetch, 5, &request, &response);
    CHECK_INT((long long)response.topics_count, 2);
    int64_t sum = 0;
    for (size_t i = 0; i < 2; i++)
        sum += response.topics[i].partitions[0].committed_offset;
    CHECK_INT(sum, 11);
    struct offset_fetch_request_group group = { .group_id = bytes_text("g") };
    request.groups = &group;
    request.groups_count = 1;
    peer_ask(&p, API_offset_fetch, 8, &request, &response);
    CHECK_INT((long long)response.groups[0].topics_count, 2);
    finish();
}

TEST(commits_of_strangers_and_of_too_much_are_refused) {
    static char note[4098];
    given_broker_with_topic();
    CHECK_INT(commit(7, "no", 5, ""), KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    memset(note, 'x', 4097);
    CHECK_INT(commit(7, "t", 5, note), KAFKA_OFFSET_METADATA_TOO_LARGE);
    note[4096] = 0;
    CHECK_INT(commit(7, "t", 5, note), KAFKA_NONE);
    struct join_group_response joined = given_member(&other);
    (void)sync_group(&other, &joined, true);
    CHECK_INT(commit(7, "t", 6, ""), KAFKA_UNKNOWN_MEMBER_ID); /* from outside a living group */
    CHECK_INT(committed(7, 1).committed_offset, 5);
    finish();
}

TEST(committed_offsets_outlive_the_broker_and_members_do_not) {
    given_broker_with_topic();
    CHECK_INT(commit(7, "t", 5, "note"), KAFKA_NONE);
    struct join_group_response joined = given_member(&p);
    peer_close(&p);
    peer_close(&other);
    broker_stop();
    broker_start();
    peer_connect(&p);
    peer_connect(&other);
    CHECK_INT(committed(7, 1).committed_offset, 5);
    CHECK(bytes_is_text(committed(7, 1).metadata, "note"));
    CHECK_INT(heartbeat(&p, &joined), KAFKA_UNKNOWN_MEMBER_ID);
    finish();
}

TEST(a_commit_is_not_acknowledged_when_the_sync_fails) {
    struct offset_commit_request_partition partition = { .committed_offset = 1,
                                                         .committed_metadata = bytes_text("") };
    struct offset_commit_request_topic one = { bytes_text("t"), &partition, 1 };
    struct offset_commit_request request = {
        .group_id = bytes_text("g"), .generation_id = -1, .topics = &one, .topics_count = 1
    };
    given_broker_with_topic();
    memory_disk_fail(broker_disk, &(struct memory_disk_fault){
                                      .op = MEMORY_DISK_SYNC, .nth = 1, .error = E_io });
    peer_send(&p, API_offset_commit, 7, &request);
    CHECK(!peer_has_answer(&p));
    CHECK_INT(broker_failures, 1);
    finish();
}

TEST(an_offset_asked_for_without_end_is_refused) {
    enum { TIMES = 30000 };
    static char note[4097];
    static int32_t indexes[TIMES];
    struct offset_fetch_request_topic topic = { bytes_text("t"), indexes, TIMES };
    struct offset_fetch_request request = { .group_id = bytes_text("g"),
                                            .topics = &topic,
                                            .topics_count = 1 };
    given_broker_with_topic();
    memset(note, 'x', 4096);
    CHECK_INT(commit(7, "t", 5, note), KAFKA_NONE);
    for (int i = 0; i < TIMES; i++)
        indexes[i] = 1;
    peer_send(&p, API_offset_fetch, 7, &request);
    CHECK(peer_is_closed(&p));
    peer_close(&p);
    peer_connect(&p);
    CHECK_INT(committed(7, 1).committed_offset, 5);
    finish();
}

TEST(an_offset_is_not_told_before_its_commit_is_synced) {
    struct offset_commit_request_partition partition = { .index = 1,
                                                         .committed_offset = 9,
                                                         .committed_metadata = bytes_text("") };
    struct offset_commit_request_topic one = { bytes_text("t"), &partition, 1 };
    struct offset_commit_request request = {
        .group_id = bytes_text("g"), .generation_id = -1, .topics = &one, .topics_count = 1
    };
    int32_t index = 1;
    struct offset_fetch_request_topic asked = { bytes_text("t"), &index, 1 };
    struct offset_fetch_request question = { .group_id = bytes_text("g"),
                                             .topics = &asked,
                                             .topics_count = 1 };
    struct offset_fetch_response response;
    given_broker_with_topic();
    CHECK_INT(commit(7, "t", 5, ""), KAFKA_NONE);
    memory_disk_fail(broker_disk, &(struct memory_disk_fault){
                                      .op = MEMORY_DISK_SYNC, .nth = 1, .error = E_io });
    peer_send(&p, API_offset_commit, 7, &request);
    peer_send(&other, API_offset_fetch, 7, &question); /* in the same turn, or after the failure */
    if (peer_has_answer(&other)) {
        peer_receive(&other, API_offset_fetch, 7, &response);
        CHECK_INT(response.topics[0].partitions[0].committed_offset, 5);
    }
    CHECK(!peer_has_answer(&p));
    CHECK_INT(broker_failures, 1);
    finish();
}
