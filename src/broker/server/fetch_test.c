/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Fetch and ListOffsets: whole batches, limits, waiting. */
#include "peer_test.h"
#include "request.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static struct peer p, other;

static void given_broker_with_topic(void) {
    broker_start();
    peer_connect(&p);
    peer_connect(&other);
    given_topic(&p, "t", 3);
}

static void finish(void) {
    peer_close(&p);
    peer_close(&other);
    broker_finish();
}

static void produce(const char *values) {
    CHECK_INT(peer_produce(&other, "t", 0, batch_of(values)).error_code, KAFKA_NONE);
}

TEST(an_offset_inside_a_batch_returns_the_whole_batch) {
    given_broker_with_topic();
    produce("abc");
    produce("def");
    CHECK_TEXT(values_in(peer_fetch(&p, "t", 0, 1).records), "abc|def");
    CHECK_TEXT(values_in(peer_fetch(&p, "t", 0, 5).records), "def");
    CHECK_INT((long long)peer_fetch(&p, "t", 0, 6).records.len, 0);
    finish();
}

TEST(every_version_of_fetch_is_answered_with_watermark_and_stable_offset) {
    given_broker_with_topic();
    produce("abc");
    for (int16_t version = 4; version <= 12; version++) {
        struct fetch_request request = fetch_of("t", 0, 0);
        struct fetch_response response;
        request.isolation_level = (int8_t)(version % 2);
        peer_ask(&p, API_fetch, version, &request, &response);
        struct fetch_response_partition *got = &response.topics[0].partitions[0];
        CHECK_TEXT(values_in(got->records), "abc");
        CHECK_INT(got->high_watermark, 3);
        CHECK_INT(got->last_stable_offset, 3);
        CHECK_INT((long long)got->aborted_transactions_count, 0);
        CHECK_INT(got->aborted_transactions != NULL, version % 2);
        CHECK_INT(response.session_id, 0);
    }
    finish();
}

TEST(offsets_outside_the_log_and_unknown_places_are_errors_at_once) {
    struct fetch_response response;
    given_broker_with_topic();
    produce("abc");
    CHECK_INT(peer_fetch(&p, "t", 0, 4).error_code, KAFKA_OFFSET_OUT_OF_RANGE);
    CHECK_INT(peer_fetch(&p, "t", 0, -1).error_code, KAFKA_OFFSET_OUT_OF_RANGE);
    CHECK_INT(peer_fetch(&p, "t", 0, INT64_MAX).error_code, KAFKA_OFFSET_OUT_OF_RANGE);
    CHECK_INT(peer_fetch(&p, "t", 3, 0).error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    CHECK_INT(peer_fetch(&p, "no", 0, 0).error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    struct fetch_request request = fetch_of("t", 0, 4);
    request.max_wait_ms = 1000000; /* an error does not wait */
    peer_ask(&p, API_fetch, 11, &request, &response);
    CHECK_INT(response.topics[0].partitions[0].error_code, KAFKA_OFFSET_OUT_OF_RANGE);
    request = fetch_of("t", 0, 0);
    request.topics[0].partitions[0].current_leader_epoch = 1000;
    peer_ask(&p, API_fetch, 11, &request, &response);
    CHECK_INT(response.topics[0].partitions[0].error_code, KAFKA_UNKNOWN_LEADER_EPOCH);
    request = fetch_of("t", 0, 0);
    request.session_id = 5;
    peer_ask(&p, API_fetch, 11, &request, &response);
    CHECK_INT(response.error_code, KAFKA_FETCH_SESSION_ID_NOT_FOUND);
    finish();
}

static int descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* The same bytes, whether they are read or go from the file: at every offset, limit and version. */
TEST(what_goes_from_the_file_is_what_is_read) {
    struct fetch_response read, sent;
    broker_options.piece_bytes_min = 1;
    given_broker_with_topic();
    for (int i = 0; i < 40; i++)
        CHECK_INT(peer_produce(&p, "t", i % 2, batch_of(i % 3 ? "ab" : "abcdefgh")).error_code,
                  KAFKA_NONE);
    int before = descriptors();
    for (int64_t offset = 0; offset < 60; offset += 7) {
        for (int32_t most = 1; most < 4000; most = most * 2 + 50) {
            struct fetch_request_partition both[] = { { 0, -1, offset, -1, -1, most },
                                                      { 1, -1, offset, -1, -1, 2000 } };
            struct fetch_request_topic topic = { bytes_text("t"), both, 2 };
            struct fetch_request request = fetch_of("t", 0, 0);
            request.topics = &topic;
            request.max_bytes = 3000;
            for (int16_t version = 4; version <= 12; version += 4) {
                peer_ask(&p, API_fetch, version, &request, &sent);
                request.isolation_level = 1;
                request.min_bytes = 1 << 20; /* more than there is: then nothing goes from a file */
                peer_ask(&p, API_fetch, version, &request, &read);
                request.isolation_level = 0;
                request.min_bytes = 0;
                for (int i = 0; i < 2; i++) {
                    struct bytes a = sent.topics[0].partitions[i].records;
                    struct bytes b = read.topics[0].partitions[i].records;
                    CHECK_INT(sent.topics[0].partitions[i].error_code,
                              read.topics[0].partitions[i].error_code);
                    CHECK_BYTES(a, b);
                }
            }
        }
    }
    CHECK_INT(descriptors(), before);
    finish();
}

TEST(limits_cut_between_batches_and_one_batch_always_comes) {
    struct fetch_response response;
    given_broker_with_topic();
    produce("abc");
    produce("def");
    struct fetch_request request = fetch_of("t", 0, 0);
    request.topics[0].partitions[0].max_bytes = 1;
    peer_ask(&p, API_fetch, 11, &request, &response);
    CHECK_TEXT(values_in(response.topics[0].partitions[0].records), "abc");
    request = fetch_of("t", 0, 0);
    request.max_bytes = 0;
    peer_ask(&p, API_fetch, 11, &request, &response);
    CHECK_TEXT(values_in(response.topics[0].partitions[0].records), "abc");
    finish();
}

TEST(several_partitions_share_the_limit_in_the_order_asked) {
    struct fetch_request_partition partitions[4];
    struct fetch_response response;
    given_broker_with_topic();
    for (int32_t i = 0; i < 3; i++) {
        (void)peer_produce(&other, "t", i, batch_of("a"));
        (void)peer_produce(&other, "t", i, batch_of("b"));
    }
    struct fetch_request request = fetch_of("t", 0, 0);
    for (int32_t i = 0; i < 4; i++) {
        partitions[i] = request.topics[0].partitions[0];
        partitions[i].index = 2 - i % 3;
    }
    request.topics[0].partitions = partitions;
    request.topics[0].partitions_count = 4;
    peer_ask(&p, API_fetch, 11, &request, &response);
    for (int32_t i = 0; i < 4; i++) {
        CHECK_INT(response.topics[0].partitions[i].index, 2 - i % 3);
        CHECK_TEXT(values_in(response.topics[0].partitions[i].records), "a|b");
    }
    size_t one = batch_of("a").len;
    request.max_bytes = (int32_t)(2 * one);
    peer_ask(&p, API_fetch, 11, &request, &response);
    CHECK_TEXT(values_in(response.topics[0].partitions[0].records), "a|b");
    CHECK_INT((long long)response.topics[0].partitions[1].records.len, 0);
    CHECK_INT(response.topics[0].partitions[1].error_code, KAFKA_NONE);
    finish();
}

/* A client sizes its buffer by what it asked for: an answer that is larger closes its connection.
 */
static void check_sizes_of_answers(void) {
    struct fetch_request_partition partitions[3];
    struct fetch_response response;
    given_broker_with_topic();
    for (int32_t i = 0; i < 3; i++)
        (void)peer_produce(&other, "t", i, batch_of("abcdefgh"));
    size_t one = batch_of("abcdefgh").len;
    struct fetch_request request = fetch_of("t", 0, 0);
    for (int32_t i = 0; i < 3; i++) {
        partitions[i] = request.topics[0].partitions[0];
        partitions[i].index = i;
    }
    request.topics[0].partitions = partitions;
    request.topics[0].partitions_count = 3;
    for (size_t most = one / 2; most <= 3 * one; most += one / 2) {
        size_t got = 0;
        request.max_bytes = (int32_t)most;
        peer_ask(&p, API_fetch, 11, &request, &response);
        for (int i = 0; i < 3; i++)
            got += response.topics[0].partitions[i].records.len;
        CHECK_INT((long long)got, (long long)(most < one ? one : most / one * one));
    }
    request.max_bytes = (int32_t)(3 * one); /* nor one of a later partition than that may have */
    partitions[1].max_bytes = (int32_t)one - 1;
    peer_ask(&p, API_fetch, 11, &request, &response);
    CHECK_INT((long long)response.topics[0].partitions[1].records.len, 0);
    CHECK_INT((long long)response.topics[0].partitions[2].records.len, (long long)one);
    finish();
}

TEST(only_the_first_batch_of_an_answer_may_be_larger_than_what_was_asked_for) {
    check_sizes_of_answers();
}

TEST(only_the_first_batch_from_a_file_may_be_larger_than_what_was_asked_for) {
    broker_options.piece_bytes_min = 1;
    check_sizes_of_answers();
}

TEST(a_fetch_waits_for_data_and_the_next_produce_wakes_it) {
    struct fetch_response response;
    given_broker_with_topic();
    struct fetch_request request = fetch_of("t", 0, 0);
    request.max_wait_ms = 5000;
    peer_send(&p, API_fetch, 11, &request);
    CHECK(!peer_has_answer(&p));
    broker_pass_ms(4999);
    CHECK(!peer_has_answer(&p));
    produce("abc");
    peer_receive(&p, API_fetch, 11, &response);
    CHECK_TEXT(values_in(response.topics[0].partitions[0].records), "abc");
    CHECK_INT(response.topics[0].partitions[0].high_watermark, 3);
    finish();
}

TEST(a_fetch_answers_with_what_there_is_when_the_time_is_up) {
    struct fetch_response response;
    given_broker_with_topic();
    produce("abc");
    struct fetch_request request = fetch_of("t", 0, 0);
    request.max_wait_ms = 500;
    request.min_bytes = 1 << 20;
    peer_send(&p, API_fetch, 11, &request);
    CHECK(!peer_has_answer(&p));
    produce("def");
    CHECK(!peer_has_answer(&p));
    broker_pass_ms(500);
    peer_receive(&p, API_fetch, 11, &response);
    CHECK_TEXT(values_in(response.topics[0].partitions[0].records), "abc|def");
    request = fetch_of("t", 1, 0);
    request.max_wait_ms = 500;
    peer_send(&p, API_fetch, 11, &request);
    CHECK(!peer_has_answer(&p));
    broker_pass_ms(500);
    peer_receive(&p, API_fetch, 11, &response);
    CHECK_INT((long long)response.topics[0].partitions[0].records.len, 0);
    CHECK(response.topics[0].partitions[0].records.data); /* empty, not null */
    finish();
}

TEST(a_fetch_collects_min_bytes_over_several_produces_and_partitions) {
    struct fetch_request_partition partitions[2];
    struct fetch_response response;
    given_broker_with_topic();
    struct fetch_request request = fetch_of("t", 0, 0);
    partitions[0] = partitions[1] = request.topics[0].partitions[0];
    partitions[1].index = 1;
    request.topics[0].partitions = partitions;
    request.topics[0].partitions_count = 2;
    request.max_wait_ms = 60000;
    request.min_bytes = (int32_t)(4 * batch_of("a").len);
    peer_send(&p, API_fetch, 11, &request);
    for (int i = 0; i < 3; i++) {
        CHECK(!peer_has_answer(&p));
        (void)peer_produce(&other, "t", i % 2, batch_of("a"));
    }
    CHECK(!peer_has_answer(&p));
    (void)peer_produce(&other, "t", 1, batch_of("b"));
    peer_receive(&p, API_fetch, 11, &response);
    CHECK_TEXT(values_in(response.topics[0].partitions[0].records), "a|a");
    CHECK_TEXT(values_in(response.topics[0].partitions[1].records), "a|b");
    finish();
}

TEST(what_stands_behind_a_waiting_fetch_waits_too) {
    struct fetch_response fetched;
    struct produce_response produced;
    given_broker_with_topic();
    struct fetch_request fetch = fetch_of("t", 0, 0);
    fetch.max_wait_ms = 500;
    struct produce_request request = produce_of("t", 0, batch_of("mine"));
    peer_send(&p, API_fetch, 11, &fetch);
    peer_send(&p, API_produce, 7, &request);
    CHECK(!peer_has_answer(&p));
    CHECK_INT(peer_fetch(&other, "t", 0, 0).high_watermark, 0);
    broker_pass_ms(500);
    peer_receive(&p, API_fetch, 11, &fetched);
    peer_receive(&p, API_produce, 7, &produced);
    CHECK_INT((long long)fetched.topics[0].partitions[0].records.len, 0);
    CHECK_INT(produced.topics[0].partitions[0].base_offset, 0);
    finish();
}

TEST(clients_that_go_while_they_wait_leave_nothing_behind) {
    given_broker_with_topic();
    for (int i = 0; i < 20; i++) {
        struct peer gone;
        struct fetch_request request = fetch_of("t", 0, 0);
        request.max_wait_ms = 60000;
        peer_connect(&gone);
        peer_send(&gone, API_fetch, 11, &request);
        broker_turn();
        peer_close(&gone);
    }
    produce("abc");
    broker_pass_ms(60000);
    CHECK_TEXT(values_in(peer_fetch(&p, "t", 0, 0).records), "abc");
    finish();
}

TEST(a_waiting_fetch_does_not_hinder_a_clean_stop) {
    given_broker_with_topic();
    struct fetch_request request = fetch_of("t", 0, 0);
    request.max_wait_ms = 60000;
    peer_send(&p, API_fetch, 11, &request);
    broker_turn();
    broker_stop();
    broker_start();
    CHECK_INT(peer_receive_frame(&p).data == NULL, 1);
    finish();
}

static struct list_offsets_response_partition list(int16_t version, int64_t timestamp_ms) {
    struct list_offsets_request_partition partition = { .current_leader_epoch = -1,
                                                        .timestamp_ms = timestamp_ms };
    struct list_offsets_request_topic topic = { bytes_text("t"), &partition, 1 };
    struct list_offsets_request request = { .replica_id = -1, .topics = &topic, .topics_count = 1 };
    struct list_offsets_response response;
    peer_ask(&p, API_list_offsets, version, &request, &response);
    return response.topics[0].partitions[0];
}

static void produce_at(int64_t ms) {
    struct batch_writer w;
    batch_begin(&w, ms);
    batch_add(&w, ms, bytes_text("k"), bytes_text("1"));
    batch_add(&w, ms + 10, bytes_text("k"), bytes_text("2"));
    (void)peer_produce(&other, "t", 0, batch_end(&w));
    buf_finish(&w.out);
}

TEST(list_offsets_knows_begin_end_and_times) {
    given_broker_with_topic();
    produce_at(1000);
    produce_at(3000);
    produce_at(2000);
    for (int16_t version = 1; version <= 7; version++) {
        CHECK_INT(list(version, -1).offset, 6);
        CHECK_INT(list(version, -2).offset, 0);
        CHECK_INT(list(version, 1005).offset, 1);
        CHECK_INT(list(version, 1005).timestamp_ms, 1010);
        CHECK_INT(list(version, 3010).offset, 3);
        CHECK_INT(list(version, 3011).offset, -1);
    }
    CHECK_INT(list(7, -3).offset, 3);
    CHECK_INT(list(7, -3).timestamp_ms, 3010);
    CHECK_INT(list(6, -3).error_code, KAFKA_INVALID_REQUEST);
    CHECK_INT(list(7, -4).error_code, KAFKA_INVALID_REQUEST);
    finish();
}

/* One partition, named once too often for any broker. */
TEST(more_partitions_than_a_broker_has_are_not_asked_for) {
    enum { TIMES = PARTITIONS_ASKED_MAX + 1 };
    static struct fetch_request_partition fetched[TIMES];
    static struct list_offsets_request_partition listed[TIMES];
    struct fetch_request_topic topic = { .name = bytes_text("t"), .partitions = fetched };
    struct fetch_request fetch = fetch_of("t", 0, 0);
    struct list_offsets_request_topic list_topic = { bytes_text("t"), listed, TIMES };
    struct list_offsets_request list = { -1, 0, &list_topic, 1 };
    given_broker_with_topic();
    for (int i = 0; i < TIMES; i++)
        listed[i] = (struct list_offsets_request_partition){ 0, -1, -1 };
    for (int i = 0; i < TIMES; i++)
        fetched[i] = fetch.topics[0].partitions[0];
    topic.partitions_count = TIMES;
    fetch.topics = &topic;
    peer_send(&p, API_fetch, 11, &fetch);
    CHECK(peer_is_closed(&p));
    peer_close(&p);
    peer_connect(&p);
    peer_send(&p, API_list_offsets, 5, &list);
    CHECK(peer_is_closed(&p));
    peer_close(&p);
    peer_connect(&p);
    CHECK_INT(peer_fetch(&p, "t", 0, 0).error_code, KAFKA_NONE);
    finish();
}
