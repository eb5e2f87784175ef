/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What is true of every shipped system: it promises what its events look like, and what may be
 * asked of it. That the events are so is for the tests of its handlers. */
#include "parts.h"

#include "base/test.h"
#include "runtime/schemas.h"

#include <stdlib.h>
#include <string.h>

static struct declaration *declaration_of(const struct octavo_system *system) {
    struct declaration *d;
    CHECK_OK(parts_declaration(&d, system->name, NULL));
    return d;
}

static void events_check(const struct declared_topic *t) {
    for (size_t i = 0; i < t->event_count; i++)
        if (t->events[i].kind != KIND_TICK && !t->events[i].schema)
            test_failed(__FILE__, __LINE__, "%s of %s has no schema", t->events[i].name, t->name);
}

TEST(every_event_and_command_of_the_shipped_systems_has_a_schema) {
    for (size_t i = 0; parts_systems[i]; i++) {
        struct declaration *d = declaration_of(parts_systems[i]);
        for (size_t k = 0; k < d->topic_count; k++) {
            CHECK(d->topics[k].event_count > 0);
            events_check(&d->topics[k]);
        }
        declaration_destroy(d);
    }
}

static bool request_is_declared(const struct declared_edge *e, const char *type) {
    for (size_t i = 0; i < e->request_count; i++)
        if (strcmp(e->requests[i].type, type) == 0)
            return true;
    return false;
}

static void edge_check(const struct declared_edge *e) {
    for (size_t i = 0; i < e->route_count; i++) {
        const char *type = e->routes[i].type;
        if (strncmp(type, "query:", 6) != 0 && !request_is_declared(e, type))
            test_failed(__FILE__, __LINE__, "%s at the edge %s has no schema", type, e->name);
    }
    if (strncmp(e->url, "mqtt:", 5) == 0)
        CHECK(request_is_declared(e, "publish-asked") && request_is_declared(e, "session-asked"));
    if (strncmp(e->url, "iso8583:", 8) == 0)
        CHECK(request_is_declared(e, "withdrawal-asked"));
}

TEST(every_request_that_an_edge_takes_has_a_schema) {
    for (size_t i = 0; parts_systems[i]; i++) {
        struct declaration *d = declaration_of(parts_systems[i]);
        for (size_t k = 0; k < d->service_count; k++)
            for (size_t n = 0; n < d->services[k].edge_count; n++)
                edge_check(&d->services[k].edges[n]);
        declaration_destroy(d);
    }
}

TEST(the_schemas_in_the_binary_can_be_read_and_name_the_field_that_is_wrong) {
    struct buf why = { 0 };
    for (size_t i = 0; parts_systems[i]; i++) {
        struct declaration *d = declaration_of(parts_systems[i]);
        struct schemas *schemas;
        CHECK_OK(parts_schemas(d, NULL, &schemas));
        if (strcmp(d->system, "onboarding") == 0) {
            CHECK(!schemas_accept(schemas, bytes_text("edge:desk"), bytes_text("move-asked"),
                                  bytes_text("{\"employee\":\"1\",\"start\":7}"), &why));
            CHECK_TEXT(buf_text(&why), "/start: not of type string");
        }
        schemas_close(schemas);
        declaration_destroy(d);
    }
    buf_finish(&why);
}
