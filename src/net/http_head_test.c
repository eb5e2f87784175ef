/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "net/http_head.h"

#include "base/test.h"

#include <string.h>

static struct http_head head;

static void read_text(const char *text) {
    http_head_finish(&head);
    http_head_read(&head, bytes_text(text));
}

static void check_refused(const char *text, int status, const char *why) {
    read_text(text);
    CHECK_INT(head.refused, status);
    CHECK_TEXT(head.why, why);
}

TEST(a_head_ends_with_its_empty_line) {
    CHECK_INT((long long)http_head_find(bytes_text("GET / HTTP/1.1\r\n\r\nrest")), 18);
    CHECK_INT((long long)http_head_find(bytes_text("GET / HTTP/1.1\r\n\r")), 0);
    CHECK_INT((long long)http_head_find(bytes_text("")), 0);
}

TEST(method_path_query_and_fields_are_found) {
    read_text(
        "GET /query/a%20b%2Fc?x=1%26&y=a+b&z HTTP/1.1\r\nHost: h\r\nX-A:  v w \r\nx-a: 2\r\n\r\n");
    struct buf value = { 0 };
    CHECK_INT(head.refused, 0);
    CHECK_TEXT(buf_text(&head.path), "/query/a b/c");
    CHECK_BYTES(head.method, bytes_text("GET"));
    CHECK_BYTES(http_head_field(&head, "x-a"), bytes_text("v w"));
    CHECK(http_head_field(&head, "absent").data == NULL);
    CHECK(http_query_find(head.query, "x", &value));
    CHECK_TEXT(buf_text(&value), "1&");
    CHECK(http_query_find(head.query, "y", &value));
    CHECK_TEXT(buf_text(&value), "a b");
    CHECK(http_query_find(head.query, "z", &value));
    CHECK_TEXT(buf_text(&value), "");
    CHECK(!http_query_find(head.query, "w", &value));
    buf_finish(&value);
}

TEST(what_a_proxy_asks_has_a_path_too) {
    read_text("GET http://elsewhere.example:80/livez?a HTTP/1.1\r\nHost: elsewhere\r\n\r\n");
    CHECK_INT(head.refused, 0);
    CHECK_TEXT(buf_text(&head.path), "/livez");
    check_refused("GET http://elsewhere.example HTTP/1.1\r\nHost: h\r\n\r\n", 400,
                  "the target has no path");
}

TEST(the_body_has_one_length) {
    read_text("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\n");
    CHECK_INT((long long)head.body_len, 12);
    check_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n",
                  400, "more than one Content-Length");
    check_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: x\r\n\r\n",
                  400, "both Content-Length and Transfer-Encoding");
    check_refused("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 411,
                  "send the body with a Content-Length");
    check_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400,
                  "Content-Length is no length");
    check_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1 2\r\n\r\n", 400,
                  "Content-Length is no length");
    check_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", 400,
                  "Content-Length is no length");
    check_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 413,
                  "Content-Length is no length");
}

TEST(a_connection_stays_unless_somebody_says_close) {
    read_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(head.keep_alive);
    read_text("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade, Close\r\n\r\n");
    CHECK(!head.keep_alive);
    read_text("GET / HTTP/1.0\r\n\r\n");
    CHECK(!head.keep_alive);
    CHECK_INT(head.refused, 0);
}

TEST(what_two_readers_could_read_differently_is_refused) {
    check_refused("GET / HTTP/1.1\nHost: h\r\n\r\n", 400, "a line ends without a carriage return");
    check_refused("GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400, "a header line is no field");
    check_refused("GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", 400, "a header line is no field");
    check_refused("GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", 400,
                  "a header field has a control character");
    check_refused("GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", 400, "one Host is wanted");
    check_refused("GET / HTTP/1.1\r\n\r\n", 400, "one Host is wanted");
    check_refused("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "the first line is no request");
    check_refused("G@T / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "the first line is no request");
    check_refused("GET / \r\nHost: h\r\n\r\n", 400, "the first line is no request");
    check_refused("\r\n\r\n", 400, "the first line is no request");
    check_refused("PRI * HTTP/2.0\r\n\r\n", 505, "only HTTP/1.1 is spoken here");
}

TEST(a_target_must_be_a_clean_path) {
    check_refused("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 400, "the target is no path");
    check_refused("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400,
                  "the target has a character that must be encoded");
    check_refused("GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n", 400,
                  "the target has a character that must be encoded");
    check_refused("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400, "the path cannot be decoded");
    check_refused("GET /%0 HTTP/1.1\r\nHost: h\r\n\r\n", 400, "the path cannot be decoded");
    check_refused("GET /a%00b HTTP/1.1\r\nHost: h\r\n\r\n", 400, "the path cannot be decoded");
}

TEST(fields_are_counted) {
    struct buf text = { 0 };
    buf_put_text(&text, "GET / HTTP/1.1\r\nHost: h\r\n");
    for (int i = 1; i < HTTP_HEADERS_MAX; i++)
        buf_print(&text, "x-%d: y\r\n", i);
    buf_put_text(&text, "\r\n");
    read_text(buf_text(&text));
    CHECK_INT(head.refused, 0);
    text.len -= 2;
    buf_put_text(&text, "one: more\r\n\r\n");
    check_refused(buf_text(&text), 431, "too many header fields");
    buf_finish(&text);
}
