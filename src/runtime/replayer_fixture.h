/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* For the tests of replayer.h and generation.h: a till whose orders stand in a mock broker. */
#ifndef OCTAVO_RUNTIME_REPLAYER_FIXTURE_H
#define OCTAVO_RUNTIME_REPLAYER_FIXTURE_H

#include "base/disk.h"
#include "runtime/kafka_log.h"
#include "runtime/mock_broker.h"
#include "runtime/replayer.h"
#include "runtime/slot.h"
#include "runtime/task_fixture.h"

enum { RECORDS = 200, PARTITIONS = 4, WAIT_MS = 20000 };

static const char shop_yaml[] = "system: shop\n"
                                "topics: { orders: { partitions: 4 }, sales: { partitions: 4 } }\n"
                                "services:\n"
                                "  till:\n"
                                "    handler: shop.till\n"
                                "    tasks: 1\n"
                                "    consumes: [orders]\n"
                                "    produces: [sales]\n"
                                "    tables: { sold: { columns: { count: int } } }\n";

static enum octavo_outcome on_order(struct octavo_step *s) {
    struct octavo_value row;
    if (!octavo_row_get(s, "sold", octavo_text(""), &row, 1))
        row = octavo_int_value(0);
    row.integer++;
    octavo_row_put(s, "sold", octavo_text(""), &row, 1);
    octavo_event_begin(s, "sales", "sold", octavo_event_key(s));
    octavo_put_int(s, "count", row.integer);
    octavo_end(s);
    return OCTAVO_DONE;
}

static const struct octavo_handler shop_handlers[] = { { "order", on_order }, { NULL, NULL } };

struct shop {
    struct declaration *declaration;
    struct replayer_options options;
    struct task_options task;
    struct task *open;
    char *url, *work;
};

static inline void on_delivered(void *context, void *tag, bool delivered) {
    (void)context;
    (void)tag;
    CHECK(delivered);
}

static inline void given_orders(const char *bootstrap) {
    struct kafka_producer *producer;
    struct kafka_producer_options options = { bootstrap, "test", on_delivered, NULL };
    CHECK_OK(kafka_producer_create(&producer, &options));
    for (int i = 0; i < RECORDS; i++) {
        char key[16], id[16];
        (void)snprintf(key, sizeof(key), "key-%d", i % 7);
        (void)snprintf(id, sizeof(id), "id-%d", i);
        struct out_event e = { .topic = bytes_text("orders"),
                               .partition = i % PARTITIONS,
                               .id = bytes_text(id),
                               .type = bytes_text("order"),
                               .key = bytes_text(key),
                               .value = bytes_text("{}"),
                               .time_ms = 1790000000000 + i };
        CHECK_OK(kafka_produce(producer, &e, NULL));
    }
    CHECK(kafka_producer_flush(producer, WAIT_MS));
    kafka_producer_destroy(producer);
}

static inline void shop_open(struct shop *s) {
    CHECK_OK(declaration_read(&s->declaration, "shop.yaml", bytes_text(shop_yaml)));
    s->url = text_format("sqlite:%s/shop", test_dir());
    s->work = text_format("%s/replay", test_dir());
    s->task = (struct task_options){
        .system = "shop",
        .service = declaration_service(s->declaration, "till"),
        .handlers = shop_handlers,
        .store_kind = &sqlite_store_kind,
        .store_url = s->url,
        .journal_inputs = true,
        .partitions_of = bank_partitions,
        .context = s->declaration,
    };
    s->options = (struct replayer_options){ .declaration = s->declaration,
                                            .declared = s->task.service,
                                            .handlers = shop_handlers,
                                            .store_kind = &sqlite_store_kind,
                                            .store_url = s->url,
                                            .work_dir = s->work,
                                            .bootstrap = mock_start() };
    given_orders(s->options.bootstrap);
    CHECK_OK(task_open(&s->open, &s->task));
}

/* Takes offsets [from, to) of every partition, each a group. */
static inline void shop_take(struct shop *s, int64_t from, int64_t to) {
    struct kafka_log *log;
    struct committed done;
    CHECK_OK(kafka_log_open(&log, s->options.bootstrap));
    for (int64_t offset = from; offset < to; offset++) {
        task_begin(s->open);
        for (int32_t p = 0; p < PARTITIONS; p++) {
            struct kafka_part part = { "orders", p, offset };
            struct kafka_record r;
            enum taken taken;
            bool found;
            CHECK_OK(kafka_log_next(log, &part, &r, &found));
            CHECK(found);
            struct input in = slot_input(&r);
            CHECK_OK(task_take(s->open, &in, &taken));
        }
        CHECK_OK(task_commit(s->open, 5, &done));
    }
    kafka_log_close(log);
}

static inline void shop_close(struct shop *s) {
    task_close(s->open);
    declaration_destroy(s->declaration);
    free(s->url);
    free(s->work);
    mock_stop();
}

static inline void check_replay(struct shop *s, const char *verdict, int64_t first, int64_t last) {
    struct replay_result r = { 0 };
    CHECK_OK(replayer_run(&s->options, &r));
    CHECK_TEXT(replay_verdict_word(r.verdict), verdict);
    CHECK_INT(r.first_id, first);
    CHECK_INT(r.last_id, last);
    replay_result_finish(&r);
}

#endif
