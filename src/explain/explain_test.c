/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "explain/explain.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static const char shop[] =
    "system: shop\n"
    "topics:\n"
    "  orders:\n"
    "    key: customer\n"
    "    dedupe: 2h\n"
    "    events:\n"
    "      order-asked: { kind: command, from: till }\n"
    "      order-placed: { kind: event, from: billing, business: true, owner: sales }\n"
    "services:\n"
    "  till: { handler: a.t, tasks: 1, consumes: [orders], produces: [orders],\n"
    "    edges: { web: { url: \"http://:80\", unknown: told 504 } } }\n"
    "  billing: { handler: a.b, consumes: [orders], produces: [orders],\n"
    "    tables: { invoice: { columns: { amount: int } } },\n"
    "    edges: { mail: { url: \"smtp://m\", class: blind, blind: at_least_once } } }\n"
    "outside: { crm: { consumes: [orders] } }\n"
    "sagas: { ship: { reserve: { undo: reservation-cancelled }, pay: { pivot: true } } }\n"
    "answers:\n"
    "  6: { choice: key, value: per customer, reason: an order may change an earlier one }\n";

static const char report[] =
    "{\"system\":\"shop\",\"seed\":7,\"when\":1795384800000,\"seconds\":60,\"answers\":["
    "{\"answer\":6,\"state\":\"HELD\",\"evidence\":\"order: 12 looked at\"},"
    "{\"answer\":3,\"state\":\"BROKEN\",\"evidence\":\"once: 1 wrong\"},"
    "{\"answer\":99,\"state\":\"HELD\"},{\"answer\":\"1\"},4]}";

static void explained(const char *yaml, const char *evidence, int question, bool json,
                      struct buf *out) {
    struct declaration *d;
    struct arena arena = { 0 };
    struct evidences evidences = { 0 };
    CHECK_OK(declaration_read(&d, "octavo.yaml", bytes_text(yaml)));
    if (evidence)
        CHECK_OK(evidences_read(&evidences, &arena, bytes_text(evidence)));
    struct explain_options options = { d, &evidences, question, false };
    if (json)
        explain_json(&options, out);
    else
        explain_text(&options, out);
    arena_finish(&arena);
    declaration_destroy(d);
}

static void check_says(const char *evidence, int question, const char *part) {
    struct buf out = { 0 };
    explained(shop, evidence, question, false, &out);
    if (!strstr(buf_text(&out), part))
        test_failed(__FILE__, __LINE__, "\"%s\" is not in\n%s", part, buf_text(&out));
    buf_finish(&out);
}

TEST(an_answer_comes_with_its_mechanism_its_evidence_and_what_breaks_it) {
    struct buf out = { 0 };
    explained(shop, report, 6, false, &out);
    CHECK_TEXT(
        buf_text(&out),
        "6. ordering?\n"
        "   answer     per customer\n"
        "   choice     key\n"
        "   reason     an order may change an earlier one\n"
        "   mechanism  orders: all records of one customer are in one partition, read by one task "
        "of "
        "each\n"
        "                service\n"
        "              orders: each kind of its records has one maker\n"
        "              till: a record that fails waits, and every later one of its key behind it\n"
        "              billing: a record that fails waits, and every later one of its key behind "
        "it\n"
        "   evidence   HELD: order: 12 looked at (2026-11-22 22:00 UTC, seed 7, 60 s)\n"
        "   breaks by  a second writer of the same events; another partition count in a topic that "
        "has\n"
        "                records\n"
        "              crm, which Octavo does not run: another partitioner, or a producer that is "
        "not\n"
        "                idempotent\n");
    buf_finish(&out);
}

TEST(mechanisms_are_read_off_the_declaration) {
    check_says(NULL, 1, "till answers at its edge web");
    check_says(NULL, 1, "told 504");
    check_says(NULL, 2, "commands, which one service fulfils or refuses: order-asked\n");
    check_says(NULL, 3, "effects at mail are blind: at least once, its window counted");
    check_says(NULL, 3, "orders: ids of strangers are known again for 2 h");
    check_says(NULL, 3, "a crash between mail and the note of it: it is done again");
    check_says(NULL, 4, "till: 1 task, each reads every partition");
    check_says(NULL, 4, "billing: a task for each of 4 partitions");
    check_says(NULL, 5, "billing: position, 1 table, outgoing events and effects are one commit");
    check_says(NULL, 5, "saga ship: reserve, undone by reservation-cancelled, pay (the pivot)");
    check_says(NULL, 7, "orders: 4 partitions by murmur2 of customer");
    check_says(NULL, 8, "order-placed: owner sales, version none, schema none");
}

TEST(an_answer_without_mechanism_or_evidence_is_shown_as_such) {
    struct buf out = { 0 };
    explained("system: a\ntopics: {}\nservices: {}\n", NULL, 8, false, &out);
    CHECK(strstr(buf_text(&out), "   answer     none\n"));
    CHECK(strstr(buf_text(&out), "   mechanism  none: nothing that is declared makes it true\n"));
    CHECK(strstr(buf_text(&out), "   evidence   none: octavo verify a has not run here\n"));
    buf_finish(&out);
    check_says(report, 5, "evidence   none: the last verification says nothing about it");
    check_says(report, 3, "evidence   BROKEN: once: 1 wrong");
}

TEST(all_eight_are_told_and_json_has_them_too) {
    struct buf out = { 0 };
    explained(shop, report, 0, false, &out);
    for (int n = 1; n <= ANSWERS; n++) {
        char *heading = text_format("%d. ", n);
        CHECK(strstr(buf_text(&out), heading));
        free(heading);
    }
    buf_clear(&out);
    explained(shop, report, 6, true, &out);
    CHECK(strstr(buf_text(&out), "{\"system\":\"shop\",\"verified\":\"2026-11-22 22:00 UTC\","
                                 "\"answers\":[{\"answer\":6,\"question\":\"ordering?\","));
    CHECK(strstr(buf_text(&out), "\"state\":\"HELD\",\"evidence\":\"order: 12 looked at\"}]}\n"));
    buf_finish(&out);
}

TEST(a_report_that_is_none_is_refused) {
    struct evidences e;
    struct arena arena = { 0 };
    CHECK_ERROR(evidences_read(&e, &arena, bytes_text("{\"answers\":7}")), E_malformed);
    CHECK_STORY("a list of answers");
    CHECK_ERROR(evidences_read(&e, &arena, bytes_text("[]")), E_malformed);
    CHECK_ERROR(evidences_read(&e, &arena, bytes_text("{\"answers\":[")), E_malformed);
    CHECK_OK(evidences_read(&e, &arena, bytes_text("{\"answers\":[]}")));
    CHECK_TEXT(e.when, "at a time not said");
    arena_finish(&arena);
}

TEST(one_maker_is_told_only_where_each_kind_has_one) {
    struct buf out = { 0 };
    explained("system: a\ntopics: { t: { key: k, events: { x: { from: s }, y: } } }\n"
              "services: { s: { handler: a.s, consumes: [t] } }\n",
              NULL, 6, false, &out);
    CHECK(strstr(buf_text(&out), "t: all records of one k"));
    CHECK(!strstr(buf_text(&out), "one maker"));
    buf_finish(&out);
}
