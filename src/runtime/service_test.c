/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A whole service instance on a mock broker and a real store: a shop that counts orders of each
 * customer, and a till that asks it. */
#include "runtime/service.h"

#include "base/clock.h"
#include "runtime/kafka.h"
#include "runtime/mock_broker.h"
#include "sqlite/sqlite_store.h"
#include "values/json.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 30000, QUIET_MS = 1500 };

static const char shop_yaml[] = "system: shop\n"
                                "broker: embedded\n"
                                "store: sqlite\n"
                                "topics:\n"
                                "  orders: { partitions: 4, key: customer }\n"
                                "services:\n"
                                "  counter:\n"
                                "    handler: shop.counter\n"
                                "    consumes: [orders]\n"
                                "    produces: [orders]\n"
                                "    tables:\n"
                                "      total: { columns: { orders: int } }\n"
                                "  till:\n"
                                "    handler: shop.till\n"
                                "    tasks: 1\n"
                                "    consumes: [orders]\n"
                                "    produces: [orders]\n"
                                "    edges:\n"
                                "      till: { url: \"double://here\" }\n"
                                "      desk: { url: \"double://there\" }\n"
                                "    tables:\n"
                                "      asked: { scope: partition, columns: { count: int } }\n";

/* ---- the handlers */

static enum octavo_outcome on_order(struct octavo_step *s) {
    struct octavo_value total = octavo_int_value(0);
    int64_t poison;
    if (octavo_event_int(s, "poison", &poison))
        return octavo_refuse(s, OCTAVO_STOP, "the order is poison %d", (int)poison);
    (void)octavo_row_get(s, "total", octavo_text(""), &total, 1);
    total = octavo_int_value(total.integer + 1);
    octavo_row_put(s, "total", octavo_text(""), &total, 1);
    octavo_event_begin(s, "orders", "order-counted", octavo_event_key(s));
    octavo_put_int(s, "orders", total.integer);
    octavo_put_text(s, "order", octavo_event_id(s));
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_asked(struct octavo_step *s) {
    struct octavo_value count = octavo_int_value(1);
    if (!octavo_row_get(s, "asked", octavo_event_key(s), &count, 1)) {
        octavo_row_put(s, "asked", octavo_event_key(s), &count, 1);
        octavo_event_begin(s, "orders", "order-placed", octavo_text("customer-1"));
        octavo_put_text(s, "request", octavo_event_key(s));
        octavo_end(s);
    }
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_put_text(s, "code", octavo_text("00"));
    octavo_end(s);
    return OCTAVO_DONE;
}

static const struct octavo_handler counter_handlers[] = { { "order-placed", on_order },
                                                          { NULL, NULL } };
static const struct octavo_handler till_handlers[] = { { "asked", on_asked }, { NULL, NULL } };
static const struct octavo_service counter_code = { "counter", counter_handlers };
static const struct octavo_service till_code = { "till", till_handlers };

/* ---- a connector that is this test */

struct connector {
    struct connector_options options;
    uint64_t answered; /* the ticket last replied to */
    int replies;
    uint64_t commits; /* of its service when it last replied */
};

static struct connector *edge, *other_edge;
static struct service *serving;

static enum error double_open(struct connector **out, const struct connector_options *options) {
    struct connector *opened = memory_get(sizeof(*opened));
    opened->options = *options;
    if (edge)
        other_edge = opened;
    else
        edge = opened;
    *out = opened;
    return E_ok;
}

static bool double_reply(struct connector *c, uint64_t ticket, struct bytes json) {
    CHECK(json.len > 2);
    c->answered = ticket;
    c->commits = service_counts(serving).commits;
    c->replies++;
    return true;
}

static int double_port(const struct connector *c) {
    (void)c;
    return 0;
}

static void double_close(struct connector *c) {
    if (c == edge)
        edge = NULL;
    free(c);
}

static const struct connector_service double_kind = { "double",     false,       double_open,
                                                      double_reply, double_port, double_close };
static const struct connector_service *const services[] = { &double_kind, NULL };
static const struct connectors kinds = { .services = services };

/* ---- running */

struct world {
    const char *bootstrap;
    struct declaration *declaration;
    struct loop *loop;
    struct service *service;
};

static struct world world_start(void) {
    struct world w = { .bootstrap = mock_start() };
    CHECK_OK(declaration_read(&w.declaration, "shop.yaml", bytes_text(shop_yaml)));
    CHECK_OK(loop_create(&w.loop, clock_real()));
    return w;
}

static void service_begin(struct world *w, const struct octavo_service *code) {
    struct service_options options = {
        .loop = w->loop,
        .declaration = w->declaration,
        .declared = declaration_service(w->declaration, code->name),
        .code = code,
        .store_kind = &sqlite_store_kind,
        .connectors = &kinds,
        .data_dir = test_dir(),
        .bootstrap = w->bootstrap,
    };
    CHECK_OK(service_open(&w->service, &options));
    serving = w->service;
}

static void world_end(struct world *w) {
    service_close(w->service);
    loop_destroy(w->loop);
    declaration_destroy(w->declaration);
    mock_stop();
}

static bool run_until(struct world *w, bool (*is_done)(struct world *)) {
    int64_t until_ms = clock_steady_ms(clock_real()) + WAIT_MS;
    while (!is_done(w) && clock_steady_ms(clock_real()) < until_ms)
        loop_turn(w->loop, 20);
    return is_done(w);
}

static void on_delivered(void *context, void *tag, bool delivered) {
    (void)tag;
    *(int *)context += delivered;
}

/* Orders first..last of ten customers in four partitions, from a producer without a lane. */
static void place_orders(struct world *w, int first, int last, const char *json) {
    struct kafka_producer *producer;
    int delivered = 0;
    struct kafka_producer_options options = { w->bootstrap, "customers", on_delivered, &delivered };
    CHECK_OK(kafka_producer_create(&producer, &options));
    for (int i = first; i <= last; i++) {
        char key[32], id[32];
        (void)snprintf(key, sizeof(key), "customer-%d", i % 10);
        (void)snprintf(id, sizeof(id), "order-%d", i);
        struct out_event e = {
            .topic = bytes_text("orders"),
            .partition = partition_of_key(bytes_text(key), 4),
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

static bool has_counted_100(struct world *w) {
    return service_counts(w->service).handled == 100;
}

static bool has_counted_50(struct world *w) {
    return service_counts(w->service).handled == 50;
}

/* Every order-counted in the topic: how many there are, and that each lane counts without a gap. */
static int read_counted(struct world *w, int wanted) {
    struct kafka_consumer *reader;
    struct kafka_part parts[4];
    struct kafka_consumer_options options = { .bootstrap = w->bootstrap };
    int64_t sequence[4] = { 0 }, until_ms = clock_steady_ms(clock_real()) + WAIT_MS;
    int seen = 0;
    for (int i = 0; i < 4; i++)
        parts[i] = (struct kafka_part){ "orders", i, KAFKA_BEGINNING };
    CHECK_OK(kafka_consumer_create(&reader, &options));
    CHECK_OK(kafka_consumer_start(reader, parts, 4));
    while (seen < wanted && clock_steady_ms(clock_real()) < until_ms) {
        struct kafka_record r;
        struct pollfd wait = { kafka_consumer_fd(reader), POLLIN, 0 };
        bool found;
        CHECK_OK(kafka_consumer_poll(reader, &r, &found));
        if (!found) {
            (void)poll(&wait, 1, 20);
            continue;
        }
        until_ms = clock_steady_ms(clock_real()) + QUIET_MS;
        if (bytes_is_text(r.type, "order-counted")) {
            CHECK_INT(r.sequence, ++sequence[r.partition]);
            seen++;
        }
        kafka_record_done(&r);
    }
    kafka_consumer_close(reader);
    return seen;
}

TEST(what_was_handled_is_sent_once_in_gapless_lanes_also_over_a_restart) {
    struct world w = world_start();
    place_orders(&w, 1, 100, "{\"pieces\":1}");
    service_begin(&w, &counter_code);
    CHECK(run_until(&w, has_counted_100));
    service_close(w.service);
    place_orders(&w, 101, 150, "{\"pieces\":1}");
    service_begin(&w, &counter_code);
    CHECK(run_until(&w, has_counted_50));
    service_close(w.service);
    w.service = NULL;
    CHECK_INT(read_counted(&w, 151), 150); /* a 151st does not come */
    world_end(&w);
}

static bool has_counted_1(struct world *w) {
    return service_counts(w->service).handled == 1;
}

static int32_t four(void *context, const char *topic) {
    (void)context;
    (void)topic;
    return 4;
}

/* order-1 handled and committed by a process that was killed before its relay had sent anything. */
static void order_1_commit(struct world *w) {
    struct task *task;
    struct committed committed;
    enum taken taken;
    char *url = text_format("sqlite:%s", test_dir());
    struct input in = { .kind = INPUT_RECORD, .time_ms = 1790000000001 };
    in.type = bytes_text("order-placed");
    in.id = bytes_text("order-1");
    in.key = bytes_text("customer-1");
    in.json = bytes_text("{\"pieces\":1}");
    in.topic = bytes_text("orders");
    in.partition = partition_of_key(in.key, 4);
    in.hash = record_hash(in.key, in.json, in.time_ms);
    struct task_options options = {
        .system = "shop",
        .service = declaration_service(w->declaration, "counter"),
        .handlers = counter_handlers,
        .store_kind = &sqlite_store_kind,
        .store_url = url,
        .task = in.partition,
        .partitions_of = four,
    };
    CHECK_OK(task_open(&task, &options));
    task_begin(task);
    CHECK_OK(task_take(task, &in, &taken));
    CHECK_OK(task_commit(task, 1, &committed));
    CHECK(committed.outbox_id > 0);
    task_close(task);
    free(url);
}

TEST(what_was_committed_and_not_sent_is_sent_by_the_next_owner) {
    struct world w = world_start();
    place_orders(&w, 1, 1, "{\"pieces\":1}");
    order_1_commit(&w);
    place_orders(&w, 11, 11, "{\"pieces\":1}"); /* of the same customer */
    service_begin(&w, &counter_code);
    CHECK(run_until(&w, has_counted_1));
    service_close(w.service);
    w.service = NULL;
    CHECK_INT(read_counted(&w, 3), 2); /* gapless from 1 on */
    world_end(&w);
}

static bool has_failed(struct world *w) {
    return service_has_failed(w->service);
}

TEST(a_handler_that_says_stop_stops_the_service_and_names_the_event) {
    struct world w = world_start();
    place_orders(&w, 1, 1, "{\"poison\":7}");
    service_begin(&w, &counter_code);
    CHECK(run_until(&w, has_failed));
    CHECK_STORY("the order is poison 7");
    CHECK_STORY("order-1");
    CHECK_STORY("while handling orders-");
    world_end(&w);
}

static bool has_replied(struct world *w) {
    (void)w;
    return edge->replies > 0;
}

static bool ask(uint64_t ticket, const char *key) {
    struct connector_request r = { "asked", bytes_text(key), bytes_text("{}"), ticket };
    return edge->options.on_request(edge->options.context, &r);
}

TEST(a_request_is_answered_to_its_newest_asker_after_the_commit) {
    struct world w = world_start();
    service_begin(&w, &till_code);
    CHECK(ask(1, "request-1"));
    CHECK(ask(2, "request-1"));
    CHECK_INT(edge->replies, 0); /* nothing leaves before the commit */
    CHECK(run_until(&w, has_replied));
    CHECK_INT((long long)edge->answered, 2);
    CHECK_INT((long long)edge->commits, 1);
    CHECK_INT((long long)service_counts(w.service).commits, 1);
    world_end(&w);
}

enum { ASKED = 60 };

static bool all_have_replied(struct world *w) {
    (void)w;
    return edge->replies == ASKED;
}

/* However slow the machine: once a second for the wait, once for the tick, and at the end. */
TEST(a_group_waits_for_more_as_long_as_is_declared_and_loses_nothing) {
    struct world w = world_start();
    w.declaration->services[1].group_wait_ms = 1000; /* the till's */
    service_begin(&w, &till_code);
    int64_t start_ms = clock_steady_ms(clock_real());
    for (int i = 1; i <= ASKED; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "request-%d", i);
        CHECK(ask((uint64_t)i, key));
        loop_turn(w.loop, 0);
    }
    CHECK(run_until(&w, all_have_replied));
    int64_t seconds = (clock_steady_ms(clock_real()) - start_ms) / 1000 + 1;
    CHECK((int64_t)service_counts(w.service).commits <= 2 * seconds + 1);
    world_end(&w);
}

static bool both_have_replied(struct world *w) {
    (void)w;
    return edge->replies > 0 && other_edge->replies > 0;
}

TEST(each_edge_of_a_service_is_told_the_replies_to_its_own_requests) {
    struct world w = world_start();
    struct connector_request r = { "asked", bytes_text("request-2"), bytes_text("{}"), 7 };
    service_begin(&w, &till_code);
    CHECK(ask(7, "request-1")); /* the same ticket of another edge */
    CHECK(other_edge->options.on_request(other_edge->options.context, &r));
    CHECK(run_until(&w, both_have_replied));
    CHECK_INT((long long)edge->answered, 7);
    CHECK_INT((long long)other_edge->answered, 7);
    CHECK_INT(edge->replies + other_edge->replies, 2);
    world_end(&w);
}

static bool refuses(struct world *w) {
    static uint64_t ticket = 100;
    char key[32];
    (void)w;
    (void)snprintf(key, sizeof(key), "request-%llu", (unsigned long long)++ticket);
    return !ask(ticket, key);
}

static bool accepts(struct world *w) {
    return !refuses(w);
}

TEST(requests_are_refused_while_the_broker_is_away_and_taken_when_it_is_back) {
    struct world w = world_start();
    service_begin(&w, &till_code);
    CHECK(ask(1, "request-1"));
    CHECK(run_until(&w, has_replied));
    CHECK_INT(rd_kafka_mock_broker_set_down(mock, 1), 0);
    CHECK(run_until(&w, refuses));
    edge->replies = 0;
    CHECK(ask(7, "request-1")); /* a repeat needs nothing sent: its answer is stored */
    CHECK(run_until(&w, has_replied));
    CHECK_INT((long long)edge->answered, 7);
    CHECK(refuses(&w)); /* and what was refused left nothing behind */
    CHECK_INT(rd_kafka_mock_broker_set_up(mock, 1), 0);
    CHECK(run_until(&w, accepts));
    world_end(&w);
}

TEST(an_edge_without_a_connector_is_a_configuration_error) {
    static const struct connector_service *const no_services[] = { NULL };
    static const struct connectors none = { .services = no_services };
    struct world w = world_start();
    struct service_options options = {
        .loop = w.loop,
        .declaration = w.declaration,
        .declared = declaration_service(w.declaration, "till"),
        .code = &till_code,
        .store_kind = &sqlite_store_kind,
        .connectors = &none,
        .data_dir = test_dir(),
        .bootstrap = w.bootstrap,
    };
    CHECK_ERROR(service_open(&w.service, &options), E_config);
    CHECK_STORY("edge till: no connector for double://here");
    CHECK_STORY("while starting service till");
    CHECK(!w.service);
    world_end(&w);
}
