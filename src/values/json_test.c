/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "base/test.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct json given(const char *text) {
    struct json j;
    CHECK_OK(json_read(&j, bytes_text(text)));
    return j;
}

static enum error read_of(const char *text) {
    struct json j;
    enum error e = json_read(&j, bytes_text(text));
    if (e)
        CHECK_INT((long long)j.count, 0);
    json_finish(&j);
    return e;
}

TEST(members_are_read_by_name_and_kind) {
    struct json j = given(" { \"n\" : -12, \"t\":\"a\\u00e9\\n\\\"\", \"b\": true, \"z\":null } ");
    int64_t n = 0;
    struct bytes text;
    CHECK(json_get_int(&j, "n", &n));
    CHECK_INT(n, -12);
    CHECK(json_get_text(&j, "t", &text));
    CHECK_BYTES(text, bytes_text("a\xc3\xa9\n\""));
    CHECK(json_has(&j, "b"));
    CHECK(json_has(&j, "z"));
    CHECK(!json_has(&j, "x"));
    CHECK(!json_get_int(&j, "t", &n));
    CHECK(!json_get_int(&j, "b", &n));
    CHECK(!json_get_int(&j, "x", &n));
    CHECK(!json_get_text(&j, "n", &text));
    CHECK(!json_get_text(&j, "z", &text));
    json_finish(&j);
    CHECK(!json_has(&j, "n"));
}

TEST(the_whole_range_of_integers_is_read_and_not_one_more) {
    struct json j = given("{\"a\":9223372036854775807,\"b\":-9223372036854775808}");
    int64_t a = 0, b = 0;
    CHECK(json_get_int(&j, "a", &a));
    CHECK(json_get_int(&j, "b", &b));
    CHECK(a == INT64_MAX);
    CHECK(b == INT64_MIN);
    json_finish(&j);
    CHECK_ERROR(read_of("{\"a\":9223372036854775808}"), E_malformed);
    CHECK_STORY("too big integer");
}

TEST(what_is_no_flat_object_is_malformed) {
    CHECK_ERROR(read_of(""), E_malformed);
    CHECK_ERROR(read_of("7"), E_malformed);
    CHECK_ERROR(read_of("[1]"), E_malformed);
    CHECK_STORY("malformed input: json: not an object");
    CHECK_ERROR(read_of("{\"a\":{}}"), E_malformed);
    CHECK_STORY("an object or array inside");
    CHECK_ERROR(read_of("{\"a\":[1,2]}"), E_malformed);
    CHECK_ERROR(read_of("{\"a\":1.5}"), E_malformed);
    CHECK_STORY("not an integer");
    CHECK_ERROR(read_of("{\"a\":1e3}"), E_malformed);
    CHECK_ERROR(read_of("{\"a\":1,}"), E_malformed);
    CHECK_ERROR(read_of("{\"a\":1} x"), E_malformed);
    CHECK_ERROR(read_of("{\"a\":\"\\u0000\"}"), E_malformed);
    CHECK_ERROR(read_of("{\"a\":\"\xc0\xaf\"}"), E_malformed);
    CHECK_ERROR(read_of("{\"a\":\"\xed\xa0\x80\"}"), E_malformed);
    CHECK_ERROR(read_of("{\"a\":1,\"b\":2,\"a\":3}"), E_malformed);
    CHECK_STORY("line 1, byte 16: duplicate object key");
}

TEST(a_story_does_not_quote_the_text) {
    CHECK_ERROR(read_of("{\"card\":4000001234567899 4000001234567899}"), E_malformed);
    CHECK(strstr(error_story(), "4000001234567899") == NULL);
}

TEST(every_cut_of_a_text_is_malformed) {
    const char *whole = "{\"a\":\"\\u00e9\\\\\",\"n\":-12,\"b\":true,\"z\":null}";
    for (size_t len = 0; len < strlen(whole); len++) {
        char *cut = text_copy_bytes(bytes_of(whole, len));
        CHECK_ERROR(read_of(cut), E_malformed);
        free(cut);
    }
}

static enum error read_members(int count) {
    struct buf text = { 0 };
    json_begin(&text);
    for (int i = 0; i < count; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "m,{%d", i);
        json_put_int(&text, name, i);
    }
    json_end(&text);
    struct json j;
    enum error e = json_read(&j, buf_bytes(&text));
    json_finish(&j);
    buf_finish(&text);
    return e;
}

TEST(sixty_four_members_are_read_and_not_one_more) {
    CHECK_OK(read_members(64));
    CHECK_ERROR(read_members(65), E_too_large);
    CHECK_STORY("over a size limit: json: more than 64 members");
}

static enum error read_sized(size_t size) {
    struct buf text = { 0 };
    buf_put_text(&text, "{\"a\":\"");
    memset(buf_extend(&text, size - 8), 'x', size - 8);
    buf_put_text(&text, "\"}");
    struct json j;
    enum error e = json_read(&j, buf_bytes(&text));
    json_finish(&j);
    buf_finish(&text);
    return e;
}

TEST(one_mebibyte_is_read_and_not_one_byte_more) {
    CHECK_OK(read_sized(1 << 20));
    CHECK_ERROR(read_sized((1 << 20) + 1), E_too_large);
    CHECK_STORY("1048577 bytes, at most 1048576");
}

static const char *written(struct bytes text) {
    static struct buf out;
    buf_clear(&out);
    json_begin(&out);
    json_put_text(&out, "t", text);
    json_end(&out);
    return buf_text(&out);
}

TEST(the_writer_separates_and_escapes) {
    struct buf out = { 0 };
    json_begin(&out);
    json_put_text(&out, "a\"b", bytes_text("\"\\/\b\f\n\r\t\x1f\x7f"));
    json_put_int(&out, "least", INT64_MIN);
    json_put_text(&out, "brace", bytes_text("{"));
    json_put_text(&out, "null", bytes_of(NULL, 0));
    json_put_null(&out, "none");
    json_end(&out);
    CHECK_TEXT(buf_text(&out),
               "{\"a\\\"b\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u001f\x7f\","
               "\"least\":-9223372036854775808,\"brace\":\"{\",\"null\":\"\",\"none\":null}");
    buf_finish(&out);
    json_begin(&out);
    json_end(&out);
    CHECK_TEXT(buf_text(&out), "{}");
    buf_finish(&out);
}

#define BAD "\xef\xbf\xbd" /* U+FFFD */

TEST(the_writer_keeps_utf_8_and_replaces_what_is_not) {
    CHECK_TEXT(written(bytes_text("\xc2\x80 \xe2\x82\xac \xf0\x9f\x90\x99 \xf4\x8f\xbf\xbf")),
               "{\"t\":\"\xc2\x80 \xe2\x82\xac \xf0\x9f\x90\x99 \xf4\x8f\xbf\xbf\"}");
    CHECK_TEXT(written(bytes_of("a\0b", 3)), "{\"t\":\"a" BAD "b\"}");
    CHECK_TEXT(written(bytes_text("\x80")), "{\"t\":\"" BAD "\"}");
    CHECK_TEXT(written(bytes_text("\xc0\xaf")), "{\"t\":\"" BAD BAD "\"}");
    CHECK_TEXT(written(bytes_text("\xed\xa0\x80")), "{\"t\":\"" BAD BAD BAD "\"}");
    CHECK_TEXT(written(bytes_text("\xf4\x90\x80\x80")), "{\"t\":\"" BAD BAD BAD BAD "\"}");
    CHECK_TEXT(written(bytes_text("\xf0\x9f\x90")), "{\"t\":\"" BAD BAD BAD "\"}");
    CHECK_TEXT(written(bytes_text("\xe2\x82x")), "{\"t\":\"" BAD BAD "x\"}");
    CHECK_TEXT(written(bytes_text("\xe0\x9f\xbf")), "{\"t\":\"" BAD BAD BAD "\"}");
}

TEST(any_bytes_written_are_read_again) {
    uint64_t state = test_seed();
    for (int round = 0; round < 2000; round++) {
        uint8_t raw[24];
        struct json j;
        struct bytes text;
        for (size_t i = 0; i < sizeof(raw); i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            raw[i] = (uint8_t)(state >> 56);
        }
        const char *json = written(bytes_of(raw, round % 25 ? sizeof(raw) : 0));
        CHECK_OK(json_read(&j, bytes_text(json)));
        CHECK(json_get_text(&j, "t", &text));
        json_finish(&j);
    }
}

TEST(a_report_nests_objects_and_lists) {
    struct buf out = { 0 };
    json_begin(&out);
    json_open(&out, "list", '[');
    json_put_int(&out, NULL, 1);
    json_put_text(&out, NULL, bytes_text("[{"));
    json_put_text(&out, NULL, bytes_text("two"));
    json_open(&out, NULL, '{');
    json_put_bool(&out, "yes", true);
    json_put_bool(&out, "no", false);
    json_close(&out, '}');
    json_open(&out, NULL, '[');
    json_close(&out, ']');
    json_close(&out, ']');
    json_open(&out, "empty", '{');
    json_close(&out, '}');
    json_put_int(&out, "n", 2);
    json_end(&out);
    CHECK_TEXT(buf_text(&out),
               "{\"list\":[1,\"[{\",\"two\",{\"yes\":true,\"no\":false},[]],\"empty\":{},\"n\":2}");
    buf_finish(&out);
}
