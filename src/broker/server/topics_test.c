/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Metadata, CreateTopics, DeleteTopics, InitProducerId, FindCoordinator. */
#include "peer_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct peer p;

static void given_broker(void) {
    broker_start();
    peer_connect(&p);
}

static void finish(void) {
    peer_close(&p);
    broker_finish();
}

static struct metadata_response metadata(int16_t version, const char *topic, bool create) {
    struct metadata_request_topic one = { .name = bytes_text(topic ? topic : "") };
    struct metadata_request request = { .allow_auto_topic_creation = create };
    struct metadata_response response;
    if (topic) {
        request.topics = &one;
        request.topics_count = 1;
    }
    peer_ask(&p, API_metadata, version, &request, &response);
    return response;
}

TEST(metadata_names_this_broker_as_leader_of_everything) {
    given_broker();
    given_topic(&p, "t", 3);
    for (int16_t version = 0; version <= 9; version++) {
        struct metadata_response got = metadata(version, "t", false);
        CHECK_INT((long long)got.brokers_count, 1);
        CHECK(bytes_is_text(got.brokers[0].host, "127.0.0.1"));
        CHECK_INT(got.brokers[0].port, server_port(broker));
        CHECK_INT((long long)got.topics_count, 1);
        CHECK_INT((long long)got.topics[0].partitions_count, 3);
        CHECK_INT(got.topics[0].partitions[2].index, 2);
        CHECK_INT(got.topics[0].partitions[2].leader_id, got.brokers[0].node_id);
        CHECK_INT((long long)got.topics[0].partitions[2].isr_nodes_count, 1);
        if (version >= 1)
            CHECK_INT(got.controller_id, got.brokers[0].node_id);
        if (version >= 2)
            CHECK_INT((long long)got.cluster_id.len, 22);
    }
    finish();
}

TEST(no_topics_means_none_or_all_by_version) {
    struct metadata_request none = { .topics = NULL };
    struct metadata_response response;
    struct metadata_request_topic unused = { 0 };
    given_broker();
    given_topic(&p, "a", 1);
    given_topic(&p, "b", 1);
    peer_ask(&p, API_metadata, 1, &none, &response); /* null: all */
    CHECK_INT((long long)response.topics_count, 2);
    none.topics = &unused; /* empty */
    peer_ask(&p, API_metadata, 1, &none, &response);
    CHECK_INT((long long)response.topics_count, 0);
    peer_ask(&p, API_metadata, 0, &none, &response);
    CHECK_INT((long long)response.topics_count, 2);
    finish();
}

TEST(a_missing_topic_is_created_only_when_client_and_broker_want_it) {
    given_broker();
    CHECK_INT(metadata(4, "t", false).topics[0].error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    struct metadata_response got = metadata(4, "t", true);
    CHECK_INT(got.topics[0].error_code, KAFKA_NONE);
    CHECK_INT((long long)got.topics[0].partitions_count, 4);
    CHECK_INT((long long)metadata(3, "old", false).topics[0].partitions_count, 4);
    peer_close(&p);
    broker_stop();
    broker_options.topics_not_created = true;
    given_broker();
    CHECK_INT(metadata(4, "new", true).topics[0].error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    CHECK_INT((long long)metadata(4, "t", true).topics[0].partitions_count, 4);
    finish();
}

TEST(names_that_are_no_topic_names_are_refused) {
    static const char *const bad[] = { "", ".", "..", "a/b", "a b", "ä", "a\n", "../etc" };
    char longest[251];
    given_broker();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_INT(metadata(4, bad[i], true).topics[0].error_code, KAFKA_INVALID_TOPIC_EXCEPTION);
    memset(longest, 'x', 250);
    longest[250] = 0;
    CHECK_INT(metadata(4, longest, true).topics[0].error_code, KAFKA_INVALID_TOPIC_EXCEPTION);
    longest[249] = 0;
    CHECK_INT(metadata(4, longest, true).topics[0].error_code, KAFKA_NONE);
    CHECK_INT(metadata(4, "A-z_0.9", true).topics[0].error_code, KAFKA_NONE);
    finish();
}

static struct create_topics_response_topic create(struct create_topics_request_topic topic,
                                                  bool validate_only) {
    struct create_topics_request request = { .topics = &topic,
                                             .topics_count = 1,
                                             .validate_only = validate_only };
    struct create_topics_response response;
    peer_ask(&p, API_create_topics, 5, &request, &response);
    return response.topics[0];
}

static struct create_topics_request_topic wanted(const char *name, int32_t partitions,
                                                 int16_t replicas) {
    return (struct create_topics_request_topic){ .name = bytes_text(name),
                                                 .partition_count = partitions,
                                                 .replication_factor = replicas };
}

TEST(topics_are_created_and_refused_by_what_is_asked) {
    given_broker();
    struct create_topics_response_topic made = create(wanted("three", 3, 1), false);
    CHECK_INT(made.error_code, KAFKA_NONE);
    CHECK_INT(made.partition_count, 3);
    CHECK_INT(made.replication_factor, 1);
    CHECK_INT(create(wanted("three", 3, 1), false).error_code, KAFKA_TOPIC_ALREADY_EXISTS);
    CHECK_INT(create(wanted("default", -1, -1), false).partition_count, 4);
    CHECK_INT(create(wanted("zero", 0, 1), false).error_code, KAFKA_INVALID_PARTITIONS);
    CHECK_INT(create(wanted("minus", -2, 1), false).error_code, KAFKA_INVALID_PARTITIONS);
    CHECK_INT(create(wanted("copies", 1, 3), false).error_code, KAFKA_INVALID_REPLICATION_FACTOR);
    CHECK_INT(create(wanted("none", 1, 0), false).error_code, KAFKA_INVALID_REPLICATION_FACTOR);
    CHECK_INT(create(wanted("a/b", 1, 1), false).error_code, KAFKA_INVALID_TOPIC_EXCEPTION);
    CHECK_INT(create(wanted("many", INT32_MAX, 1), false).error_code, KAFKA_POLICY_VIOLATION);
    CHECK_INT(create(wanted("dry", 1, 1), true).error_code, KAFKA_NONE);
    CHECK_INT(metadata(4, "dry", false).topics[0].error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    CHECK_INT(create(wanted("three", 3, 1), true).error_code, KAFKA_TOPIC_ALREADY_EXISTS);
    finish();
}

TEST(a_topic_may_be_assigned_by_hand_to_the_only_broker) {
    int32_t us = 1, them = 2;
    struct create_topics_request_assignment assigned[2] = { { 0, &us, 1 }, { 1, &us, 1 } };
    struct create_topics_request_topic topic = wanted("t", -1, -1);
    given_broker();
    topic.assignments = assigned;
    topic.assignments_count = 2;
    assigned[1].broker_ids = &them;
    CHECK_INT(create(topic, false).error_code, KAFKA_INVALID_REPLICA_ASSIGNMENT);
    assigned[1].broker_ids = &us;
    assigned[1].index = 0;
    CHECK_INT(create(topic, false).error_code, KAFKA_INVALID_REPLICA_ASSIGNMENT);
    assigned[1].index = 1;
    CHECK_INT(create(topic, false).partition_count, 2);
    finish();
}

TEST(one_request_names_a_topic_once) {
    struct create_topics_request_topic topics[3] = { wanted("a", 1, 1), wanted("b", 1, 1),
                                                     wanted("a", 1, 1) };
    struct create_topics_request request = { .topics = topics, .topics_count = 3 };
    struct create_topics_response response;
    given_broker();
    peer_ask(&p, API_create_topics, 6, &request, &response);
    CHECK_INT(response.topics[0].error_code, KAFKA_INVALID_REQUEST);
    CHECK_INT(response.topics[1].error_code, KAFKA_NONE);
    CHECK_INT(response.topics[2].error_code, KAFKA_INVALID_REQUEST);
    finish();
}

TEST(topics_are_there_after_a_restart) {
    given_broker();
    given_topic(&p, "t", 7);
    peer_close(&p);
    broker_stop();
    given_broker();
    CHECK_INT((long long)metadata(4, "t", false).topics[0].partitions_count, 7);
    finish();
}

TEST(producer_ids_never_repeat_also_over_a_restart) {
    struct init_producer_id_request request = { .producer_id = -1, .producer_epoch = -1 };
    struct init_producer_id_response response;
    int64_t last = -1;
    given_broker();
    for (int i = 0; i < 20; i++) {
        peer_ask(&p, API_init_producer_id, (int16_t)(i % 5), &request, &response);
        CHECK_INT(response.error_code, KAFKA_NONE);
        CHECK_INT(response.producer_epoch, 0);
        CHECK(response.producer_id > last);
        last = response.producer_id;
    }
    peer_close(&p);
    broker_stop();
    given_broker();
    peer_ask(&p, API_init_producer_id, 4, &request, &response);
    CHECK(response.producer_id > last);
    finish();
}

TEST(the_coordinator_of_a_group_and_of_a_transaction_is_this_broker) {
    struct bytes keys[] = { { (const uint8_t *)"a", 1 }, { (const uint8_t *)"", 0 } };
    struct find_coordinator_request request = { .key = keys[0], .keys = keys, .keys_count = 2 };
    struct find_coordinator_response response;
    given_broker();
    for (int16_t version = 0; version <= 3; version++) {
        peer_ask(&p, API_find_coordinator, version, &request, &response);
        CHECK_INT(response.error_code, KAFKA_NONE);
        CHECK_INT(response.node_id, 1);
        CHECK_INT(response.port, server_port(broker));
        CHECK(bytes_is_text(response.host, "127.0.0.1"));
    }
    peer_ask(&p, API_find_coordinator, 4, &request, &response);
    CHECK_INT((long long)response.coordinators_count, 2);
    CHECK_INT(response.coordinators[0].port, server_port(broker));
    CHECK_INT(response.coordinators[1].error_code, KAFKA_INVALID_GROUP_ID);
    request.key_type = 1;
    peer_ask(&p, API_find_coordinator, 2, &request, &response);
    CHECK_INT(response.error_code, KAFKA_NONE);
    CHECK_INT(response.port, server_port(broker));
    peer_ask(&p, API_find_coordinator, 4, &request, &response);
    CHECK_INT(response.coordinators[1].error_code, KAFKA_INVALID_REQUEST);
    request.key_type = 2; /* a share group */
    peer_ask(&p, API_find_coordinator, 2, &request, &response);
    CHECK_INT(response.error_code, KAFKA_INVALID_REQUEST);
    finish();
}

TEST(a_small_request_for_an_endless_reply_is_refused_and_others_are_served) {
    enum { NAMES = 1000, PARTITIONS = 9000 };
    static struct metadata_request_topic names[NAMES];
    struct metadata_request request = { .topics = names, .topics_count = NAMES };
    given_broker();
    given_topic(&p, "t", PARTITIONS);
    for (int i = 0; i < NAMES; i++)
        names[i].name = bytes_text("t");
    peer_send(&p, API_metadata, 5, &request);
    CHECK(peer_is_closed(&p));
    peer_close(&p);
    peer_connect(&p);
    CHECK_INT((long long)metadata(5, "t", false).topics[0].partitions_count, PARTITIONS);
    finish();
}

static struct delete_topics_response_topic delete_topic(int16_t version, const char *name) {
    struct bytes names[] = { bytes_text(name) };
    struct delete_topics_request request = { names, 1, 1000 };
    struct delete_topics_response response;
    peer_ask(&p, API_delete_topics, version, &request, &response);
    CHECK_INT((long long)response.topics_count, 1);
    CHECK_BYTES(response.topics[0].name, names[0]);
    return response.topics[0];
}

TEST(a_deleted_topic_is_no_more_and_its_name_begins_anew) {
    given_broker();
    for (int16_t version = 1; version <= 5; version++) {
        given_topic(&p, "t", 3);
        CHECK_INT(peer_produce(&p, "t", 2, batch_of("ab")).base_offset, 0);
        CHECK_INT(delete_topic(version, "t").error_code, KAFKA_NONE);
        CHECK_INT(peer_fetch(&p, "t", 2, 0).error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
        CHECK_INT(peer_produce(&p, "t", 2, batch_of("c")).error_code,
                  KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
        CHECK_INT(metadata(5, "t", false).topics[0].error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
        CHECK_INT(delete_topic(version, "t").error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    }
    given_topic(&p, "t", 1);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("new")).base_offset, 0);
    peer_close(&p);
    broker_stop();
    given_broker();
    CHECK_TEXT(values_in(peer_fetch(&p, "t", 0, 0).records), "new");
    CHECK_INT((long long)metadata(5, "t", false).topics[0].partitions_count, 1);
    CHECK_BYTES(delete_topic(5, "nowhere").error_message, bytes_text("there is no such topic"));
    finish();
}

TEST(a_request_that_deletes_a_topic_twice_does_not) {
    struct bytes names[] = { bytes_text("t"), bytes_text("u"), bytes_text("t") };
    struct delete_topics_request request = { names, 3, 1000 };
    struct delete_topics_response response;
    given_broker();
    given_topic(&p, "t", 1);
    given_topic(&p, "u", 1);
    peer_ask(&p, API_delete_topics, 4, &request, &response);
    CHECK_INT(response.topics[0].error_code, KAFKA_INVALID_REQUEST);
    CHECK_INT(response.topics[1].error_code, KAFKA_NONE);
    CHECK_INT(response.topics[2].error_code, KAFKA_INVALID_REQUEST);
    CHECK_INT(metadata(5, "t", false).topics[0].error_code, KAFKA_NONE);
    finish();
}

TEST(whoever_waits_for_records_of_a_topic_is_told_that_it_is_deleted) {
    struct peer readers[3];
    struct fetch_response response;
    given_broker();
    given_topic(&p, "t", 2);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("a")).error_code, KAFKA_NONE);
    for (int i = 0; i < 3; i++) {
        struct fetch_request request = fetch_of("t", i % 2, i % 2 ? 0 : 1);
        request.max_wait_ms = 60000;
        request.isolation_level = (int8_t)(i == 2);
        peer_connect(&readers[i]);
        peer_send(&readers[i], API_fetch, 11, &request);
        CHECK(!peer_has_answer(&readers[i]));
    }
    CHECK_INT(delete_topic(4, "t").error_code, KAFKA_NONE);
    for (int i = 0; i < 3; i++) {
        peer_receive(&readers[i], API_fetch, 11, &response);
        CHECK_INT(response.topics[0].partitions[0].error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
        peer_close(&readers[i]);
    }
    finish();
}

/* A fetch that is about to be woken, and one whose connection goes, hold nothing of the topic. */
TEST(a_topic_is_deleted_under_fetches_that_are_stirred_or_go) {
    struct peer readers[2];
    struct fetch_request request = fetch_of("t", 0, 0);
    struct bytes names[] = { bytes_text("t") };
    struct delete_topics_request deletion = { names, 1, 1000 };
    struct delete_topics_response deleted;
    given_broker();
    given_topic(&p, "t", 1);
    request.max_wait_ms = 60000;
    request.min_bytes = 1 << 20;
    for (int i = 0; i < 2; i++) {
        peer_connect(&readers[i]);
        peer_send(&readers[i], API_fetch, 11, &request);
        CHECK(!peer_has_answer(&readers[i]));
    }
    struct produce_request produce = produce_of("t", 0, batch_of("a"));
    struct produce_response produced;
    peer_send(&p, API_produce, 7, &produce); /* one group with the deletion */
    peer_send(&p, API_delete_topics, 1, &deletion);
    peer_close(&readers[1]);
    peer_receive(&p, API_produce, 7, &produced);
    CHECK_INT(produced.topics[0].partitions[0].error_code, KAFKA_NONE);
    peer_receive(&p, API_delete_topics, 1, &deleted);
    CHECK_INT(deleted.topics[0].error_code, KAFKA_NONE);
    struct fetch_response response;
    peer_receive(&readers[0], API_fetch, 11, &response);
    CHECK_INT(response.topics[0].partitions[0].error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    peer_close(&readers[0]);
    finish();
}

TEST(names_by_the_ten_thousand_are_each_checked_once) {
    enum { NAMES = 40000 };
    struct create_topics_request_topic *topics = calloc(NAMES, sizeof(*topics));
    char(*names)[8] = calloc(NAMES, sizeof(*names));
    struct create_topics_request request = { topics, NAMES, .validate_only = true };
    struct create_topics_response response;
    given_broker();
    for (int i = 0; i < NAMES; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "%d", i % (NAMES - 1)); /* 0 comes twice */
        topics[i] = wanted(names[i], 1, 1);
    }
    peer_ask(&p, API_create_topics, 5, &request, &response);
    CHECK_INT(response.topics[0].error_code, KAFKA_INVALID_REQUEST);
    CHECK_INT(response.topics[1].error_code, KAFKA_NONE);
    CHECK_INT(response.topics[NAMES - 1].error_code, KAFKA_INVALID_REQUEST);
    free(topics);
    free(names);
    finish();
}
