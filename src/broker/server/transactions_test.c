/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Transactions through the wire: what a client is told, what a reader sees, what a restart keeps.
 */
#include "peer_test.h"

#include "base/event.h"
#include "wire/control.h"

#include <stdio.h>
#include <string.h>

static struct peer p, other;

static void given_broker(void) {
    broker_options.piece_bytes_min = 1; /* as it is with much to read */
    broker_start();
    peer_connect(&p);
    peer_connect(&other);
    struct api_versions_request request = { bytes_text("test"), bytes_text("1") };
    struct api_versions_response response;
    peer_ask(&p, API_api_versions, 3, &request, &response); /* who says nothing is closed */
    peer_ask(&other, API_api_versions, 3, &request, &response);
}

static void given_topics(void) {
    given_broker();
    given_topic(&p, "t", 3);
}

static void finish(void) {
    peer_close(&p);
    peer_close(&other);
    broker_finish();
}

static void restart(void) {
    peer_close(&p);
    peer_close(&other);
    broker_stop();
    given_broker();
}

struct producer {
    int64_t id;
    int16_t epoch;
    int16_t code; /* of InitProducerId */
    int32_t sequences[3];
};

static struct producer init_from(struct peer *peer, const struct producer *from, int16_t version) {
    struct init_producer_id_request request = { .transactional_id = bytes_text("me"),
                                                .transaction_timeout_ms = 60000,
                                                .producer_id = from ? from->id : -1,
                                                .producer_epoch = from ? from->epoch : -1 };
    struct init_producer_id_response response;
    peer_ask(peer, API_init_producer_id, version, &request, &response);
    return (struct producer){
        response.producer_id, response.producer_epoch, response.error_code, { 0 }
    };
}

static struct producer init(void) {
    struct producer me = init_from(&p, NULL, 4);
    CHECK_INT(me.code, KAFKA_NONE);
    return me;
}

static struct add_partitions_to_txn_request addition_of(const struct producer *me,
                                                        const char *topic, int32_t partition) {
    struct add_partitions_to_txn_request_topic *t = arena_get(&answers, sizeof(*t));
    int32_t *index = arena_get(&answers, sizeof(*index));
    *index = partition;
    *t = (struct add_partitions_to_txn_request_topic){ bytes_text(topic), index, 1 };
    return (struct add_partitions_to_txn_request){ bytes_text("me"), me->id, me->epoch, t, 1 };
}

static int16_t add_by(struct peer *peer, const struct producer *me, int32_t partition,
                      int16_t version) {
    struct add_partitions_to_txn_request request = addition_of(me, "t", partition);
    struct add_partitions_to_txn_response response;
    peer_ask(peer, API_add_partitions_to_txn, version, &request, &response);
    return response.topics[0].partitions[0].error_code;
}

static int16_t add(const struct producer *me, int32_t partition) {
    return add_by(&p, me, partition, 3);
}

static struct end_txn_request end_of(const struct producer *me, bool commits) {
    return (struct end_txn_request){ bytes_text("me"), me->id, me->epoch, commits };
}

static int16_t end_by(struct peer *peer, const struct producer *me, bool commits, int16_t version) {
    struct end_txn_request request = end_of(me, commits);
    struct end_txn_response response;
    peer_ask(peer, API_end_txn, version, &request, &response);
    return response.error_code;
}

static int16_t end(const struct producer *me, bool commits) {
    return end_by(&p, me, commits, 3);
}

static struct bytes batch_by(struct producer *me, int32_t partition, const char *values) {
    struct batch_writer w;
    batch_begin(&w, 1700000000000);
    w.batch.attributes = BATCH_TRANSACTIONAL;
    w.batch.producer_id = me->id;
    w.batch.producer_epoch = me->epoch;
    w.batch.base_sequence = me->sequences[partition];
    for (const char *v = values; *v; v++)
        batch_add(&w, 1700000000000, bytes_text("key"), bytes_of(v, 1));
    struct bytes copy = arena_copy(&answers, batch_end(&w));
    buf_finish(&w.out);
    return copy;
}

static int16_t produce(struct producer *me, int32_t partition, const char *values) {
    struct produce_request request = produce_of("t", partition, batch_by(me, partition, values));
    struct produce_response response;
    request.transactional_id = bytes_text("me");
    peer_ask(&other, API_produce, 7, &request, &response); /* not the coordinator's connection */
    int16_t code = response.topics[0].partitions[0].error_code;
    if (!code)
        me->sequences[partition] += (int32_t)strlen(values);
    return code;
}

static struct fetch_response_partition fetch(int32_t partition, int64_t offset, int8_t isolation) {
    struct fetch_request request = fetch_of("t", partition, offset);
    struct fetch_response response;
    request.isolation_level = isolation;
    peer_ask(&p, API_fetch, 11, &request, &response);
    return response.topics[0].partitions[0];
}

static bool take_value(void *context, const struct record *r) {
    buf_put_bytes(context, r->value);
    return true;
}

/* As a read_committed consumer does it (KIP-98): an aborted producer's records are left out from
 * its first offset to its marker. */
static const char *committed(int32_t partition) {
    struct fetch_response_partition got = fetch(partition, 0, 1);
    struct fetch_request by_reading = fetch_of("t", partition, 0);
    struct fetch_response read;
    by_reading.isolation_level = 1;
    by_reading.min_bytes = 1 << 30; /* there is not so much: it is read, not sent from the file */
    peer_ask(&p, API_fetch, 11, &by_reading, &read);
    CHECK_BYTES(got.records, read.topics[0].partitions[0].records);
    struct cursor in = cursor_on(got.records);
    struct buf text = { 0 };
    struct batch b;
    while (cursor_left(&in)) {
        bool is_aborted = false;
        enum control_type type;
        CHECK_OK(batch_read(&b, &in));
        for (size_t i = 0; i < got.aborted_transactions_count; i++) {
            struct fetch_response_aborted_transaction *a = &got.aborted_transactions[i];
            bool is_his = a->producer_id == b.producer_id && a->first_offset <= b.base_offset;
            is_aborted = is_aborted || is_his;
            if (is_his && batch_is_control(&b) && !control_read(&b, &type) && type == CONTROL_ABORT)
                a->producer_id = -2;
        }
        if (!is_aborted && !batch_is_control(&b))
            CHECK_OK(batch_each(&b, 1 << 20, take_value, &text));
    }
    const char *copy = arena_text(&answers, buf_bytes(&text));
    buf_finish(&text);
    return copy;
}

TEST(pitfall_7_a_committed_transaction_shows_whole_and_an_aborted_one_not_at_all) {
    given_topics();
    struct producer me = init();
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("a")).error_code, KAFKA_NONE);
    CHECK_INT(add(&me, 0), KAFKA_NONE);
    CHECK_INT(add(&me, 1), KAFKA_NONE);
    CHECK_INT(produce(&me, 0, "bc"), KAFKA_NONE);
    CHECK_INT(produce(&me, 1, "x"), KAFKA_NONE);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("d")).error_code, KAFKA_NONE);
    CHECK_TEXT(committed(0), "a");
    CHECK_TEXT(committed(1), "");
    CHECK_TEXT(values_in(fetch(0, 0, 0).records), "a|bc|d"); /* read_uncommitted */
    CHECK_INT(fetch(0, 0, 0).last_stable_offset, 1);
    CHECK_INT(end(&me, true), KAFKA_NONE);
    CHECK_TEXT(committed(0), "abcd");
    CHECK_TEXT(committed(1), "x");
    CHECK_INT(add(&me, 0), KAFKA_NONE);
    CHECK_INT(produce(&me, 0, "ef"), KAFKA_NONE);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("g")).error_code, KAFKA_NONE);
    CHECK_INT(end(&me, false), KAFKA_NONE);
    CHECK_TEXT(committed(0), "abcdg");
    CHECK_INT(fetch(0, 0, 1).last_stable_offset, fetch(0, 0, 1).high_watermark);
    CHECK_INT((long long)fetch(0, 0, 1).aborted_transactions_count, 1);
    CHECK_INT(fetch(0, 0, 1).aborted_transactions[0].producer_id, me.id);
    CHECK_INT(fetch(0, 0, 1).aborted_transactions[0].first_offset, 5);
    restart();
    CHECK_TEXT(committed(0), "abcdg");
    CHECK_TEXT(committed(1), "x");
    finish();
}

TEST(a_waiting_reader_is_woken_by_the_end_of_a_transaction) {
    given_topics();
    struct producer me = init();
    CHECK_INT(add(&me, 0), KAFKA_NONE);
    CHECK_INT(produce(&me, 0, "ab"), KAFKA_NONE);
    struct peer reader;
    struct fetch_request request = fetch_of("t", 0, 0);
    struct fetch_response response;
    request.isolation_level = 1;
    request.max_wait_ms = 60000;
    peer_connect(&reader);
    peer_send(&reader, API_fetch, 11, &request);
    CHECK_INT(produce(&me, 0, "c"), KAFKA_NONE);
    CHECK(!peer_has_answer(&reader));
    CHECK_INT(end(&me, true), KAFKA_NONE);
    peer_receive(&reader, API_fetch, 11, &response);
    CHECK_TEXT(
        values_in(bytes_part(response.topics[0].partitions[0].records, 0,
                             response.topics[0].partitions[0].records.len - CONTROL_BATCH_BYTES)),
        "ab|c");
    peer_close(&reader);
    finish();
}

TEST(a_waiting_reader_is_told_when_what_it_waits_for_is_deleted) {
    given_topics();
    struct producer me = init();
    CHECK_INT(add(&me, 0), KAFKA_NONE);
    CHECK_INT(produce(&me, 0, "ab"), KAFKA_NONE);
    struct peer reader;
    struct fetch_request request = fetch_of("t", 0, 0);
    struct fetch_response response;
    struct delete_records_request_partition asked = { 0, 1 };
    struct delete_records_request_topic topic = { bytes_text("t"), &asked, 1 };
    struct delete_records_request deletion = { &topic, 1, 1000 };
    struct delete_records_response deleted;
    request.isolation_level = 1;
    request.max_wait_ms = 60000;
    peer_connect(&reader);
    peer_send(&reader, API_fetch, 11, &request);
    CHECK(!peer_has_answer(&reader));
    peer_ask(&p, API_delete_records, 1, &deletion, &deleted);
    CHECK_INT(deleted.topics[0].partitions[0].error_code, KAFKA_NONE);
    peer_receive(&reader, API_fetch, 11, &response);
    CHECK_INT(response.topics[0].partitions[0].error_code, KAFKA_OFFSET_OUT_OF_RANGE);
    CHECK_INT(fetch(0, 1, 1).last_stable_offset, 1); /* never below the start of the log */
    CHECK_INT(end(&me, true), KAFKA_NONE);
    CHECK_INT(fetch(0, 1, 1).last_stable_offset, 3);
    peer_close(&reader);
    finish();
}

TEST(pitfall_7_latest_is_the_last_stable_offset_for_who_reads_committed) {
    given_topics();
    struct producer me = init();
    struct list_offsets_request_partition partition = { 0, -1, -1 };
    struct list_offsets_request_topic topic = { bytes_text("t"), &partition, 1 };
    struct list_offsets_request request = { -1, 0, &topic, 1 };
    struct list_offsets_response response;
    CHECK_INT(add(&me, 0), KAFKA_NONE);
    CHECK_INT(produce(&me, 0, "ab"), KAFKA_NONE);
    peer_ask(&p, API_list_offsets, 4, &request, &response);
    CHECK_INT(response.topics[0].partitions[0].offset, 2);
    request.isolation_level = 1;
    peer_ask(&p, API_list_offsets, 4, &request, &response);
    CHECK_INT(response.topics[0].partitions[0].offset, 0);
    CHECK_INT(end(&me, true), KAFKA_NONE);
    peer_ask(&p, API_list_offsets, 4, &request, &response);
    CHECK_INT(response.topics[0].partitions[0].offset, 3);
    finish();
}

TEST(pitfall_6_a_new_session_fences_the_old_one_and_aborts_what_it_left) {
    given_topics();
    struct producer zombie = init();
    CHECK_INT(add(&zombie, 0), KAFKA_NONE);
    CHECK_INT(produce(&zombie, 0, "z"), KAFKA_NONE);
    struct producer owner = init();
    CHECK_INT(owner.id, zombie.id);
    CHECK_INT(owner.epoch, zombie.epoch + 1);
    CHECK_TEXT(committed(0), "");
    CHECK_INT(fetch(0, 0, 1).last_stable_offset, 2); /* aborted */
    CHECK_INT(produce(&zombie, 0, "y"), KAFKA_INVALID_PRODUCER_EPOCH);
    for (int16_t version = 0; version <= 3; version++) {
        int16_t code = version < 2 ? KAFKA_INVALID_PRODUCER_EPOCH : KAFKA_PRODUCER_FENCED;
        CHECK_INT(add_by(&p, &zombie, 0, version), code);
        CHECK_INT(end_by(&p, &zombie, true, version), code);
    }
    CHECK_INT(init_from(&p, &zombie, 3).code, KAFKA_INVALID_PRODUCER_EPOCH);
    CHECK_INT(init_from(&p, &zombie, 4).code, KAFKA_PRODUCER_FENCED);
    CHECK_INT(add(&owner, 0), KAFKA_NONE);
    CHECK_INT(produce(&owner, 0, "o"), KAFKA_NONE);
    CHECK_INT(end(&owner, true), KAFKA_NONE);
    CHECK_TEXT(committed(0), "o");
    finish();
}

TEST(a_session_goes_on_from_its_own_and_asking_twice_is_one_step) {
    given_topics();
    struct producer me = init();
    struct producer next = init_from(&p, &me, 4), again = init_from(&p, &me, 4);
    CHECK_INT(next.code, KAFKA_NONE);
    CHECK_INT(next.epoch, me.epoch + 1);
    CHECK_INT(again.code, KAFKA_NONE);
    CHECK_INT(again.epoch, next.epoch);
    restart();
    CHECK_INT(init_from(&p, &me, 4).epoch, next.epoch);
    finish();
}

TEST(pitfall_16_an_end_of_a_transaction_that_comes_late_does_not_end_the_next_one) {
    given_topics();
    struct producer me = init();
    CHECK_INT(add(&me, 0), KAFKA_NONE);
    CHECK_INT(produce(&me, 0, "a"), KAFKA_NONE);
    /* EndTxn is held up on `p`; the client gives that connection up and asks again. */
    struct peer newer;
    peer_connect(&newer);
    CHECK_INT(end_by(&newer, &me, true, 1), KAFKA_NONE);
    CHECK_INT(add_by(&newer, &me, 0, 0), KAFKA_NONE);
    CHECK_INT(produce(&me, 0, "b"), KAFKA_NONE);
    CHECK_INT(end_by(&p, &me, true, 1), KAFKA_INVALID_PRODUCER_EPOCH); /* here it comes */
    CHECK_INT(end_by(&p, &me, false, 3), KAFKA_PRODUCER_FENCED);
    CHECK_INT(add(&me, 1), KAFKA_PRODUCER_FENCED);
    CHECK_TEXT(committed(0), "a");
    CHECK_INT(end_by(&newer, &me, false, 1), KAFKA_NONE);
    CHECK_TEXT(committed(0), "a");
    peer_close(&newer);
    finish();
}

TEST(pitfall_6_an_end_is_told_again_and_not_turned_round) {
    given_topics();
    struct producer me = init();
    CHECK_INT(end(&me, true), KAFKA_INVALID_TXN_STATE);
    for (int commits = 0; commits < 2; commits++) {
        CHECK_INT(add(&me, 0), KAFKA_NONE);
        CHECK_INT(end(&me, commits), KAFKA_NONE);
        CHECK_INT(end(&me, commits), KAFKA_NONE);
        CHECK_INT(end(&me, !commits), KAFKA_INVALID_TXN_STATE);
        restart();
        CHECK_INT(end(&me, commits), KAFKA_NONE);
        CHECK_INT(end(&me, !commits), KAFKA_INVALID_TXN_STATE);
    }
    finish();
}

TEST(records_need_an_open_transaction_with_their_partition_and_its_id) {
    given_topics();
    struct producer me = init(), stranger = { 4711, 0, 0, { 0 } };
    CHECK_INT(produce(&me, 0, "a"), KAFKA_INVALID_TXN_STATE);
    CHECK_INT(add(&me, 0), KAFKA_NONE);
    CHECK_INT(produce(&me, 1, "a"), KAFKA_INVALID_TXN_STATE);
    CHECK_INT(produce(&stranger, 0, "a"), KAFKA_INVALID_PRODUCER_ID_MAPPING);
    CHECK_INT(peer_produce(&p, "t", 0, batch_by(&me, 0, "a")).error_code,
              KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED); /* it does not say its id */
    CHECK_INT(produce(&me, 0, "a"), KAFKA_NONE);
    CHECK_INT(end(&me, true), KAFKA_NONE);
    CHECK_INT(produce(&me, 0, "b"), KAFKA_INVALID_TXN_STATE); /* late */
    CHECK_TEXT(committed(0), "a");
    finish();
}

TEST(partitions_are_added_all_or_none) {
    given_topics();
    struct producer me = init();
    struct add_partitions_to_txn_request_topic topics[2] = { 0 };
    int32_t two[] = { 0, 7 }, one[] = { 0 };
    struct add_partitions_to_txn_request request = addition_of(&me, "t", 0);
    struct add_partitions_to_txn_response response;
    topics[0] = (struct add_partitions_to_txn_request_topic){ bytes_text("t"), two, 2 };
    topics[1] = (struct add_partitions_to_txn_request_topic){ bytes_text("no"), one, 1 };
    request.topics = topics;
    request.topics_count = 2;
    peer_ask(&p, API_add_partitions_to_txn, 3, &request, &response);
    CHECK_INT(response.topics[0].partitions[0].error_code, KAFKA_OPERATION_NOT_ATTEMPTED);
    CHECK_INT(response.topics[0].partitions[1].error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    CHECK_INT(response.topics[1].partitions[0].error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    CHECK_INT(produce(&me, 0, "a"), KAFKA_INVALID_TXN_STATE);
    finish();
}

/* ---- offsets */

static int16_t add_group(const struct producer *me) {
    struct add_offsets_to_txn_request request = { bytes_text("me"), me->id, me->epoch,
                                                  bytes_text("g") };
    struct add_offsets_to_txn_response response;
    peer_ask(&p, API_add_offsets_to_txn, 3, &request, &response);
    return response.error_code;
}

static int16_t commit_offset(const struct producer *me, int64_t offset, int32_t generation,
                             const char *member) {
    struct txn_offset_commit_request_partition partition = { 1, offset, -1, bytes_text("meta") };
    struct txn_offset_commit_request_topic topic = { bytes_text("t"), &partition, 1 };
    struct txn_offset_commit_request request = { .transactional_id = bytes_text("me"),
                                                 .group_id = bytes_text("g"),
                                                 .producer_id = me->id,
                                                 .producer_epoch = me->epoch,
                                                 .generation_id = generation,
                                                 .member_id = bytes_text(member),
                                                 .topics = &topic,
                                                 .topics_count = 1 };
    struct txn_offset_commit_response response;
    peer_ask(&other, API_txn_offset_commit, 3, &request, &response);
    return response.topics[0].partitions[0].error_code;
}

/* -2: unstable. */
static int64_t offset_of_group(bool require_stable) {
    int32_t partition = 1;
    struct offset_fetch_request_topic topic = { bytes_text("t"), &partition, 1 };
    struct offset_fetch_request request = { .group_id = bytes_text("g"),
                                            .topics = &topic,
                                            .topics_count = 1,
                                            .require_stable = require_stable };
    struct offset_fetch_response response;
    peer_ask(&p, API_offset_fetch, 7, &request, &response);
    int16_t code = response.topics[0].partitions[0].error_code;
    CHECK(code == KAFKA_NONE || code == KAFKA_UNSTABLE_OFFSET_COMMIT);
    return code ? -2 : response.topics[0].partitions[0].committed_offset;
}

TEST(pitfall_6_offsets_of_a_transaction_count_when_it_is_committed_and_are_unstable_before) {
    given_topics();
    struct producer me = init();
    CHECK_INT(commit_offset(&me, 5, -1, ""), KAFKA_INVALID_TXN_STATE);
    CHECK_INT(add_group(&me), KAFKA_NONE);
    CHECK_INT(commit_offset(&me, 5, -1, ""), KAFKA_NONE);
    CHECK_INT(offset_of_group(true), -2);
    CHECK_INT(offset_of_group(false), -1);
    restart();
    CHECK_INT(offset_of_group(true), -2);
    CHECK_INT(end(&me, true), KAFKA_NONE);
    CHECK_INT(offset_of_group(true), 5);
    CHECK_INT(add_group(&me), KAFKA_NONE);
    CHECK_INT(commit_offset(&me, 9, -1, ""), KAFKA_NONE);
    CHECK_INT(offset_of_group(true), -2);
    CHECK_INT(end(&me, false), KAFKA_NONE);
    CHECK_INT(offset_of_group(true), 5);
    struct producer next = init();
    CHECK_INT(commit_offset(&me, 9, -1, ""), KAFKA_INVALID_PRODUCER_EPOCH);
    CHECK_INT(commit_offset(&next, 9, -1, ""), KAFKA_INVALID_TXN_STATE);
    finish();
}

TEST(pitfall_6_a_member_of_another_generation_cannot_move_the_group_by_a_transaction) {
    given_topics();
    struct join_group_request_protocol protocol = { bytes_text("range"), bytes_text("meta") };
    struct join_group_request join = { .group_id = bytes_text("g"),
                                       .session_timeout_ms = 10000,
                                       .rebalance_timeout_ms = 60000,
                                       .member_id = bytes_text(""),
                                       .protocol_type = bytes_text("consumer"),
                                       .protocols = &protocol,
                                       .protocols_count = 1 };
    struct join_group_response joined;
    peer_ask(&p, API_join_group, 3, &join, &joined);
    const char *member = arena_text(&answers, joined.member_id);
    struct sync_group_request sync = { .group_id = bytes_text("g"),
                                       .generation_id = joined.generation_id,
                                       .member_id = joined.member_id };
    struct sync_group_response synced;
    peer_ask(&p, API_sync_group, 3, &sync, &synced);
    struct producer me = init();
    CHECK_INT(add_group(&me), KAFKA_NONE);
    CHECK_INT(commit_offset(&me, 3, joined.generation_id - 1, member), KAFKA_ILLEGAL_GENERATION);
    CHECK_INT(commit_offset(&me, 3, joined.generation_id, "someone"), KAFKA_UNKNOWN_MEMBER_ID);
    CHECK_INT(commit_offset(&me, 3, joined.generation_id, member), KAFKA_NONE);
    CHECK_INT(end(&me, true), KAFKA_NONE);
    CHECK_INT(offset_of_group(true), 3);
    finish();
}

/* ---- time */

TEST(pitfall_6_a_transaction_that_is_open_too_long_is_aborted_and_its_producer_fenced) {
    event_log_from(EVENT_error);
    for (int restarted = 0; restarted < 2; restarted++) {
        given_topics();
        struct producer me = init();
        CHECK_INT(add(&me, 0), KAFKA_NONE);
        CHECK_INT(produce(&me, 0, "a"), KAFKA_NONE);
        broker_pass_ms(40000);
        if (restarted)
            restart(); /* what is left is 20 s, not 60 */
        broker_pass_ms(19999);
        CHECK_INT(fetch(0, 0, 1).last_stable_offset, 0);
        broker_pass_ms(1);
        CHECK_INT(fetch(0, 0, 1).last_stable_offset, 2);
        CHECK_TEXT(committed(0), "");
        CHECK_INT(end(&me, true), KAFKA_PRODUCER_FENCED);
        CHECK_INT(produce(&me, 0, "b"), KAFKA_INVALID_PRODUCER_EPOCH);
        CHECK_INT(init_from(&p, &me, 4).code, KAFKA_PRODUCER_FENCED);
        struct producer next = init();
        CHECK_INT(next.epoch, me.epoch + 2); /* one of the timeout, one of its own */
        finish();
        broker_disk = NULL;
        answers = (struct arena){ 0 };
    }
}

TEST(pitfall_6_an_id_or_a_timeout_that_cannot_be_is_refused) {
    given_topics();
    struct init_producer_id_request request = { .transactional_id = bytes_text("me"),
                                                .transaction_timeout_ms = 900001,
                                                .producer_id = -1,
                                                .producer_epoch = -1 };
    struct init_producer_id_response response;
    peer_ask(&p, API_init_producer_id, 4, &request, &response);
    CHECK_INT(response.error_code, KAFKA_INVALID_TRANSACTION_TIMEOUT);
    request.transaction_timeout_ms = 1;
    static const struct bytes bad[] = { { (const uint8_t *)"", 0 },
                                        { (const uint8_t *)"a\0b", 3 } };
    for (size_t i = 0; i < 2; i++) {
        request.transactional_id = bad[i];
        peer_ask(&p, API_init_producer_id, 4, &request, &response);
        CHECK_INT(response.error_code, KAFKA_INVALID_REQUEST);
    }
    struct producer unknown = { 1, 0, 0, { 0 } };
    CHECK_INT(add(&unknown, 0), KAFKA_INVALID_PRODUCER_ID_MAPPING);
    CHECK_INT(end(&unknown, true), KAFKA_INVALID_PRODUCER_ID_MAPPING);
    finish();
}

TEST(nothing_of_a_transaction_is_told_before_it_is_synced) {
    given_topics();
    struct producer me = init();
    CHECK_INT(add(&me, 0), KAFKA_NONE);
    CHECK_INT(produce(&me, 0, "a"), KAFKA_NONE);
    struct end_txn_request request = end_of(&me, true);
    struct fetch_request read = fetch_of("t", 0, 0);
    read.isolation_level = 1;
    memory_disk_fail(broker_disk,
                     &(struct memory_disk_fault){ MEMORY_DISK_SYNC, "wal-", 1, E_io, true });
    peer_send(&p, API_end_txn, 3, &request);
    CHECK(!peer_has_answer(&p));
    CHECK_INT(broker_failures, 1);
    peer_send(&other, API_fetch, 11, &read);
    struct fetch_response response;
    peer_receive(&other, API_fetch, 11, &response);
    CHECK_INT(response.topics[0].partitions[0].last_stable_offset, 0);
    broker_failures = 0;
    finish();
}
