/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "declaration/declaration.h"

#include "base/test.h"

#include <stdlib.h>
#include <string.h>

#define TOPICS "system: bank\ntopics:\n  moves: { partitions: 2 }\n  alerts:\n"
#define SERVICE TOPICS "services:\n  ledger:\n    handler: bank.ledger\n    consumes: [moves]\n"

static const char whole[] = "# a bank\n"
                            "system: bank\n"
                            "services:\n"
                            "  ledger:\n"
                            "    handler: bank.ledger\n"
                            "    generation: 3\n"
                            "    group_max: 50\n"
                            "    consumes: [moves]\n"
                            "    produces: [moves, alerts]\n"
                            "    tables:\n"
                            "      account: { order: sub, columns: { balance: int, name: text } }\n"
                            "      posting:\n"
                            "        log: true\n"
                            "        scope: partition\n"
                            "        order: key\n"
                            "        columns:\n"
                            "          amount: int\n"
                            "  gate:\n"
                            "    handler: bank.gate\n"
                            "    tasks: 1\n"
                            "    edges:\n"
                            "      atm: \"iso8583://127.0.0.1:8583?dialect=iso87\"\n"
                            "      web: { url: \"http://127.0.0.1:80\", secret_file: web.key }\n"
                            "answers:\n"
                            "  1: { value: async, reason: nobody waits }\n"
                            "broker: kafka1:9092,kafka2:9092\n"
                            "store: sqlite:state\n"
                            "topics:\n"
                            "  moves: { partitions: 12, key: account }\n"
                            "  alerts:\n"
                            "  newest: { compacted: true }\n";

static struct declaration *given(const char *text) {
    struct declaration *d;
    CHECK_OK(declaration_read(&d, "octavo.yaml", bytes_text(text)));
    return d;
}

static void check_refused(const char *text, const char *where, const char *fix) {
    struct declaration *d;
    CHECK_ERROR(declaration_read(&d, "octavo.yaml", bytes_text(text)), E_config);
    CHECK(d == NULL);
    CHECK_STORY(where);
    CHECK_STORY(fix);
}

TEST(a_table_forgets_by_a_column_that_it_names_before_or_behind_its_columns) {
    struct declaration *d =
        given(SERVICE "    tables: { a: { forget: y, columns: { x: text, y: int } },"
                      " b: { columns: { x: int }, forget: x }, c: { columns: { x: int } } }\n");
    const struct declared_service *s = &d->services[0];
    CHECK_INT((long long)s->tables[0].table.forget, 2);
    CHECK_INT((long long)s->tables[1].table.forget, 1);
    CHECK_INT((long long)s->tables[2].table.forget, 0);
    declaration_destroy(d);
}

TEST(a_declaration_is_read_whole_whatever_the_order_of_its_parts) {
    struct declaration *d = given(whole);
    CHECK_TEXT(d->system, "bank");
    CHECK_TEXT(d->broker, "kafka1:9092,kafka2:9092");
    CHECK_TEXT(d->store, "sqlite:state");
    CHECK_INT(declaration_topic(d, "moves")->partitions, 12);
    CHECK_INT(declaration_topic(d, "alerts")->partitions, 4);
    CHECK(!declaration_topic(d, "alerts")->compacted);
    CHECK(declaration_topic(d, "newest")->compacted);
    CHECK(!declaration_topic(d, "move"));
    const struct declared_service *s = declaration_service(d, "ledger");
    CHECK_TEXT(s->handler, "bank.ledger");
    CHECK_INT(s->tasks, 0);
    CHECK_INT(s->generation, 3);
    CHECK_INT(s->group_max, 50);
    CHECK_INT((long long)s->produces_count, 2);
    CHECK_TEXT(s->produces[1], "alerts");
    CHECK_INT((long long)s->table_count, 2);
    CHECK_TEXT(s->tables[0].table.columns[1].name, "name");
    CHECK_INT(s->tables[0].table.columns[1].type, COLUMN_TEXT);
    CHECK_INT(s->tables[0].scope, SCOPE_KEY);
    CHECK(s->tables[0].table.by_sub);
    CHECK(!s->tables[1].table.by_sub);
    CHECK_TEXT(s->tables[1].table.name, "posting");
    CHECK(s->tables[1].table.log);
    CHECK_INT(s->tables[1].scope, SCOPE_PARTITION);
    declaration_destroy(d);
}

static void check_handler(const char *file, const char *handler, const char *wanted) {
    struct declaration *d;
    char *text =
        text_format(TOPICS "services: { a: { consumes: [moves], handler: \"%s\" } }\n", handler);
    CHECK_OK(declaration_read(&d, file, bytes_text(text)));
    CHECK_TEXT(declaration_service(d, "a")->handler, wanted);
    declaration_destroy(d);
    free(text);
}

TEST(a_shared_object_is_looked_for_beside_the_declaration) {
    check_handler("octavo.yaml", "./mine.so:a-b", "./mine.so:a-b");
    check_handler("/etc/bank/octavo.yaml", "./mine.so:a", "/etc/bank/./mine.so:a");
    check_handler("bank/octavo.yaml", "lib/mine.so:a", "bank/lib/mine.so:a");
    check_handler("bank/octavo.yaml", "/usr/lib/mine.so:a", "/usr/lib/mine.so:a");
}

TEST(an_edge_is_its_url_or_a_mapping_with_more) {
    struct declaration *d = given(whole);
    const struct declared_service *s = declaration_service(d, "gate");
    CHECK_INT(s->tasks, 1);
    CHECK_INT((long long)s->edge_count, 2);
    CHECK_TEXT(s->edges[0].url, "iso8583://127.0.0.1:8583?dialect=iso87");
    CHECK(!s->edges[0].secret_file);
    CHECK_TEXT(s->edges[1].name, "web");
    CHECK_TEXT(s->edges[1].secret_file, "web.key");
    CHECK(!declaration_service(d, "gat"));
    declaration_destroy(d);
}

TEST(broker_store_and_numbers_have_defaults) {
    struct declaration *d = given(SERVICE);
    CHECK_TEXT(d->broker, "embedded");
    CHECK_TEXT(d->store, "sqlite");
    CHECK_INT(d->services[0].generation, 1);
    CHECK_INT(d->services[0].group_max, 1000);
    declaration_destroy(d);
}

TEST(an_unknown_field_is_refused_with_its_place_and_the_nearest_name) {
    check_refused("sistem: bank\n",
                  "octavo.yaml:1:1: expected the name of a field, found "
                  "\"sistem\"",
                  "did you mean \"system\"?");
    check_refused(TOPICS "services:\n  a:\n    handlr: x.y\n",
                  "octavo.yaml:7:5: ", "did you mean \"handler\"?");
    check_refused("system: bank\ncolour: red\n", "octavo.yaml:2:1: ", "try: remove it");
}

TEST(an_undeclared_topic_is_refused_with_the_nearest_one) {
    check_refused(TOPICS "services:\n  a:\n    handler: b.c\n    consumes: [moves, alert]\n",
                  "octavo.yaml:8:23: expected a topic that `topics` declares, found \"alert\"",
                  "did you mean \"alerts\"?");
}

TEST(a_missing_field_is_named) {
    check_refused("topics: {}\n", "octavo.yaml:1:1: expected a field \"system\"",
                  "add a line \"system: ...\"");
    check_refused(TOPICS "services:\n  a:\n    consumes: [moves]\n",
                  "octavo.yaml:7:5: expected a field \"handler\"", "handler: ...");
}

TEST(a_name_that_stands_twice_is_refused) {
    check_refused("system: a\nsystem: b\n",
                  "octavo.yaml:2:1: expected each name once, found "
                  "\"system\"",
                  "the two as one");
    check_refused(TOPICS "  moves:\n", "octavo.yaml:5:3: expected each name once", "one");
    check_refused(TOPICS "services:\n  a:\n    handler: b.c\n    consumes: [moves, moves]\n",
                  "octavo.yaml:8:23: expected each topic once", "once");
}

TEST(numbers_out_of_range_are_refused) {
    static const char *const bad[] = { "0",    "1001", "-1",  "1.5",  "4e2", "99999999999",
                                       "four", "\"\"", "[4]", "0x10", "+4" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct buf text = { 0 };
        buf_print(&text, "system: a\ntopics:\n  t: { partitions: %s }\n", bad[i]);
        check_refused(buf_text(&text),
                      "octavo.yaml:3:20: expected a whole number from 1 to 1000, found", "write 1");
        buf_finish(&text);
    }
}

static int32_t trace_of(const char *share) {
    struct declaration *d;
    char *text = text_format("trace: %s\n" SERVICE, share);
    CHECK_OK(declaration_read(&d, "octavo.yaml", bytes_text(text)));
    int32_t ppm = d->trace_ppm;
    declaration_destroy(d);
    free(text);
    return ppm;
}

TEST(a_share_of_traces_is_read_to_a_millionth) {
    static const char *const bad[] = { "1.1", "2", "-0.1", ".5", "0.", "0.0000001", "1e-3", "x" };
    CHECK_INT(trace_of("0"), 0);
    CHECK_INT(trace_of("1"), 1000000);
    CHECK_INT(trace_of("1.000000"), 1000000);
    CHECK_INT(trace_of("0.01"), 10000);
    CHECK_INT(trace_of("0.000001"), 1);
    CHECK_INT(trace_of("0.25"), 250000);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *text = text_format("trace: %s\n" TOPICS, bad[i]);
        check_refused(text, "octavo.yaml:1:8: expected a share from 0 to 1", "0.01");
        free(text);
    }
}

TEST(bad_names_are_refused_where_they_stand) {
    check_refused("system: Bank\ntopics: {}\nservices: {}\n", "octavo.yaml:1:9: expected a name",
                  "account-keeper");
    check_refused("system: ../etc\ntopics: {}\nservices: {}\n", "octavo.yaml:1:9: ", "write");
    check_refused("system: a\ntopics: { \"a b\": }\nservices: {}\n",
                  "octavo.yaml:2:11: expected a topic name", "account-transaction");
    check_refused("system: a\ntopics: { ..: }\n", "octavo.yaml:2:11: expected a topic name", "");
    check_refused(SERVICE "    tables: { \"a;b\": { columns: { x: int } } }\n",
                  "octavo.yaml:9:15: expected a name of small letters, digits and '_'",
                  "card_limit");
    check_refused(SERVICE "    tables: { a: { columns: { sub: int } } }\n",
                  "octavo.yaml:9:31: expected a name of small letters, digits and '_', a letter "
                  "first, other than key, sub and entry",
                  "balance");
    check_refused("system: \"a\\0b\"\n",
                  "octavo.yaml:1:9: expected a text in one line, found "
                  "\"a?b\"",
                  "write");
}

TEST(bad_values_are_refused_with_an_example) {
    check_refused(SERVICE "    tables: { a: { columns: { x: float } } }\n",
                  "expected a column type, int or text, found \"float\"", "write int");
    check_refused(SERVICE "    tables: { a: { columns: {} } }\n", "expected a column or more",
                  "{ balance: int }");
    check_refused(SERVICE "    tables: { a: { scope: row, columns: { x: int } } }\n",
                  "expected a scope, key or partition, found \"row\"", "partition");
    check_refused(SERVICE "    tables: { a: { order: row, columns: { x: int } } }\n",
                  "expected an order, key or sub, found \"row\"", "sub");
    check_refused(SERVICE "    tables: { a: { forget: y, columns: { x: int, y: text } } }\n",
                  "expected an int column of this table, found \"y\"", "forget: until");
    check_refused(SERVICE "    tables: { a: { forget: x, log: true, columns: { x: int } } }\n",
                  "expected an int column of this table", "until");
    check_refused(SERVICE "    tables: { a: { log: maybe, columns: { x: int } } }\n",
                  "expected true or false, found \"maybe\"", "true");
    check_refused(SERVICE "    tables: [a]\n",
                  "expected a mapping of at most 64 tables, found a "
                  "list",
                  "name: { ... }");
    check_refused(SERVICE "    edges: { atm: nowhere }\n", "expected an address SCHEME:WHERE",
                  "iso8583://");
    check_refused(SERVICE "    edges: { atm: { url: \"a://b\", secret_file: ../x } }\n",
                  "expected a file name inside the data directory, found \"../x\"", "card.key");
    check_refused("system: a\nbroker: kafka1\n", "octavo.yaml:2:9: expected embedded, or HOST:PORT",
                  "embedded");
    check_refused("system: a\nbroker: \"a:1,,b:2\"\n", "octavo.yaml:2:9: ", "embedded");
    check_refused("system: a\nstore: postgres\n", "octavo.yaml:2:8: expected sqlite", "sqlite");
    check_refused(TOPICS "services: { a: { handler: ledger } }\n",
                  "expected a handler SYSTEM.SERVICE", "accounts.transaction-processor");
    check_refused(TOPICS "services: { a: { handler: \"mine.so:a\" } }\n",
                  "expected a handler SYSTEM.SERVICE, ./mine.so:SERVICE or program:", "accounts.");
    check_refused(TOPICS "services: { a: { handler: \"./mine.o:a\" } }\n",
                  "expected a handler SYSTEM.SERVICE", "accounts.");
    check_refused(TOPICS "services: { a: { handler: \"./mine.so:A B\" } }\n",
                  "expected a handler SYSTEM.SERVICE", "accounts.");
}

TEST(values_that_belong_together_are_checked) {
    check_refused(TOPICS "services:\n  a:\n    handler: b.c\n",
                  "octavo.yaml:7:5: expected a service that consumes a topic or has an edge",
                  "consumes: [TOPIC]");
    check_refused(SERVICE "    edges: { atm: \"a://b\" }\n",
                  "expected `tasks` in a service with an edge that takes requests", "tasks: 1");
    check_refused(SERVICE "    tasks: 2\n    replicas: 3\n",
                  "expected at most as many `replicas` as `tasks`", "tasks: 4");
    check_refused(TOPICS "services: { a: { handler: b.c, consumes: [moves, alerts] } }\n",
                  "expected consumed topics with equal partition counts", "the same `partitions`");
}

TEST(aliases_depth_and_second_documents_are_refused) {
    check_refused("answers: &a [*a]\n", "octavo.yaml:1:14: expected a value, not an alias",
                  "write out what the alias stands for");
    struct buf deep = { 0 };
    buf_put_text(&deep, "answers: ");
    for (int i = 0; i < 500000; i++)
        buf_put_byte(&deep, '[');
    check_refused(buf_text(&deep), "expected less nesting", "16 levels");
    buf_finish(&deep);
    check_refused("answers: [[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]\n",
                  "octavo.yaml:1:25: expected less nesting", "16 levels");
    check_refused(SERVICE "---\nsystem: b\n", "expected one document", "its own file");
    check_refused("", "octavo.yaml:1:1: expected a declaration, found nothing", "system: NAME");
    struct declaration *empty_file;
    CHECK(declaration_read(&empty_file, "octavo.yaml", (struct bytes){ NULL, 0 }) == E_config);
}

TEST(too_much_text_and_too_many_values_are_refused) {
    struct buf big = { 0 };
    buf_put_text(&big, "answers: [");
    for (int i = 0; i < 20001; i++)
        buf_put_text(&big, "a,");
    check_refused(buf_text(&big), "expected fewer values", "20000");
    while (big.len <= 1 << 20)
        buf_put_text(&big, "# nothing but text\n");
    check_refused(buf_text(&big), "octavo.yaml: expected at most 1 MiB, found", "right file?");
    buf_finish(&big);
}

TEST(a_hostile_declaration_is_refused_at_its_first_fault) {
    struct declaration *d;
    static const char zero[] = "system: a\0b\ntopics: {}\nservices: {}\n";
    CHECK_ERROR(declaration_read(&d, "octavo.yaml", bytes_of(zero, sizeof(zero) - 1)), E_config);
    CHECK_STORY("octavo.yaml: expected UTF-8 text: control characters are not allowed at byte 9");
    check_refused("system: \"a\\0b\"\ntopics: {}\nservices: {}\n",
                  "octavo.yaml:1:9: expected a text in one line", "write");
    check_refused("a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n",
                  "octavo.yaml:2:8: expected a value, not an alias", "write out");
    check_refused("system: a\n<<: { topics: {} }\n", "octavo.yaml:2:1: expected the name of a",
                  "remove it");
    struct buf many = { 0 };
    buf_put_text(&many, "system: a\nservices: {}\ntopics:\n");
    for (int i = 0; i < 9000; i++)
        buf_print(&many, "  same:\n");
    check_refused(buf_text(&many), "octavo.yaml:4:3: expected a mapping of at most 256 topics",
                  "name: { ... }");
    buf_clear(&many);
    buf_put_text(&many, "system: ");
    for (int i = 0; i < 1 << 19; i++)
        buf_put_text(&many, "a");
    buf_put_text(&many, "\ntopics: {}\nservices: {}\n");
    check_refused(buf_text(&many), "octavo.yaml:1:9: expected a name of small letters", "write");
    buf_finish(&many);
}

TEST(text_that_is_no_yaml_is_refused_with_its_place) {
    check_refused("system: [a\ntopics: {}\n", "octavo.yaml:2:", "indentation");
    check_refused("system: a\n\ttopics: {}\n", "octavo.yaml:2:1: expected YAML", "quotes");
    check_refused("system: \xff\xfe\n", "octavo.yaml: expected UTF-8 text", "try:");
    check_refused("- a\n", "octavo.yaml:1:1: expected a mapping of known fields, found a list",
                  "name: value");
}

TEST(a_broker_is_a_host_and_a_number) {
    static const char *const bad[] = { "kafka:nine",  "kafka:", ":9092", "kafka:909200", "kafka:0",
                                       "kafka:65536", "a b:1",  "a:1,b", "a:1," };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *text = text_format("system: a\nbroker: \"%s\"\n", bad[i]);
        check_refused(text, "octavo.yaml:2:9: expected embedded, or HOST:PORT", "embedded");
        free(text);
    }
}

TEST(a_secret_file_is_named_inside_the_data_directory) {
    static const char *const bad[] = { "/etc/passwd", ".hidden", "a/../../b", "\"\"" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *text = text_format(
            SERVICE "    edges: { atm: { url: \"a://b\", secret_file: %s } }\n", bad[i]);
        check_refused(text, "octavo.yaml:9:", "write");
        free(text);
    }
}

TEST(a_service_knows_whether_one_of_its_topics_is_compacted) {
    struct declaration *d =
        given("system: a\ntopics: { t: { compacted: true }, u: , v: { dedupe: 1h } }\n"
              "services: { s: { handler: a.s, consumes: [u, t, v], produces: [t, u] },\n"
              "  r: { handler: a.r, consumes: [t], produces: [u, v] } }\n");
    const struct declared_service *s = declaration_service(d, "s");
    CHECK(s->produces_compacted);
    CHECK(!s->consumes_compacted[0] && s->consumes_compacted[1] && !s->consumes_compacted[2]);
    CHECK(s->consumes_dedupe_ms[1] == 0 && s->consumes_dedupe_ms[2] == 3600000);
    CHECK(!declaration_service(d, "r")->produces_compacted);
    declaration_destroy(d);
}
