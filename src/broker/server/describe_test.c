/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Groups looked at and forgotten, epochs, sizes and the cluster, through the wire. */
#include "peer_test.h"
#include "request.h"

#include <string.h>

static struct peer p;
static struct bytes subscription; /* to topic "t" */

static void given_broker_with_topics(void) {
    static const uint8_t bytes[] = { 0, 1, 0, 0, 0, 1, 0, 1, 't', 0xff, 0xff, 0xff, 0xff };
    subscription = bytes_of(bytes, sizeof(bytes));
    broker_start();
    peer_connect(&p);
    given_topic(&p, "t", 3);
    given_topic(&p, "u", 1);
}

static void finish(void) {
    peer_close(&p);
    broker_finish();
}

static void restart(void) {
    peer_close(&p);
    broker_stop();
    broker_start();
    peer_connect(&p);
}

/* A member of group "g", of protocol type `type`; returns its id. */
static struct bytes given_member(const char *type) {
    struct join_group_request_protocol protocol = { bytes_text("range"), subscription };
    struct join_group_request join = { .group_id = bytes_text("g"),
                                       .session_timeout_ms = 10000,
                                       .rebalance_timeout_ms = 60000,
                                       .member_id = bytes_text(""),
                                       .protocol_type = bytes_text(type),
                                       .protocols = &protocol,
                                       .protocols_count = 1 };
    struct join_group_response joined;
    struct sync_group_response synced;
    peer_ask(&p, API_join_group, 3, &join, &joined);
    CHECK_INT(joined.error_code, KAFKA_NONE);
    struct sync_group_request_assignment mine = { joined.member_id, bytes_text("assigned") };
    struct sync_group_request sync = { .group_id = bytes_text("g"),
                                       .generation_id = joined.generation_id,
                                       .member_id = joined.member_id,
                                       .assignments = &mine,
                                       .assignments_count = 1 };
    peer_ask(&p, API_sync_group, 3, &sync, &synced);
    return joined.member_id;
}

static void leave(struct bytes member_id) {
    struct leave_group_request request = { .group_id = bytes_text("g"), .member_id = member_id };
    struct leave_group_response response;
    peer_ask(&p, API_leave_group, 1, &request, &response);
    CHECK_INT(response.error_code, KAFKA_NONE);
}

static void commit(const char *group, const char *topic, int32_t partition, int64_t offset) {
    struct offset_commit_request_partition one = { .index = partition,
                                                   .committed_offset = offset,
                                                   .committed_leader_epoch = -1 };
    struct offset_commit_request_topic t = { bytes_text(topic), &one, 1 };
    struct offset_commit_request request = {
        .group_id = bytes_text(group), .generation_id = -1, .topics = &t, .topics_count = 1
    };
    struct offset_commit_response response;
    peer_ask(&p, API_offset_commit, 7, &request, &response);
    CHECK_INT(response.topics[0].partitions[0].error_code, KAFKA_NONE);
}

static int64_t committed(const char *group, const char *topic, int32_t partition) {
    struct offset_fetch_request_topic t = { bytes_text(topic), &partition, 1 };
    struct offset_fetch_request request = { .group_id = bytes_text(group),
                                            .topics = &t,
                                            .topics_count = 1 };
    struct offset_fetch_response response;
    peer_ask(&p, API_offset_fetch, 5, &request, &response);
    return response.topics[0].partitions[0].committed_offset;
}

static struct describe_groups_response_group describe(const char *group) {
    struct bytes name = bytes_text(group);
    struct describe_groups_request request = { .groups = &name, .groups_count = 1 };
    struct describe_groups_response response;
    peer_ask(&p, API_describe_groups, 5, &request, &response);
    CHECK_INT((long long)response.groups_count, 1);
    return response.groups[0];
}

/* "g:Stable,h:Empty," in the order they come. */
static const char *list(const char *state) {
    struct bytes filter = bytes_text(state ? state : "");
    struct list_groups_request request = { .states_filter = &filter,
                                           .states_filter_count = state != NULL };
    struct list_groups_response response;
    struct buf text = { 0 };
    peer_ask(&p, API_list_groups, 4, &request, &response);
    for (size_t i = 0; i < response.groups_count; i++) {
        buf_put_bytes(&text, response.groups[i].group_id);
        buf_put_byte(&text, ':');
        buf_put_bytes(&text, response.groups[i].group_state);
        buf_put_byte(&text, ',');
    }
    const char *copy = arena_text(&answers, buf_bytes(&text));
    buf_finish(&text);
    return copy;
}

static int16_t delete_group(const char *group) {
    struct bytes name = bytes_text(group);
    struct delete_groups_request request = { .groups = &name, .groups_count = 1 };
    struct delete_groups_response response;
    peer_ask(&p, API_delete_groups, 2, &request, &response);
    return response.groups[0].error_code;
}

static int16_t delete_offset(const char *group, const char *topic, int32_t partition) {
    struct offset_delete_request_partition one = { partition };
    struct offset_delete_request_topic t = { bytes_text(topic), &one, 1 };
    struct offset_delete_request request = { bytes_text(group), &t, 1 };
    struct offset_delete_response response;
    peer_ask(&p, API_offset_delete, 0, &request, &response);
    return response.error_code ? response.error_code : response.topics[0].partitions[0].error_code;
}

TEST(the_states_of_a_group_have_kafkas_names) {
    given_broker_with_topics();
    CHECK_BYTES(describe("g").group_state, bytes_text("Dead"));
    struct bytes member = given_member("consumer");
    struct describe_groups_response_group g = describe("g");
    CHECK_INT(g.error_code, KAFKA_NONE);
    CHECK_BYTES(g.group_state, bytes_text("Stable"));
    CHECK_BYTES(g.protocol_type, bytes_text("consumer"));
    CHECK_BYTES(g.protocol_data, bytes_text("range"));
    CHECK_INT((long long)g.members_count, 1);
    CHECK_BYTES(g.members[0].member_id, member);
    CHECK_BYTES(g.members[0].client_id, bytes_text("peer"));
    CHECK_BYTES(g.members[0].client_host, bytes_text("/127.0.0.1"));
    CHECK_BYTES(g.members[0].member_metadata, subscription);
    CHECK_BYTES(g.members[0].member_assignment, bytes_text("assigned"));
    CHECK(!g.members[0].group_instance_id.data);
    CHECK_INT(g.authorized_operations, INT32_MIN);
    leave(member);
    CHECK_BYTES(describe("g").group_state, bytes_text("Empty"));
    CHECK_INT(describe("").error_code, KAFKA_INVALID_GROUP_ID);
    finish();
}

TEST(groups_are_listed_by_state_also_those_with_nothing_but_offsets) {
    given_broker_with_topics();
    CHECK_TEXT(list(NULL), "");
    commit("h", "t", 0, 7);
    (void)given_member("consumer");
    CHECK_TEXT(list(NULL), "g:Stable,h:Empty,");
    CHECK_TEXT(list("Empty"), "h:Empty,");
    CHECK_TEXT(list("Stable"), "g:Stable,");
    CHECK_TEXT(list("Dead"), "");
    commit("h", "t", 1, 8);
    restart();
    CHECK_TEXT(list(NULL), "h:Empty,");
    CHECK_BYTES(describe("h").group_state, bytes_text("Empty"));
    finish();
}

TEST(a_group_is_deleted_with_its_offsets_once_nobody_is_in_it) {
    given_broker_with_topics();
    commit("g", "t", 0, 5);
    commit("g", "t", 2, 6);
    commit("h", "t", 0, 7);
    struct bytes member = given_member("consumer");
    CHECK_INT(delete_group("g"), KAFKA_NON_EMPTY_GROUP);
    leave(member);
    CHECK_INT(delete_group("g"), KAFKA_NONE);
    CHECK_INT(delete_group("g"), KAFKA_GROUP_ID_NOT_FOUND);
    CHECK_INT(delete_group(""), KAFKA_INVALID_GROUP_ID);
    CHECK_TEXT(list(NULL), "h:Empty,");
    CHECK_INT(committed("g", "t", 0), -1);
    CHECK_INT(committed("h", "t", 0), 7);
    restart();
    CHECK_INT(committed("g", "t", 2), -1);
    CHECK_TEXT(list(NULL), "h:Empty,");
    commit("g", "t", 2, 9);
    CHECK_INT(committed("g", "t", 2), 9);
    restart();
    CHECK_INT(committed("g", "t", 2), 9);
    finish();
}

TEST(an_offset_is_deleted_unless_a_member_reads_the_topic) {
    given_broker_with_topics();
    commit("g", "t", 0, 5);
    commit("g", "u", 0, 6);
    struct bytes member = given_member("consumer");
    CHECK_INT(delete_offset("g", "t", 0), KAFKA_GROUP_SUBSCRIBED_TO_TOPIC);
    CHECK_INT(delete_offset("g", "u", 0), KAFKA_NONE);
    CHECK_INT(committed("g", "u", 0), -1);
    CHECK_INT(committed("g", "t", 0), 5);
    leave(member);
    CHECK_INT(delete_offset("g", "t", 0), KAFKA_NONE);
    CHECK_INT(delete_offset("g", "t", 1), KAFKA_NONE); /* never was one */
    CHECK_INT(delete_offset("g", "v", 0), KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    CHECK_INT(delete_offset("nobody", "t", 0), KAFKA_GROUP_ID_NOT_FOUND);
    restart();
    CHECK_INT(committed("g", "t", 0), -1);
    CHECK_INT(committed("g", "u", 0), -1);
    finish();
}

TEST(offsets_of_members_that_do_not_say_what_they_read_are_kept) {
    given_broker_with_topics();
    commit("g", "t", 0, 5);
    struct bytes member = given_member("connect");
    CHECK_INT(delete_offset("g", "t", 0), KAFKA_NON_EMPTY_GROUP);
    leave(member);
    subscription = bytes_text("no subscription at all");
    (void)given_member("consumer");
    CHECK_INT(delete_offset("g", "u", 0), KAFKA_GROUP_SUBSCRIBED_TO_TOPIC);
    finish();
}

/* ---- epochs, sizes, the cluster */

static struct offset_for_leader_epoch_response_partition end_of(int32_t epoch, int32_t current,
                                                                const char *topic) {
    struct offset_for_leader_epoch_request_partition one = { 0, current, epoch };
    struct offset_for_leader_epoch_request_topic t = { bytes_text(topic), &one, 1 };
    struct offset_for_leader_epoch_request request = { -1, &t, 1 };
    struct offset_for_leader_epoch_response response;
    peer_ask(&p, API_offset_for_leader_epoch, 2, &request, &response);
    return response.topics[0].partitions[0];
}

TEST(the_end_of_the_epoch_is_the_high_watermark_and_of_one_to_come_minus_1) {
    given_broker_with_topics();
    (void)peer_produce(&p, "t", 0, batch_of("abc"));
    int32_t epoch = partition_leader_epoch(server_partition(broker, bytes_text("t"), 0));
    CHECK_INT(end_of(epoch, -1, "t").end_offset, 3);
    CHECK_INT(end_of(epoch, epoch, "t").leader_epoch, epoch);
    CHECK_INT(end_of(epoch + 1, -1, "t").end_offset, -1);
    CHECK_INT(end_of(epoch + 1, -1, "t").leader_epoch, -1);
    CHECK_INT(end_of(-1, -1, "t").end_offset, -1);
    CHECK_INT(end_of(epoch, epoch + 1, "t").error_code, KAFKA_UNKNOWN_LEADER_EPOCH);
    CHECK_INT(end_of(epoch, -1, "nowhere").error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    finish();
}

TEST(a_partition_takes_as_many_bytes_as_its_batches_have) {
    struct describe_log_dirs_request all = { 0 };
    struct describe_log_dirs_response response;
    struct bytes batch = batch_of("abc");
    int32_t asked[] = { 0, 7 };
    struct describe_log_dirs_request_topic some[] = { { bytes_text("t"), asked, 2 },
                                                      { bytes_text("nowhere"), asked, 1 } };
    given_broker_with_topics();
    (void)peer_produce(&p, "t", 0, batch);
    (void)peer_produce(&p, "t", 0, batch);
    peer_ask(&p, API_describe_log_dirs, 4, &all, &response);
    CHECK_INT((long long)response.dirs_count, 1);
    CHECK_BYTES(response.dirs[0].log_dir, bytes_text("data"));
    CHECK_INT((long long)response.dirs[0].topics_count, 2);
    CHECK_INT(response.dirs[0].topics[0].partitions[0].size_bytes, 2 * (long long)batch.len);
    CHECK_INT(response.dirs[0].topics[0].partitions[1].size_bytes, 0);
    CHECK_INT(response.dirs[0].total_bytes, -1);
    struct describe_log_dirs_request asking = { some, 2 };
    peer_ask(&p, API_describe_log_dirs, 1, &asking, &response);
    CHECK_INT((long long)response.dirs[0].topics_count, 1);
    CHECK_INT((long long)response.dirs[0].topics[0].partitions_count, 1);
    CHECK_INT(response.dirs[0].topics[0].partitions[0].size_bytes, 2 * (long long)batch.len);
    finish();
}

TEST(the_cluster_is_this_broker) {
    struct describe_cluster_request request = { .endpoint_type = 1 };
    struct describe_cluster_response response;
    given_broker_with_topics();
    peer_ask(&p, API_describe_cluster, 0, &request, &response);
    CHECK_INT((long long)response.brokers_count, 1);
    CHECK_INT(response.controller_id, response.brokers[0].broker_id);
    CHECK_INT(response.brokers[0].port, server_port(broker));
    CHECK_INT((long long)response.cluster_id.len, 22);
    request.endpoint_type = 2;
    peer_ask(&p, API_describe_cluster, 1, &request, &response);
    CHECK_INT(response.error_code, KAFKA_MISMATCHED_ENDPOINT_TYPE);
    finish();
}

/* ---- too much */

static void check_closed(int16_t key, int16_t version, const void *request) {
    peer_send(&p, key, version, request);
    CHECK(peer_is_closed(&p));
    peer_close(&p);
    peer_connect(&p);
}

TEST(a_list_longer_than_a_broker_has_things_is_refused) {
    enum { TIMES = PARTITIONS_ASKED_MAX + 1 };
    static struct bytes groups[TIMES];
    static int32_t indexes[TIMES];
    static struct offset_delete_request_topic topics[TIMES];
    struct describe_groups_request describing = { .groups = groups, .groups_count = TIMES };
    struct delete_groups_request deleting = { .groups = groups, .groups_count = TIMES };
    struct offset_delete_request forgetting = { bytes_text("g"), topics, TIMES };
    struct add_partitions_to_txn_request_topic added = { bytes_text("t"), indexes, TIMES };
    struct add_partitions_to_txn_request adding = { bytes_text("me"), 1, 0, &added, 1 };
    given_broker_with_topics();
    for (int i = 0; i < TIMES; i++)
        groups[i] = topics[i].name = bytes_text("g");
    check_closed(API_describe_groups, 4, &describing);
    check_closed(API_delete_groups, 1, &deleting);
    check_closed(API_offset_delete, 0, &forgetting);
    check_closed(API_add_partitions_to_txn, 2, &adding);
    finish();
}

TEST(all_settings_of_a_topic_a_hundred_thousand_times_are_refused) {
    enum { TIMES = 100000 };
    static struct describe_configs_request_resource resources[TIMES];
    struct describe_configs_request request = { .resources = resources, .resources_count = TIMES };
    static struct describe_log_dirs_request_topic topics[TIMES];
    static int32_t indexes[30];
    struct describe_log_dirs_request sizes = { .topics = topics, .topics_count = TIMES };
    given_broker_with_topics();
    for (int i = 0; i < TIMES; i++) {
        resources[i] = (struct describe_configs_request_resource){ 2, bytes_text("t"), NULL, 0 };
        topics[i] = (struct describe_log_dirs_request_topic){ bytes_text("t"), indexes, 30 };
    }
    check_closed(API_describe_configs, 1, &request);
    check_closed(API_describe_log_dirs, 1, &sizes);
    finish();
}

/* ---- topics that grow */

static int16_t grow(const char *name, int32_t count, bool validate_only) {
    struct create_partitions_request_topic topic = { .name = bytes_text(name), .count = count };
    struct create_partitions_request request = { .topics = &topic,
                                                 .topics_count = 1,
                                                 .validate_only = validate_only };
    struct create_partitions_response response;
    peer_ask(&p, API_create_partitions, 3, &request, &response);
    CHECK_INT((long long)response.results_count, 1);
    CHECK_BYTES(response.results[0].name, bytes_text(name));
    return response.results[0].error_code;
}

TEST(a_topic_gets_more_partitions_and_never_fewer) {
    given_broker_with_topics();
    CHECK_INT(grow("t", 5, true), KAFKA_NONE);
    CHECK_INT(grow("t", 3, false), KAFKA_INVALID_PARTITIONS);
    CHECK_INT(grow("t", 2, false), KAFKA_INVALID_PARTITIONS);
    CHECK_INT(grow("t", 20000, false), KAFKA_INVALID_PARTITIONS);
    CHECK_INT(grow("nowhere", 5, false), KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    CHECK_INT(peer_produce(&p, "t", 4, batch_of("x")).error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    CHECK_INT(grow("t", 5, false), KAFKA_NONE);
    CHECK_INT(peer_produce(&p, "t", 4, batch_of("x")).error_code, KAFKA_NONE);
    restart();
    CHECK_TEXT(values_in(peer_fetch(&p, "t", 4, 0).records), "x");
    CHECK_INT(grow("t", 5, false), KAFKA_INVALID_PARTITIONS);
    finish();
}

TEST(new_partitions_may_be_assigned_to_the_only_broker_and_to_no_other) {
    int32_t ours = 1, another = 2;
    struct create_partitions_request_assignment both[] = { { &ours, 1 }, { &another, 1 } };
    struct create_partitions_request_topic topic = { bytes_text("t"), 5, both, 2 };
    struct create_partitions_request request = { .topics = &topic, .topics_count = 1 };
    struct create_partitions_response response;
    given_broker_with_topics();
    peer_ask(&p, API_create_partitions, 0, &request, &response);
    CHECK_INT(response.results[0].error_code, KAFKA_INVALID_REPLICA_ASSIGNMENT);
    both[1].broker_ids = &ours;
    topic.assignments_count = 1;
    peer_ask(&p, API_create_partitions, 0, &request, &response);
    CHECK_INT(response.results[0].error_code, KAFKA_INVALID_REPLICA_ASSIGNMENT);
    topic.assignments_count = 2;
    peer_ask(&p, API_create_partitions, 0, &request, &response);
    CHECK_INT(response.results[0].error_code, KAFKA_NONE);
    finish();
}
