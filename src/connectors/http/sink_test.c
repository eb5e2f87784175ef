/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A scripted receiver, and what each of its answers means for the effect. */
#include "http/http_sink.h"

#include "receiver_fixture.h"

/* ---- acting */

static struct effect_answer answer;
static struct buf told;

static struct connector *open_at(const struct connector_sink *sink, const char *url,
                                 const char *secret) {
    struct connector *c;
    struct sink_options options = { .url = url,
                                    .secret = secret,
                                    .secret_len = secret ? strlen(secret) : 0,
                                    .timeout_ms = 1500,
                                    .data_dir = "." };
    CHECK_OK(sink->open(&c, &options));
    return c;
}

static struct connector *open_receiver(const char *secret) {
    char *url = text_format("http://127.0.0.1:%d/hook", server.port);
    struct connector *c = open_at(&http_sink, url, secret);
    free(url);
    return c;
}

static enum effect_verdict perform(struct connector *c, const char *json) {
    struct effect_request r = { .id = bytes_text("E1"), .json = bytes_text(json), .attempt = 1 };
    buf_clear(&told);
    answer = (struct effect_answer){ .verdict = EFFECT_UNKNOWN, .told = &told };
    http_sink.perform(c, &r, &answer);
    return answer.verdict;
}

static void check_heard(const char *part) {
    if (!strstr(buf_text(&server.heard), part))
        test_failed(__FILE__, __LINE__, "%s was not heard in %s", part, buf_text(&server.heard));
}

TEST(an_effect_is_posted_with_its_id_as_the_key) {
    server_start("HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok");
    struct connector *c = open_receiver(NULL);
    CHECK_INT(perform(c, "{\"url\":\"http://example/\",\"a\":1,\"b\":\"\\u00e1\\n\",\"c\":null}"),
              EFFECT_DONE);
    CHECK_TEXT(buf_text(&told), "{\"status\":202}");
    CHECK_INT(perform(c, "{\"again\":1}"), EFFECT_DONE);
    http_sink.close(c);
    server_stop();
    CHECK_INT(server.requests, 2);
    check_heard("POST /hook HTTP/1.1\r\n");
    check_heard("Idempotency-Key: \"E1\"\r\n");
    check_heard("Content-Type: application/json\r\n");
    check_heard("\r\n\r\n{\"a\":1,\"b\":\"\xc3\xa1\\n\",\"c\":null}");
    check_heard("{\"again\":1}");
    CHECK(!strstr(buf_text(&server.heard), "Octavo-Signature"));
    buf_finish(&server.heard);
}

TEST(with_a_secret_the_body_is_signed) {
    server_start("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    struct connector *c = open_receiver("key");
    CHECK_INT(perform(c, "{\"a\":1}"), EFFECT_DONE);
    http_sink.close(c);
    server_stop();
    /* printf '{"a":1}' | openssl dgst -sha256 -hmac key */
    check_heard("Octavo-Signature: sha256="
                "88a67f24bbcdaed0e6c997404bb79a743baf44c6bab2f4c27328e3009d22e342\r\n");
    buf_finish(&server.heard);
}

static void check_end(const char *reply, enum effect_verdict verdict, bool edge_down,
                      const char *reason) {
    server_start(reply);
    struct connector *c = open_receiver(NULL);
    CHECK_INT(perform(c, "{}"), verdict);
    CHECK_INT(answer.edge_down, edge_down);
    if (!strstr(answer.reason, reason))
        test_failed(__FILE__, __LINE__, "%s lacks %s", answer.reason, reason);
    http_sink.close(c);
    server_stop();
    buf_finish(&server.heard);
}

TEST(each_answer_means_what_the_receiver_says) {
    check_end("HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n", EFFECT_REFUSED, false,
              "answered 400");
    check_end("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", EFFECT_REFUSED, false, "410");
    check_end("HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
              EFFECT_REFUSED, false, "302");
    check_end("HTTP/1.1 409 Busy\r\nContent-Length: 0\r\n\r\n", EFFECT_AGAIN, false, "409");
    check_end("HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", EFFECT_AGAIN, true, "429");
    check_end("HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n", EFFECT_AGAIN, true, "503");
    check_end("", EFFECT_UNKNOWN, true, "sent, and no answer came");
    check_end("wait", EFFECT_UNKNOWN, true, "sent, and no answer came");
    check_end("what is this\r\n\r\n", EFFECT_UNKNOWN, true, "sent, and no answer came");
}

TEST(an_answer_of_any_length_is_no_harm) {
    struct buf reply = { 0 };
    buf_put_text(&reply, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    for (int i = 0; i < 100000; i++)
        buf_put_text(&reply, "0123456789");
    server_start(buf_text(&reply));
    struct connector *c = open_receiver(NULL);
    CHECK_INT(perform(c, "{}"), EFFECT_DONE);
    http_sink.close(c);
    server_stop();
    buf_finish(&server.heard);
    buf_finish(&reply);
}

TEST(who_is_not_there_is_tried_again) {
    server_start("");
    server_stop();
    struct connector *c = open_receiver(NULL);
    CHECK_INT(perform(c, "{}"), EFFECT_AGAIN);
    CHECK(answer.edge_down);
    http_sink.close(c);
}

/* ---- receivers that effects name */

TEST(an_effect_goes_where_it_says_if_the_edge_allows_it) {
    server_start("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    char *prefix = text_format("http+to:http://127.0.0.1:%d/hooks/", server.port);
    char *json =
        text_format("{\"url\":\"http://127.0.0.1:%d/hooks/jana?x=1\",\"a\":1}", server.port);
    char *other = text_format("{\"url\":\"http://127.0.0.1:%d/admin\"}", server.port);
    struct connector *c = open_at(&http_to_sink, prefix, NULL);
    CHECK_INT(perform(c, json), EFFECT_DONE);
    check_heard("POST /hooks/jana?x=1 HTTP/1.1\r\n");
    CHECK_INT(perform(c, other), EFFECT_REFUSED);
    CHECK_TEXT(answer.reason, "its \"url\" does not begin as the edge wants it");
    http_sink.close(c);
    server_stop();
    CHECK_INT(server.requests, 1);
    free(prefix);
    free(json);
    free(other);
    buf_finish(&server.heard);
}

TEST(a_customer_cannot_send_us_to_our_own_machines) {
    server_start("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    struct connector *c = open_at(&http_to_sink, "http+to:http://", NULL);
    static const char *const hosts[] = { "127.0.0.1", "localhost", "0177.0.0.1", "2130706433" };
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        char *json = text_format("{\"url\":\"http://%s:%d/\"}", hosts[i], server.port);
        CHECK_INT(perform(c, json), EFFECT_REFUSED);
        CHECK_TEXT(answer.reason, "its \"url\" leads to this machine or a private network");
        CHECK(!answer.edge_down);
        free(json);
    }
    http_sink.close(c);
    server_stop();
    CHECK_INT(server.requests, 0);
    buf_finish(&server.heard);
}

TEST(a_broken_url_is_refused_and_hurts_nobody_else) {
    static const char *const broken[] = {
        "{}",
        "{\"url\":5}",
        "{\"url\":\"\"}",
        "{\"url\":\"ftp://x.example/\"}",
        "{\"url\":\"file:///etc/passwd\"}",
        "{\"url\":\"https://example@x.example/\"}",
        "{\"url\":\"https://x.example/a b\"}",
        "{\"url\":\"https://x.example/\\r\\nHost: y\"}",
        "{\"url\":\"https://x.example/a/../b\"}",
        "{\"url\":\"https://x.example/a/%2E%2e/b\"}",
        "{\"url\":\"https://\"}",
        "{\"url\":\"https://x.example:99999/\"}",
        "no object",
        "{\"a\":{}}",
    };
    struct connector *c = open_at(&http_to_sink, "http+to:https://", NULL);
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        CHECK_INT(perform(c, broken[i]), EFFECT_REFUSED);
        CHECK(answer.reason[0] && !answer.edge_down);
    }
    http_sink.close(c);
}

static void check_four(const unsigned n[4], bool is_public) {
    char address[40], mapped[48];
    (void)snprintf(address, sizeof(address), "%u.%u.%u.%u", n[0], n[1], n[2], n[3]);
    (void)snprintf(mapped, sizeof(mapped), "::ffff:%s", address);
    if (address_is_public(address) != is_public || address_is_public(mapped) != is_public)
        test_failed(__FILE__, __LINE__, "%s is taken for the other", address);
}

TEST(addresses_that_are_not_surely_public_are_private) {
    static const unsigned private[][4] = {
        { 127, 0, 0, 1 },   { 10, 1, 2, 3 },    { 172, 16, 0, 1 }, { 172, 31, 255, 255 },
        { 192, 168, 1, 1 }, { 169, 254, 1, 1 }, { 0, 0, 0, 0 },    { 100, 64, 0, 1 },
        { 224, 0, 0, 1 },   { 255, 1, 1, 1 },   { 198, 19, 0, 1 }, { 192, 0, 0, 1 },
    };
    static const unsigned public[][4] = { { 8, 8, 8, 8 }, { 172, 32, 0, 1 }, { 100, 128, 0, 1 } };
    static const char *const six[] = { "::1",     "::", "fe80::1",       "fd00::1",
                                       "ff02::1", "",   "2002:7f00:1::", "2001::1",
                                       "1.2.3",   "x",  "1.2.3.4.",      "64:ff9b::7f00:1" };
    for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++)
        check_four(private[i], false);
    for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++)
        check_four(public[i], true);
    for (size_t i = 0; i < sizeof(six) / sizeof(six[0]); i++)
        if (address_is_public(six[i]))
            test_failed(__FILE__, __LINE__, "%s is taken for public", six[i]);
    CHECK(address_is_public("2606:4700::1111"));
    CHECK(address_is_public("2001:4860:4860::8888"));
}

TEST(an_edge_that_cannot_be_is_refused_at_its_opening) {
    static const struct {
        const struct connector_sink *sink;
        const char *url, *story;
    } wrong[] = {
        { &http_sink, "http:hook", "it is not //HOST:PORT/PATH" },
        { &https_sink, "https://example@b/", "it is not //HOST:PORT/PATH" },
        { &http_to_sink, "http+to:https://x.example", "has a host and a / behind it" },
        { &http_to_sink, "http+to:gopher://x.example/", "has a host and a / behind it" },
        { &http_to_sink, "http+to:https://example@x.example/", "has a host and a / behind it" },
        { &https_sink, "https://x.example/?key=1", "a parameter is unknown" },
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct connector *c;
        struct sink_options options = { .url = wrong[i].url, .timeout_ms = 1000 };
        CHECK_ERROR(wrong[i].sink->open(&c, &options), E_config);
        CHECK_STORY(wrong[i].story);
    }
}
