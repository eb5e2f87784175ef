/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "values/json_tree.h"

#include "base/test.h"
#include "values/json.h"

#include <string.h>

static struct arena arena;

static enum error read_text(const char *text, struct json_tree **out) {
    return json_tree_read(out, &arena, bytes_text(text));
}

/* What is read, written again. */
static void check_again(const char *text, const char *wanted) {
    struct json_tree *tree;
    struct buf out = { 0 };
    CHECK_OK(read_text(text, &tree));
    json_tree_write(&out, tree);
    CHECK_TEXT(buf_text(&out), wanted);
    buf_finish(&out);
    arena_finish(&arena);
}

TEST(every_kind_of_value_is_read_and_written) {
    check_again(" { \"a\" : [ 1 , -2.5e3, true,false, null ] , \"b\":{}, \"c\":[] } ",
                "{\"a\":[1,-2.5e3,true,false,null],\"b\":{},\"c\":[]}");
    check_again("\"x\\n\\u00e9\\ud83d\\ude00\"", "\"x\\n\xc3\xa9\xf0\x9f\x98\x80\"");
    check_again("9223372036854775807", "9223372036854775807");
    check_again("\"\\u0000a\\u0000\\u0000b\"", "\"\\u0000a\\u0000\\u0000b\"");
}

TEST(a_number_is_an_integer_only_if_it_is_written_as_one_and_fits) {
    struct json_tree *tree;
    CHECK_OK(read_text("-9223372036854775808", &tree));
    CHECK(tree->is_integer && tree->integer == INT64_MIN);
    CHECK_OK(read_text("9223372036854775808", &tree));
    CHECK(!tree->is_integer && tree->number > 9.2e18);
    CHECK_OK(read_text("1.0", &tree));
    CHECK(!tree->is_integer);
    arena_finish(&arena);
}

TEST(equal_is_by_value_whatever_the_order_of_names) {
    struct json_tree *a, *b, *c;
    CHECK_OK(read_text("{\"a\":1,\"b\":[1.0,\"x\"]}", &a));
    CHECK_OK(read_text("{\"b\":[1,\"x\"],\"a\":1e0}", &b));
    CHECK_OK(read_text("{\"b\":[\"x\",1],\"a\":1}", &c));
    CHECK(json_tree_equal(a, b));
    CHECK(!json_tree_equal(a, c));
    CHECK(json_tree_find(a, "b")->count == 2);
    CHECK(!json_tree_find(a, "c"));
    CHECK(!json_tree_find(json_tree_find(a, "b"), "a"));
    arena_finish(&arena);
}

TEST(what_is_no_json_is_refused_with_its_place) {
    static const char *const wrong[] = {
        "",          "{",     "[1,]",        "{\"a\":1,}", "01",     "1.",
        "1e",        "-",     "tru",         "\"\\x\"",    "\"\t\"", "[1] 2",
        "{\"a\" 1}", "{a:1}", "\"\\ud800\"", "\"\xff\"",   "nan",    "{\"a\":1,\"a\":2}"
    };
    struct json_tree *tree;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        CHECK_ERROR(read_text(wrong[i], &tree), E_malformed);
    CHECK_ERROR(read_text("[1,\n2 3]", &tree), E_malformed);
    CHECK_STORY("line 2, byte 6: ',' or ']' expected");
    arena_finish(&arena);
}

TEST(depth_and_number_of_values_are_bounded) {
    struct buf deep = { 0 }, many = { 0 };
    struct json_tree *tree;
    for (int i = 0; i < TREE_DEPTH_MAX + 1; i++)
        buf_put_byte(&deep, '[');
    CHECK_ERROR(json_tree_read(&tree, &arena, buf_bytes(&deep)), E_too_large);
    CHECK_STORY("nested deeper than 64");
    buf_put_byte(&many, '[');
    for (int i = 0; i < TREE_VALUES_MAX; i++)
        buf_put_text(&many, "1,");
    CHECK_ERROR(json_tree_read(&tree, &arena, buf_bytes(&many)), E_too_large);
    buf_finish(&deep);
    buf_finish(&many);
    arena_finish(&arena);
}

TEST(a_name_that_stands_twice_among_many_is_found) {
    struct buf text = { 0 };
    struct json_tree *tree;
    buf_put_byte(&text, '{');
    for (int i = 0; i < 1000; i++)
        buf_print(&text, "\"n%d\":%d,", i, i);
    size_t len = text.len;
    buf_put_text(&text, "\"m\":1}");
    CHECK_OK(json_tree_read(&tree, &arena, buf_bytes(&text)));
    text.len = len;
    buf_put_text(&text, "\"n500\":1}");
    CHECK_ERROR(json_tree_read(&tree, &arena, buf_bytes(&text)), E_malformed);
    CHECK_STORY("duplicate object key");
    buf_finish(&text);
    arena_finish(&arena);
}

TEST(a_zero_byte_is_kept_in_a_tree_and_refused_in_a_flat_object) {
    struct json_tree *tree;
    struct json flat;
    struct bytes text = bytes_text("{\"a\":\"x\\u0000y\"}");
    CHECK_OK(json_tree_read(&tree, &arena, text));
    CHECK_BYTES(json_tree_find(tree, "a")->text, bytes_of("x\0y", 3));
    CHECK_ERROR(json_read(&flat, text), E_malformed);
    CHECK_STORY("a zero byte in a text");
    arena_finish(&arena);
}
