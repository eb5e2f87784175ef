/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Reading a log by offset, against librdkafka's own mock broker. */
#include "runtime/kafka_log.h"

#include "runtime/mock_broker.h"

#include <stdio.h>
#include <string.h>

enum { RECORDS = 300, WAIT_MS = 20000 };

static void on_delivered(void *context, void *tag, bool delivered) {
    (void)tag;
    CHECK(delivered);
    *(int *)context += 1;
}

/* RECORDS records over partitions 1 and 2 of "orders". */
static void given_records(const char *bootstrap) {
    struct kafka_producer *producer;
    int delivered = 0;
    struct kafka_producer_options options = { bootstrap, "test", on_delivered, &delivered };
    CHECK_OK(kafka_producer_create(&producer, &options));
    for (int i = 0; i < RECORDS; i++) {
        char id[16];
        (void)snprintf(id, sizeof(id), "id-%d", i);
        struct out_event e = { .topic = bytes_text("orders"),
                               .partition = 1 + i % 2,
                               .source = bytes_text("/octavo/shop/till/1/0/1"),
                               .sequence = i / 2 + 1,
                               .id = bytes_text(id),
                               .type = bytes_text("order-placed"),
                               .key = bytes_text("k"),
                               .value = bytes_text("{}"),
                               .time_ms = 1790000000000 + i };
        CHECK_OK(kafka_produce(producer, &e, NULL));
    }
    CHECK(kafka_producer_flush(producer, WAIT_MS));
    CHECK_INT(delivered, RECORDS);
    kafka_producer_destroy(producer);
}

static void check_next(struct kafka_log *l, int32_t partition, int64_t offset) {
    struct kafka_part from = { "orders", partition, offset };
    struct kafka_record r;
    bool found;
    char id[16];
    CHECK_OK(kafka_log_next(l, &from, &r, &found));
    CHECK(found);
    CHECK_INT(r.offset, offset);
    (void)snprintf(id, sizeof(id), "id-%d", (int)offset * 2 + partition - 1);
    CHECK_BYTES(r.id, bytes_text(id));
    CHECK_INT(r.sequence, offset + 1);
}

TEST(partitions_are_read_by_offset_onwards_again_and_back) {
    const char *bootstrap = mock_start();
    struct kafka_log *l;
    struct kafka_record r;
    struct kafka_bounds bounds;
    bool found;
    given_records(bootstrap);
    CHECK_OK(kafka_log_open(&l, bootstrap));
    for (int64_t offset = 0; offset < RECORDS / 2; offset++) {
        check_next(l, 1, offset);
        check_next(l, 1, offset); /* the same again */
        check_next(l, 2, offset);
    }
    check_next(l, 2, 7);
    check_next(l, 2, 100);
    struct kafka_part end = { "orders", 2, RECORDS / 2 };
    CHECK_OK(kafka_log_next(l, &end, &r, &found));
    CHECK(!found);
    struct kafka_part empty = { "orders", 3, 0 };
    CHECK_OK(kafka_log_next(l, &empty, &r, &found));
    CHECK(!found);
    CHECK_OK(kafka_log_bounds(l, "orders", 1, &bounds));
    CHECK_INT(bounds.first, 0);
    CHECK_INT(bounds.end, RECORDS / 2);
    kafka_log_close(l);
    mock_stop();
}

TEST(an_offset_that_the_log_does_not_hold_is_told_and_harms_nothing_after_it) {
    const char *bootstrap = mock_start();
    struct kafka_log *l;
    struct kafka_record r;
    bool found;
    given_records(bootstrap);
    CHECK_OK(kafka_log_open(&l, bootstrap));
    struct kafka_part beyond = { "orders", 1, 100000 };
    CHECK_INT(kafka_log_next(l, &beyond, &r, &found), E_diverged);
    CHECK(strstr(error_story(), "orders/1 holds nothing at offset 100000"));
    check_next(l, 1, 5);
    struct kafka_part elsewhere = { "orders", 9, 0 };
    CHECK_INT(kafka_log_next(l, &elsewhere, &r, &found), E_diverged);
    CHECK(strstr(error_story(), "the broker has no orders/9"));
    check_next(l, 1, 6);
    kafka_log_close(l);
    mock_stop();
}
