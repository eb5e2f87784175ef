/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Requests whole, in pieces, and hostile; patterns; replies of both versions. */
#include "glob.h"
#include "reply.h"
#include "request.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static struct resp_request request;
static struct buf shown;

/* "used: argument argument ..." of what is read from the input's first bytes. */
static const char *read_from(const char *input, size_t len) {
    enum resp_parsed parsed = resp_request_read(&request, bytes_of(input, len));
    buf_clear(&shown);
    if (parsed == RESP_MORE)
        return "more";
    if (parsed == RESP_BAD)
        return request.why;
    buf_print(&shown, "%zu:", request.used);
    for (size_t i = 0; i < request.count; i++) {
        buf_put_byte(&shown, ' ');
        buf_put_bytes(&shown, request.arguments[i]);
    }
    return buf_text(&shown);
}

static const char *read_all(const char *input) {
    return read_from(input, strlen(input));
}

TEST(an_array_of_bulk_strings_is_a_request) {
    CHECK_TEXT(read_all("*2\r\n$3\r\nGET\r\n$10\r\ncustomer:1\r\n*1\r\n"), "30: GET customer:1");
    CHECK_TEXT(read_all("*2\r\n$4\r\nECHO\r\n$0\r\n\r\n"), "20: ECHO ");
    CHECK_TEXT(read_all("*0\r\n"), "4:");
    CHECK_TEXT(read_all("*-1\r\n"), "5:");
}

TEST(a_request_split_at_every_byte_is_read_when_it_is_whole) {
    static const char *const inputs[] = { "*2\r\n$3\r\nGET\r\n$10\r\ncustomer:1\r\n",
                                          "GET \"customer:1\"\r\n" };
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(inputs[i]);
        for (size_t part = 0; part < len; part++)
            CHECK_TEXT(read_from(inputs[i], part), "more");
        CHECK(strstr(read_from(inputs[i], len), ": GET customer:1"));
        CHECK_INT((int)request.used, (int)len);
    }
}

TEST(a_line_is_words_with_quotes_and_escapes) {
    CHECK_TEXT(read_all("PING\r\n"), "6: PING");
    CHECK_TEXT(read_all("PING\n"), "5: PING");
    CHECK_TEXT(read_all("  get   'it''s'\r\n"), "unbalanced quotes in request");
    CHECK_TEXT(read_all("echo 'it\\'s' \"a\\x41\\n\"\r\n"), "24: echo it's aA\n");
    CHECK_TEXT(read_all("echo \"open\r\n"), "unbalanced quotes in request");
    CHECK_TEXT(read_all("\r\n"), "2:");
}

TEST(hostile_lengths_are_refused_before_anything_is_kept) {
    static const char *const bad[][2] = {
        { "*99999999999\r\n", "invalid multibulk length" },
        { "*4097\r\n", "invalid multibulk length" },
        { "*x\r\n", "invalid multibulk length" },
        { "*\r\n", "invalid multibulk length" },
        { "*1\rx", "invalid multibulk length" },
        { "*1\r\n$-1\r\n", "invalid bulk length" },
        { "*1\r\n$65537\r\n", "invalid bulk length" },
        { "*1\r\n$99999999999\r\n", "invalid bulk length" },
        { "*1\r\n*1\r\n", "expected '$'" },
        { "*1\r\n:1\r\n", "expected '$'" },
        { "*1\r\n$1\r\nab\r\n", "a bulk string is longer than it says" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        CHECK_TEXT(read_all(bad[i][0]), bad[i][1]);
    struct buf line = { 0 };
    memset(buf_extend(&line, RESP_INLINE_MAX + 1), 'a', RESP_INLINE_MAX + 1);
    CHECK_TEXT(read_from((char *)line.data, line.len), "too big inline request");
    buf_finish(&line);
}

TEST(a_request_over_its_bound_is_refused_while_it_comes) {
    struct buf all = { 0 };
    const char *last = "more";
    buf_put_text(&all, "*100\r\n");
    for (int i = 0; i < 100 && strcmp(last, "more") == 0; i++) {
        buf_put_text(&all, "$65536\r\n");
        memset(buf_extend(&all, 65536), 'a', 65536);
        buf_put_text(&all, "\r\n");
        last = read_from((char *)all.data, all.len);
    }
    CHECK_TEXT(last, "the request is over 1 MiB");
    CHECK(all.len < 2 * RESP_REQUEST_MAX);
    buf_finish(&all);
}

static bool matches(const char *pattern, const char *text) {
    return glob_matches(bytes_text(pattern), bytes_text(text));
}

TEST(a_pattern_matches_as_redis_says) {
    CHECK(matches("*", ""));
    CHECK(matches("customer:*", "customer:1"));
    CHECK(!matches("customer:*", "product:1"));
    CHECK(matches("*:?1", "customer:01"));
    CHECK(!matches("*:?1", "customer:1"));
    CHECK(matches("a[b-d]e", "ace"));
    CHECK(!matches("a[^b-d]e", "ace"));
    CHECK(matches("a\\*b", "a*b"));
    CHECK(!matches("a\\*b", "axb"));
    CHECK(matches("a*b*c", "axxbyyc"));
    CHECK(!matches("a*b*c", "axxbyy"));
    CHECK(!matches("[", "["));
    CHECK(!matches("", "a"));
}

TEST(a_pattern_of_stars_takes_no_time) {
    struct buf text = { 0 }, pattern = { 0 };
    for (int i = 0; i < 1000; i++) {
        buf_put_text(&text, "aaaa");
        buf_put_text(&pattern, "*a");
    }
    buf_put_byte(&pattern, 'b');
    CHECK(!glob_matches(buf_bytes(&pattern), buf_bytes(&text)));
    buf_finish(&text);
    buf_finish(&pattern);
}

TEST(replies_of_both_versions) {
    struct buf to = { 0 };
    for (int version = 2; version <= 3; version++) {
        struct resp_out o = { &to, version };
        buf_clear(&to);
        resp_map(o, 1);
        resp_text(o, "a");
        resp_null(o);
        resp_int(o, -7);
        resp_decimal(o, 12);
        resp_error(o, "ERR %s", "two\r\nlines");
        CHECK_TEXT(buf_text(&to),
                   version == 2 ? "*2\r\n$1\r\na\r\n$-1\r\n:-7\r\n$2\r\n12\r\n-ERR two  lines\r\n"
                                : "%1\r\n$1\r\na\r\n_\r\n:-7\r\n$2\r\n12\r\n-ERR two  lines\r\n");
    }
    buf_finish(&to);
}
