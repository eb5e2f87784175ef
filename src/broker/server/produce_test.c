/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Produce: what is taken, what is refused and how, and that nothing is acknowledged too early. */
#include "peer_test.h"

#include "base/event.h"
#include "wire/checksum.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

static struct peer p;

static void given_broker_with_topic(void) {
    broker_start();
    peer_connect(&p);
    given_topic(&p, "t", 2);
}

static void finish(void) {
    peer_close(&p);
    broker_finish();
}

static int16_t code_of(struct bytes batch) {
    return peer_produce(&p, "t", 0, batch).error_code;
}

/* The batch's header fields (behind the checksum, which is made right again). */
static struct bytes changed(struct bytes batch, size_t at, struct bytes with) {
    struct bytes copy = arena_copy(&answers, batch);
    uint8_t *data = (uint8_t *)(uintptr_t)copy.data;
    memcpy(data + at, with.data, with.len);
    uint32_t crc = crc32c(bytes_part(copy, 21, copy.len - 21));
    for (int i = 0; i < 4; i++)
        data[17 + i] = (uint8_t)(crc >> (24 - 8 * i));
    return copy;
}

#define BYTES(...)                                                                                 \
    bytes_of((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

/* From this producer, the sequence's batch of one record. */
static struct bytes sequenced(uint8_t producer, uint8_t epoch, uint8_t sequence) {
    return changed(batch_of("s"), 43,
                   BYTES(0, 0, 0, 0, 0, 0, 0, producer, 0, epoch, 0, 0, 0, sequence));
}

TEST(batches_get_offsets_and_come_back_as_they_were_sent) {
    given_broker_with_topic();
    struct bytes first = batch_of("abc");
    struct produce_response_partition answer = peer_produce(&p, "t", 0, first);
    CHECK_INT(answer.error_code, KAFKA_NONE);
    CHECK_INT(answer.base_offset, 0);
    CHECK_INT(answer.log_start_offset, 0);
    CHECK_INT(answer.log_append_time_ms, -1);
    CHECK_INT(peer_produce(&p, "t", 0, batch_of("de")).base_offset, 3);
    CHECK_INT(peer_produce(&p, "t", 1, batch_of("x")).base_offset, 0);
    struct bytes got = peer_fetch(&p, "t", 0, 0).records;
    CHECK_TEXT(values_in(got), "abc|de");
    CHECK_BYTES(bytes_part(got, 16, first.len - 16), bytes_part(first, 16, first.len - 16));
    CHECK_TEXT(values_in(peer_fetch(&p, "t", 1, 0).records), "x");
    finish();
}

TEST(every_version_of_produce_is_answered) {
    given_broker_with_topic();
    for (int16_t version = 3; version <= 9; version++) {
        struct produce_request request = produce_of("t", 0, batch_of("v"));
        struct produce_response response;
        peer_ask(&p, API_produce, version, &request, &response);
        CHECK_INT(response.topics[0].partitions[0].base_offset, version - 3);
    }
    finish();
}

TEST(bad_batches_are_refused_by_what_is_wrong_with_them) {
    given_broker_with_topic();
    struct bytes good = batch_of("abc");
    struct bytes torn = arena_copy(&answers, good);
    ((uint8_t *)(uintptr_t)torn.data)[good.len - 1] ^= 1;
    CHECK_INT(code_of(torn), KAFKA_CORRUPT_MESSAGE);
    CHECK_INT(code_of(bytes_part(good, 0, good.len - 1)), KAFKA_CORRUPT_MESSAGE);
    CHECK_INT(code_of(bytes_part(good, 0, 20)), KAFKA_CORRUPT_MESSAGE);
    CHECK_INT(code_of(bytes_of("", 0)), KAFKA_INVALID_RECORD);
    CHECK_INT(code_of((struct bytes){ 0 }), KAFKA_INVALID_RECORD);
    CHECK_INT(code_of(changed(good, 57, BYTES(0, 0, 0, 2))), KAFKA_INVALID_RECORD); /* count */
    CHECK_INT(code_of(changed(good, 22, BYTES(0x20))), KAFKA_INVALID_RECORD);       /* control */
    CHECK_INT(code_of(changed(good, 22, BYTES(0x10))), KAFKA_INVALID_RECORD); /* transactional */
    struct bytes old = arena_copy(&answers, good);
    ((uint8_t *)(uintptr_t)old.data)[16] = 1; /* magic */
    CHECK_INT(code_of(old), KAFKA_UNSUPPORTED_FOR_MESSAGE_FORMAT);
    struct buf two = { 0 };
    buf_put_bytes(&two, good);
    buf_put_bytes(&two, good);
    CHECK_INT(code_of(buf_bytes(&two)), KAFKA_INVALID_RECORD);
    buf_finish(&two);
    CHECK_INT(peer_fetch(&p, "t", 0, 0).high_watermark, 0);
    CHECK_INT(code_of(good), KAFKA_NONE);
    finish();
}

TEST(a_batch_with_a_right_checksum_and_lying_records_is_refused) {
    given_broker_with_topic();
    struct bytes good = batch_of("abc");
    /* The first record says it is longer than the batch. */
    CHECK_INT(code_of(changed(good, BATCH_HEADER_BYTES, BYTES(0x7e))), KAFKA_INVALID_RECORD);
    /* It says it is compressed, and is not. */
    CHECK_INT(code_of(changed(good, 22, BYTES(1))), KAFKA_INVALID_RECORD);
    CHECK_INT(code_of(changed(good, 22, BYTES(7))), KAFKA_CORRUPT_MESSAGE); /* no such codec */
    CHECK_INT(peer_fetch(&p, "t", 0, 0).high_watermark, 0);
    finish();
}

TEST(a_batch_over_the_limit_is_too_large_and_one_at_it_is_not) {
    given_broker_with_topic();
    struct batch_writer w;
    size_t limit = 1048588;
    struct bytes value = bytes_of(memory_get(limit), limit - 200);
    batch_begin(&w, 1);
    batch_add(&w, 1, bytes_text("k"), value);
    CHECK(batch_end(&w).len <= limit);
    CHECK_INT(code_of(buf_bytes(&w.out)), KAFKA_NONE);
    buf_finish(&w.out);
    value.len = limit;
    batch_begin(&w, 1);
    batch_add(&w, 1, bytes_text("k"), value);
    CHECK_INT(code_of(batch_end(&w)), KAFKA_MESSAGE_TOO_LARGE);
    buf_finish(&w.out);
    free((void *)(uintptr_t)value.data);
    finish();
}

TEST(unknown_topics_partitions_and_acks_are_refused) {
    struct produce_response response;
    given_broker_with_topic();
    CHECK_INT(peer_produce(&p, "no", 0, batch_of("a")).error_code,
              KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    CHECK_INT(peer_produce(&p, "t", 2, batch_of("a")).error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    CHECK_INT(peer_produce(&p, "t", -1, batch_of("a")).error_code,
              KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    struct produce_request request = produce_of("t", 0, batch_of("a"));
    request.acks = 2;
    peer_ask(&p, API_produce, 7, &request, &response);
    CHECK_INT(response.topics[0].partitions[0].error_code, KAFKA_INVALID_REQUIRED_ACKS);
    request.acks = -1;
    CHECK_INT(peer_fetch(&p, "t", 0, 0).high_watermark, 0);
    finish();
}

TEST(acks_0_gets_no_answer_and_its_batch_is_there) {
    struct fetch_response fetched;
    given_broker_with_topic();
    struct produce_request request = produce_of("t", 0, batch_of("a"));
    request.acks = 0;
    peer_send(&p, API_produce, 7, &request);
    struct fetch_request fetch = fetch_of("t", 0, 0);
    peer_send(&p, API_fetch, 11, &fetch);
    p.received++; /* the next answer is the fetch's */
    peer_receive(&p, API_fetch, 11, &fetched);
    CHECK_TEXT(values_in(fetched.topics[0].partitions[0].records), "a");
    finish();
}

TEST(acks_0_that_fails_closes_the_connection) {
    given_broker_with_topic();
    struct produce_request request = produce_of("no", 0, batch_of("a"));
    request.acks = 0;
    peer_send(&p, API_produce, 7, &request);
    CHECK(peer_is_closed(&p));
    finish();
}

TEST(a_repeated_sequence_is_acknowledged_once_more_and_stored_once) {
    given_broker_with_topic();
    for (uint8_t i = 0; i < 5; i++)
        CHECK_INT(peer_produce(&p, "t", 0, sequenced(7, 0, i)).base_offset, i);
    for (uint8_t i = 0; i < 5; i++)
        CHECK_INT(peer_produce(&p, "t", 0, sequenced(7, 0, i)).base_offset, i);
    CHECK_INT(code_of(sequenced(7, 0, 9)), KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER);
    CHECK_INT(peer_produce(&p, "t", 0, sequenced(7, 1, 0)).base_offset, 5);
    CHECK_INT(code_of(sequenced(7, 0, 5)), KAFKA_INVALID_PRODUCER_EPOCH);
    CHECK_INT(peer_fetch(&p, "t", 0, 0).high_watermark, 6);
    finish();
}

static void given_stamped_topic(const char *name) {
    struct create_topics_request_config stamped = { bytes_text("message.timestamp.type"),
                                                    bytes_text("LogAppendTime") };
    struct create_topics_request_topic topic = { .name = bytes_text(name),
                                                 .partition_count = 2,
                                                 .replication_factor = 1,
                                                 .configs = &stamped,
                                                 .configs_count = 1 };
    struct create_topics_request request = { .topics = &topic, .topics_count = 1 };
    struct create_topics_response response;
    peer_ask(&p, API_create_topics, 5, &request, &response);
    CHECK_INT(response.topics[0].error_code, KAFKA_NONE);
}

/* It was stamped when it came first; when that was, nobody remembers here. */
TEST(a_repeat_of_what_was_stamped_is_told_no_time_of_its_own) {
    given_broker_with_topic();
    given_stamped_topic("stamped");
    struct produce_response_partition first = peer_produce(&p, "stamped", 1, sequenced(7, 0, 0));
    CHECK(first.log_append_time_ms > 0);
    struct produce_response_partition again = peer_produce(&p, "stamped", 1, sequenced(7, 0, 0));
    CHECK_INT(again.error_code, KAFKA_NONE);
    CHECK_INT(again.base_offset, first.base_offset);
    CHECK_INT(again.log_append_time_ms, -1);
    finish();
}

TEST(sequences_are_remembered_over_a_restart) {
    given_broker_with_topic();
    CHECK_INT(peer_produce(&p, "t", 0, sequenced(7, 0, 0)).base_offset, 0);
    CHECK_INT(peer_produce(&p, "t", 0, sequenced(7, 0, 1)).base_offset, 1);
    peer_close(&p);
    broker_stop();
    broker_start();
    peer_connect(&p);
    CHECK_INT(peer_produce(&p, "t", 0, sequenced(7, 0, 1)).base_offset, 1);
    CHECK_INT(peer_produce(&p, "t", 0, sequenced(7, 0, 2)).base_offset, 2);
    CHECK_TEXT(values_in(peer_fetch(&p, "t", 0, 0).records), "s|s|s");
    finish();
}

TEST(nothing_is_acknowledged_when_the_sync_fails) {
    given_broker_with_topic();
    CHECK_INT(code_of(batch_of("a")), KAFKA_NONE);
    memory_disk_fail(broker_disk, &(struct memory_disk_fault){
                                      .op = MEMORY_DISK_SYNC, .nth = 1, .error = E_io });
    struct produce_request request = produce_of("t", 0, batch_of("b"));
    peer_send(&p, API_produce, 7, &request);
    CHECK(!peer_has_answer(&p));
    CHECK_INT(broker_failures, 1);
    finish();
}

TEST(a_full_disk_refuses_produces_goes_on_reading_and_recovers) {
    struct peer other;
    struct produce_response response;
    given_broker_with_topic();
    peer_connect(&other);
    CHECK_INT(code_of(batch_of("a")), KAFKA_NONE);
    memory_disk_limit(broker_disk, 1);
    /* It is in the log already when its partition finds no room: it waits, it is not lost. */
    struct produce_request request = produce_of("t", 0, batch_of("b"));
    peer_send(&p, API_produce, 7, &request);
    CHECK(!peer_has_answer(&p));
    CHECK_INT(peer_produce(&other, "t", 0, batch_of("c")).error_code, KAFKA_KAFKA_STORAGE_ERROR);
    CHECK_TEXT(values_in(peer_fetch(&other, "t", 0, 0).records), "a");
    memory_disk_limit(broker_disk, 0);
    for (int i = 0; i < 10; i++)
        broker_pass_ms(500);
    peer_receive(&p, API_produce, 7, &response);
    CHECK_INT(response.topics[0].partitions[0].base_offset, 1);
    CHECK_INT(peer_produce(&other, "t", 0, batch_of("d")).base_offset, 2);
    CHECK_TEXT(values_in(peer_fetch(&other, "t", 0, 0).records), "a|b|d");
    CHECK_INT(broker_failures, 0);
    peer_close(&other);
    finish();
}

/* A batch of one record that is `len` zeros, in about a ten thousandth of that. */
static struct bytes bomb(size_t len) {
    static uint8_t packed[64 * 1024];
    struct batch_writer w;
    struct buf whole = { 0 };
    void *zeros = calloc(1, len);
    batch_begin(&w, 0);
    batch_add(&w, 0, bytes_of("k", 1), bytes_of(zeros, len));
    struct bytes plain = batch_end(&w);
    size_t size = ZSTD_compress(packed, sizeof(packed), plain.data + 61, plain.len - 61, 1);
    CHECK(!ZSTD_isError(size));
    buf_put(&whole, plain.data, 61);
    buf_put(&whole, packed, size);
    uint32_t length = (uint32_t)(61 - 12 + size);
    struct bytes batch = arena_copy(&answers, buf_bytes(&whole));
    uint8_t *data = (uint8_t *)(uintptr_t)batch.data;
    for (int i = 0; i < 4; i++)
        data[8 + i] = (uint8_t)(length >> (24 - 8 * i));
    buf_finish(&whole);
    buf_finish(&w.out);
    free(zeros);
    return changed(batch, 21, BYTES(0, 4));
}

TEST(what_one_request_unpacks_to_is_bounded) {
    enum { BATCHES = 7, GOOD = 5 }; /* the fifth passes 128 MiB, and is the last */
    struct produce_request_partition partitions[BATCHES];
    struct produce_request_topic topic = { bytes_text("t"), partitions, BATCHES };
    struct produce_request request = { .acks = -1, .topics = &topic, .topics_count = 1 };
    struct produce_response response;
    given_broker_with_topic();
    struct bytes batch = bomb((size_t)30 << 20);
    for (int i = 0; i < BATCHES; i++)
        partitions[i] = (struct produce_request_partition){ 0, batch };
    peer_ask(&p, API_produce, 8, &request, &response);
    for (int i = 0; i < BATCHES; i++)
        CHECK_INT(response.topics[0].partitions[i].error_code,
                  i < GOOD ? KAFKA_NONE : KAFKA_MESSAGE_TOO_LARGE);
    CHECK_INT(peer_produce(&p, "t", 1, batch).error_code, KAFKA_NONE);
    finish();
}
