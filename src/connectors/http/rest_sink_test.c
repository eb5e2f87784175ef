/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "http/http_sink.h"

#include "receiver_fixture.h"

static struct effect_answer answer;
static struct buf told;

static struct connector *open_rest(const char *secret) {
    struct connector *c;
    char *url = text_format("http+rest:http://127.0.0.1:%d/orders?by=ref", server.port);
    struct sink_options options = {
        .url = url, .secret = secret, .secret_len = secret ? strlen(secret) : 0, .timeout_ms = 1500
    };
    CHECK_OK(http_rest_sink.open(&c, &options));
    free(url);
    return c;
}

static enum effect_verdict act(struct connector *c, const char *type, bool asks) {
    struct effect_request r = { .id = bytes_text("E1"),
                                .type = bytes_text(type),
                                .json = bytes_text("{\"ref\":\"A-1\",\"x\":2}"),
                                .attempt = 1 };
    buf_clear(&told);
    answer = (struct effect_answer){ .verdict = EFFECT_UNKNOWN, .told = &told };
    (asks ? http_rest_sink.ask : http_rest_sink.perform)(c, &r, &answer);
    return answer.verdict;
}

/* One effect against one answer. */
static void check_act(const char *reply, const char *type, bool asks, enum effect_verdict wanted) {
    buf_finish(&server.heard);
    server_start(reply);
    struct connector *c = open_rest(NULL);
    enum effect_verdict got = act(c, type, asks);
    http_rest_sink.close(c);
    server_stop();
    if (got != wanted)
        test_failed(__FILE__, __LINE__, "%s, asks %d: %s gave %d (%s)", type, asks, reply, got,
                    answer.reason);
}

static void check_heard(const char *part) {
    if (!strstr(buf_text(&server.heard), part))
        test_failed(__FILE__, __LINE__, "%s was not heard in %s", part, buf_text(&server.heard));
    buf_finish(&server.heard);
}

#define FINE "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"status\":\"fine\"}"
#define NOT_FOUND "HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n"
#define CONFLICT "HTTP/1.1 409 x\r\nContent-Length: 0\r\n\r\n"
#define BUSY "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n"
#define WRONG "HTTP/1.1 400 x\r\nContent-Length: 0\r\n\r\n"

TEST(a_thing_is_made_read_and_deleted_under_our_name) {
    check_act("HTTP/1.1 201 x\r\nContent-Length: 14\r\n\r\n{\"status\":\"x\"}", "create", false,
              EFFECT_DONE);
    check_heard("POST /orders HTTP/1.1\r\n");
    check_act(FINE, "read", false, EFFECT_DONE);
    CHECK_TEXT(buf_text(&told), "{\"status\":\"fine\"}");
    check_heard("GET /orders/A-1 HTTP/1.1\r\n");
    check_act("HTTP/1.1 204 x\r\n\r\n", "delete", false, EFFECT_DONE);
    check_heard("DELETE /orders/A-1 HTTP/1.1\r\n");
}

TEST(what_an_answer_means_depends_on_what_was_asked) {
    check_act(NOT_FOUND, "create", false, EFFECT_REFUSED);
    check_act(NOT_FOUND, "read", false, EFFECT_REFUSED);
    check_act(NOT_FOUND, "delete", false, EFFECT_DONE);
    check_act(CONFLICT, "create", false, EFFECT_UNKNOWN); /* it is there: ask */
    check_act(CONFLICT, "delete", false, EFFECT_REFUSED);
    check_act(BUSY, "create", false, EFFECT_AGAIN);
    CHECK(answer.edge_down);
    check_act(WRONG, "create", false, EFFECT_REFUSED);
    check_act("", "create", false, EFFECT_UNKNOWN);
    check_act("", "read", false, EFFECT_AGAIN);
    check_act("", "delete", false, EFFECT_AGAIN);
    buf_finish(&server.heard);
}

TEST(whether_a_create_has_happened_is_asked_by_its_name) {
    check_act(FINE, "create", true, EFFECT_DONE);
    CHECK_TEXT(buf_text(&told), "{\"status\":\"fine\"}");
    check_heard("GET /orders/A-1 HTTP/1.1\r\n");
    check_act(NOT_FOUND, "create", true, EFFECT_AGAIN);
    check_act(BUSY, "create", true, EFFECT_UNKNOWN);
    check_act("", "create", true, EFFECT_UNKNOWN);
    check_act(BUSY, "read", true, EFFECT_AGAIN); /* it may be repeated: nobody is asked */
    check_act(BUSY, "delete", true, EFFECT_AGAIN);
    buf_finish(&server.heard);
}

TEST(the_token_is_shown_and_calls_follow_each_other_on_one_connection) {
    server_start("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    struct connector *c = open_rest("token");
    CHECK_INT(act(c, "create", false), EFFECT_DONE);
    CHECK_INT(act(c, "delete", false), EFFECT_DONE);
    CHECK_INT(act(c, "read", false), EFFECT_DONE);
    CHECK_INT(act(c, "create", false), EFFECT_DONE);
    http_rest_sink.close(c);
    server_stop();
    CHECK_INT(server.requests, 4);
    CHECK(strstr(buf_text(&server.heard), "Authorization: Bearer token\r\n"));
    check_heard("Idempotency-Key: \"E1\"\r\n");
}

TEST(an_effect_without_a_name_or_of_another_type_is_refused) {
    server_start("");
    struct connector *c = open_rest(NULL);
    struct effect_request r = { .type = bytes_text("create"),
                                .json = bytes_text("{\"ref\":\"../x\"}") };
    answer = (struct effect_answer){ .told = &told };
    http_rest_sink.perform(c, &r, &answer);
    CHECK_INT(answer.verdict, EFFECT_REFUSED);
    CHECK_INT(act(c, "update", false), EFFECT_REFUSED);
    http_rest_sink.close(c);
    server_stop();
    CHECK_INT(server.requests, 0);
}

TEST(an_address_that_cannot_be_is_an_error_of_the_declaration) {
    static const char *const wrong[] = { "http+rest:http://h.example/orders",
                                         "http+rest:ftp://h.example/o?by=a",
                                         "http+rest:http://h.example/o/?by=a",
                                         "http+rest:http://h.example/o?by=" };
    struct connector *c;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK_ERROR(http_rest_sink.open(&c, &(struct sink_options){ .url = wrong[i] }), E_config);
}
