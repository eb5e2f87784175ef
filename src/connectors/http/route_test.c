/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "route.h"

#include "base/test.h"

#include <string.h>

static struct route route;
static struct bytes values[ROUTE_SEGMENTS_MAX];

static bool matches(const char *path) {
    return route_matches(&route, bytes_text(path), values);
}

TEST(a_named_segment_stands_for_any_that_is_not_empty) {
    CHECK_OK(route_read(&route, "POST /accounts/{account}/orders/{order}", "order-placed"));
    CHECK(matches("/accounts/a 1/orders/7"));
    CHECK_BYTES(values[1], bytes_text("a 1"));
    CHECK_BYTES(values[3], bytes_text("7"));
    CHECK(!matches("/accounts//orders/7"));
    CHECK(!matches("/accounts/a/orders"));
    CHECK(!matches("/accounts/a/orders/7/"));
    CHECK(!matches("/accounts/a/orders/7/8"));
    CHECK(!matches("/account/a/orders/7"));
    CHECK(route_has_name(&route, "order"));
    CHECK(!route_has_name(&route, "orders"));
}

TEST(the_root_is_a_path_too) {
    CHECK_OK(route_read(&route, "GET /", "query:all"));
    CHECK(matches("/"));
    CHECK(!matches("/a"));
    CHECK(!matches(""));
}

TEST(a_pattern_that_is_none_is_refused_with_an_example) {
    static const struct {
        const char *pattern, *what;
    } bad[] = {
        { "/a", "it is not a method and a path" },
        { "GET a", "it is not a method and a path" },
        { "GET  /a", "it is not a method and a path" },
        { "get /a", "the method is none of GET" },
        { "TRACE /a", "the method is none of GET" },
        { "GET /a{b}", "a {name} stands for a whole segment" },
        { "GET /{b}c", "a name has small letters" },
        { "GET /{}", "a name has small letters" },
        { "GET /{B}", "a name has small letters" },
        { "GET /{b", "a name has small letters" },
        { "GET /{a}/{a}", "a name stands twice" },
        { "GET /a//b", "a segment is empty" },
        { "GET /1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "it has too many segments" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_ERROR(route_read(&route, bad[i].pattern, "t"), E_config);
        CHECK_STORY(bad[i].what);
        CHECK_STORY("try: METHOD /PATH/{name}, such as POST /accounts/{account}/orders");
    }
}
