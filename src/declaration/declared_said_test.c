/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "declaration/declaration.h"

#include "base/test.h"

#include <stdlib.h>

static const char said[] = "system: bank\n"
                           "topics:\n"
                           "  moves:\n"
                           "    partitions: 2\n"
                           "    key: account\n"
                           "    retention: 7d\n"
                           "    envelope: cloudevents\n"
                           "    personal: [name, email]\n"
                           "    erase: a tombstone\n"
                           "    rate: 20/s\n"
                           "    keys: 5000\n"
                           "    largest: 4KiB\n"
                           "    merge: version\n"
                           "    entity: account\n"
                           "    events:\n"
                           "      money-moved: { schema: events/moved.json, kind: event,\n"
                           "        business: true, owner: ledger, version: 1.0, from: ledger }\n"
                           "      move-requested: { kind: command }\n"
                           "      octavo.tick:\n"
                           "  newest: { compacted: true, tombstones: 1d, retention: forever }\n"
                           "services:\n"
                           "  ledger:\n"
                           "    handler: bank.ledger\n"
                           "    consumes: [moves, newest]\n"
                           "    tasks: 1\n"
                           "    downtime: 3d\n"
                           "    budget: 5ms\n"
                           "    edges:\n"
                           "      web: { url: \"http://:80\", unknown: told 202, identity: edge }\n"
                           "outside:\n"
                           "  crm: { produces: [newest], ids: origin, idempotent: true,\n"
                           "    partitioner: murmur2, outbox: false, store: crm, offline: 30d }\n"
                           "  reports: { consumes: [moves], isolation: read_committed,\n"
                           "    parallel: any, failed: dead-letter, group: r, downtime: 1d }\n"
                           "sagas:\n"
                           "  transfer:\n"
                           "    hold: { undo: void-requested }\n"
                           "    credit: { pivot: true }\n"
                           "    post: { retriable: true }\n"
                           "answers:\n"
                           "  6:\n"
                           "    choice: key\n"
                           "    value: strict for each account\n"
                           "    reason: a balance depends on\n"
                           "      the order\n"
                           "owners: { ledger: the ledger people }\n"
                           "patterns: { outbox: every service }\n"
                           "future: { moves: fraud detection reads it next year }\n"
                           "waivers: { AVD1 moves: there is a plan }\n"
                           "kafka: { linger.ms: 0 }\n";

static struct declaration *given(const char *name, const char *text) {
    struct declaration *d;
    CHECK_OK(declaration_read(&d, name, bytes_text(text)));
    return d;
}

TEST(what_is_said_of_a_topic_and_its_events_is_kept) {
    struct declaration *d = given("bank/octavo.yaml", said);
    const struct declared_topic *t = declaration_topic(d, "moves");
    CHECK_TEXT(t->key, "account");
    CHECK_INT(t->retention_ms, 7 * 86400000LL);
    CHECK(!t->envelope_compact);
    CHECK(t->merges_by_version);
    CHECK_TEXT(t->entity, "account");
    CHECK_INT((long long)t->personal_count, 2);
    CHECK_TEXT(t->personal[1], "email");
    CHECK_TEXT(t->erase, "a tombstone");
    CHECK_INT(t->rate_per_day, 20 * 86400);
    CHECK_INT(t->keys, 5000);
    CHECK_INT(t->largest_bytes, 4096);
    CHECK_INT((long long)t->event_count, 3);
    CHECK_TEXT(t->events[0].name, "money-moved");
    CHECK_TEXT(t->events[0].schema, "bank/events/moved.json");
    CHECK_INT(t->events[0].kind, KIND_EVENT);
    CHECK(t->events[0].is_business);
    CHECK_TEXT(t->events[0].owner, "ledger");
    CHECK_TEXT(t->events[0].version, "1.0");
    CHECK_TEXT(t->events[0].from, "ledger");
    CHECK_INT(t->events[1].kind, KIND_COMMAND);
    CHECK(!t->events[1].is_business && !t->events[1].schema);
    CHECK_INT(t->events[2].kind, KIND_UNSAID);
    const struct declared_topic *newest = declaration_topic(d, "newest");
    CHECK_INT(newest->retention_ms, RETENTION_FOREVER);
    CHECK_INT(newest->tombstones_ms, 86400000);
    declaration_destroy(d);
}

TEST(services_outside_and_sagas_are_kept) {
    struct declaration *d = given("octavo.yaml", said);
    const struct declared_service *s = declaration_service(d, "ledger");
    CHECK_INT(s->downtime_ms, 3 * 86400000LL);
    CHECK_INT(s->budget_ms, 5);
    CHECK_TEXT(s->edges[0].unknown, "told 202");
    CHECK(s->edges[0].names_requests);
    CHECK_INT((long long)d->outside_count, 2);
    CHECK_TEXT(d->outside[0].ids, "origin");
    CHECK(d->outside[0].idempotent && d->outside[0].idempotent_said);
    CHECK(!d->outside[0].outbox && d->outside[0].outbox_said);
    CHECK_INT(d->outside[0].offline_ms, 30 * 86400000LL);
    CHECK_TEXT(d->outside[0].store, "crm");
    CHECK_TEXT(d->outside[1].isolation, "read_committed");
    CHECK_TEXT(d->outside[1].parallel, "any");
    CHECK_TEXT(d->outside[1].failed, "dead-letter");
    CHECK(!d->outside[1].idempotent_said);
    CHECK_INT((long long)d->sagas[0].step_count, 3);
    CHECK_TEXT(d->sagas[0].steps[0].undo, "void-requested");
    CHECK(d->sagas[0].steps[1].pivot && d->sagas[0].steps[2].retriable);
    declaration_destroy(d);
}

TEST(answers_and_notes_are_found_by_their_names) {
    struct declaration *d = given("octavo.yaml", said);
    const struct declared_answer *a = declaration_answer(d, 6);
    CHECK_TEXT(a->choice, "key");
    CHECK_TEXT(a->question, "ordering?");
    CHECK_TEXT(a->reason, "a balance depends on the order");
    CHECK(!declaration_answer(d, 1));
    CHECK_TEXT(declaration_note(d->waivers, "AVD1 moves"), "there is a plan");
    CHECK_TEXT(declaration_note(d->owners, "ledger"), "the ledger people");
    CHECK_TEXT(declaration_note(d->kafka, "linger.ms"), "0");
    CHECK(!declaration_note(d->future, "newest"));
    declaration_destroy(d);
}

TEST(every_value_knows_where_it_stands) {
    struct declaration *d = given("octavo.yaml", said);
    struct declared_at at = declaration_at(d, "topics", "moves", "key", NULL);
    CHECK_INT((long long)at.line, 5);
    CHECK_INT((long long)at.column, 5);
    at = declaration_at(d, "services", "ledger", "consumes", "newest", NULL);
    CHECK_INT((long long)at.line, 24);
    CHECK_INT((long long)at.column, 23);
    at = declaration_at(d, "topics", "newest", "key", NULL); /* not there: the topic */
    CHECK_INT((long long)at.line, 20);
    CHECK(declaration_has(d, "answers", "6", "choice", NULL));
    CHECK(!declaration_has(d, "topics", "newest", "key", NULL));
    CHECK(!declaration_has(d, "topics", "newest", "compacted", "more", NULL));
    declaration_destroy(d);
}

static void check_refused(const char *field, const char *wanted) {
    struct declaration *d;
    char *text = text_format("system: a\ntopics: { t: { %s } }\nservices: {}\n", field);
    CHECK_ERROR(declaration_read(&d, "octavo.yaml", bytes_text(text)), E_config);
    CHECK_STORY(wanted);
    CHECK(d == NULL);
    free(text);
}

TEST(wrong_things_said_of_a_topic_are_refused_with_an_example) {
    check_refused("rate: 20", "a number of records /s, /m, /h or /d, found \"20\"");
    check_refused("rate: 0/s", "20/s");
    check_refused("rate: 1.5/s", "20/s");
    check_refused("rate: 99999999999999/s", "20/s");
    check_refused("retention: 7 days", "a time of ms, s, m, h or d");
    check_refused("envelope: avro", "cloudevents or compact, found \"avro\"");
    check_refused("personal: name", "a list of at most 64 fields");
    check_refused("events: { a: { kind: fact } }", "event, command or tick, found \"fact\"");
    check_refused("events: { a: { business: yes } }", "true or false");
    check_refused("erase: a tombstone, and so on",
                  "between { and } a text with a comma stands in quotes");
    check_refused("events: { a b: }", "a type of letters");
}

/* It would be shown on terminals, by lint and explain. */
TEST(a_reason_holds_no_control_character) {
    struct declaration *d;
    CHECK_ERROR(declaration_read(&d, "octavo.yaml",
                                 bytes_text("system: a\ntopics: {}\nservices: {}\n"
                                            "answers:\n  6: { reason: \"a\\e[31mb\" }\n")),
                E_config);
    CHECK_STORY("octavo.yaml:5:16: expected a text, in quotes where it has a comma, found "
                "\"a?[31mb\"");
}

TEST(wrong_answers_and_properties_are_refused) {
    struct declaration *d;
    CHECK_ERROR(declaration_read(&d, "octavo.yaml",
                                 bytes_text("system: a\ntopics: {}\nservices: {}\n"
                                            "answers:\n  6: { choice: keys }\n")),
                E_config);
    CHECK_STORY("octavo.yaml:5:16: expected key, partition, version or none, found \"keys\"");
    CHECK_ERROR(declaration_read(&d, "octavo.yaml",
                                 bytes_text("system: a\ntopics: {}\nservices: {}\n"
                                            "answers:\n  9: { choice: key }\n")),
                E_config);
    CHECK_STORY("octavo.yaml:5:3: expected the number of a question, 1 to 8");
    CHECK_ERROR(declaration_read(&d, "octavo.yaml",
                                 bytes_text("system: a\ntopics: {}\nservices: {}\n"
                                            "kafka: { \"linger ms\": 1 }\n")),
                E_config);
    CHECK_STORY("the name of a librdkafka property");
}

TEST(a_rate_is_so_many_a_day_whatever_its_unit) {
    static const struct {
        const char *rate;
        int64_t a_day;
    } rates[] = { { "20/s", 1728000 }, { "3/m", 4320 }, { "100/h", 2400 }, { "50/d", 50 } };
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        char *text =
            text_format("system: a\ntopics: { t: { rate: %s } }\nservices: {}\n", rates[i].rate);
        struct declaration *d = given("octavo.yaml", text);
        CHECK_INT(d->topics[0].rate_per_day, rates[i].a_day);
        declaration_destroy(d);
        free(text);
    }
}

TEST(the_schema_of_an_event_is_its_own_before_that_of_its_topic) {
    struct declaration *d = given(
        "bank/octavo.yaml", "system: a\nservices: {}\ntopics:\n"
                            "  t: { schemas: events, events: { x: { schema: own.json }, y: } }\n");
    CHECK_TEXT(d->topics[0].events[0].schema, "bank/own.json");
    CHECK_TEXT(d->topics[0].events[1].schema, "bank/events/y.json");
    declaration_destroy(d);
}
