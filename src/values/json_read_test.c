/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* The reader against the RFC, case by case, and against jansson over texts nobody thought of. */
#include "base/random.h"
#include "base/test.h"
#include "json_fixture.h"

static void check_like_jansson(struct bytes text) {
    const char *difference = json_difference(text);
    struct buf shown = { 0 };
    if (!difference)
        return;
    for (size_t i = 0; i < text.len; i++)
        buf_print(&shown, text.data[i] >= ' ' && text.data[i] <= '~' ? "%c" : "\\x%02x",
                  text.data[i]);
    test_failed(__FILE__, __LINE__, "%s: %s", difference, buf_text(&shown));
}

static void check_refused(const char *text, const char *story) {
    struct json j;
    check_like_jansson(bytes_text(text));
    CHECK_ERROR(json_read(&j, bytes_text(text)), E_malformed);
    CHECK_STORY(story);
}

static void check_text(const char *inside, const char *wanted) {
    struct buf text = { 0 };
    struct bytes got;
    struct json j;
    buf_print(&text, "{\"t\":\"%s\"}", inside);
    check_like_jansson(buf_bytes(&text));
    CHECK_OK(json_read(&j, buf_bytes(&text)));
    CHECK(json_get_text(&j, "t", &got));
    CHECK_BYTES(got, bytes_text(wanted));
    json_finish(&j);
    buf_finish(&text);
}

static void check_int(const char *digits, int64_t wanted) {
    struct buf text = { 0 };
    int64_t got = ~wanted;
    struct json j;
    buf_print(&text, "{\"n\":%s}", digits);
    check_like_jansson(buf_bytes(&text));
    CHECK_OK(json_read(&j, buf_bytes(&text)));
    CHECK(json_get_int(&j, "n", &got));
    CHECK(got == wanted);
    json_finish(&j);
    buf_finish(&text);
}

TEST(a_text_without_escapes_is_borrowed_and_nothing_is_allocated) {
    const char *text = "{\"name\":\"J\xc3\xbcrgen\",\"n\":1}";
    struct json j;
    struct bytes got;
    CHECK_OK(json_read(&j, bytes_text(text)));
    CHECK(json_get_text(&j, "name", &got));
    CHECK(got.data == (const uint8_t *)text + 9);
    CHECK(j.unescaped.data == NULL);
    json_finish(&j);
}

TEST(texts_with_escapes_stay_where_they_are_while_more_are_read) {
    struct buf text = { 0 };
    struct json j;
    struct bytes got;
    char name[16];
    buf_put_text(&text, "{\"plain\":\"x\"");
    for (int i = 0; i < JSON_MEMBERS_MAX - 1; i++)
        buf_print(&text, ",\"\\u006d%d\":\"\\n%0*d\\/\"", i, i * 10 + 1, i);
    buf_put_text(&text, "}");
    CHECK_OK(json_read(&j, buf_bytes(&text)));
    for (int i = 0; i < JSON_MEMBERS_MAX - 1; i++) {
        char *wanted = text_format("\n%0*d/", i * 10 + 1, i);
        (void)snprintf(name, sizeof(name), "m%d", i);
        CHECK(json_get_text(&j, name, &got));
        CHECK_BYTES(got, bytes_text(wanted));
        free(wanted);
    }
    json_finish(&j);
    check_like_jansson(buf_bytes(&text));
    buf_finish(&text);
}

TEST(escapes_mean_what_the_rfc_says) {
    check_text("", "");
    check_text("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t");
    check_text("\\u0041\\u00e9\\u20AC\\uFFFF", "A\xc3\xa9\xe2\x82\xac\xef\xbf\xbf");
    check_text("\\u007f\\u0080\\u07ff\\u0800", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80");
    check_text("\\ud83d\\udc19 \\uD800\\uDC00 \\uDBFF\\uDFFF",
               "\xf0\x9f\x90\x99 \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf");
    check_text("\x7f a \\u0001", "\x7f a \x01");
}

TEST(what_is_no_text_is_refused_at_its_place) {
    check_refused("{\"a\":\"\\u0000\"}", "line 1, byte 12: a zero byte in a text");
    check_refused("{\"\\u0000\":1}", "a zero byte in a text");
    check_refused("{\"a\":\"\\ud800\"}", "half a surrogate pair");
    check_refused("{\"a\":\"\\ud800x\"}", "half a surrogate pair");
    check_refused("{\"a\":\"\\ud800\\n\"}", "half a surrogate pair");
    check_refused("{\"a\":\"\\ud800\\u0041\"}", "half a surrogate pair");
    check_refused("{\"a\":\"\\ud800\\ud800\"}", "half a surrogate pair");
    check_refused("{\"a\":\"\\ud800\\udbff\"}", "half a surrogate pair");
    check_refused("{\"a\":\"\\ud800\\ue000\"}", "half a surrogate pair");
    check_refused("{\"a\":\"\\udfff\\udfff\"}", "half a surrogate pair");
    check_refused("{\"a\":\"\\udc00\"}", "half a surrogate pair");
    check_refused("{\"a\":\"\\u12g4\"}", "without four hexadecimal digits");
    check_refused("{\"a\":\"\\u123", "without four hexadecimal digits");
    check_refused("{\"a\":\"\\U0041\"}", "no such escape");
    check_refused("{\"a\":\"\\", "no such escape");
    check_refused("{\"a\":\"\n\"}", "line 1, byte 6: a control character in a text");
    check_refused("{\n\"a\":\n\"\x1f\"}", "line 3, byte 8: a control character in a text");
    check_refused("{\"a\":\"\x80\"}", "not UTF-8");
    check_refused("{\"a\":\"\xf4\x90\x80\x80\"}", "not UTF-8");
    check_refused("{\"a\":\"\xe2\x82", "not UTF-8");
    check_refused("{\"a\":\"", "the text has no end");
    check_refused("\xef\xbb\xbf{}", "not an object");
}

TEST(integers_are_read_to_the_ends_of_their_range) {
    check_int("0", 0);
    check_int("-0", 0);
    check_int("7", 7);
    check_int("-9223372036854775808", INT64_MIN);
    check_int("9223372036854775807", INT64_MAX);
    check_refused("{\"n\":-9223372036854775809}", "too big integer");
    check_refused("{\"n\":9223372036854775808}", "too big integer");
    check_refused("{\"n\":18446744073709551616}", "too big integer");
    check_refused("{\"n\":100000000000000000000000000000000}", "too big integer");
    check_refused("{\"n\":01}", "begins with a zero");
    check_refused("{\"n\":-00}", "begins with a zero");
    check_refused("{\"n\":-}", "a text, an integer, true, false or null expected");
    check_refused("{\"n\":+1}", "a text, an integer, true, false or null expected");
    check_refused("{\"n\":0.0}", "a number is not an integer");
    check_refused("{\"n\":1E2}", "a number is not an integer");
    check_refused("{\"n\":0x1}", "',' or '}' expected");
}

static void check_fault(const char *text, const char *name) {
    struct json j;
    CHECK(json_read(&j, bytes_text(text)) != E_ok);
    CHECK_BYTES(j.fault, bytes_text(name));
}

TEST(a_failed_read_names_the_member_that_is_wrong) {
    check_fault("{\"a\":1,\"amount\":1.5}", "amount");
    check_fault("{\"amount\":1,\"amount\":1}", "amount");
    check_fault("{\"amount\":}", "amount");
    check_fault("{\"\\u0061\\n\":1e3}", "\\u0061\\n"); /* as it stands there */
    check_fault("{\"a\":1;}", "");
    check_fault("{\"a\":1,\"b", "");
    check_fault("[]", "");
    check_fault("", "");
}

TEST(the_grammar_of_the_object_is_strict) {
    check_refused("{", "a name in quotes expected");
    check_refused("{,}", "a name in quotes expected");
    check_refused("{a:1}", "a name in quotes expected");
    check_refused("{\"a\"}", "':' expected");
    check_refused("{\"a\":}", "a text, an integer, true, false or null expected");
    check_refused("{\"a\":nul}", "a text, an integer, true, false or null expected");
    check_refused("{\"a\":nullx}", "',' or '}' expected");
    check_refused("{\"a\":True}", "a text, an integer, true, false or null expected");
    check_refused("{\"a\":1 \"b\":2}", "',' or '}' expected");
    check_refused("{\"a\":1,}", "a name in quotes expected");
    check_refused("{\"a\":1}}", "something behind the object");
    check_refused("{\"a\":\v1}", "a text, an integer, true, false or null expected");
    check_refused("{\"b\":1,\"\\u0062\":2}", "line 1, byte 15: duplicate object key");
    check_refused("{\"\":1,\"\":2}", "duplicate object key");
    check_like_jansson(bytes_text(" \t\r\n{ \"\" : true , \"f\":false,\"z\":null }\n"));
    check_like_jansson(bytes_of(NULL, 0));
}

TEST(a_zero_byte_is_refused_wherever_it_stands) {
    static const char whole[] = "{ \"a\" : \"\\n\" , \"b\":true,\"n\":12 }";
    for (size_t at = 0; at < sizeof(whole); at++) {
        struct buf text = { 0 };
        struct json j;
        buf_put(&text, whole, at);
        buf_put_byte(&text, 0);
        buf_put(&text, whole + at, sizeof(whole) - 1 - at);
        CHECK_ERROR(json_read(&j, buf_bytes(&text)), E_malformed);
        buf_finish(&text);
    }
}

/* ---- texts nobody thought of */

static const char *one_of(struct random *r, const char *const *list, size_t count) {
    return list[random_below(r, count)];
}

static void space_put(struct random *r, struct buf *out) {
    static const char *const spaces[] = { "", "", "", "", "", " ", "\n", "\t \r\n" };
    buf_put_text(out, one_of(r, spaces, 8));
}

static void text_put(struct random *r, struct buf *out) {
    static const char *const parts[] = { "a",
                                         "b",
                                         "c",
                                         "card",
                                         "203",
                                         "\\n",
                                         "\\u0061",
                                         "\\\"",
                                         "\\u00e9",
                                         "\xc3\xa9",
                                         "\\\\",
                                         "\\/",
                                         "{",
                                         ",",
                                         "\xe2\x82\xac",
                                         "\\uD83D\\udc19",
                                         "\x7f",
                                         "]",
                                         "\xf0\x9f\x90\x99" };
    buf_put_byte(out, '"');
    for (uint64_t parts_left = random_below(r, 5); parts_left > 0; parts_left--)
        buf_put_text(out, one_of(r, parts, sizeof(parts) / sizeof(parts[0])));
    buf_put_byte(out, '"');
}

static void value_put(struct random *r, struct buf *out) {
    static const char *const values[] = {
        "true", "false", "null", "0", "-0", "9223372036854775807", "-9223372036854775808"
    };
    uint64_t kind = random_below(r, 4);
    if (kind == 0)
        buf_put_text(out, one_of(r, values, 7));
    else if (kind == 1)
        buf_put_decimal(out, (int64_t)(random_next(r) >> random_below(r, 64)));
    else
        text_put(r, out);
}

/* A valid object, but for names that meet by chance. */
static void object_put(struct random *r, struct buf *out) {
    bool is_long = random_below(r, 200) == 0;
    uint64_t members = is_long ? 60 + random_below(r, 8) : random_below(r, 6);
    space_put(r, out);
    buf_put_byte(out, '{');
    for (uint64_t i = 0; i < members; i++) {
        if (i)
            buf_put_byte(out, ',');
        space_put(r, out);
        if (is_long)
            buf_print(out, "\"%d\"", (int)i);
        else
            text_put(r, out);
        space_put(r, out);
        buf_put_byte(out, ':');
        space_put(r, out);
        value_put(r, out);
        space_put(r, out);
    }
    buf_put_byte(out, '}');
    space_put(r, out);
}

/* Takes out, puts in, or overwrites a few bytes at one place. */
static void text_mutate(struct random *r, struct buf *text) {
    static const char *const pieces[] = {
        "\"",    "\\",    "{", "}",  "[",    "]",    ",",
        ":",     "-",     "0", "9",  ".",    "e",    "\\u",
        "\\ud8", "\\udc", " ", "\n", "\x80", "\xc3", "\xed\xa0\x80",
        "null",  "\x1f",  "00"
    };
    struct buf out = { 0 };
    size_t at = (size_t)random_below(r, text->len + 1), left = text->len - at;
    uint64_t kind = random_below(r, 4);
    size_t gone = kind == 0 ? 0 : (size_t)random_below(r, left < 4 ? left + 1 : 4);
    buf_put(&out, text->data, at);
    if (kind < 2)
        buf_put_text(&out, one_of(r, pieces, sizeof(pieces) / sizeof(pieces[0])));
    else if (kind == 2)
        buf_put_byte(&out, (uint8_t)random_next(r));
    buf_put(&out, text->data + at + gone, left - gone);
    buf_finish(text);
    *text = out;
}

TEST(jansson_says_the_same_of_two_hundred_thousand_texts) {
    struct random r = random_seeded(test_seed());
    int taken = 0, rounds = 200000;
    for (int i = 0; i < rounds; i++) {
        struct buf text = { 0 };
        struct json j;
        object_put(&r, &text);
        for (uint64_t mutations = random_below(&r, 3); mutations > 0; mutations--)
            text_mutate(&r, &text);
        check_like_jansson(buf_bytes(&text));
        taken += json_read(&j, buf_bytes(&text)) == E_ok;
        json_finish(&j);
        buf_finish(&text);
    }
    CHECK(taken > rounds / 5); /* or one side of the comparison would be empty */
    CHECK(taken < rounds * 4 / 5);
}
