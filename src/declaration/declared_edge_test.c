/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Edges that perform effects, as an octavo.yaml declares them. */
#include "base/test.h"
#include "declaration/declaration.h"

#include <stdlib.h>

static const char service[] = "system: bank\n"
                              "topics: { moves: }\n"
                              "services:\n"
                              "  mailer:\n"
                              "    handler: bank.mailer\n"
                              "    consumes: [moves]\n"
                              "    edges: { mail: %s }\n";

static enum error edge_read(struct declaration **out, const char *edge) {
    char *text = text_format(service, edge);
    enum error e = declaration_read(out, "octavo.yaml", bytes_text(text));
    free(text);
    return e;
}

static void check_refused(const char *edge, const char *where, const char *fix) {
    struct declaration *d;
    CHECK_ERROR(edge_read(&d, edge), E_config);
    CHECK_STORY(where);
    CHECK_STORY(fix);
}

TEST(an_edge_of_effects_has_a_class_and_defaults_for_the_rest) {
    struct declaration *d;
    CHECK_OK(edge_read(&d, "{ url: \"file:out\", class: natural }"));
    const struct declared_effects *e = &d->services[0].edges[0].effects;
    CHECK_INT(e->class, CLASS_NATURAL);
    CHECK_INT(e->deadline_ms, 3600000);
    CHECK_INT(e->timeout_ms, 30000);
    CHECK_INT(e->workers, 4);
    CHECK_INT(e->retry_first_ms, 500);
    CHECK_INT(e->retry_most_ms, 300000);
    CHECK_INT(e->breaker_failures, 5);
    CHECK_INT(e->breaker_wait_ms, 10000);
    declaration_destroy(d);
}

TEST(everything_about_effects_can_be_declared) {
    struct declaration *d;
    CHECK_OK(edge_read(&d,
                       "{ url: \"smtp://a\", class: blind, blind: at_most_once,\n"
                       "    deadline: 7d, timeout: 250ms, workers: 2,\n"
                       "    retry: { first: 1s, most: 1h }, breaker: { failures: 3, wait: 2m },\n"
                       "    share: { by: partner, most: 2 },\n"
                       "    secret_file: mail.key }"));
    const struct declared_effects *e = &d->services[0].edges[0].effects;
    CHECK_INT(e->class, CLASS_BLIND);
    CHECK(e->at_most_once);
    CHECK_INT(e->deadline_ms, 7 * 86400000LL);
    CHECK_INT(e->timeout_ms, 250);
    CHECK_INT(e->workers, 2);
    CHECK_INT(e->retry_first_ms, 1000);
    CHECK_INT(e->retry_most_ms, 3600000);
    CHECK_INT(e->breaker_failures, 3);
    CHECK_INT(e->breaker_wait_ms, 120000);
    CHECK_TEXT(e->share_by, "partner");
    CHECK_INT(e->share_most, 2);
    declaration_destroy(d);
}

TEST(what_is_wrong_about_effects_is_refused_with_the_fix) {
    check_refused("{ url: \"a:b\", class: once }",
                  "expected a class of effects: keyed, natural, queryable or blind, found \"once\"",
                  "write keyed");
    check_refused("{ url: \"a:b\", class: blind }",
                  "as nothing makes a blind effect happen exactly once, found \"blind\"",
                  "blind: at_least_once");
    check_refused("{ url: \"a:b\", class: blind, blind: once }",
                  "expected at_least_once or at_most_once", "at_least_once");
    check_refused("{ url: \"a:b\", class: keyed, blind: at_most_once }",
                  "expected `blind` in an edge of class blind", "class: blind");
    check_refused("{ url: \"a:b\", deadline: 1h }",
                  "expected a `class` beside what is about effects, found \"deadline\"",
                  "class: keyed");
    check_refused("{ url: \"a:b\", class: keyed, deadline: 31d }",
                  "expected a time of ms, s, m, h or d, from 1ms to 30d, found \"31d\"", "30d");
    check_refused("{ url: \"a:b\", class: keyed, timeout: 0s }", "from 1ms to 1h", "1h");
    check_refused("{ url: \"a:b\", class: keyed, timeout: 5 }", "found \"5\"", "1h");
    check_refused("{ url: \"a:b\", class: keyed, timeout: 9999999999s }", "from 1ms to 1h", "1h");
    check_refused("{ url: \"a:b\", class: keyed, timeout: s }", "found \"s\"", "1h");
    check_refused("{ url: \"a:b\", class: keyed, retry: { first: 2s, most: 1s } }",
                  "expected `first` not above `most`", "first: 500ms, most: 5m");
    check_refused("{ url: \"a:b\", class: keyed, share: { by: partner } }", "most", "most");
    check_refused("{ url: \"a:b\", class: keyed, share: { by: partner, most: 0 } }",
                  "expected a whole number from 1 to 64", "write 1");
    check_refused("{ url: \"a:b\", class: keyed, workers: 65 }",
                  "expected a whole number from 1 to 64", "write 1");
    check_refused("{ url: \"a:b\", class: keyed, every: 5s }",
                  "expected no `every` beside a `class`", "every: 1s");
    check_refused("{ url: \"a:b\", every: 0s }", "expected", "");
    check_refused("{ url: \"a:b\", class: keyed, identity: edge }",
                  "expected no `unknown` and `identity` beside a `class`", "takes requests");
    check_refused("{ url: \"a:b\", class: keyed, unknown: told 504 }",
                  "expected no `unknown` and `identity` beside a `class`", "takes requests");
    check_refused("{ url: \"a:b\", class: keyed, breaker: 5 }", "expected a mapping",
                  "name: value");
    check_refused("{ url: \"a:\", class: keyed }", "expected an address SCHEME:WHERE",
                  "iso8583://");
}

TEST(routes_are_of_requests_or_of_queries) {
    struct declaration *d;
    CHECK_OK(edge_read(
        &d, "{ url: \"http://127.0.0.1:1\", routes: { \"GET /a/{key}\": \"query:a\" } }"));
    const struct declared_edge *e = &d->services[0].edges[0];
    CHECK(e->asks_queries); /* and the service needs no `tasks` */
    CHECK_INT((long long)e->route_count, 1);
    CHECK_TEXT(e->routes[0].pattern, "GET /a/{key}");
    CHECK_TEXT(e->routes[0].type, "query:a");
    declaration_destroy(d);
    check_refused("{ url: \"http://127.0.0.1:1\", routes: { \"POST /a\": b } }",
                  "expected `tasks` in a service with an edge that takes requests", "tasks: 1");
    check_refused(
        "{ url: \"http://127.0.0.1:1\", routes: { \"GET /a\": \"query:a\", \"POST /a\": b } }",
        "expected routes of queries alone, or none of them", "two edges");
    check_refused("{ url: \"http://127.0.0.1:1\", routes: { \"/a\": b } }",
                  "expected a method and a path", "POST /orders/{customer}");
    check_refused("{ url: \"http://127.0.0.1:1\", routes: { \"GET /a\": [] } }", "expected",
                  "write");
    check_refused("{ url: \"file:a\", class: natural, routes: { \"GET /a\": \"query:a\" } }",
                  "expected no `routes` beside a `class`", "routes in an edge that takes requests");
}
