/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A service that counts orders, and a query edge that is this test: what it may see, what it may
 * not do, and whose keys it answers. */
#include "runtime/query.h"

#include "runtime/mock_broker.h"
#include "runtime/seeing.h"
#include "runtime/service_state.h"
#include "sqlite/sqlite_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char shop_yaml[] =
    "system: shop\n"
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
    "    edges:\n"
    "      view: { url: \"double://here\", routes: { \"GET /total/{key}\": query:total } }\n";

static struct octavo_value total_of(struct octavo_step *s) {
    struct octavo_value total = octavo_int_value(0);
    (void)octavo_row_get(s, "total", octavo_text(""), &total, 1);
    return octavo_int_value(total.integer);
}

static enum octavo_outcome on_order(struct octavo_step *s) {
    struct octavo_value total = total_of(s);
    total.integer++;
    octavo_row_put(s, "total", octavo_text(""), &total, 1);
    return OCTAVO_DONE;
}

static void answer(struct octavo_step *s) {
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_put_int(s, "orders", total_of(s).integer);
    octavo_end(s);
}

static enum octavo_outcome on_total(struct octavo_step *s) {
    answer(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_writes(struct octavo_step *s) {
    (void)on_order(s);
    answer(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_sends(struct octavo_step *s) {
    octavo_event_begin(s, "orders", "order-placed", octavo_event_key(s));
    octavo_end(s);
    octavo_timer_set(s, "later", octavo_event_key(s), 1);
    answer(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_no(struct octavo_step *s) {
    return octavo_refuse(s, OCTAVO_PARK, "not for you");
}

static enum octavo_outcome on_silent(struct octavo_step *s) {
    (void)s;
    return OCTAVO_DONE;
}

static enum octavo_outcome on_mistaken(struct octavo_step *s) {
    struct octavo_value value;
    (void)octavo_row_get(s, "totals", octavo_text(""), &value, 1);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = {
    { "order-placed", on_order },
    { "query:total", on_total },
    { "query:writes", on_writes },
    { "query:sends", on_sends },
    { "query:no", on_no },
    { "query:silent", on_silent },
    { "query:mistaken", on_mistaken },
    { NULL, NULL },
};
static const struct octavo_service code = { "counter", handlers };

/* ---- the edge */

static struct connector_options edge;

static enum error double_open(struct connector **out, const struct connector_options *options) {
    edge = *options;
    *out = memory_get(1);
    return E_ok;
}

static int double_port(const struct connector *c) {
    (void)c;
    return 4711;
}

static void double_close(struct connector *c) {
    free(c);
}

static const struct connector_query double_kind = { "double", double_open, double_port,
                                                    double_close };

/* ---- running */

static struct declaration *declaration;
static struct loop *loop;
static struct service *service;
static const char *bootstrap;

static void begin(void) {
    static const struct connector_query *const queries[] = { &double_kind, NULL };
    static const struct connector_service *const no_services[] = { NULL };
    static const struct connectors connectors = { .services = no_services, .queries = queries };
    CHECK_OK(declaration_read(&declaration, "shop.yaml", bytes_text(shop_yaml)));
    CHECK_OK(loop_create(&loop, clock_real()));
    bootstrap = mock_start();
    struct service_options options = {
        .loop = loop,
        .declaration = declaration,
        .declared = &declaration->services[0],
        .code = &code,
        .store_kind = &sqlite_store_kind,
        .connectors = &connectors,
        .data_dir = test_dir(),
        .bootstrap = bootstrap,
    };
    CHECK_OK(service_open(&service, &options));
}

static void wait_for_tasks(void) {
    int64_t until_ms = clock_steady_ms(clock_real()) + 30000;
    while (!service_is_ready(service, NULL) && clock_steady_ms(clock_real()) < until_ms)
        loop_turn(loop, 20);
    CHECK(service_is_ready(service, NULL));
}

static void end(void) {
    service_close(service);
    loop_destroy(loop);
    declaration_destroy(declaration);
    mock_stop();
}

static enum error ask(const char *type, const char *key, struct buf *reply) {
    struct connector_request r = { type, bytes_text(key), bytes_text("{}"), 0 };
    buf_clear(reply);
    return edge.on_query(edge.context, &r, reply);
}

static void check_total(const char *key, int wanted) {
    char text[32];
    struct buf reply = { 0 };
    (void)snprintf(text, sizeof(text), "{\"orders\":%d}", wanted);
    CHECK_OK(ask("query:total", key, &reply));
    CHECK_TEXT(buf_text(&reply), text);
    buf_finish(&reply);
}

static void on_delivered(void *context, void *tag, bool delivered) {
    (void)tag;
    *(int *)context += delivered;
}

/* One order of each of the customers 0 to 9. */
static void place_orders(void) {
    struct kafka_producer *producer;
    int delivered = 0;
    struct kafka_producer_options options = { .bootstrap = bootstrap,
                                              .client_id = "customers",
                                              .on_delivered = on_delivered,
                                              .context = &delivered };
    CHECK_OK(kafka_producer_create(&producer, &options));
    for (int i = 0; i < 10; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "customer-%d", i);
        struct out_event e = {
            .topic = bytes_text("orders"),
            .partition = partition_of_key(bytes_text(key), 4),
            .id = bytes_text(key),
            .type = bytes_text("order-placed"),
            .key = bytes_text(key),
            .value = bytes_text("{}"),
            .time_ms = 1790000000000,
        };
        CHECK_OK(kafka_produce(producer, &e, NULL));
    }
    CHECK(kafka_producer_flush(producer, 20000));
    CHECK_INT(delivered, 10);
    kafka_producer_destroy(producer);
}

static void wait_handled(uint64_t wanted) {
    for (int i = 0; i < 1000 && service_counts(service).handled < wanted; i++)
        loop_turn(loop, 20);
    CHECK_INT((long long)service_counts(service).handled, (long long)wanted);
}

TEST(a_query_reads_the_rows_of_its_key_and_leaves_no_trace) {
    begin();
    CHECK(edge.keyed);
    CHECK_INT((long long)edge.route_count, 1);
    CHECK_TEXT(edge.routes[0].pattern, "GET /total/{key}");
    CHECK_INT(service_edge_port(service), 4711);
    wait_for_tasks();
    check_total("customer-3", 0);
    place_orders();
    wait_handled(10);
    for (int i = 0; i < 10; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "customer-%d", i);
        check_total(key, 1);
    }
    struct task_counts c = service_counts(service);
    CHECK_INT((long long)c.handled, 10);
    CHECK_INT((long long)c.replies, 0);
    CHECK_INT((long long)queries_count(service), 11);
    end();
}

TEST(a_query_that_writes_sends_refuses_or_says_nothing_changes_nothing) {
    static const struct {
        const char *type;
        enum error error;
        const char *story;
    } rows[] = {
        { "query:writes", E_refused, "query:writes writes; a query only reads" },
        { "query:sends", E_refused, "query:sends writes; a query only reads" },
        { "query:no", E_refused, "not for you" },
        { "query:silent", E_refused, "query:silent gives 0 answers, not one" },
        { "query:none", E_not_found, "there is no query:none" },
        { "query:mistaken", E_handler, "table \"totals\" is not declared" },
    };
    struct buf reply = { 0 };
    begin();
    wait_for_tasks();
    place_orders();
    wait_handled(10);
    uint64_t commits = service_counts(service).commits;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CHECK_ERROR(ask(rows[i].type, "customer-1", &reply), rows[i].error);
        CHECK_STORY(rows[i].story);
        CHECK_INT((long long)reply.len, 0);
        check_total("customer-1", 1);
    }
    CHECK_INT((long long)service_counts(service).commits, (long long)commits);
    CHECK(!service_has_failed(service));
    place_orders(); /* and the service goes on */
    wait_handled(20);
    check_total("customer-1", 2);
    CHECK_INT((long long)service_counts(service).events, 0);
    buf_finish(&reply);
    end();
}

TEST(a_key_of_a_task_that_is_not_ours_is_refused_with_its_task) {
    struct buf reply = { 0 };
    char story[80];
    begin();
    CHECK_ERROR(ask("query:total", "customer-1", &reply), E_fenced); /* none is assigned yet */
    (void)snprintf(story, sizeof(story), "the key is in task %d, which this process does not own",
                   partition_of_key(bytes_text("customer-1"), 4));
    CHECK_STORY(story);
    wait_for_tasks();
    check_total("customer-1", 0);
    buf_finish(&reply);
    end();
}
