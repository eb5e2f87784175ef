/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A fold as a whole service on a mock broker: it counts the orders of each customer and sends the
 * counts into the topic that it reads, in four partitions. */
#include "runtime/folds.h"

#include "base/clock.h"
#include "runtime/kafka.h"
#include "runtime/mock_broker.h"
#include "runtime/seeing.h"
#include "runtime/service.h"
#include "runtime/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct store_kind fold_store_kind; /* linked into the tests, not seen by the room */

enum { WAIT_MS = 30000, CUSTOMERS = 10, PARTITIONS = 4 };

static const char shop_yaml[] = "system: shop\n"
                                "topics:\n"
                                "  orders: { partitions: 4 }\n"
                                "  single: { partitions: 1 }\n"
                                "services:\n"
                                "  counter:\n"
                                "    handler: shop.counter\n"
                                "    state: fold\n"
                                "    snapshot_every: 300ms\n"
                                "    ticks: 100ms\n"
                                "    consumes: [orders]\n"
                                "    produces: [orders]\n"
                                "    tables:\n"
                                "      total: { columns: { orders: int } }\n"
                                "      tick: { scope: partition, columns: { ticks: int } }\n"
                                "  solo:\n"
                                "    handler: shop.counter\n"
                                "    state: fold\n"
                                "    snapshot_every: 300ms\n"
                                "    tasks: 1\n"
                                "    consumes: [single]\n"
                                "    produces: [orders]\n"
                                "    tables:\n"
                                "      total: { columns: { orders: int } }\n";

static bool poison_stops;

static enum octavo_outcome on_order(struct octavo_step *s) {
    struct octavo_value total = octavo_int_value(0);
    int64_t poison;
    if (octavo_event_int(s, "poison", &poison))
        return poison_stops ? octavo_refuse(s, OCTAVO_STOP, "the order is poison") : OCTAVO_DONE;
    (void)octavo_row_get(s, "total", octavo_text(""), &total, 1);
    total = octavo_int_value(total.integer + 1);
    octavo_row_put(s, "total", octavo_text(""), &total, 1);
    octavo_event_begin(s, "orders", "order-counted", octavo_event_key(s));
    octavo_put_int(s, "orders", total.integer);
    octavo_put_text(s, "order", octavo_event_id(s));
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_tick(struct octavo_step *s) {
    struct octavo_value ticks = octavo_int_value(0);
    (void)octavo_row_get(s, "tick", octavo_text(""), &ticks, 1);
    ticks = octavo_int_value(ticks.integer + 1);
    octavo_row_put(s, "tick", octavo_text(""), &ticks, 1);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "order-placed", on_order },
                                                  { "octavo.tick", on_tick },
                                                  { NULL, NULL } };
static const struct octavo_service code = { "counter", handlers }; /* of both */
static const struct connectors no_connectors = { 0 };

struct world {
    const char *bootstrap;
    struct declaration *declaration;
    struct loop *loop;
    struct service *service;
    const char *name; /* of the service that runs */
    uint64_t wanted;  /* handled orders */
};

static struct world world_start(void) {
    struct world w = { .bootstrap = mock_start(), .name = "counter" };
    CHECK_INT(rd_kafka_mock_topic_create(mock, "single", 1, 1), 0);
    CHECK_OK(declaration_read(&w.declaration, "shop.yaml", bytes_text(shop_yaml)));
    CHECK_OK(loop_create(&w.loop, clock_real()));
    return w;
}

static struct service *service_named(struct world *w, const char *instance) {
    struct service *service;
    struct service_options options = {
        .loop = w->loop,
        .declaration = w->declaration,
        .declared = declaration_service(w->declaration, w->name),
        .code = &code,
        .store_kind = &fold_store_kind,
        .connectors = &no_connectors,
        .data_dir = test_dir(),
        .bootstrap = w->bootstrap,
        .instance = instance,
    };
    CHECK_OK(service_open(&service, &options));
    return service;
}

static void service_begin(struct world *w) {
    w->service = service_named(w, "0");
}

static void service_end(struct world *w) {
    service_close(w->service);
    w->service = NULL;
}

static void world_end(struct world *w) {
    service_close(w->service);
    loop_destroy(w->loop);
    declaration_destroy(w->declaration);
    mock_stop();
}

static void run_until(struct world *w, bool (*is_done)(struct world *)) {
    int64_t until_ms = clock_steady_ms(clock_real()) + WAIT_MS;
    while (!is_done(w) && clock_steady_ms(clock_real()) < until_ms)
        loop_turn(w->loop, 20);
    CHECK(is_done(w));
}

static void on_delivered(void *context, void *tag, bool delivered) {
    (void)tag;
    *(int *)context += delivered;
}

/* From a producer without a lane. */
static void place_orders(struct world *w, int first, int last, const char *json) {
    bool solo = strcmp(w->name, "solo") == 0;
    struct kafka_producer *producer;
    int delivered = 0;
    struct kafka_producer_options options = { w->bootstrap, "customers", on_delivered, &delivered };
    CHECK_OK(kafka_producer_create(&producer, &options));
    for (int i = first; i <= last; i++) {
        char key[32], id[32];
        (void)snprintf(key, sizeof(key), "customer-%d", i % CUSTOMERS);
        (void)snprintf(id, sizeof(id), "order-%d", i);
        struct out_event e = {
            .topic = bytes_text(solo ? "single" : "orders"),
            .partition = partition_of_key(bytes_text(key), solo ? 1 : PARTITIONS),
            .id = bytes_text(id),
            .type = bytes_text("order-placed"),
            .key = bytes_text(key),
            .value = bytes_text(json),
            .time_ms = 1790000000000 + i,
        };
        CHECK_OK(kafka_produce(producer, &e, NULL));
    }
    CHECK(kafka_producer_flush(producer, WAIT_MS));
    CHECK_INT(delivered, last - first + 1);
    kafka_producer_destroy(producer);
}

/* ---- what its rows say, by the snapshot, and what its readers see */

static void on_total(void *context, struct octavo_text key, struct octavo_text sub,
                     const struct octavo_value *values, size_t count) {
    (void)key;
    (void)sub;
    CHECK(count == 1);
    *(int64_t *)context += values[0].integer;
}

static int64_t sum_of(struct world *w, const char *table) {
    struct session_options options = { .declaration = w->declaration,
                                       .fold_kind = &fold_store_kind,
                                       .data_dir = test_dir() };
    struct octavo_session *session;
    int64_t sum = 0;
    CHECK_OK(session_create(&session, &options));
    CHECK(octavo_rows(session, w->name, table, NULL, on_total, &sum));
    session_destroy(session);
    return sum;
}

static bool all_is_saved(struct world *w) {
    return sum_of(w, "total") == (int64_t)w->wanted;
}

static bool is_ready(struct world *w) {
    return service_is_ready(w->service, NULL);
}

static bool has_failed(struct world *w) {
    return service_has_failed(w->service);
}

struct counted {
    char ids[4][1024][64]; /* by partition and sequence */
    int64_t last[4];
    int repeats;
};

/* A repeat has the id of the first time; there is no gap. */
static void counted_see(struct counted *c, const struct kafka_record *r) {
    char *id = c->ids[r->partition][r->sequence];
    CHECK(r->sequence > 0 && r->sequence < 1024 && r->id.len < 64);
    CHECK(r->sequence <= c->last[r->partition] + 1);
    if (r->sequence <= c->last[r->partition]) {
        CHECK_BYTES(r->id, bytes_text(id));
        c->repeats++;
        return;
    }
    memcpy(id, r->id.data, r->id.len);
    c->last[r->partition] = r->sequence;
}

static int64_t counted_sum(const struct counted *c) {
    return c->last[0] + c->last[1] + c->last[2] + c->last[3];
}

static void read_counted(struct world *w, struct counted *c, int64_t wanted) {
    struct kafka_consumer *consumer;
    struct kafka_consumer_options options = { .bootstrap = w->bootstrap, .client_id = "reader" };
    struct kafka_part parts[4];
    int64_t until_ms = clock_steady_ms(clock_real()) + WAIT_MS;
    for (int i = 0; i < 4; i++)
        parts[i] = (struct kafka_part){ "orders", i, KAFKA_BEGINNING };
    CHECK_OK(kafka_consumer_create(&consumer, &options));
    CHECK_OK(kafka_consumer_start(consumer, parts, 4));
    while (counted_sum(c) < wanted && clock_steady_ms(clock_real()) < until_ms) {
        struct kafka_record r;
        bool found;
        CHECK_OK(kafka_consumer_poll(consumer, &r, &found));
        if (found && bytes_is_text(r.type, "order-counted"))
            counted_see(c, &r);
        if (found)
            kafka_record_done(&r);
        else
            loop_turn(w->loop, 5);
    }
    CHECK_INT(counted_sum(c), wanted);
    kafka_consumer_close(consumer);
}

TEST(a_fold_is_ready_when_it_has_read_what_was_there_and_saves_under_load_and_at_its_stop) {
    static struct counted c;
    struct world w = world_start();
    place_orders(&w, 1, 200, "{}");
    service_begin(&w);
    CHECK(!is_ready(&w));
    run_until(&w, is_ready);
    CHECK(service_counts(w.service).handled >= 200);
    for (int i = 0; i < 3; i++) {
        place_orders(&w, i * 20 + 201, i * 20 + 220, "{}"); /* makes it no less ready */
        CHECK(is_ready(&w));
        w.wanted = (uint64_t)i * 20 + 220;
        run_until(&w, all_is_saved);
    }
    place_orders(&w, 261, 290, "{}");
    service_end(&w); /* some are taken, some are not */
    int64_t saved = sum_of(&w, "total");
    CHECK(saved >= 260);
    CHECK(sum_of(&w, "tick") >= 2 * PARTITIONS);
    read_counted(&w, &c, saved);
    CHECK_INT(c.repeats, 0);
    world_end(&w);
}

/* A snapshot is of whole groups: the one that still waits for more is ended by it. */
TEST(a_fold_whose_groups_wait_for_more_saves_between_its_orders) {
    struct world w = world_start();
    for (size_t i = 0; i < w.declaration->service_count; i++)
        w.declaration->services[i].group_wait_ms = 60;
    service_begin(&w);
    for (int i = 0; i < 6; i++) {
        place_orders(&w, i * 20 + 1, i * 20 + 20, "{}");
        w.wanted = (uint64_t)i * 20 + 20;
        run_until(&w, all_is_saved);
    }
    world_end(&w);
}

TEST(a_fold_without_anything_to_read_is_ready) {
    struct world w = world_start();
    w.name = "solo";
    service_begin(&w);
    run_until(&w, is_ready);
    world_end(&w);
}

TEST(after_a_fall_a_fold_counts_nothing_twice_and_its_readers_see_no_gap) {
    static struct counted c;
    struct world w = world_start();
    w.name = "solo";
    service_begin(&w);
    place_orders(&w, 1, 100, "{}");
    w.wanted = 100;
    run_until(&w, all_is_saved);
    place_orders(&w, 101, 140, "{}");
    place_orders(&w, 150, 150, "{\"poison\":1}");
    poison_stops = true;
    run_until(&w, has_failed); /* falls without a snapshot */
    service_end(&w);
    poison_stops = false;
    service_begin(&w);
    w.wanted = 140;
    run_until(&w, all_is_saved);
    read_counted(&w, &c, 140);
    world_end(&w);
}

static struct service *second;

static uint64_t orders_of(const struct service *s) {
    return service_counts(s).events; /* an order makes an event, a tick none */
}

static bool both_have_counted(struct world *w) {
    return all_is_saved(w) && second && orders_of(second) > 0;
}

TEST(a_fold_that_another_process_takes_over_goes_on_where_it_stood) {
    static struct counted c;
    struct world w = world_start();
    service_begin(&w);
    place_orders(&w, 1, 40, "{}");
    w.wanted = 40;
    run_until(&w, all_is_saved);
    place_orders(&w, 41, 80, "{}"); /* some of them are under way when it happens */
    second = service_named(&w, "1");
    for (int i = 0; i < 20 && !both_have_counted(&w); i++) {
        place_orders(&w, 81 + i * 20, 100 + i * 20, "{}");
        w.wanted = 100 + (uint64_t)i * 20;
        run_until(&w, all_is_saved);
    }
    CHECK(orders_of(second) > 0);
    service_close(second);
    second = NULL;
    read_counted(&w, &c, (int64_t)w.wanted);
    world_end(&w);
}
