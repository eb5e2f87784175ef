/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "base/test.h"
#include "declaration/declaration.h"

#include <stdlib.h>

static const char file[] = "system: staff\n"
                           "topics: { hires: %s }\n"
                           "services:\n"
                           "  desk:\n"
                           "    handler: staff.desk\n"
                           "    tasks: 1\n"
                           "    consumes: [hires]\n"
                           "    edges: { door: %s }\n";
static const char topic[] = "{ key: employee, personal: [given], sealed: true }";
static const char door[] = "{ url: \"http://127.0.0.1:1\", person: employee, seals: [given, "
                           "birth], opens: [login] }";

static enum error read(struct declaration **out, const char *a_topic, const char *edge) {
    char *text = text_format(file, a_topic, edge);
    enum error e = declaration_read(out, "octavo.yaml", bytes_text(text));
    free(text);
    return e;
}

TEST(what_is_sealed_is_said_of_topics_and_edges) {
    struct declaration *d;
    CHECK_OK(read(&d, topic, door));
    const struct declared_edge *edge = &d->services[0].edges[0];
    CHECK(d->topics[0].sealed);
    CHECK_TEXT(edge->person, "employee");
    CHECK_INT((int)edge->seals.count, 2);
    CHECK_TEXT(edge->seals.names[1], "birth");
    CHECK_INT((int)edge->opens.count, 1);
    declaration_destroy(d);
}

static void check_refused(const char *a_topic, const char *edge, const char *fix) {
    struct declaration *d;
    CHECK_ERROR(read(&d, a_topic, edge), E_config);
    CHECK_STORY(fix);
}

TEST(a_sealed_topic_says_whose_data_and_which) {
    check_refused("{ personal: [given], sealed: true }", door, "`key` and `personal`");
    check_refused("{ key: employee, sealed: true }", door, "`key` and `personal`");
}

TEST(an_edge_that_seals_says_whose_data_it_is) {
    check_refused(topic, "{ url: \"http://127.0.0.1:1\", seals: [given] }", "a `person`");
    check_refused(topic, "{ url: \"http://127.0.0.1:1\", person: employee }", "no `person`");
    check_refused(topic, "{ url: \"file:x\", class: natural, seals: [a], person: employee }",
                  "no `person`");
    check_refused(topic, "{ url: \"file:x\", class: natural, seals: [\"a b\"] }", "a list of");
    check_refused(topic, "{ url: \"file:x\", class: natural, opens: all }", "a list of");
}
