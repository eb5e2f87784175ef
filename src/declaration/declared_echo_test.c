/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "declaration/declared_describe.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

static const char bank[] = "services:\n"
                           "  ledger:\n"
                           "    consumes: [moves]\n"
                           "    handler: bank.ledger\n"
                           "    tables: { account: { columns: { balance: int } } }\n"
                           "topics: { moves: { retention: 7d }, alerts: }\n"
                           "future: { alerts: \"who \\\"watches\\\", and: others\" }\n"
                           "kafka: { sasl.password: hidden, linger.ms: 5 }\n"
                           "system: bank\n";

static const struct declared_override flags[] = {
    { "broker", "kafka1:9092", "environment OCTAVO_BROKER" },
    { "broker", "kafka2:9092", "flag --broker" },
    { "trace", NULL, "flag --trace" },
};

static struct declaration *read_echoed(const char *text, size_t overrides, struct buf *out) {
    struct declaration *d;
    struct declared_with with = { .overrides = flags, .count = overrides, .echo = out };
    CHECK_OK(declaration_read_with(&d, "bank.yaml", bytes_text(text), &with));
    return d;
}

TEST(what_was_read_is_echoed_in_one_order_with_where_it_came_from) {
    struct buf out = { 0 };
    struct declaration *d = read_echoed(bank, 0, &out);
    CHECK_TEXT(buf_text(&out), "system: bank  # bank.yaml:9\n"
                               "topics:\n"
                               "  moves:\n"
                               "    retention: 7d  # bank.yaml:6\n"
                               "    partitions: 4  # default\n"
                               "    compacted: false  # default\n"
                               "    untimed: false  # default\n"
                               "    envelope: cloudevents  # default\n"
                               "    merge: none  # default\n"
                               "  alerts:  # bank.yaml:6\n"
                               "services:\n"
                               "  ledger:\n"
                               "    handler: bank.ledger  # bank.yaml:4\n"
                               "    consumes: [moves]  # bank.yaml:3\n"
                               "    tables:\n"
                               "      account:\n"
                               "        columns:\n"
                               "          balance: int  # bank.yaml:5\n"
                               "        log: false  # default\n"
                               "        order: key  # default\n"
                               "        scope: key  # default\n"
                               "    state: rows  # default\n"
                               "    replicas: 1  # default\n"
                               "    generation: 1  # default\n"
                               "    group_max: 1000  # default\n"
                               "    snapshot_rows: 100000  # default\n"
                               "future:\n"
                               "  alerts: \"who \\\"watches\\\", and: others\"  # bank.yaml:7\n"
                               "kafka:\n"
                               "  sasl.password: \"***\"  # bank.yaml:8\n"
                               "  linger.ms: 5  # bank.yaml:8\n"
                               "broker: embedded  # default\n"
                               "store: sqlite  # default\n"
                               "trace: 0  # default\n");
    declaration_destroy(d);
    buf_finish(&out);
}

TEST(flags_come_before_the_environment_and_that_before_the_file) {
    struct buf out = { 0 };
    struct declaration *d = read_echoed(bank, 1, &out);
    CHECK_TEXT(d->broker, "kafka1:9092");
    CHECK(strstr(buf_text(&out), "broker: \"kafka1:9092\"  # environment OCTAVO_BROKER\n"));
    declaration_destroy(d);
    buf_clear(&out);
    d = read_echoed(bank, 3, &out);
    CHECK_TEXT(d->broker, "kafka2:9092");
    CHECK_INT(d->trace_ppm, 0);
    CHECK(strstr(buf_text(&out), "broker: \"kafka2:9092\"  # flag --broker\n"));
    declaration_destroy(d);
    buf_finish(&out);
}

TEST(a_value_from_elsewhere_is_checked_like_one_of_the_file) {
    struct declaration *d;
    struct declared_override wrong = { "broker", "nowhere", "flag --broker" };
    struct declared_with with = { .overrides = &wrong, .count = 1 };
    CHECK_ERROR(declaration_read_with(&d, "bank.yaml", bytes_text(bank), &with), E_config);
    CHECK_STORY("flag --broker: expected embedded, or HOST:PORT");
    CHECK(!d);
}

TEST(an_echo_is_a_declaration_that_echoes_the_same) {
    struct buf first = { 0 }, second = { 0 };
    struct declaration *d = read_echoed(bank, 2, &first), *again;
    again = read_echoed(buf_text(&first), 0, &second);
    CHECK_TEXT(again->system, "bank");
    CHECK_TEXT(again->broker, "kafka2:9092");
    CHECK_TEXT(again->future.array[0].text, d->future.array[0].text);
    CHECK_INT(again->topics[0].retention_ms, d->topics[0].retention_ms);
    declaration_destroy(d);
    declaration_destroy(again);
    buf_finish(&first);
    buf_finish(&second);
}

/* ---- defaults are told as they are */

#define WITH(top, topic, event, service, table, step)                                              \
    "system: a\n" top "topics: { t: { key: k" topic ", events: { e: { kind: event" event           \
    " } } } }\n"                                                                                   \
    "services: { s: { handler: a.s, consumes: [t]" service                                         \
    ", tables: { x: { columns: { c: int }" table " } } } }\n"                                      \
    "sagas: { g: { h: { undo: u" step " } } }\n"

static struct declaration *given(const char *text) {
    return read_echoed(text, 0, NULL);
}

TEST(a_default_that_is_told_is_the_one_that_counts) {
    struct declaration *a = given(WITH("", "", "", "", "", ""));
    struct declaration *b = given(
        WITH("broker: embedded\nstore: sqlite\ntrace: 0\n",
             ", partitions: 4, compacted: false, envelope: cloudevents, merge: none",
             ", business: false",
             ", state: rows, replicas: 1, generation: 1, group_max: 1000, snapshot_rows: 100000,"
             " park: { key_bytes: 1MiB, bytes: 64MiB, retries: 10, backoff: 1s, backoff_most: 5m }",
             ", log: false, order: key, scope: key", ", pivot: false, retriable: false"));
    struct declared_service *s = a->services, *t = b->services;
    CHECK_TEXT(a->broker, b->broker);
    CHECK_TEXT(a->store, b->store);
    CHECK_INT(a->trace_ppm, b->trace_ppm);
    CHECK_INT(a->topics->partitions, b->topics->partitions);
    CHECK(!a->topics->compacted && !a->topics->envelope_compact && !a->topics->merges_by_version);
    CHECK(!b->topics->compacted && !b->topics->envelope_compact && !b->topics->merges_by_version);
    CHECK(!a->topics->events->is_business && !a->sagas->steps->pivot);
    CHECK(!a->sagas->steps->retriable && !s->tables->table.log && !t->tables->table.log);
    CHECK(s->state == t->state && s->replicas == t->replicas && s->generation == t->generation);
    CHECK(s->group_max == t->group_max && s->snapshot_rows == t->snapshot_rows);
    CHECK(s->tables->scope == t->tables->scope);
    CHECK(s->tables->table.by_sub == t->tables->table.by_sub);
    CHECK(s->park.key_bytes == t->park.key_bytes && s->park.bytes == t->park.bytes);
    CHECK(s->park.retries == t->park.retries && s->park.backoff_ms == t->park.backoff_ms);
    CHECK(s->park.backoff_most_ms == t->park.backoff_most_ms);
    declaration_destroy(a);
    declaration_destroy(b);
}

/* ---- the schema */

static void check_schema_has(const char *part) {
    struct buf out = { 0 };
    declaration_schema(&out);
    if (!strstr(buf_text(&out), part))
        test_failed(__FILE__, __LINE__, "%s is not in\n%s", part, buf_text(&out));
    buf_finish(&out);
}

TEST(the_schema_says_what_the_tables_take) {
    check_schema_has("\"partitions\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000}");
    check_schema_has("\"required\":[\"system\",\"topics\",\"services\"]");
    check_schema_has(
        "\"retention\":{\"type\":\"string\",\"pattern\":\"^(forever|[0-9]{1,9}(ms|s|m|h|d))$\"");
    check_schema_has("\"kind\":{\"enum\":[\"event\",\"command\",\"tick\"]}");
    check_schema_has("\"enum\":[\"key\",\"partition\",\"version\",\"none\"]");
    check_schema_has("\"topics\":{\"type\":\"object\",\"maxProperties\":256,"
                     "\"additionalProperties\":{\"type\":[\"object\",\"null\"]");
    check_schema_has("\"edges\":{\"type\":\"object\",\"maxProperties\":16,"
                     "\"additionalProperties\":{\"type\":[\"object\",\"string\"]");
    check_schema_has("\"description\":\"a scope, key or partition\"");
}
