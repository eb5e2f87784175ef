/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/transactor.h"

#include "runtime/kafka.h"
#include "runtime/mock_broker.h"
#include "runtime/outbox.h"

enum { WAIT_MS = 20000, SOME = 500 };

static int64_t acked_through;
static int acks;

static void on_acked(void *context, void *owner, int64_t outbox_id) {
    (void)context;
    CHECK(owner == &acked_through);
    CHECK_INT(outbox_id, acked_through + 1); /* in order, each once */
    acked_through = outbox_id;
    acks++;
}

static struct transactor *transactor_of(const char *bootstrap, const char *id) {
    struct transactor_options options = {
        .bootstrap = bootstrap,
        .client_id = "transactor_test",
        .transactional_id = id,
        .clock = clock_real(),
        .on_acked = on_acked,
        .owner = &acked_through,
    };
    acked_through = 0;
    acks = 0;
    return transactor_create(&options);
}

static void add(struct transactor *t, int64_t id, int32_t partition) {
    struct buf packed = { 0 };
    struct out_event event = {
        .topic = bytes_text("orders"),
        .partition = partition,
        .source = bytes_text("/octavo/s/t/1/0/1"),
        .sequence = id,
        .id = bytes_text("ID"),
        .type = bytes_text("order-changed"),
        .key = bytes_text("k"),
        .value = bytes_text("{}"),
        .time_ms = 1790000000000,
    };
    outbox_pack(&packed, &event);
    CHECK_OK(transactor_add(t, id, buf_bytes(&packed)));
    buf_finish(&packed);
}

/* What a reader of committed records finds, in each partition in order of its sequence. */
static int64_t read_all(const char *bootstrap, int64_t wanted) {
    struct kafka_consumer *c;
    struct kafka_consumer_options options = { .bootstrap = bootstrap, .client_id = "reader" };
    struct kafka_part parts[4];
    int64_t last[4] = { 0 };
    int64_t count = 0;
    int64_t until = clock_steady_ms(clock_real()) + WAIT_MS;
    for (int32_t i = 0; i < 4; i++)
        parts[i] = (struct kafka_part){ "orders", i, KAFKA_BEGINNING };
    CHECK_OK(kafka_consumer_create(&c, &options));
    CHECK_OK(kafka_consumer_start(c, parts, 4));
    while (count < wanted && clock_steady_ms(clock_real()) < until) {
        struct kafka_record r;
        bool found;
        CHECK_OK(kafka_consumer_poll(c, &r, &found));
        if (!found)
            continue;
        CHECK(r.sequence > last[r.partition]);
        last[r.partition] = r.sequence;
        count++;
        kafka_record_done(&r);
    }
    kafka_consumer_close(c);
    return count;
}

TEST(rows_go_out_in_transactions_in_order_over_all_partitions) {
    const char *bootstrap = mock_start();
    struct transactor *t = transactor_of(bootstrap, "s.t.0");
    for (int64_t i = 1; i <= SOME; i++)
        add(t, i, (int32_t)(i % 4));
    CHECK_INT((long long)transactor_waiting(t), SOME);
    CHECK(transactor_flush(t, WAIT_MS));
    CHECK_INT(acks, SOME);
    CHECK_INT((long long)transactor_waiting(t), 0);
    CHECK_INT(transactor_oldest_ms(t), 0);
    transactor_destroy(t);
    CHECK_INT(read_all(bootstrap, SOME), SOME);
    mock_stop();
}

TEST(more_rows_than_fit_into_the_mailbox_all_go_out) {
    const char *bootstrap = mock_start();
    struct transactor *t = transactor_of(bootstrap, "s.t.1");
    for (int64_t i = 1; i <= 3000; i++)
        add(t, i, 0);
    CHECK(transactor_flush(t, WAIT_MS));
    CHECK_INT(acks, 3000);
    transactor_destroy(t);
    mock_stop();
}

TEST(what_a_failed_transaction_held_goes_again_and_is_acknowledged_once) {
    const char *bootstrap = mock_start();
    struct transactor *t = transactor_of(bootstrap, "s.t.2");
    add(t, 1, 0);
    CHECK(transactor_flush(t, WAIT_MS)); /* it has its producer */
    rd_kafka_mock_push_request_errors(mock, 26 /* EndTxn */, 1,
                                      RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING);
    for (int64_t i = 2; i <= 50; i++)
        add(t, i, (int32_t)(i % 4));
    CHECK(transactor_flush(t, WAIT_MS));
    CHECK_INT(acked_through, 50);
    CHECK_INT(acks, 50);
    transactor_destroy(t);
    mock_stop();
}

TEST(what_could_not_be_sent_is_not_acknowledged) {
    const char *bootstrap = mock_start();
    struct transactor *t = transactor_of(bootstrap, "s.t.6");
    add(t, 1, 0);
    CHECK(transactor_flush(t, WAIT_MS));
    rd_kafka_mock_push_request_errors(mock, 24 /* AddPartitionsToTxn */, 1,
                                      RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING);
    for (int64_t i = 2; i <= 50; i++)
        add(t, i, (int32_t)(i % 4));
    CHECK(transactor_flush(t, WAIT_MS));
    CHECK_INT(acks, 50);
    transactor_destroy(t);
    CHECK_INT(read_all(bootstrap, 50), 50);
    mock_stop();
}

TEST(an_owner_whose_id_was_taken_over_is_told_and_sends_no_more) {
    const char *bootstrap = mock_start();
    struct transactor *old = transactor_of(bootstrap, "s.t.3");
    add(old, 1, 0);
    CHECK(transactor_flush(old, WAIT_MS));
    rd_kafka_mock_push_request_errors(mock, 24 /* AddPartitionsToTxn */, 1,
                                      RD_KAFKA_RESP_ERR_PRODUCER_FENCED);
    add(old, 2, 0);
    CHECK(!transactor_flush(old, WAIT_MS));
    CHECK_ERROR(transactor_turn(old), E_fenced);
    CHECK_STORY("s.t.3");
    CHECK_ERROR(transactor_turn(old), E_fenced);
    CHECK_STORY("goes on with it");
    add(old, 3, 0);
    CHECK(!transactor_flush(old, 0));
    CHECK_INT(acks, 1);
    transactor_destroy(old);
    mock_stop();
}

TEST(a_broker_that_is_away_does_not_hold_the_way_out) {
    const char *bootstrap = mock_start();
    struct transactor *t = transactor_of(bootstrap, "s.t.4");
    add(t, 1, 0);
    CHECK(transactor_flush(t, WAIT_MS));
    transactor_destroy(t);
    CHECK_INT(rd_kafka_mock_broker_set_down(mock, 1), 0);
    t = transactor_of(bootstrap, "s.t.4");
    add(t, 1, 0);
    CHECK(!transactor_flush(t, 100));
    CHECK(transactor_oldest_ms(t) >= 50);
    transactor_destroy(t); /* within the limit of this test's run: init is tried for a second */
    CHECK_INT(acks, 0);
    mock_stop();
}

TEST(a_row_that_is_none_is_refused) {
    const char *bootstrap = mock_start();
    struct transactor *t = transactor_of(bootstrap, "s.t.5");
    CHECK_ERROR(transactor_add(t, 1, bytes_text("no outbox row")), E_corrupt);
    CHECK_STORY("outbox row 1");
    transactor_destroy(t);
    mock_stop();
}
