/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "schema/schema.h"

#include "base/test.h"

#include <stdio.h>
#include <string.h>

static struct schema *schema_of(const char *text) {
    struct schema *s;
    CHECK_OK(schema_read(&s, "order.json", bytes_text(text)));
    return s;
}

/* why "": it is accepted. */
static void check(struct schema *s, const char *value, const char *why) {
    struct buf said = { 0 };
    bool good = schema_accepts_text(s, bytes_text(value), &said);
    CHECK_TEXT(good ? "" : buf_text(&said), why);
    buf_finish(&said);
}

static const char order[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"order\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":4,\"pattern\":\"^o-\\\\d+$\"},"
    "\"total\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100},"
    "\"state\":{\"enum\":[\"new\",\"paid\"]},\"kind\":{\"const\":\"order\"},"
    "\"lines\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"sku\"]},"
    "\"maxItems\":2}},"
    "\"required\":[\"order\",\"total\"],\"additionalProperties\":false}";

TEST(a_value_that_is_not_described_is_told_with_its_place) {
    struct schema *s = schema_of(order);
    check(s, "{\"order\":\"o-1\",\"total\":5}", "");
    check(s, "{\"order\":\"o-1\",\"total\":5.0}", "");
    check(s, "{\"order\":\"o-1\"}", "/total: is missing");
    check(s, "{\"order\":\"o-1\",\"total\":0}", "/total: below the minimum 1");
    check(s, "{\"order\":\"o-1\",\"total\":101}", "/total: above the maximum 100");
    check(s, "{\"order\":\"o-1\",\"total\":1.5}", "/total: not of type integer");
    check(s, "{\"order\":\"\",\"total\":1}", "/order: minLength is 1");
    check(s, "{\"order\":\"o-\xc3\xa9\xc3\xa9\xc3\xa9\",\"total\":1}", "/order: maxLength is 4");
    check(s, "{\"order\":\"o-\xc3\xa9\xc3\xa9\",\"total\":1}", "/order: does not match ^o-\\d+$");
    check(s, "{\"order\":\"o-1\",\"total\":1,\"state\":\"paid\"}", "");
    check(s, "{\"order\":\"x-1\",\"total\":1}", "/order: does not match ^o-\\d+$");
    check(s, "{\"order\":\"o-1\",\"total\":1,\"state\":\"old\"}",
          "/state: none of the values that are allowed");
    check(s, "{\"order\":\"o-1\",\"total\":1,\"kind\":\"x\"}",
          "/kind: not the value that is wanted");
    check(s, "{\"order\":\"o-1\",\"total\":1,\"more\":1}", "/more: not allowed here");
    check(s, "{\"order\":\"o-1\",\"total\":1,\"lines\":[{\"sku\":1},{}]}",
          "/lines/1/sku: is missing");
    check(s, "[]", "/: not of type object");
    check(s, "{", "malformed input: json: line 1, byte 1: a name in quotes expected");
    schema_destroy(s);
}

TEST(schemas_are_combined_and_refer_to_each_other) {
    struct schema *s = schema_of(
        "{\"definitions\":{\"a/b\":{\"type\":\"string\"}},\"if\":{\"required\":[\"card\"]},"
        "\"then\":{\"required\":[\"pin\"]},\"else\":{\"required\":[\"cash\"]},"
        "\"properties\":{\"pin\":{\"$ref\":\"#/definitions/a~1b\"},"
        "\"cash\":{\"oneOf\":[{\"minimum\":5},{\"multipleOf\":3}]},\"no\":{\"not\":{\"type\":"
        "\"null\"}},"
        "\"any\":{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"boolean\"}]}}}");
    check(s, "{\"card\":1}", "/pin: is missing");
    check(s, "{}", "/cash: is missing");
    check(s, "{\"card\":1,\"pin\":7}", "/pin: not of type string");
    check(s, "{\"cash\":6}", "/cash: not exactly one of oneOf");
    check(s, "{\"cash\":5,\"no\":null}", "/no: what `not` says it must not be");
    check(s, "{\"cash\":5,\"any\":1}", "/any: none of anyOf");
    check(s, "{\"cash\":3,\"any\":true,\"no\":1}", "");
    schema_destroy(s);
}

TEST(formats_are_looked_at_where_asked_for) {
    struct schema *s = schema_of("{\"properties\":{\"t\":{\"format\":\"date-time\"},"
                                 "\"d\":{\"format\":\"date\"},\"e\":{\"format\":\"email\"},"
                                 "\"i\":{\"format\":\"ipv4\"},\"u\":{\"format\":\"uuid\"},"
                                 "\"x\":{\"format\":\"whatever\"}}}");
    check(s, "{\"t\":\"yesterday\"}", "");
    schema_check_formats(s);
    check(s, "{\"t\":\"yesterday\"}", "/t: no date-time");
    check(s, "{\"t\":\"2026-11-22T23:59:60Z\",\"d\":\"2024-02-29\",\"x\":\"?\"}", "");
    check(s, "{\"t\":\"2026-11-22t01:02:03.5+01:00\",\"e\":\"a@b\",\"i\":\"192.0.2.255\"}", "");
    check(s, "{\"t\":\"2026-11-22T24:00:00Z\"}", "/t: no date-time");
    check(s, "{\"t\":\"2026-11-22T10:00:00\"}", "/t: no date-time");
    check(s, "{\"t\":\"2026-11-22T10:00:60Z\"}", "/t: no date-time");
    check(s, "{\"d\":\"2026-02-29\"}", "/d: no date");
    check(s, "{\"e\":\"a@@b\"}", "/e: no email");
    check(s, "{\"i\":\"192.0.2.256\"}", "/i: no ipv4");
    check(s, "{\"i\":\"192.0.2.04\"}", "/i: no ipv4");
    check(s, "{\"u\":\"123e4567-e89b-12d3-a456-42661417400g\"}", "/u: no uuid");
    schema_destroy(s);
}

static void check_wrong(const char *text, enum error e, const char *story) {
    struct schema *s;
    CHECK_ERROR(schema_read(&s, "order.json", bytes_text(text)), e);
    CHECK_STORY(story);
}

TEST(a_schema_that_is_none_is_refused_when_it_is_read) {
    check_wrong("{", E_malformed, "while reading the schema order.json");
    check_wrong("7", E_malformed, "order.json: a schema is an object, true or false");
    check_wrong("{\"type\":\"text\"}", E_malformed, "the value of \"type\"");
    check_wrong("{\"properties\":{\"a\":{\"minLength\":-1}}}", E_malformed, "\"minLength\"");
    check_wrong("{\"required\":\"a\"}", E_malformed, "\"required\"");
    check_wrong("{\"anyOf\":[]}", E_malformed, "\"anyOf\"");
    check_wrong("{\"multipleOf\":0}", E_malformed, "\"multipleOf\"");
    check_wrong("{\"items\":[{},7]}", E_malformed, "a schema is an object");
    check_wrong("{\"pattern\":\"(\"}", E_malformed, "\"(\" is no pattern that is known");
    check_wrong("{\"pattern\":\"(a)\\\\1\"}", E_malformed, "is no pattern that is known");
    check_wrong("{\"pattern\":\"a(?=b)\"}", E_malformed, "is no pattern that is known");
    check_wrong("{\"patternProperties\":{\"[\":{}}}", E_malformed, "\"[\" is no pattern");
    check_wrong("{\"$ref\":\"other.json\"}", E_unsupported, "is not in the same file");
    check_wrong("{\"$ref\":\"#/nowhere\"}", E_malformed, "points at nothing");
}

TEST(no_schema_keeps_anybody_busy) {
    struct buf text = { 0 }, why = { 0 };
    struct schema *s = schema_of("{\"$ref\":\"#\"}");
    check(s, "1", "/: too much to judge");
    schema_destroy(s);
    s = schema_of("{\"not\":{\"$ref\":\"#\"}}");
    check(s, "1", "/: too much to judge");
    schema_destroy(s);
    s = schema_of("{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}");
    check(s, "1", "/: too much to judge");
    schema_destroy(s);
    s = schema_of("{\"uniqueItems\":true}");
    buf_put_byte(&text, '[');
    for (int i = 0; i < 50000; i++)
        buf_print(&text, "%d,", i);
    buf_put_text(&text, "1.5]");
    CHECK(!schema_accepts_text(s, buf_bytes(&text), &why));
    CHECK_TEXT(buf_text(&why), "/: too much to compare");
    schema_destroy(s);
    buf_finish(&text);
    buf_finish(&why);
}

TEST(a_pattern_that_repeats_without_end_is_refused) {
    static const char *const bad[] = {
        "{\"pattern\":\"a++++++++++++++++++++++++\"}",
        "{\"pattern\":\"qqqqq++*++++++++++q\"}",
        "{\"pattern\":\"a{2}+\"}",
        "{\"pattern\":\"a??*\"}",
        "{\"pattern\":\"(((a{99}){99}){99}){99}\"}",
        "{\"pattern\":\"((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))\"}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct schema *s;
        CHECK_ERROR(schema_read(&s, "a.json", bytes_text(bad[i])), E_malformed);
    }
    struct schema *s = schema_of("{\"pattern\":\"^([a-z]+[0-9]{2,8}(-[a-z]{1,20})*){1,9}$\"}");
    check(s, "\"ab12-x\"", "");
    schema_destroy(s);
}

TEST(a_lazy_repeat_matches_what_it_matches_without_haste) {
    struct schema *s = schema_of("{\"pattern\":\"^a+?b{2}?[+*]+x*?$\"}");
    check(s, "\"aabb+\"", "");
    check(s, "\"abb*+xx\"", "");
    check(s, "\"bb+\"", "/: does not match ^a+?b{2}?[+*]+x*?$");
    check(s, "\"a+\"", "/: does not match ^a+?b{2}?[+*]+x*?$");
    schema_destroy(s);
}

TEST(patterns_are_those_that_people_write) {
    struct schema *s =
        schema_of("{\"properties\":{\"a\":{\"pattern\":\"^x-[\\\\w\\\\d\\\\.\\\\x2d_]+$\"},"
                  "\"b\":{\"pattern\":\"^(?:ab|c)\\\\s\\\\D[\\\\-z]\\\\.$\"}}}");
    check(s, "{\"a\":\"x-a.b-1_\"}", "");
    check(s, "{\"a\":\"x-a/b\"}", "/a: does not match ^x-[\\w\\d\\.\\x2d_]+$");
    check(s, "{\"b\":\"ab x-.\"}", "");
    check(s, "{\"b\":\"ab x-,\"}", "/b: does not match ^(?:ab|c)\\s\\D[\\-z]\\.$");
    schema_destroy(s);
}

/* Each definition asks the next one twice: no deeper than is allowed, and 2^22 steps. */
TEST(a_schema_that_asks_itself_twice_again_and_again_ends) {
    struct buf text = { 0 };
    buf_put_text(&text, "{\"definitions\":{");
    for (int i = 0; i < 22; i++)
        buf_print(&text,
                  "\"d%d\":{\"allOf\":[{\"$ref\":\"#/definitions/d%d\"},"
                  "{\"$ref\":\"#/definitions/d%d\"}]},",
                  i, i + 1, i + 1);
    buf_put_text(&text, "\"d22\":true},\"$ref\":\"#/definitions/d0\"}");
    struct schema *s = schema_of(buf_text(&text));
    check(s, "1", "/: too much to judge");
    schema_destroy(s);
    buf_finish(&text);
}

TEST(an_exclusive_bound_is_outside) {
    struct schema *s = schema_of("{\"exclusiveMinimum\":1,\"exclusiveMaximum\":3}");
    check(s, "2", "");
    check(s, "1.5", "");
    check(s, "1", "/: not above 1");
    check(s, "3", "/: not below 3");
    schema_destroy(s);
}

TEST(a_multiple_is_one_as_near_as_doubles_come) {
    struct schema *s = schema_of("{\"multipleOf\":0.01}");
    check(s, "19.99", "");
    check(s, "114656.68", "");
    check(s, "1234567890.12", "");
    check(s, "19.995", "/: no multiple of 0.01");
    check(s, "1234567890.125", "/: no multiple of 0.01");
    schema_destroy(s);
}

TEST(a_list_is_judged_item_by_item_and_as_a_whole) {
    struct schema *s = schema_of("{\"items\":[{\"type\":\"string\"},{\"type\":\"integer\"}],"
                                 "\"additionalItems\":{\"type\":\"boolean\"},\"uniqueItems\":true,"
                                 "\"minItems\":1,\"contains\":{\"const\":\"a\"}}");
    check(s, "[\"a\",1,true]", "");
    check(s, "[]", "/: minItems is 1");
    check(s, "[\"a\",\"b\"]", "/1: not of type integer");
    check(s, "[\"a\",1,true,7]", "/3: not of type boolean");
    check(s, "[\"a\",1,true,false,true]", "/: holds an item twice");
    check(s, "[\"b\",1]", "/: holds no item that is wanted");
    schema_destroy(s);
    s = schema_of("{\"items\":[true],\"additionalItems\":false}");
    check(s, "[1,2]", "/1: not allowed here");
    schema_destroy(s);
    s = schema_of("{\"additionalItems\":false}"); /* without `items` it says nothing */
    check(s, "[1,2]", "");
    schema_destroy(s);
}

TEST(a_member_is_judged_by_all_that_speaks_of_its_name) {
    struct schema *s = schema_of("{\"properties\":{\"ab\":{\"minimum\":3}},"
                                 "\"patternProperties\":{\"^a\":{\"type\":\"integer\"}},"
                                 "\"additionalProperties\":false,\"maxProperties\":2,"
                                 "\"propertyNames\":{\"maxLength\":3}}");
    check(s, "{\"ab\":3,\"ac\":1}", "");
    check(s, "{\"ab\":2}", "/ab: below the minimum 3");
    check(s, "{\"ab\":3.5}", "/ab: not of type integer");
    check(s, "{\"b\":1}", "/b: not allowed here");
    check(s, "{\"abcd\":1}", "/abcd: maxLength is 3");
    check(s, "{\"a\":1,\"ab\":3,\"ac\":1}", "/: maxProperties is 2");
    schema_destroy(s);
}

TEST(what_depends_on_a_member_is_wanted_only_beside_it) {
    struct schema *s = schema_of("{\"dependencies\":{\"card\":[\"pin\"],"
                                 "\"cash\":{\"properties\":{\"till\":{\"type\":\"integer\"}}}}}");
    check(s, "{}", "");
    check(s, "{\"till\":\"x\"}", "");
    check(s, "{\"card\":1}", "/pin: is missing");
    check(s, "{\"card\":1,\"pin\":1}", "");
    check(s, "{\"cash\":1,\"till\":\"x\"}", "/till: not of type integer");
    schema_destroy(s);
}

TEST(days_and_offsets_are_those_of_the_calendar) {
    struct schema *s = schema_of("{\"properties\":{\"d\":{\"format\":\"date\"},"
                                 "\"t\":{\"format\":\"time\"}}}");
    schema_check_formats(s);
    check(s, "{\"d\":\"2000-02-29\",\"t\":\"10:00:00-23:59\"}", "");
    check(s, "{\"d\":\"1900-02-29\"}", "/d: no date");
    check(s, "{\"d\":\"2026-04-31\"}", "/d: no date");
    check(s, "{\"d\":\"2026-00-01\"}", "/d: no date");
    check(s, "{\"t\":\"10:00:00+24:00\"}", "/t: no time");
    check(s, "{\"t\":\"10:00:00+01:60\"}", "/t: no time");
    check(s, "{\"t\":\"10:00:00.Z\"}", "/t: no time");
    schema_destroy(s);
}
