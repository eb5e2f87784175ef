/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A service asked while it runs: by its control socket and over TCP. The asker is a thread, as
 * commands are processes; the service's loop turns meanwhile. */
#include "runtime/seeing.h"

#include "base/mailbox.h"
#include "net/http.h"
#include "runtime/control.h"
#include "runtime/mock_broker.h"
#include "runtime/service_state.h"
#include "sqlite/sqlite_store.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char shop_yaml[] = "system: shop\n"
                                "broker: embedded\n"
                                "store: sqlite\n"
                                "topics:\n"
                                "  orders: { partitions: 4, key: customer }\n"
                                "services:\n"
                                "  reader:\n"
                                "    handler: shop.reader\n"
                                "    tasks: 1\n"
                                "    consumes: [orders]\n"
                                "    tables:\n"
                                "      total: { columns: { orders: int } }\n";

static const struct octavo_handler handlers[] = { { NULL, NULL } };
static const struct octavo_service code = { "reader", handlers };

static struct declaration *declaration;
static struct loop *loop;
static struct service *service;
static const char *bootstrap;

static enum error begin(const char *http) {
    static const struct connector_service *const no_services[] = { NULL };
    static const struct connectors none = { .services = no_services };
    struct service_options options = {
        .loop = loop,
        .declaration = declaration,
        .declared = &declaration->services[0],
        .code = &code,
        .store_kind = &sqlite_store_kind,
        .connectors = &none,
        .data_dir = test_dir(),
        .bootstrap = bootstrap,
        .http = http,
    };
    return service_open(&service, &options);
}

static void prepare(void) {
    CHECK_OK(declaration_read(&declaration, "shop.yaml", bytes_text(shop_yaml)));
    CHECK_OK(loop_create(&loop, clock_real()));
    bootstrap = mock_start();
}

static void finish(void) {
    service_close(service);
    loop_destroy(loop);
    declaration_destroy(declaration);
    mock_stop();
}

/* ---- asking, from another thread */

struct asking {
    struct http_call call;
    struct http_result result;
    enum error error;
    struct mailbox *done;
};

static void ask(void *context) {
    struct asking *a = context;
    a->error = http_call(&a->call, &a->result);
    mailbox_post_wait(a->done, a);
}

static void on_answered(void *context) {
    *(bool *)context = true;
}

/* The body is the caller's to finish. */
static struct http_result asked(struct http_call call) {
    struct asking a = { .call = call, .done = mailbox_create(1) };
    bool answered = false;
    struct loop_watch *watch = loop_watch_create(loop, mailbox_fd(a.done), on_answered, &answered);
    struct thread *t = thread_start("asker", ask, &a);
    while (!answered)
        loop_turn(loop, 100);
    thread_join(t);
    loop_watch_destroy(watch);
    mailbox_destroy(a.done);
    CHECK_OK(a.error);
    return a.result;
}

static void check_asked(struct http_call call, int status, const char *part) {
    struct http_result result = asked(call);
    CHECK_INT(result.status, status);
    if (!strstr(buf_text(&result.body), part))
        CHECK_TEXT(buf_text(&result.body), part);
    buf_finish(&result.body);
}

TEST(a_service_tells_its_state_on_its_socket_and_over_tcp) {
    char *path = text_format("%s/reader.0.sock", test_dir());
    prepare();
    CHECK_OK(begin("127.0.0.1:0"));
    struct http_call doors[] = { { .path = path },
                                 { .host = "127.0.0.1", .port = service_http_port(service) } };
    for (size_t i = 0; i < 2; i++) {
        struct http_call call = doors[i];
        call.target = "/livez";
        check_asked(call, 200, "{\"live\":true}");
        call.target = "/readyz";
        check_asked(call, 200, "{\"ready\":true,\"reasons\":[]}");
        call.target = "/api/system";
        check_asked(call, 200, "\"topics\":[{\"name\":\"orders\",\"partitions\":4}]");
        check_asked(call, 200, "{\"topic\":\"orders\",\"partition\":3,\"reading\":true,");
    }
    free(path);
    finish();
}

TEST(commands_go_to_the_socket_alone) {
    char *path = text_format("%s/reader.0.sock", test_dir());
    prepare();
    CHECK_OK(begin("[::1]:0"));
    struct http_call call = { .path = path, .method = "POST", .target = "/control/state" };
    check_asked(call, 200, "\"service\":\"reader\",\"instance\":\"0\",");
    call.target = "/control/dance";
    check_asked(call, 404, "a service has no verb dance");
    call.method = "GET";
    check_asked(call, 405, "");
    call = (struct http_call){ .host = "::1", .port = service_http_port(service) };
    call.method = "POST";
    call.target = "/control/state";
    check_asked(call, 404, "no such path");
    free(path);
    finish();
}

TEST(a_service_whose_broker_is_away_is_alive_and_not_ready_until_it_is_back) {
    char *path = text_format("%s/reader.0.sock", test_dir());
    struct http_call call = { .path = path, .target = "/readyz" };
    prepare();
    CHECK_OK(begin(NULL));
    (void)rd_kafka_mock_broker_set_down(mock, 1);
    for (int tries = 0; service_is_ready(service, NULL) && tries < 300; tries++)
        loop_turn(loop, 100);
    check_asked(call, 503, "{\"ready\":false,\"reasons\":[\"the broker is away\"]}");
    call.target = "/livez";
    check_asked(call, 200, "{\"live\":true}");
    (void)rd_kafka_mock_broker_set_up(mock, 1);
    for (int tries = 0; !service_is_ready(service, NULL) && tries < 300; tries++)
        loop_turn(loop, 100);
    CHECK(service_is_ready(service, NULL)); /* though no record has come */
    free(path);
    finish();
}

TEST(an_instance_that_runs_is_not_started_again) {
    struct service *first;
    prepare();
    CHECK_OK(begin(NULL));
    first = service;
    CHECK_ERROR(begin(NULL), E_exists);
    CHECK_STORY("reader.0.sock: another process listens there");
    CHECK_STORY("try: --instance with another name");
    CHECK(service == NULL);
    service = first;
    finish();
}

TEST(an_address_to_show_on_must_be_one_and_loopback) {
    prepare();
    CHECK_ERROR(begin("127.0.0.1"), E_usage);
    CHECK_STORY("127.0.0.1: HOST:PORT is wanted");
    CHECK_ERROR(begin("127.0.0.1:9x"), E_usage);
    CHECK_ERROR(begin(":80"), E_usage);
    CHECK_ERROR(begin("0.0.0.0:0"), E_refused);
    CHECK_STORY("0.0.0.0 is not a loopback address");
    finish();
}

/* ---- metrics */

static void on_delivered(void *context, void *tag, bool delivered) {
    (void)tag;
    *(int *)context += delivered;
}

/* `count` orders into each of the four partitions. */
static void place_orders(int count) {
    struct kafka_producer *producer;
    int delivered = 0;
    struct kafka_producer_options options = { bootstrap, "customers", on_delivered, &delivered };
    CHECK_OK(kafka_producer_create(&producer, &options));
    for (int i = 0; i < count * 4; i++) {
        char id[32];
        (void)snprintf(id, sizeof(id), "order-%d", i);
        struct out_event e = {
            .topic = bytes_text("orders"),
            .partition = i % 4,
            .id = bytes_text(id),
            .type = bytes_text("order-placed"),
            .key = bytes_text(id),
            .value = bytes_text("{}"),
            .time_ms = clock_wall_ms(clock_real()) - 60000,
        };
        CHECK_OK(kafka_produce(producer, &e, NULL));
    }
    CHECK(kafka_producer_flush(producer, 20000));
    CHECK_INT(delivered, count * 4);
    kafka_producer_destroy(producer);
}

static void check_metric(const char *line) {
    struct buf page = { 0 };
    service_metrics(service, &page);
    if (!strstr(buf_text(&page), line))
        CHECK_TEXT(buf_text(&page), line);
    buf_finish(&page);
}

static void read_all(uint64_t wanted) {
    for (int i = 0; i < 1000 && service_counts(service).passed < wanted; i++)
        loop_turn(loop, 20);
    CHECK_INT((long long)service_counts(service).passed, (long long)wanted);
}

/* The loop does not turn, so nothing is taken; the consumer fetches by itself. */
static void wait_for_end(int64_t wanted) {
    int64_t end = 0;
    for (int partition = 0; partition < 4; end = 0, partition++) {
        for (int i = 0; i < 2000 && end < wanted; i++) {
            (void)poll(NULL, 0, 10);
            (void)kafka_consumer_end(service->consumer, "orders", partition, &end);
        }
        CHECK_INT(end, wanted);
    }
}

TEST(lag_is_told_in_records_and_in_seconds_that_bound_it) {
    prepare();
    place_orders(10);
    CHECK_OK(begin(NULL));
    read_all(40);
    service_note_level(service);
    int64_t level_ms = clock_wall_ms(clock_real());
    check_metric(
        "kafka_consumergroup_current_offset{consumergroup=\"shop.reader\",topic=\"orders\","
        "partition=\"3\"} 10\n");
    check_metric("kafka_consumergroup_lag_sum{consumergroup=\"shop.reader\",topic=\"orders\"} 0\n");
    check_metric("octavo_lag_seconds{service=\"reader\",topic=\"orders\",partition=\"0\"} 0.000\n");
    check_metric("octavo_inputs_total{service=\"reader\",result=\"passed\"} 40\n");
    check_metric("octavo_commit_seconds_count{service=\"reader\"} 0\n"); /* nothing to keep */
    place_orders(5);
    wait_for_end(15);
    check_metric("kafka_consumergroup_lag{consumergroup=\"shop.reader\",topic=\"orders\","
                 "partition=\"1\"} 5\n");
    check_metric(
        "kafka_consumergroup_lag_sum{consumergroup=\"shop.reader\",topic=\"orders\"} 20\n");
    service_note_level(service); /* not level: nothing changes */
    struct buf page = { 0 };
    service_metrics(service, &page);
    const char *line = strstr(buf_text(&page), "\noctavo_lag_seconds{");
    double waited = line ? strtod(strstr(line, "} ") + 2, NULL) : -1;
    double most = (double)(clock_wall_ms(clock_real()) - level_ms) / 1000 + 0.1;
    CHECK(waited > 0 && waited < most); /* and not the minute since the record's timestamp */
    buf_finish(&page);
    read_all(60);
    finish();
}

TEST(metrics_are_shown_on_both_doors) {
    char *path = text_format("%s/reader.0.sock", test_dir());
    prepare();
    CHECK_OK(begin("127.0.0.1:0"));
    struct http_call call = { .path = path, .target = "/metrics" };
    check_asked(call, 200, "\noctavo_ready{service=\"reader\"} 1\n");
    call = (struct http_call){ .host = "127.0.0.1", .port = service_http_port(service) };
    call.target = "/metrics";
    check_asked(call, 200, "\noctavo_commit_seconds_bucket{service=\"reader\",le=\"0.0001\"} 0\n");
    check_asked(call, 200, "\nprocess_start_time_seconds ");
    free(path);
    finish();
}
