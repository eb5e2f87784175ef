/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The Kafka seam and the relay against librdkafka's own mock broker, which can be taken away. */
#include "runtime/kafka.h"

#include "base/clock.h"
#include "base/test.h"
#include "runtime/mock_broker.h"
#include "runtime/relay.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 20000 };

static struct out_event event_number(int64_t sequence) {
    static char id[32];
    (void)snprintf(id, sizeof(id), "id-%lld", (long long)sequence);
    return (struct out_event){
        .topic = bytes_text("orders"),
        .partition = 2,
        .source = bytes_text("/octavo/shop/till/1/0/1"),
        .sequence = sequence,
        .id = bytes_text(id),
        .type = bytes_text("order-placed"),
        .key = bytes_text("customer-1"),
        .value = bytes_text("{\"amount\":100}"),
        .time_ms = 1790000000000 + sequence,
    };
}

struct acks {
    int64_t last_id;
    int count;
};

static void on_acked(void *context, void *owner, int64_t outbox_id) {
    struct acks *acks = context;
    CHECK(owner == (void *)acks);
    CHECK(outbox_id > acks->last_id);
    acks->last_id = outbox_id;
    acks->count++;
}

static struct relay *relay_on(const char *bootstrap, struct acks *acks) {
    struct relay *relay;
    struct relay_options options = { bootstrap, "test", clock_real(), on_acked, acks };
    CHECK_OK(relay_create(&relay, &options));
    return relay;
}

/* Adds rows [first, last], each of two events. */
static void relay_fill(struct relay *relay, struct acks *acks, int64_t first, int64_t last) {
    for (int64_t id = first; id <= last; id++) {
        struct buf packed = { 0 };
        for (int64_t sequence = id * 2 - 1; sequence <= id * 2; sequence++) {
            struct out_event e = event_number(sequence);
            outbox_pack(&packed, &e);
        }
        CHECK_OK(relay_add(relay, acks, id, buf_bytes(&packed)));
        buf_finish(&packed);
    }
}

static struct kafka_consumer *reader_on(const char *bootstrap, int64_t offset) {
    struct kafka_consumer *consumer;
    struct kafka_consumer_options options = { .bootstrap = bootstrap };
    struct kafka_part part = { "orders", 2, offset };
    CHECK_OK(kafka_consumer_create(&consumer, &options));
    CHECK_OK(kafka_consumer_start(consumer, &part, 1));
    return consumer;
}

static void wait_readable(int fd) {
    struct pollfd p = { fd, POLLIN, 0 };
    (void)poll(&p, 1, 50);
}

/* The next record; the descriptor must have announced it (or a bounded wait ends the test). */
static struct kafka_record next_record(struct kafka_consumer *consumer) {
    int64_t until_ms = clock_steady_ms(clock_real()) + WAIT_MS;
    struct kafka_record r = { 0 };
    bool found = false;
    while (!found && clock_steady_ms(clock_real()) < until_ms) {
        CHECK_OK(kafka_consumer_poll(consumer, &r, &found));
        if (!found)
            wait_readable(kafka_consumer_fd(consumer));
    }
    CHECK(found);
    return r;
}

TEST(what_the_relay_sends_arrives_in_lane_order_with_its_envelope) {
    struct acks acks = { 0 };
    const char *bootstrap = mock_start();
    struct relay *relay = relay_on(bootstrap, &acks);
    relay_fill(relay, &acks, 1, 50);
    CHECK(relay_flush(relay, WAIT_MS));
    CHECK_INT(acks.last_id, 50);
    struct kafka_consumer *reader = reader_on(bootstrap, KAFKA_BEGINNING);
    for (int64_t sequence = 1; sequence <= 100; sequence++) {
        struct kafka_record r = next_record(reader);
        struct out_event e = event_number(sequence);
        CHECK_INT(r.sequence, sequence);
        CHECK_BYTES(r.id, e.id);
        CHECK_BYTES(r.type, e.type);
        CHECK_BYTES(r.source, e.source);
        CHECK_BYTES(r.key, e.key);
        CHECK_BYTES(r.value, e.value);
        CHECK_INT(r.timestamp_ms, e.time_ms);
        kafka_record_done(&r);
    }
    kafka_consumer_close(reader);
    relay_destroy(relay);
    mock_stop();
}

TEST(rows_wait_while_the_broker_is_away_and_go_in_order_when_it_is_back) {
    struct acks acks = { 0 };
    const char *bootstrap = mock_start();
    struct relay *relay = relay_on(bootstrap, &acks);
    relay_fill(relay, &acks, 1, 5);
    CHECK(relay_flush(relay, WAIT_MS));
    CHECK_INT(rd_kafka_mock_broker_set_down(mock, 1), 0);
    relay_fill(relay, &acks, 6, 20);
    CHECK(!relay_flush(relay, 300));
    CHECK_INT(acks.last_id, 5);
    CHECK_INT((long long)relay_waiting(relay), 30);
    CHECK(relay_oldest_ms(relay) >= 200);
    CHECK_INT(rd_kafka_mock_broker_set_up(mock, 1), 0);
    CHECK(relay_flush(relay, WAIT_MS));
    CHECK_INT(acks.last_id, 20);
    CHECK_INT(acks.count, 20);
    relay_destroy(relay);
    mock_stop();
}

TEST(a_refused_event_brings_a_new_producer_that_closes_the_gap) {
    struct acks acks = { 0 };
    const char *bootstrap = mock_start();
    struct relay *relay = relay_on(bootstrap, &acks);
    relay_fill(relay, &acks, 1, 2);
    CHECK(relay_flush(relay, WAIT_MS));
    rd_kafka_mock_push_request_errors(mock, 0 /* produce */, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    relay_fill(relay, &acks, 3, 20);
    CHECK(relay_flush(relay, WAIT_MS));
    CHECK_INT(acks.last_id, 20);
    CHECK_INT(acks.count, 20);
    CHECK_INT((long long)relay_waiting(relay), 0);
    struct kafka_consumer *reader = reader_on(bootstrap, KAFKA_BEGINNING);
    for (int64_t watermark = 0; watermark < 40;) {
        struct kafka_record r = next_record(reader);
        watermark += r.sequence == watermark + 1; /* as a lane: no repeat, and no gap */
        kafka_record_done(&r);
    }
    kafka_consumer_close(reader);
    relay_destroy(relay);
    mock_stop();
}

/* The broker is slow to refuse the first, so that the second would be taken before it. */
TEST(the_second_event_of_a_lane_never_stands_in_the_log_before_the_first) {
    struct acks acks = { 0 };
    const char *bootstrap = mock_start();
    struct relay *relay = relay_on(bootstrap, &acks);
    struct buf packed = { 0 };
    struct out_event other_lane = event_number(1);
    other_lane.partition = 1;
    outbox_pack(&packed, &other_lane);
    CHECK_OK(relay_add(relay, &acks, 1, buf_bytes(&packed)));
    buf_finish(&packed);
    CHECK(relay_flush(relay, WAIT_MS)); /* the producer has its id and knows its broker */
    acks = (struct acks){ 0 };
    CHECK_INT(rd_kafka_mock_broker_set_rtt(mock, 1, 400), 0);
    rd_kafka_mock_push_request_errors(mock, 0 /* produce */, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    relay_fill(relay, &acks, 1, 1);
    CHECK(!relay_flush(relay, 100));
    relay_fill(relay, &acks, 2, 5);
    CHECK(relay_flush(relay, WAIT_MS));
    CHECK_INT(acks.count, 5);
    struct kafka_consumer *reader = reader_on(bootstrap, KAFKA_BEGINNING);
    for (int64_t watermark = 0; watermark < 10;) {
        struct kafka_record r = next_record(reader);
        CHECK(watermark > 0 || r.sequence == 1); /* the first seen sets the watermark */
        watermark += r.sequence == watermark + 1;
        kafka_record_done(&r);
    }
    kafka_consumer_close(reader);
    relay_destroy(relay);
    mock_stop();
}

TEST(a_new_producer_sends_nothing_of_an_owner_that_was_forgotten) {
    struct acks gone = { 0 }, acks = { 0 };
    const char *bootstrap = mock_start();
    struct relay *relay = relay_on(bootstrap, &acks);
    rd_kafka_mock_push_request_errors(mock, 0 /* produce */, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    relay_fill(relay, &gone, 1, 1);
    relay_fill(relay, &acks, 2, 2);
    relay_fill(relay, &gone, 3, 3);
    relay_forget(relay, &gone);
    CHECK(relay_flush(relay, WAIT_MS));
    CHECK_INT(acks.last_id, 2);
    relay_fill(relay, &acks, 4, 4);
    CHECK(relay_flush(relay, WAIT_MS));
    CHECK_INT(acks.count, 2);
    CHECK_INT((long long)relay_waiting(relay), 0);
    struct kafka_consumer *reader = reader_on(bootstrap, KAFKA_BEGINNING);
    static const int64_t sent[] = { 3, 4, 7, 8 };
    for (size_t i = 0; i < 4; i++) {
        struct kafka_record r = next_record(reader);
        CHECK_INT(r.sequence, sent[i]);
        kafka_record_done(&r);
    }
    kafka_consumer_close(reader);
    relay_destroy(relay);
    mock_stop();
}

TEST(a_consumer_reads_from_the_offset_it_is_given) {
    struct acks acks = { 0 };
    const char *bootstrap = mock_start();
    struct relay *relay = relay_on(bootstrap, &acks);
    relay_fill(relay, &acks, 1, 10);
    CHECK(relay_flush(relay, WAIT_MS));
    struct kafka_consumer *reader = reader_on(bootstrap, 7);
    struct kafka_record r = next_record(reader);
    CHECK_INT(r.offset, 7);
    CHECK_INT(r.sequence, 8);
    kafka_record_done(&r);
    kafka_consumer_close(reader);
    relay_destroy(relay);
    mock_stop();
}

TEST(an_offset_that_is_not_in_the_log_stops_with_a_remedy) {
    const char *bootstrap = mock_start();
    struct kafka_consumer *reader = reader_on(bootstrap, 1000);
    struct kafka_record r;
    bool found = false;
    enum error e = E_ok;
    int64_t until_ms = clock_steady_ms(clock_real()) + WAIT_MS;
    while (!e && clock_steady_ms(clock_real()) < until_ms) {
        wait_readable(kafka_consumer_fd(reader));
        e = kafka_consumer_poll(reader, &r, &found);
        CHECK(!found);
    }
    CHECK_ERROR(e, E_diverged);
    CHECK_STORY("try: the broker no longer holds");
    kafka_consumer_close(reader);
    mock_stop();
}

struct group_seen {
    int assigned;
    bool not_yet;
};

static void on_assigned(void *context, struct kafka_part *parts, size_t count) {
    struct group_seen *seen = context;
    for (size_t i = 0; i < count; i++) {
        seen->assigned++;
        if (!(seen->not_yet && parts[i].partition == 2))
            parts[i].offset = KAFKA_BEGINNING;
    }
}

static void on_revoked(void *context, const char *topic, int32_t partition) {
    struct group_seen *seen = context;
    (void)topic;
    (void)partition;
    seen->assigned--;
}

TEST(a_part_that_was_not_yet_ready_is_read_once_it_is_started) {
    struct acks acks = { 0 };
    struct group_seen seen = { .not_yet = true };
    const char *bootstrap = mock_start();
    const char *topics[] = { "orders" };
    struct relay *relay = relay_on(bootstrap, &acks);
    relay_fill(relay, &acks, 1, 3);
    CHECK(relay_flush(relay, WAIT_MS));
    struct kafka_consumer *consumer;
    struct kafka_consumer_options options = {
        .bootstrap = bootstrap,
        .group = "shop.till",
        .topics = topics,
        .topic_count = 1,
        .on_assigned = on_assigned,
        .on_revoked = on_revoked,
        .context = &seen,
    };
    CHECK_OK(kafka_consumer_create(&consumer, &options));
    int64_t until_ms = clock_steady_ms(clock_real()) + WAIT_MS;
    struct kafka_record r;
    bool found = false;
    while (seen.assigned < 4 && clock_steady_ms(clock_real()) < until_ms) {
        CHECK_OK(kafka_consumer_poll(consumer, &r, &found));
        CHECK(!found);
        wait_readable(kafka_consumer_fd(consumer));
    }
    CHECK_INT(seen.assigned, 4);
    struct kafka_part part = { "orders", 2, KAFKA_BEGINNING };
    CHECK_OK(kafka_consumer_start(consumer, &part, 1));
    for (int64_t sequence = 1; sequence <= 6; sequence++) {
        r = next_record(consumer);
        CHECK_INT(r.sequence, sequence);
        kafka_record_done(&r);
    }
    kafka_consumer_close(consumer);
    CHECK_INT(seen.assigned, 0);
    relay_destroy(relay);
    mock_stop();
}

TEST(a_topic_with_another_partition_count_is_a_configuration_error) {
    struct kafka_topic_wanted right = { .name = "orders", .partitions = 4 },
                              wrong = { .name = "orders", .partitions = 3 };
    const char *bootstrap = mock_start();
    CHECK_OK(kafka_ensure_topics(bootstrap, &right, 1, 5000));
    CHECK_ERROR(kafka_ensure_topics(bootstrap, &wrong, 1, 5000), E_config);
    CHECK_STORY("topic orders has 4 partitions, 3 are declared");
    mock_stop();
}

TEST(no_broker_at_all_times_out_and_says_where) {
    struct kafka_topic_wanted topic = { .name = "orders", .partitions = 4 };
    CHECK_ERROR(kafka_ensure_topics("127.0.0.1:1", &topic, 1, 100), E_timed_out);
    CHECK_STORY("preparing the topics at 127.0.0.1:1");
}
