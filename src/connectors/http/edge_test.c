/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Both kinds over real sockets, with a runtime in miniature that takes what is asked, refuses, or
 * stays silent. */
#include "http_edge.h"

#include "base/test.h"
#include "net/loop.h"
#include "net/tls_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10 * 1000 };

static struct fake_clock fake;
static struct loop *loop;
static struct connector *edge;
static const struct connector_service *service = &http_service_kind;
static struct buf seen; /* "type key json;" of each request */
static uint64_t last_ticket;
static bool takes = true;
static enum error query_says;

static const struct connector_route routes[] = {
    { "POST /accounts/{account}/orders", "order-asked" },
    { "PUT /accounts/{account}", "account-told" },
    { "GET /accounts/{account}", "account-asked" },
};
static const struct connector_route query_routes[] = {
    { "GET /accounts/{key}", "query:account" },
    { "GET /accounts/{key}/orders/{order}", "query:order" },
};

static bool on_request(void *context, const struct connector_request *r) {
    (void)context;
    buf_print(&seen, "%s %.*s %.*s;", r->type, (int)r->key.len, (const char *)r->key.data,
              (int)r->json.len, (const char *)r->json.data);
    last_ticket = r->ticket;
    return takes;
}

static enum error on_query(void *context, const struct connector_request *r, struct buf *reply) {
    (void)on_request(context, r);
    if (query_says)
        return fail(query_says, "told so");
    buf_put_text(reply, "{\"balance\":7}");
    return E_ok;
}

static bool says_wrong;

static bool judge(void *context, const struct connector_request *r, struct buf *why) {
    (void)context;
    (void)r;
    if (says_wrong)
        buf_put_text(why, "/amount: below the minimum 1");
    return !says_wrong;
}

static void begin_with(const char *url, const char *secret) {
    struct connector_options options = {
        .url = url,
        .secret = secret,
        .secret_len = secret ? strlen(secret) : 0,
        .on_request = on_request,
        .judge = judge,
        .routes = routes,
        .route_count = 3,
    };
    fake_clock_init(&fake, 1790000000000);
    CHECK_OK(loop_create(&loop, &fake.clock));
    options.loop = loop;
    CHECK_OK(service->open(&edge, &options));
}

static void begin(void) {
    begin_with("http://127.0.0.1:0?deadline=5s", NULL);
}

static void begin_queries(void) {
    struct connector_options options = {
        .url = "http://127.0.0.1:0",
        .on_query = on_query,
        .routes = query_routes,
        .route_count = 2,
        .keyed = true,
    };
    CHECK_OK(loop_create(&loop, clock_real()));
    options.loop = loop;
    CHECK_OK(http_query_kind.open(&edge, &options));
}

static void end(void) {
    service->close(edge);
    loop_destroy(loop);
    buf_finish(&seen);
}

static int ask(const char *text) {
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)service->port(edge)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    CHECK_INT(send(fd, text, strlen(text), MSG_NOSIGNAL), (long long)strlen(text));
    return fd;
}

/* Until the peer closes. */
static char *hear(int fd) {
    struct buf heard = { 0 };
    int64_t end_ms = clock_steady_ms(clock_real()) + PATIENCE_MS;
    while (clock_steady_ms(clock_real()) < end_ms) {
        char part[4096];
        loop_turn(loop, 1);
        ssize_t got = recv(fd, part, sizeof(part), MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            break;
        buf_put(&heard, part, got > 0 ? (size_t)got : 0);
    }
    (void)close(fd);
    char *text = text_copy(buf_text(&heard));
    buf_finish(&heard);
    return text;
}

static void check_heard(int fd, int status, const char *part) {
    char *text = hear(fd), line[32];
    (void)snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
    if (strncmp(text, line, strlen(line)) != 0 || !strstr(text, part))
        CHECK_TEXT(text, part);
    free(text);
}

static void check_refused(const char *asked, int status, const char *part) {
    check_heard(ask(asked), status, part);
    CHECK_INT((long long)seen.len, 0);
}

static void wait_seen(const char *wanted) {
    for (int i = 0; i < 1000 && strcmp(buf_text(&seen), wanted) != 0; i++)
        loop_turn(loop, 5);
    CHECK_TEXT(buf_text(&seen), wanted);
}

#define POST "POST /accounts/a%201/orders HTTP/1.0\r\n"
#define KEY "Idempotency-Key: k-1\r\n"
#define JSON "Content-Type: application/json\r\n"

TEST(a_request_is_its_body_and_what_its_path_names_and_is_answered_by_the_reply) {
    begin();
    int fd = ask(POST KEY JSON "Content-Length: 14\r\n\r\n {\"amount\":5 } ");
    wait_seen("order-asked k-1  {\"amount\":5,\"account\":\"a 1\"};");
    CHECK(service->reply(edge, last_ticket, bytes_text("{\"status\":201,\"order\":\"o-1\"}")));
    CHECK(!service->reply(edge, last_ticket, bytes_text("{}"))); /* nobody waits any more */
    check_heard(fd, 201, "\r\n\r\n{\"status\":201,\"order\":\"o-1\"}");
    end();
}

TEST(a_request_without_a_body_is_what_its_path_names) {
    begin();
    int fd = ask("PUT /accounts/x HTTP/1.0\r\nIdempotency-Key: \"quoted\"\r\n\r\n");
    wait_seen("account-told quoted {\"account\":\"x\"};");
    CHECK(service->reply(edge, last_ticket, bytes_text("{\"status\":\"open\"}")));
    check_heard(fd, 200, "{\"status\":\"open\"}");
    end();
}

TEST(an_empty_object_and_one_that_ends_in_a_bracket_are_completed) {
    begin();
    int fd = ask(POST KEY JSON "Content-Length: 2\r\n\r\n{}");
    wait_seen("order-asked k-1 {\"account\":\"a 1\"};");
    CHECK(service->reply(edge, last_ticket, bytes_text("{}")));
    check_heard(fd, 200, "{}");
    buf_clear(&seen);
    fd = ask(POST KEY JSON "Content-Length: 10\r\n\r\n{\"a\":\"{[\"}");
    wait_seen("order-asked k-1 {\"a\":\"{[\",\"account\":\"a 1\"};");
    (void)close(fd);
    end();
}

TEST(what_is_no_request_is_refused_before_anybody_takes_it) {
    begin();
    check_refused("GET /accounts/a/orders HTTP/1.0\r\n\r\n", 405, "Allow: POST\r\n");
    check_refused("GET /nowhere HTTP/1.0\r\n\r\n", 404, "no such path");
    check_refused(POST "\r\n", 400, "an Idempotency-Key of 1 to 200");
    check_refused(POST "Idempotency-Key: a b\r\n\r\n", 400, "an Idempotency-Key of 1 to 200");
    check_refused(POST "Idempotency-Key: \"\"\r\n\r\n", 400, "an Idempotency-Key of 1 to 200");
    check_refused(POST KEY "Content-Length: 2\r\n\r\n{}", 415, "a body is application/json");
    check_refused(POST KEY "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415,
                  "a body is application/json");
    check_refused(POST KEY JSON "Content-Length: 2\r\n\r\n[]", 400, "no flat JSON object");
    check_refused(POST KEY JSON "Content-Length: 13\r\n\r\n{\"account\":1}", 400,
                  "the body has a field that the path names");
    check_refused(POST KEY JSON "Content-Length: 14\r\n\r\n{\"amount\":1.5}", 400,
                  "\"detail\":\"/amount: a number is not an integer\"");
    check_refused(POST KEY JSON "Content-Length: 24\r\n\r\n{\"amount\":1,\"amount\":10}", 400,
                  "\"detail\":\"/amount: duplicate object key\"");
    check_refused(POST KEY JSON "Content-Length: 13\r\n\r\n{\"amount\":[]}", 400,
                  "\"detail\":\"/amount: an object or array inside the object\"");
    check_refused(POST KEY JSON "Content-Length: 12\r\n\r\n{\"amount\" 1}", 400,
                  "\"detail\":\"/amount: ':' expected\"");
    check_refused(POST KEY JSON "Content-Length: 300000\r\n\r\n", 413, "over the limit");
    end();
}

TEST(a_request_that_is_not_as_declared_is_told_where_and_keeps_no_place) {
    begin();
    says_wrong = true;
    check_refused(POST KEY JSON "Content-Length: 12\r\n\r\n{\"amount\":0}", 400,
                  "\"detail\":\"/amount: below the minimum 1\"");
    says_wrong = false; /* the same key is free for what was meant */
    int fd = ask(POST KEY JSON "Content-Length: 12\r\n\r\n{\"amount\":1}");
    wait_seen("order-asked k-1 {\"amount\":1,\"account\":\"a 1\"};");
    CHECK(service->reply(edge, last_ticket, bytes_text("{}")));
    check_heard(fd, 200, "{}");
    end();
}

TEST(a_request_that_is_not_taken_is_told_so_at_once) {
    begin();
    takes = false;
    check_heard(ask(POST KEY "\r\n"), 503, "Retry-After: 1\r\n");
    CHECK(!service->reply(edge, last_ticket, bytes_text("{}")));
    end();
}

TEST(a_request_that_is_not_answered_in_time_is_told_so_and_can_be_asked_again) {
    begin();
    int fd = ask(POST KEY "\r\n");
    wait_seen("order-asked k-1 {\"account\":\"a 1\"};");
    uint64_t first = last_ticket;
    fake_clock_advance(&fake, 5001);
    check_heard(fd, 504, "ask again with the same Idempotency-Key");
    CHECK(!service->reply(edge, first, bytes_text("{}")));
    fd = ask(POST KEY "\r\n");
    wait_seen("order-asked k-1 {\"account\":\"a 1\"};order-asked k-1 {\"account\":\"a 1\"};");
    CHECK(last_ticket != first);
    CHECK(service->reply(edge, last_ticket, bytes_text("{\"again\":1}")));
    check_heard(fd, 200, "{\"again\":1}");
    end();
}

TEST(the_same_key_while_its_request_is_handled_is_a_conflict_or_another_request) {
    begin();
    int fd = ask(POST KEY "\r\n");
    wait_seen("order-asked k-1 {\"account\":\"a 1\"};");
    check_heard(ask(POST KEY "\r\n"), 409, "is being handled");
    check_heard(ask(POST KEY JSON "Content-Length: 12\r\n\r\n{\"amount\":5}"), 422,
                "another request was made");
    check_heard(ask("PUT /accounts/a%201 HTTP/1.0\r\n" KEY "\r\n"), 422,
                "Content-Type: application/problem+json\r\n");
    CHECK(service->reply(edge, last_ticket, bytes_text("{}"))); /* the first is not disturbed */
    check_heard(fd, 200, "{}");
    buf_clear(&seen);
    fd = ask(POST KEY "\r\n"); /* now its handler knows */
    wait_seen("order-asked k-1 {\"account\":\"a 1\"};");
    (void)close(fd);
    end();
}

TEST(a_read_needs_no_key_and_a_refusal_of_a_handler_is_a_problem) {
    begin();
    int fd = ask("GET /accounts/x HTTP/1.0\r\n\r\n");
    for (int i = 0; i < 1000 && !seen.len; i++)
        loop_turn(loop, 5);
    CHECK(strncmp(buf_text(&seen), "account-asked read-", 19) == 0);
    CHECK(service->reply(edge, last_ticket,
                         bytes_text("{\"status\":404,\"title\":\"no such account\"}")));
    check_heard(fd, 404, "Content-Type: application/problem+json\r\n");
    end();
}

TEST(a_caller_shows_the_token_when_there_is_one) {
    begin_with("http://127.0.0.1:0", "open-sesame\n");
    check_refused(POST KEY "\r\n", 401, "WWW-Authenticate: Bearer\r\n");
    check_refused(POST KEY "Authorization: Bearer open-sesam\r\n\r\n", 401, "Unauthorized");
    check_refused(POST KEY "Authorization: open-sesame\r\n\r\n", 401, "Unauthorized");
    check_refused("GET /openapi.json HTTP/1.0\r\n\r\n", 401, "Unauthorized");
    int fd = ask(POST KEY "Authorization: bearer open-sesame\r\n\r\n");
    wait_seen("order-asked k-1 {\"account\":\"a 1\"};");
    (void)close(fd);
    end();
    begin_with("http://127.0.0.1:0", "\x01\xff"); /* as the runtime makes it */
    fd = ask("GET /openapi.json HTTP/1.0\r\nAuthorization: Bearer 01ff\r\n\r\n");
    check_heard(fd, 200, "\"openapi\":\"3.1.0\"");
    end();
}

TEST(an_edge_tells_what_it_takes) {
    begin();
    check_heard(ask("GET /openapi.json HTTP/1.0\r\n\r\n"), 200,
                ",\"/accounts/{account}/orders\":{\"post\":{\"operationId\":\"order-asked\","
                "\"parameters\":[{\"$ref\":\"#/components/parameters/IdempotencyKey\"},"
                "{\"name\":\"account\",\"in\":\"path\"");
    check_heard(ask("GET /openapi.json HTTP/1.0\r\n\r\n"), 200,
                "\"/accounts/{account}\":{\"put\":{\"operationId\":\"account-told\"");
    end();
}

static void check_open(const char *url, const char *secret, enum error wanted) {
    struct connector_options o = {
        .loop = loop, .url = url, .secret = secret, .secret_len = secret ? strlen(secret) : 0
    };
    o.routes = routes;
    o.route_count = 3;
    CHECK_INT(service->open(&edge, &o), wanted);
    service->close(edge);
}

TEST(callers_come_from_elsewhere_only_over_tls_and_known) {
    given_certificates();
    CHECK_OK(loop_create(&loop, clock_real()));
    char *tls = text_format("http://0.0.0.0:0?certificate=%s&key=%s", given_path("broker.pem"),
                            given_path("broker.key"));
    char *known = text_format("%s&client_ca=%s", tls, given_path("ca.pem"));
    check_open("http://0.0.0.0:0", "token", E_refused);
    check_open(tls, NULL, E_refused);
    check_open(tls, "token", E_ok);
    check_open(known, NULL, E_ok);
    check_open("http://127.0.0.1:0?key=x", NULL, E_config);
    free(tls);
    free(known);
    loop_destroy(loop);
}

TEST(who_leaves_is_not_answered_and_an_edge_that_closes_leaves_nobody_waiting) {
    begin();
    int fd = ask(POST KEY "\r\n");
    wait_seen("order-asked k-1 {\"account\":\"a 1\"};");
    (void)close(fd);
    for (int i = 0; i < 20; i++)
        loop_turn(loop, 5);
    CHECK(!service->reply(edge, last_ticket, bytes_text("{}")));
    buf_clear(&seen);
    fd = ask(POST KEY "\r\n");
    wait_seen("order-asked k-1 {\"account\":\"a 1\"};");
    end();
    (void)close(fd);
}

TEST(a_query_is_answered_at_once) {
    begin_queries();
    check_heard(ask("GET /accounts/a%2D1/orders/7 HTTP/1.0\r\n\r\n"), 200, "{\"balance\":7}");
    wait_seen("query:order a-1 {\"key\":\"a-1\",\"order\":\"7\"};");
    end();
}

TEST(a_query_that_cannot_be_answered_says_why) {
    static const struct {
        enum error error;
        int status;
    } rows[] = { { E_not_found, 404 },
                 { E_fenced, 421 },
                 { E_refused, 422 },
                 { E_busy, 503 },
                 { E_handler, 500 } };
    begin_queries();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        query_says = rows[i].error;
        check_heard(ask("GET /accounts/a HTTP/1.0\r\n\r\n"), rows[i].status, "told so");
    }
    end();
}

static void check_config(const struct connector_query *kind, struct connector_options options,
                         const char *story) {
    options.loop = loop;
    enum error e = kind ? kind->open(&edge, &options) : service->open(&edge, &options);
    CHECK_ERROR(e, E_config);
    CHECK_STORY(story);
    CHECK(edge == NULL);
}

TEST(an_address_or_routes_that_cannot_be_are_refused) {
    struct connector_options o = { .url = "http://127.0.0.1:0",
                                   .routes = routes,
                                   .route_count = 2 };
    CHECK_OK(loop_create(&loop, clock_real()));
    check_config(&http_query_kind, o, "a query changes nothing, so it is a GET");
    o.route_count = 0;
    check_config(NULL, o, "an http edge declares 1 to 64 `routes`");
    o.route_count = 2;
    o.url = "http://127.0.0.1";
    check_config(NULL, o, "it is not HOST:PORT");
    o.url = "http://127.0.0.1:0?deadline=5";
    check_config(NULL, o, "its deadline is not 1s to 300s");
    o.url = "http://127.0.0.1:0?deadline=301s";
    check_config(NULL, o, "its deadline is not 1s to 300s");
    o.url = "http://127.0.0.1:0?deadlin=5s";
    check_config(NULL, o, "address http:");
    static const struct connector_route no_key[] = { { "GET /all", "query:all" } };
    o = (struct connector_options){ .url = "http://127.0.0.1:0", .routes = no_key };
    o.route_count = 1;
    o.keyed = true;
    check_config(&http_query_kind, o, "a query of a consumer group names its {key}");
    o = (struct connector_options){ .url = "http://0.0.0.0:0", .routes = routes };
    o.route_count = 2;
    o.loop = loop;
    CHECK_ERROR(service->open(&edge, &o), E_refused);
    loop_destroy(loop);
}
