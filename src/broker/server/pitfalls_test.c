/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What other brokers got wrong in front of real clients, one test each, by the numbers of our
 * notes. Those that are told elsewhere:
 *
 *    6  transactions_test.c: a_new_session_fences_the_old_one_and_aborts_what_it_left,
 *       an_end_is_told_again_and_not_turned_round, an_id_or_a_timeout_that_cannot_be_is_refused
 *    7  transactions_test.c: a_committed_transaction_shows_whole_and_an_aborted_one_not_at_all,
 *       latest_is_the_last_stable_offset_for_who_reads_committed
 *   11  coordinator: group_test.c, static_test.c; here what only the wire shows
 *   16  transactions_test.c: an_end_of_a_transaction_that_comes_late_does_not_end_the_next_one */
#include "peer_test.h"

#include "request.h"
#include "wire/checksum.h"

#include <string.h>
#include <zlib.h>

static struct peer p;

static void given_broker_with_topic(void) {
    broker_start();
    peer_connect(&p);
    given_topic(&p, "t", 3);
}

static void finish(void) {
    peer_close(&p);
    broker_finish();
}

static void put_at(struct bytes batch, size_t at, const void *data, size_t len) {
    memcpy((uint8_t *)(uintptr_t)batch.data + at, data, len);
}

/* The batch with other bytes at a place behind the checksum, which is made right again. */
static struct bytes changed(struct bytes batch, size_t at, struct bytes with) {
    struct bytes copy = arena_copy(&answers, batch);
    put_at(copy, at, with.data, with.len);
    uint32_t crc = crc32c(bytes_part(copy, 21, copy.len - 21));
    uint8_t big[] = { (uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8),
                      (uint8_t)crc };
    put_at(copy, 17, big, 4);
    return copy;
}

#define BYTES(...)                                                                                 \
    bytes_of((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static int16_t code_of(struct bytes batch) {
    return peer_produce(&p, "t", 0, batch).error_code;
}

/* ---- 1, 2, 3: frames */

/* Key, version, correlation id 77, a null client, and what version 3 has besides. */
static struct bytes versions_answer(uint16_t version) {
    struct buf frame = { 0 };
    bool is_flexible = version >= 3;
    buf_put_be32(&frame, is_flexible ? 14 : 10);
    buf_put_be16(&frame, API_api_versions);
    buf_put_be16(&frame, version);
    buf_put_be32(&frame, 77);
    buf_put_be16(&frame, 0xffff);
    if (is_flexible)
        buf_put_bytes(&frame, BYTES(0, 1, 1, 0)); /* no tags, two empty names, no tags */
    peer_send_bytes(&p, buf_bytes(&frame));
    buf_finish(&frame);
    struct bytes answer = peer_receive_frame(&p);
    CHECK_BYTES(bytes_part(answer, 0, 4), BYTES(0, 0, 0, 77));
    return answer;
}

TEST(pitfall_1_api_versions_of_any_version_has_header_0_and_not_a_byte_too_many) {
    static const uint16_t unknown[] = { 4, 5, 60, 0x7fff, 0xffff };
    size_t old = 4 + 2 + 4 + 6 * api_count;
    given_broker_with_topic();
    CHECK_INT((long long)versions_answer(0).len, (long long)old);
    CHECK_INT((long long)versions_answer(1).len, (long long)old + 4);
    CHECK_INT((long long)versions_answer(2).len, (long long)old + 4);
    CHECK_INT((long long)versions_answer(3).len, (long long)(4 + 2 + 1 + 7 * api_count + 4 + 1));
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        struct bytes answer = versions_answer(unknown[i]);
        CHECK_INT((long long)answer.len, (long long)old);
        CHECK_BYTES(bytes_part(answer, 4, 2), BYTES(0, KAFKA_UNSUPPORTED_VERSION));
        CHECK_BYTES(bytes_part(answer, 6, 4), BYTES(0, 0, 0, (uint8_t)api_count));
    }
    finish();
}

TEST(pitfall_2_unknown_tags_are_skipped_everywhere_and_two_apis_are_never_flexible) {
    struct buf frame = { 0 };
    given_broker_with_topic();
    buf_put_be32(&frame, 0);
    buf_put_be16(&frame, API_metadata);
    buf_put_be16(&frame, 9);
    buf_put_be32(&frame, 5);
    buf_put_bytes(&frame, BYTES(0, 1, 'c'));          /* the client: two bytes of length */
    buf_put_bytes(&frame, BYTES(2, 7, 1, 'x', 9, 0)); /* two tags of the header */
    buf_put_bytes(&frame, BYTES(2, 2, 't', 1, 0, 2, 'y', 'y')); /* one topic "t" with a tag */
    buf_put_bytes(&frame, BYTES(0, 0, 0, 1, 99, 3, 'z', 'z', 'z'));
    frame.data[3] = (uint8_t)(frame.len - 4);
    peer_send_bytes(&p, buf_bytes(&frame));
    struct bytes answer = peer_receive_frame(&p);
    CHECK(answer.data);
    struct cursor in = cursor_on(bytes_part(answer, 5, answer.len - 5)); /* header 1 */
    struct metadata_response response;
    CHECK_OK(message_decode(&message_metadata_response, 9, &in, &answers, &response));
    CHECK_INT((long long)cursor_left(&in), 0);
    CHECK_BYTES(response.topics[0].name, bytes_text("t"));
    CHECK_INT(api_find(API_sasl_handshake)->flexible_from, NEVER);
    CHECK_INT(api_find(API_offset_delete)->flexible_from, NEVER);
    buf_finish(&frame);
    finish();
}

TEST(pitfall_3_another_apis_unknown_version_and_a_huge_frame_are_closed_unread) {
    static const uint8_t huge[] = { 6, 0x40, 0, 0, 0, 0, 0, 9 }; /* 100 MiB and one */
    given_broker_with_topic();
    for (size_t i = 0; i < api_count; i++) {
        struct peer bad;
        struct buf frame = { 0 };
        if (apis[i].key == API_api_versions)
            continue;
        buf_put_be32(&frame, 10);
        buf_put_be16(&frame, (uint16_t)apis[i].key);
        buf_put_be16(&frame, (uint16_t)(apis[i].last + 1));
        buf_put_be32(&frame, 1);
        buf_put_be16(&frame, 0xffff);
        peer_connect(&bad);
        peer_send_bytes(&bad, buf_bytes(&frame));
        CHECK(peer_is_closed(&bad));
        CHECK_INT((long long)bad.input.len, 0);
        peer_close(&bad);
        buf_finish(&frame);
    }
    struct peer bad;
    peer_connect(&bad);
    peer_send_bytes(&bad, bytes_of(huge, sizeof(huge)));
    CHECK(peer_is_closed(&bad));
    peer_close(&bad);
    finish();
}

/* ---- 4, 5: produce */

TEST(pitfall_4_a_batch_is_patched_outside_its_checksum_and_markers_are_ours_alone) {
    given_broker_with_topic();
    struct bytes sent = batch_of("ab");
    put_at(sent, 0, "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f", 8); /* whatever a client writes there */
    put_at(sent, 12, "\x7f\x7f\x7f\x7f", 4);
    CHECK_INT(code_of(batch_of("x")), KAFKA_NONE);
    CHECK_INT(code_of(sent), KAFKA_NONE);
    struct bytes got = peer_fetch(&p, "t", 0, 1).records;
    int32_t epoch = partition_leader_epoch(server_partition(broker, bytes_text("t"), 0));
    CHECK_INT(first_offset_in(got), 1);
    CHECK_BYTES(bytes_part(got, 12, 4), BYTES(0, 0, 0, (uint8_t)epoch));
    CHECK_BYTES(bytes_part(got, 16, got.len - 16), bytes_part(sent, 16, sent.len - 16));
    CHECK_TEXT(values_in(got), "ab"); /* its checksum is looked at */
    CHECK_INT(code_of(changed(sent, 21, BYTES(0, 0x30))), KAFKA_INVALID_RECORD);    /* a marker */
    CHECK_INT(code_of(changed(sent, 23, BYTES(0, 0, 0, 5))), KAFKA_INVALID_RECORD); /* delta */
    CHECK_INT(code_of(changed(sent, 21, BYTES(0, 6))), KAFKA_CORRUPT_MESSAGE);      /* codec */
    finish();
}

static struct bytes by_producer(uint8_t id, uint8_t epoch, int32_t sequence) {
    uint8_t s[] = { (uint8_t)(sequence >> 24), (uint8_t)(sequence >> 16), (uint8_t)(sequence >> 8),
                    (uint8_t)sequence };
    struct bytes batch = batch_of("s");
    put_at(batch, 53, s, 4);
    return changed(batch, 43, BYTES(0, 0, 0, 0, 0, 0, 0, id, 0, epoch));
}

TEST(pitfall_5_five_batches_are_remembered_and_a_sequence_begins_wraps_and_never_skips) {
    given_broker_with_topic();
    for (int32_t s = 10; s < 16; s++) /* an unknown producer begins anywhere */
        CHECK_INT(peer_produce(&p, "t", 0, by_producer(9, 1, s)).base_offset, s - 10);
    for (int32_t s = 11; s < 16; s++) /* an exact repeat has its first offset */
        CHECK_INT(peer_produce(&p, "t", 0, by_producer(9, 1, s)).base_offset, s - 10);
    CHECK_INT(code_of(by_producer(9, 1, 17)), KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER);
    CHECK_INT(code_of(by_producer(9, 0, 16)), KAFKA_INVALID_PRODUCER_EPOCH);
    CHECK_INT(code_of(by_producer(9, 2, 16)), KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER);
    CHECK_INT(code_of(by_producer(9, 2, 0)), KAFKA_NONE);
    CHECK_INT(code_of(by_producer(8, 0, INT32_MAX)), KAFKA_NONE);
    CHECK_INT(code_of(by_producer(8, 0, 0)), KAFKA_NONE);
    CHECK_INT(peer_fetch(&p, "t", 0, 0).high_watermark, 9);
    finish();
}

/* ---- 8, 9, 10: reading */

TEST(pitfall_8_a_fetch_begins_with_the_whole_batch_and_never_comes_back_empty_for_its_size) {
    given_broker_with_topic();
    CHECK_INT(code_of(batch_of("abcde")), KAFKA_NONE);
    struct fetch_request request = fetch_of("t", 0, 3); /* inside of it */
    struct fetch_response response;
    request.max_bytes = 1;
    request.topics[0].partitions[0].max_bytes = 1;
    peer_ask(&p, API_fetch, 11, &request, &response);
    CHECK_INT(response.session_id, 0);
    CHECK_TEXT(values_in(response.topics[0].partitions[0].records), "abcde");
    CHECK_INT(first_offset_in(response.topics[0].partitions[0].records), 0);
    CHECK_INT(peer_fetch(&p, "t", 0, 6).error_code, KAFKA_OFFSET_OUT_OF_RANGE);
    CHECK_INT(peer_fetch(&p, "t", 0, -1).error_code, KAFKA_OFFSET_OUT_OF_RANGE);
    finish();
}

static struct fetch_response_partition fetch_knowing(int32_t epoch) {
    struct fetch_request request = fetch_of("t", 0, 0);
    struct fetch_response response;
    request.topics[0].partitions[0].current_leader_epoch = epoch;
    peer_ask(&p, API_fetch, 11, &request, &response);
    return response.topics[0].partitions[0];
}

static struct list_offsets_response_partition list(int32_t epoch, int64_t timestamp_ms) {
    struct list_offsets_request_partition one = { 0, epoch, timestamp_ms };
    struct list_offsets_request_topic topic = { bytes_text("t"), &one, 1 };
    struct list_offsets_request request = { .replica_id = -1, .topics = &topic, .topics_count = 1 };
    struct list_offsets_response response;
    peer_ask(&p, API_list_offsets, 7, &request, &response);
    return response.topics[0].partitions[0];
}

TEST(pitfall_9_a_partition_has_one_epoch_whoever_tells_of_it) {
    given_broker_with_topic();
    CHECK_INT(code_of(batch_of("a")), KAFKA_NONE);
    int32_t epoch = partition_leader_epoch(server_partition(broker, bytes_text("t"), 0));
    struct metadata_request_topic name = { bytes_text("t") };
    struct metadata_request request = { .topics = &name, .topics_count = 1 };
    struct metadata_response metadata;
    peer_ask(&p, API_metadata, 9, &request, &metadata);
    CHECK_INT(metadata.topics[0].partitions[0].leader_epoch, epoch);
    CHECK_INT(list(-1, -1).leader_epoch, epoch);
    CHECK_INT(list(epoch, -1).error_code, KAFKA_NONE);
    CHECK_INT(list(epoch + 1, -1).error_code, KAFKA_UNKNOWN_LEADER_EPOCH);
    CHECK_INT(fetch_knowing(-1).error_code, KAFKA_NONE);
    CHECK_INT(fetch_knowing(epoch).error_code, KAFKA_NONE);
    CHECK_INT(fetch_knowing(epoch + 1).error_code, KAFKA_UNKNOWN_LEADER_EPOCH);
    struct cursor in = cursor_on(fetch_knowing(epoch).records);
    struct batch b;
    CHECK_OK(batch_read(&b, &in));
    CHECK_INT(b.leader_epoch, epoch);
    finish();
}

/* The same records, packed as librdkafka packs them. */
static struct bytes gzipped(struct bytes batch) {
    uint8_t packed[1024];
    z_stream z = { .next_in = (uint8_t *)(uintptr_t)batch.data + BATCH_HEADER_BYTES,
                   .avail_in = (unsigned)batch.len - BATCH_HEADER_BYTES,
                   .next_out = packed,
                   .avail_out = sizeof(packed) };
    CHECK_INT(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
    struct buf out = { 0 };
    buf_put(&out, batch.data, BATCH_HEADER_BYTES);
    buf_put(&out, packed, z.total_out);
    CHECK_INT(deflateEnd(&z), Z_OK);
    out.data[BATCH_LENGTH_AT + 2] = (uint8_t)((out.len - BATCH_PREFIX_BYTES) >> 8);
    out.data[BATCH_LENGTH_AT + 3] = (uint8_t)(out.len - BATCH_PREFIX_BYTES);
    struct bytes made = changed(buf_bytes(&out), 21, BYTES(0, CODEC_GZIP));
    buf_finish(&out);
    return made;
}

TEST(pitfall_10_a_time_is_found_inside_a_compressed_batch_and_none_is_minus_1) {
    struct batch_writer w;
    given_broker_with_topic();
    batch_begin(&w, 1000);
    for (int i = 0; i < 10; i++)
        batch_add(&w, 1000 + 10 * i, bytes_text("k"), bytes_text("v"));
    struct bytes batch = gzipped(batch_end(&w));
    CHECK_INT(code_of(batch), KAFKA_NONE);
    CHECK_INT(code_of(batch), KAFKA_NONE);
    CHECK_INT(list(-1, 1035).offset, 4);
    CHECK_INT(list(-1, 1035).timestamp_ms, 1040);
    CHECK_INT(list(-1, 1).offset, 0);
    CHECK_INT(list(-1, 1091).offset, -1);
    CHECK_INT(list(-1, -3).timestamp_ms, 1090);
    CHECK_INT(list(-1, -2).offset, 0);
    CHECK_INT(list(-1, -1).offset, 20);
    buf_finish(&w.out);
    finish();
}

/* ---- 11, 12: groups */

TEST(pitfall_11_a_first_join_is_asked_again_from_version_4_on_and_metadata_comes_back) {
    struct join_group_request_protocol protocol = { bytes_text("range"), bytes_text("m") };
    struct join_group_request request = { .group_id = bytes_text("g"),
                                          .session_timeout_ms = 10000,
                                          .rebalance_timeout_ms = 60000,
                                          .member_id = bytes_text(""),
                                          .protocol_type = bytes_text("consumer"),
                                          .protocols = &protocol,
                                          .protocols_count = 1 };
    struct join_group_response joined;
    given_broker_with_topic();
    peer_ask(&p, API_join_group, 4, &request, &joined);
    CHECK_INT(joined.error_code, KAFKA_MEMBER_ID_REQUIRED);
    CHECK(joined.member_id.len > 0);
    struct offset_commit_request_partition one = { 0, 3, -1, bytes_text("m\xc3\xa9ta") };
    struct offset_commit_request_topic topic = { bytes_text("t"), &one, 1 };
    struct offset_commit_request commit = {
        .group_id = bytes_text("h"), .generation_id = -1, .topics = &topic, .topics_count = 1
    };
    struct offset_commit_response committed;
    peer_ask(&p, API_offset_commit, 7, &commit, &committed);
    int32_t index = 0;
    struct offset_fetch_request_topic asked = { bytes_text("t"), &index, 1 };
    struct offset_fetch_request fetch = { .group_id = bytes_text("h"),
                                          .topics = &asked,
                                          .topics_count = 1 };
    struct offset_fetch_response fetched;
    peer_ask(&p, API_offset_fetch, 5, &fetch, &fetched);
    CHECK_BYTES(fetched.topics[0].partitions[0].metadata, bytes_text("m\xc3\xa9ta"));
    finish();
}

/* A client that knows the newer protocol looks for 68 and falls back where it is not. */
TEST(pitfall_12_what_we_do_not_speak_is_not_advertised) {
    static const int16_t others[] = { 4, 5, 6, 7, 27, 29, 38, 50, 61, 68, 69, 71, 72, 75, 76 };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        CHECK(!api_find(others[i]));
}

/* ---- 13, 14: looking and managing */

TEST(pitfall_13_metadata_names_an_address_that_clients_can_reach_and_hides_no_bitmap) {
    struct metadata_request_topic names[] = { { bytes_text("t") }, { bytes_text("no/topic") } };
    struct metadata_request request = { .topics = names, .topics_count = 2 };
    struct metadata_response response;
    broker_options.advertised_host = "broker.example";
    given_broker_with_topic();
    peer_ask(&p, API_metadata, 8, &request, &response);
    CHECK_INT((long long)response.brokers_count, 1);
    CHECK_BYTES(response.brokers[0].host, bytes_text("broker.example"));
    CHECK_INT(response.brokers[0].port, server_port(broker));
    CHECK_INT(response.controller_id, response.brokers[0].node_id);
    CHECK_INT(response.cluster_authorized_operations, INT32_MIN);
    CHECK_INT(response.topics[0].topic_authorized_operations, INT32_MIN);
    CHECK_INT(response.topics[1].error_code, KAFKA_INVALID_TOPIC_EXCEPTION);
    struct find_coordinator_request find = { .key = bytes_text("g") };
    struct find_coordinator_response found;
    peer_ask(&p, API_find_coordinator, 2, &find, &found);
    CHECK_BYTES(found.host, bytes_text("broker.example"));
    finish();
}

TEST(pitfall_14_more_replicas_are_taken_as_one_only_where_that_was_ordered) {
    broker_options.replicas_accepted = 3;
    given_broker_with_topic();
    for (int16_t replicas = 0; replicas <= 4; replicas++) {
        char name[] = { 'r', (char)('0' + replicas), 0 };
        struct create_topics_request_topic topic = { .name = bytes_text(name),
                                                     .partition_count = 1,
                                                     .replication_factor = replicas };
        struct create_topics_request request = { .topics = &topic, .topics_count = 1 };
        struct create_topics_response response;
        peer_ask(&p, API_create_topics, 5, &request, &response);
        CHECK_INT(response.topics[0].error_code,
                  replicas >= 1 && replicas <= 3 ? KAFKA_NONE : KAFKA_INVALID_REPLICATION_FACTOR);
    }
    finish();
}

TEST(pitfall_14_one_replica_is_made_by_default_or_by_name_and_more_are_refused) {
    given_broker_with_topic();
    for (int16_t replicas = -1; replicas <= 3; replicas++) {
        char name[] = { 'r', (char)('1' + replicas), 0 };
        struct create_topics_request_topic topic = { .name = bytes_text(name),
                                                     .partition_count = 1,
                                                     .replication_factor = replicas };
        struct create_topics_request request = { .topics = &topic, .topics_count = 1 };
        struct create_topics_response response;
        peer_ask(&p, API_create_topics, 5, &request, &response);
        CHECK_INT(response.topics[0].error_code,
                  replicas == -1 || replicas == 1 ? KAFKA_NONE : KAFKA_INVALID_REPLICATION_FACTOR);
    }
    finish();
}
