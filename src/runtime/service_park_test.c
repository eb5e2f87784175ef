/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Parking in a whole service on a mock broker: retries by themselves, a partition without room that
 * is read on when there is some, requests that are refused. */
#include "runtime/service.h"

#include "base/clock.h"
#include "base/event.h"
#include "runtime/control.h"
#include "runtime/kafka.h"
#include "runtime/mock_broker.h"
#include "runtime/seeing.h"
#include "sqlite/sqlite_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 30000, PARTITIONS = 4 };

static const char yaml[] =
    "system: shop\n"
    "topics: { orders: { partitions: 4 } }\n"
    "services:\n"
    "  counter:\n"
    "    handler: shop.counter\n"
    "    tasks: 1\n"
    "    consumes: [orders]\n"
    "    park: { key_bytes: 1KiB, bytes: 1KiB, backoff: 20ms, backoff_most: 40ms, retries: 5 }\n"
    "    edges: { till: { url: \"double://here\" } }\n"
    "    tables: { total: { columns: { orders: int } } }\n";

/* ---- the world outside the handlers */

static bool mended;
static char order_of_key[256]; /* "0 1 2 ", of the key "watched" */

static enum octavo_outcome on_order(struct octavo_step *s) {
    struct octavo_text mood;
    int64_t number = 0;
    size_t len = strlen(order_of_key);
    (void)octavo_event_int(s, "n", &number);
    if (octavo_event_text(s, "mood", &mood) && !mended)
        return octavo_refuse(s, octavo_text_is(mood, "away") ? OCTAVO_RETRY : OCTAVO_PARK, "no");
    if (octavo_text_is(octavo_event_key(s), "watched"))
        (void)snprintf(order_of_key + len, sizeof(order_of_key) - len, "%d ", (int)number);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_asked(struct octavo_step *s) {
    octavo_reply_begin(s, octavo_event_key(s));
    octavo_end(s);
    return octavo_text_is(octavo_event_key(s), "good") ? OCTAVO_DONE : OCTAVO_PARK;
}

static const struct octavo_handler handlers[] = { { "order", on_order },
                                                  { "asked", on_asked },
                                                  { NULL, NULL } };
static const struct octavo_service code = { "counter", handlers };

struct connector {
    struct connector_options options;
    int replies;
};
static struct connector *edge;

static enum error double_open(struct connector **out, const struct connector_options *options) {
    edge = memory_get(sizeof(*edge));
    edge->options = *options;
    *out = edge;
    return E_ok;
}

static bool double_reply(struct connector *c, uint64_t ticket, struct bytes json) {
    (void)ticket;
    (void)json;
    c->replies++;
    return true;
}

static int double_port(const struct connector *c) {
    (void)c;
    return 0;
}

static void double_close(struct connector *c) {
    free(c);
    edge = NULL;
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
    struct kafka_producer *producer;
    int delivered, sent;
};

static void on_delivered(void *context, void *tag, bool delivered) {
    (void)tag;
    ((struct world *)context)->delivered += delivered;
}

static void world_start(struct world *w) {
    *w = (struct world){ .bootstrap = mock_start() };
    mended = false;
    CHECK_OK(declaration_read(&w->declaration, "shop.yaml", bytes_text(yaml)));
    CHECK_OK(loop_create(&w->loop, clock_real()));
    struct service_options options = {
        .loop = w->loop,
        .declaration = w->declaration,
        .declared = declaration_service(w->declaration, "counter"),
        .code = &code,
        .store_kind = &sqlite_store_kind,
        .connectors = &kinds,
        .data_dir = test_dir(),
        .bootstrap = w->bootstrap,
    };
    CHECK_OK(service_open(&w->service, &options));
    struct kafka_producer_options producer = { w->bootstrap, "customers", on_delivered, w };
    CHECK_OK(kafka_producer_create(&w->producer, &producer));
}

static void world_end(struct world *w) {
    kafka_producer_destroy(w->producer);
    service_close(w->service);
    loop_destroy(w->loop);
    declaration_destroy(w->declaration);
    mock_stop();
}

static void place(struct world *w, int32_t partition, const char *key, const char *json) {
    char id[32];
    (void)snprintf(id, sizeof(id), "order-%d", w->sent++);
    struct out_event e = {
        .topic = bytes_text("orders"),
        .partition = partition,
        .id = bytes_text(id),
        .type = bytes_text("order"),
        .key = bytes_text(key),
        .value = bytes_text(json),
        .time_ms = 1790000000000 + w->sent,
    };
    CHECK_OK(kafka_produce(w->producer, &e, NULL));
}

static void place_all(struct world *w) {
    CHECK(kafka_producer_flush(w->producer, WAIT_MS));
    CHECK_INT(w->delivered, w->sent);
}

static void run_until_handled(struct world *w, uint64_t count) {
    int64_t until_ms = clock_steady_ms(clock_real()) + WAIT_MS;
    while (service_counts(w->service).handled < count && clock_steady_ms(clock_real()) < until_ms)
        loop_turn(w->loop, 20);
    CHECK_INT((int64_t)service_counts(w->service).handled, (int64_t)count);
}

static void run_until_event(struct world *w, enum event event, unsigned long count) {
    int64_t until_ms = clock_steady_ms(clock_real()) + WAIT_MS;
    while (event_count(event) < count && clock_steady_ms(clock_real()) < until_ms)
        loop_turn(w->loop, 20);
    CHECK_INT((int64_t)event_count(event), (int64_t)count);
}

static void order(struct world *w, const char *verb, const char *json, const char *wanted) {
    struct buf reply = { 0 };
    CHECK_OK(service_control(w->service, bytes_text(verb), bytes_text(json), &reply));
    CHECK_TEXT(buf_text(&reply), wanted);
    buf_finish(&reply);
}

/* ---- the tests */

TEST(a_partition_without_room_stands_still_says_so_and_goes_on_where_it_stood) {
    struct world w;
    struct buf reasons = { 0 };
    char key[32], json[48];
    world_start(&w);
    for (int i = 0; i < 10; i++) { /* more than its budget holds */
        (void)snprintf(key, sizeof(key), "wrong-%d", i);
        place(&w, 0, key, "{\"mood\":\"wrong\"}");
    }
    for (int i = 0; i < 5; i++) {
        (void)snprintf(json, sizeof(json), "{\"n\":%d}", i);
        place(&w, 0, "watched", json);
    }
    place_all(&w);
    run_until_event(&w, EV_park_full, 1);
    for (int p = 1; p < PARTITIONS; p++)
        for (int i = 0; i < 5; i++)
            place(&w, p, "other", "{}");
    place_all(&w);
    run_until_handled(&w, 15); /* all that is in the other partitions */
    CHECK_TEXT(order_of_key, "");
    buf_put_byte(&reasons, '[');
    CHECK(!service_is_ready(w.service, &reasons));
    CHECK(strstr(buf_text(&reasons), "the budget of parked events is used up"));
    mended = true;
    struct buf reply = { 0 };
    CHECK_OK(service_control(w.service, bytes_text("park-retry"), bytes_text(""), &reply));
    run_until_handled(&w, 15 + 10 + 5);
    CHECK_TEXT(order_of_key, "0 1 2 3 4 ");
    CHECK(service_is_ready(w.service, NULL));
    CHECK_INT((int64_t)event_count(EV_park_full), 1);
    CHECK_INT((int64_t)event_count(EV_park_room), 1);
    buf_finish(&reply);
    buf_finish(&reasons);
    world_end(&w);
}

TEST(what_asks_for_a_retry_is_tried_again_by_the_service_itself) {
    struct world w;
    world_start(&w);
    place(&w, 1, "watched", "{\"n\":1,\"mood\":\"away\"}");
    place(&w, 2, "watched", "{\"n\":2}");
    place_all(&w);
    run_until_event(&w, EV_key_parked, 1);
    while (service_counts(w.service).retried < 2)
        loop_turn(w.loop, 20);
    mended = true;
    run_until_handled(&w, 2);
    CHECK(strcmp(order_of_key, "1 2 ") == 0 || strcmp(order_of_key, "2 1 ") == 0);
    world_end(&w);
}

TEST(an_operator_retries_and_drops_while_the_service_runs) {
    struct world w;
    world_start(&w);
    place(&w, 1, "watched", "{\"n\":1,\"mood\":\"wrong\"}");
    place(&w, 1, "watched", "{\"n\":2}");
    place_all(&w);
    while (service_counts(w.service).parked < 2)
        loop_turn(w.loop, 20);
    order(&w, "park-retry", "{\"key\":\"watched\"}",
          "{\"keys\":1,\"done\":0,\"left\":0,\"reason\":\"no\"}");
    order(&w, "park-retry", "{\"key\":\"nobody\"}",
          "{\"keys\":0,\"done\":0,\"left\":0,\"reason\":\"\"}");
    order(&w, "park-drop", "{\"key_hex\":\"77617463686564\"}",
          "{\"keys\":1,\"done\":1,\"left\":0,\"reason\":\"\"}");
    run_until_handled(&w, 1);
    CHECK_TEXT(order_of_key, "2 ");
    struct buf reply = { 0 };
    CHECK_ERROR(service_control(w.service, bytes_text("park-drop"), bytes_text("{}"), &reply),
                E_usage);
    CHECK_ERROR(service_control(w.service, bytes_text("park-drop"),
                                bytes_text("{\"key_hex\":\"7\"}"), &reply),
                E_malformed);
    buf_finish(&reply);
    world_end(&w);
}

static bool ask(const char *key) {
    struct connector_request r = {
        .type = "asked", .key = bytes_text(key), .json = bytes_text("{}"), .ticket = 7
    };
    return edge->options.on_request(edge->options.context, &r);
}

TEST(a_request_that_would_be_parked_is_refused_at_once_and_the_next_is_answered) {
    struct world w;
    world_start(&w);
    CHECK(!ask("bad"));
    CHECK(ask("good"));
    run_until_handled(&w, 1);
    while (!edge->replies)
        loop_turn(w.loop, 20);
    CHECK_INT((int64_t)service_counts(w.service).parked, 0);
    place(&w, 0, "good", "{\"mood\":\"wrong\"}");
    place_all(&w);
    run_until_event(&w, EV_key_parked, 1);
    CHECK(!ask("good")); /* its key is parked now */
    CHECK_INT(edge->replies, 1);
    world_end(&w);
}
