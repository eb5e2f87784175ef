/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What a command may do: read committed rows of a running task, publish, tokenise. */
#include "runtime/session.h"

#include "runtime/kafka.h"
#include "runtime/mock_broker.h"
#include "runtime/task_fixture.h"

#include <poll.h>

enum { WAIT_MS = 20000, BALANCE = 0 };

static enum octavo_outcome on_deposit(struct octavo_step *s) {
    struct octavo_value row[] = { octavo_int_value(500), octavo_text_value(octavo_text("Ada")) };
    octavo_row_put(s, "account", octavo_text(""), row, 2);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "deposited", on_deposit }, { NULL, NULL } };

static struct octavo_session *session_on(struct bank *b, const char *bootstrap) {
    struct octavo_session *s;
    struct session_options options = {
        .declaration = b->declaration,
        .store_kind = &sqlite_store_kind,
        .data_dir = test_dir(),
        .bootstrap = bootstrap,
    };
    CHECK_OK(session_create(&s, &options));
    return s;
}

static void deposit(struct bank *b, const char *key) {
    enum taken taken;
    struct committed done;
    struct input in = { .kind = INPUT_RECORD,
                        .type = bytes_text("deposited"),
                        .id = bytes_text("d-1"),
                        .key = bytes_text(key),
                        .json = bytes_text("{}"),
                        .topic = bytes_text("moves"),
                        .partition = 2 };
    task_begin(b->task);
    CHECK_OK(task_take(b->task, &in, &taken));
    CHECK_OK(task_commit(b->task, 1, &done));
}

static void on_row(void *context, struct octavo_text key, struct octavo_text sub,
                   const struct octavo_value *values, size_t count) {
    CHECK(octavo_text_is(key, "ada"));
    CHECK_INT((int)sub.len, 0);
    CHECK_INT((int)count, 2);
    *(int64_t *)context += values[BALANCE].integer;
}

TEST(a_session_reads_committed_rows_while_the_task_is_open) {
    struct bank b = { 0 };
    int64_t sum = 0;
    bank_open(&b, "ledger", handlers);
    deposit(&b, "ada");
    struct octavo_session *s = session_on(&b, NULL);
    CHECK_INT(octavo_tasks(s, "ledger"), 4);
    CHECK(octavo_rows(s, "ledger", "account", NULL, on_row, &sum));
    CHECK(octavo_rows(s, "ledger", "account", "ada", on_row, &sum));
    CHECK(octavo_rows(s, "ledger", "account", "bob", on_row, &sum));
    CHECK(octavo_rows_of_task(s, "ledger", 1, "account", NULL, on_row, &sum));
    CHECK_INT(sum, 1000);
    CHECK(!octavo_rows(s, "ledger", "nothing", NULL, on_row, &sum));
    CHECK_STORY("service ledger has no table nothing");
    CHECK(!octavo_rows(s, "nobody", "account", NULL, on_row, &sum));
    session_destroy(s);
    bank_close(&b);
}

TEST(publishing_without_a_broker_says_how_to_name_one) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    struct octavo_session *s = session_on(&b, NULL);
    octavo_publish_begin(s, "moves", "deposited", octavo_text("ada"), octavo_text("d-1"));
    CHECK(!octavo_publish_send(s));
    CHECK_STORY("no broker is known to publish to");
    CHECK_STORY("try: give --broker HOST:PORT");
    session_destroy(s);
    bank_close(&b);
}

TEST(a_published_event_is_in_its_partition_with_its_given_id) {
    struct bank b = { 0 };
    const char *bootstrap = mock_start();
    int32_t partition = partition_of_key(bytes_text("ada"), 4);
    struct kafka_consumer_options options = { .bootstrap = bootstrap };
    struct kafka_part part = { "moves", partition, KAFKA_BEGINNING };
    struct kafka_consumer *reader;
    struct kafka_record r;
    bool found = false;
    CHECK_INT(rd_kafka_mock_topic_create(mock, "moves", 4, 1), 0);
    bank_open(&b, "ledger", handlers);
    struct octavo_session *s = session_on(&b, bootstrap);
    octavo_publish_begin(s, "moves", "deposited", octavo_text("ada"), octavo_text("d-1"));
    octavo_publish_int(s, "amount", 500);
    CHECK(octavo_publish_send(s));
    CHECK(octavo_publish_flush(s));
    CHECK_OK(kafka_consumer_create(&reader, &options));
    CHECK_OK(kafka_consumer_start(reader, &part, 1));
    for (int turns = WAIT_MS / 50; turns > 0 && !found; turns--) {
        struct pollfd wait = { kafka_consumer_fd(reader), POLLIN, 0 };
        (void)poll(&wait, 1, 50);
        CHECK_OK(kafka_consumer_poll(reader, &r, &found));
    }
    CHECK(found);
    CHECK_BYTES(r.id, bytes_text("d-1"));
    CHECK_BYTES(r.value, bytes_text("{\"amount\":500}"));
    CHECK_INT((int)r.source.len, 0);
    kafka_record_done(&r);
    kafka_consumer_close(reader);
    session_destroy(s);
    bank_close(&b);
    mock_stop();
}

TEST(a_topic_that_is_not_declared_is_not_published_to) {
    struct bank b = { 0 };
    bank_open(&b, "ledger", handlers);
    struct octavo_session *s = session_on(&b, "127.0.0.1:1");
    octavo_publish_begin(s, "elsewhere", "deposited", octavo_text("ada"), octavo_text("d-1"));
    CHECK(!octavo_publish_send(s));
    CHECK_STORY("topic elsewhere is not declared");
    session_destroy(s);
    bank_close(&b);
}
