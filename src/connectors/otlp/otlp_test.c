/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The exporter against a collector that is this test: a server of our own on the same loop. */
#include "otlp.h"

#include "base/event.h"
#include "base/test.h"
#include "net/http.h"

#include <stdlib.h>
#include <string.h>

static struct loop *loop;
static struct http_server *collector;
static struct otlp *otlp;
static struct buf taken;
static int posts, status = 200;

static const struct span desk = { "4bf92f3577b34da6a3ce929d0e0e4736",
                                  "00f067aa0ba902b7",
                                  "",
                                  { (const uint8_t *)"order-asked", 11 },
                                  { (const uint8_t *)"k-\"1", 4 },
                                  { NULL, 0 },
                                  0,
                                  1790000000001,
                                  2500000 };
static const struct span counter = { "4bf92f3577b34da6a3ce929d0e0e4736",
                                     "11f067aa0ba902b7",
                                     "00f067aa0ba902b7",
                                     { (const uint8_t *)"order-placed", 12 },
                                     { (const uint8_t *)"id-1", 4 },
                                     { (const uint8_t *)"orders", 6 },
                                     3,
                                     1790000000002,
                                     1000 };

static void on_traces(void *context, struct http_request *r) {
    (void)context;
    posts++;
    CHECK_BYTES(http_field(r, "content-type"), bytes_text("application/json"));
    buf_put_bytes(&taken, http_body(r));
    http_answer(r, &(struct http_answer){ .status = status, .body = bytes_text("{}") });
}

static const struct http_route routes[] = { { "POST", "/v1/traces", on_traces },
                                            { NULL, NULL, NULL } };

static void begin(void) {
    struct http_options options = { .routes = routes, .body_max_bytes = 4 << 20 };
    CHECK_OK(loop_create(&loop, clock_real()));
    CHECK_OK(http_open(&collector, loop, &options));
    char *url = text_format("http://127.0.0.1:%d/v1/traces", http_port(collector));
    CHECK_OK(otlp_open(&otlp, loop, url, "shop.desk"));
    free(url);
}

static void wait_posts(int wanted) {
    for (int i = 0; i < 1000 && posts < wanted; i++)
        loop_turn(loop, 10);
    CHECK_INT(posts, wanted);
}

static void end(void) {
    otlp_close(otlp);
    http_close(collector);
    loop_destroy(loop);
    buf_finish(&taken);
}

TEST(spans_are_posted_as_one_batch_a_second) {
    begin();
    otlp_add(otlp, &desk);
    otlp_add(otlp, &counter);
    wait_posts(1);
    CHECK_TEXT(
        buf_text(&taken),
        "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\","
        "\"value\":{\"stringValue\":\"shop.desk\"}}]},\"scopeSpans\":[{\"scope\":{\"name\":"
        "\"octavo\"},"
        "\"spans\":[{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"spanId\":"
        "\"00f067aa0ba902b7\","
        "\"name\":\"order-asked\",\"kind\":2,\"startTimeUnixNano\":\"1790000000001000000\","
        "\"endTimeUnixNano\":\"1790000000003500000\",\"attributes\":[{\"key\":\"messaging.message."
        "id\","
        "\"value\":{\"stringValue\":\"k-\\\"1\"}}]},"
        "{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"spanId\":\"11f067aa0ba902b7\","
        "\"parentSpanId\":\"00f067aa0ba902b7\",\"name\":\"order-placed\",\"kind\":5,"
        "\"startTimeUnixNano\":\"1790000000002000000\",\"endTimeUnixNano\":\"1790000000002001000\","
        "\"attributes\":[{\"key\":\"messaging.message.id\",\"value\":{\"stringValue\":\"id-1\"}},"
        "{\"key\":\"messaging.destination.name\",\"value\":{\"stringValue\":\"orders\"}}]}]}]}]}");
    end();
    CHECK_INT(posts, 1); /* nothing waited, so nothing more was sent */
}

TEST(a_collector_that_refuses_is_told_of_once_and_the_work_goes_on) {
    begin();
    status = 500;
    for (int i = 1; i <= 2; i++) {
        otlp_add(otlp, &desk);
        wait_posts(i);
    }
    status = 200;
    otlp_add(otlp, &desk);
    wait_posts(3);
    end();
    CHECK_INT((long long)event_count(EV_spans_lost), 1);
}

TEST(nobody_waits_for_a_collector_that_is_not_there) {
    CHECK_OK(loop_create(&loop, clock_real()));
    CHECK_OK(otlp_open(&otlp, loop, "http://127.0.0.1:1/v1/traces", "shop.desk"));
    int64_t start_ms = clock_steady_ms(clock_real());
    for (int i = 0; i < 50000; i++) /* some 20 MB of spans, in no memory that grows */
        otlp_add(otlp, &counter);
    CHECK(clock_steady_ms(clock_real()) - start_ms < 10000);
    otlp_close(otlp);
    loop_destroy(loop);
    CHECK(event_count(EV_spans_lost) >= 1);
}

TEST(an_address_of_no_collector_is_refused) {
    CHECK_OK(loop_create(&loop, clock_real()));
    CHECK_ERROR(otlp_open(&otlp, loop, "localhost:4318", "shop.desk"), E_config);
    CHECK_STORY("localhost:4318: no address of a collector");
    CHECK_STORY("try: http://127.0.0.1:4318/v1/traces");
    CHECK(otlp == NULL);
    loop_destroy(loop);
}
