/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "declaration/declared_schema.h"

#include "base/test.h"

static const char order[] =
    "{\n"
    "  \"type\": \"object\",\n"
    "  \"additionalProperties\": false,\n"
    "  \"required\": [\"customer\"],\n"
    "  \"properties\": {\n"
    "    \"customer\": { \"type\": \"string\", \"minLength\": 1 },\n"
    "    \"note\": { \"type\": [\"string\", \"null\"], \"maxLength\": 80 },\n"
    "    \"state\": { \"enum\": [\"new\", \"changed\"] },\n"
    "    \"scan\": { \"contentEncoding\": \"base64\" },\n"
    "    \"any\": true\n"
    "  }\n"
    "}\n";

TEST(a_schema_says_what_its_fields_are_and_where) {
    struct declared_schema *s;
    CHECK_OK(declared_schema_read(&s, "order.json", bytes_text(order)));
    CHECK_TEXT(s->file, "order.json");
    CHECK(s->closed);
    CHECK_INT((long long)s->count, 5);
    const struct declared_property *p = declared_property(s, "customer");
    CHECK(p->required && p->types == TYPE_STRING);
    CHECK_INT(p->min_length, 1);
    CHECK_INT((long long)p->at.line, 6);
    CHECK_INT((long long)p->at.column, 5);
    p = declared_property(s, "note");
    CHECK(!p->required && p->types == (TYPE_STRING | TYPE_NULL));
    CHECK_INT(p->min_length, -1);
    CHECK_INT(p->max_length, 80);
    p = declared_property(s, "state");
    CHECK(p->types == TYPE_ANY);
    CHECK_INT((long long)p->allowed_count, 2);
    CHECK_TEXT(p->allowed[1], "changed");
    CHECK_INT(p->min_length, 1); /* none of its values is empty */
    CHECK(declared_property(s, "scan")->is_binary);
    CHECK(declared_property(s, "any")->types == TYPE_ANY);
    CHECK(!declared_property(s, "none"));
    declared_schema_destroy(s);
}

static void check_refused(const char *text, const char *story) {
    struct declared_schema *s;
    CHECK_ERROR(declared_schema_read(&s, "x.json", bytes_text(text)), E_config);
    CHECK(!s);
    CHECK_STORY(story);
}

TEST(what_is_no_schema_of_an_object_is_refused) {
    check_refused("true", "x.json:1:1: expected a JSON Schema of an object");
    check_refused("{\"type\": \"string\"}", "with `properties`");
    check_refused("{\"properties\": [1]}", "with `properties`");
    check_refused("{\"properties\": {", "x.json:");
    check_refused("", "x.json:1:1");
    declared_schema_destroy(NULL);
}
