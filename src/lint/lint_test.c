/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "lint/lint.h"

#include "base/test.h"
#include "values/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum error file_read(void *context, const char *path, struct buf *out) {
    (void)context;
    return disk_read_whole(disk_real(), path, 1 << 20, out);
}

/* A declaration from a file, linted; an older one beside it where there is one. */
struct linted {
    struct declaration *declaration, *before;
    char *path, *before_path;
    struct lint_options options;
    struct lint *lint;
    struct lint_report report;
};

static struct declaration *given(const char *path) {
    struct buf text = { 0 };
    struct declaration *d;
    CHECK_OK(disk_read_whole(disk_real(), path, 1 << 20, &text));
    CHECK_OK(declaration_read_with(&d, path, buf_bytes(&text),
                                   &(struct declared_with){ .for_lint = true }));
    buf_finish(&text);
    return d;
}

/* A topic "skewed" has nearly all of its records in one partition. */
static int64_t records_of(void *context, const char *topic, int32_t partition) {
    (void)context;
    return strcmp(topic, "skewed") == 0 && partition == 2 ? 90000 : 1000 + partition;
}

static void lint_file(struct linted *l, const char *path, const char *before_path) {
    struct buf there = { 0 };
    bool has_before = before_path && !disk_read_whole(disk_real(), before_path, 1 << 20, &there);
    buf_finish(&there);
    l->declaration = given(path);
    l->before = has_before ? given(before_path) : NULL;
    l->options = (struct lint_options){
        .declaration = l->declaration,
        .file = path,
        .against = l->before,
        .against_file = before_path,
        .read = file_read,
        .against_read = file_read,
        .read_handler = file_read,
        .records = records_of,
    };
    l->lint = lint_run(&l->options);
    l->report = lint_report(l->lint);
}

static void linted_finish(struct linted *l) {
    lint_destroy(l->lint);
    declaration_destroy(l->declaration);
    declaration_destroy(l->before);
}

static void example_lint(struct linted *l, const char *rule, const char *kind) {
    l->path = text_format("src/lint/examples/%s.%s.yaml", rule, kind);
    l->before_path = text_format("src/lint/examples/%s.before.yaml", rule);
    lint_file(l, l->path, l->before_path);
}

static void example_finish(struct linted *l) {
    linted_finish(l);
    free(l->path);
    free(l->before_path);
}

static size_t lines_of(const char *text) {
    size_t lines = 1;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static void check_finding(const struct lint_finding *f, const char *rule) {
    CHECK_TEXT(f->rule->id, rule);
    CHECK(!f->waived && f->fix[0] && f->about[0]);
    CHECK(f->place_count >= 1);
    for (int i = 0; i < f->place_count; i++)
        CHECK(f->places[i].at.line > 0 && f->places[i].at.column > 0 && f->places[i].what[0]);
    CHECK_INT((long long)lines_of(f->story), 2);
    CHECK((f->plain != NULL) == (strncmp(rule, "AVD", 3) == 0));
}

TEST(every_rule_finds_its_failing_example_and_nothing_else_in_it) {
    for (const struct lint_rule *r = lint_rules; r->id; r++) {
        struct linted l;
        example_lint(&l, r->id, "fails");
        if (!l.report.open)
            test_failed(__FILE__, __LINE__, "%s finds nothing", l.path);
        for (size_t i = 0; i < l.report.count; i++)
            check_finding(&l.report.findings[i], r->id);
        example_finish(&l);
    }
}

TEST(every_rule_finds_nothing_in_its_passing_example_nor_does_another) {
    for (const struct lint_rule *r = lint_rules; r->id; r++) {
        struct linted l;
        example_lint(&l, r->id, "passes");
        if (l.report.count)
            test_failed(__FILE__, __LINE__, "%s: %s", l.path, l.report.findings[0].rule->id);
        example_finish(&l);
    }
}

TEST(a_rule_says_why_what_to_do_and_how_to_waive_it) {
    for (const struct lint_rule *r = lint_rules; r->id; r++) {
        struct buf out = { 0 };
        lint_explain(r, &out);
        CHECK(strstr(buf_text(&out), r->title) && strstr(buf_text(&out), r->why));
        CHECK(strstr(buf_text(&out), "waivers: "));
        CHECK(lint_rule_find(r->id) == r);
        buf_finish(&out);
    }
    CHECK_TEXT(lint_rule_find("ord1")->id, "ORD1");
    CHECK(!lint_rule_find("ORD"));
}

TEST(the_list_of_rules_for_people_has_every_rule) {
    struct buf text = { 0 };
    CHECK_OK(disk_read_whole(disk_real(), "docs/lint.md", 1 << 20, &text));
    for (const struct lint_rule *r = lint_rules; r->id; r++) {
        char *row = text_format("| %s | %s |", r->id, r->title);
        if (!strstr(buf_text(&text), row))
            test_failed(__FILE__, __LINE__, "docs/lint.md has no row %s", row);
        free(row);
    }
    buf_finish(&text);
}

static void check_pattern_known(const char *name, size_t len) {
    char *text =
        text_format("system: a\ntopics: {}\nservices: {}\npatterns: { %.*s: x }\n", (int)len, name);
    struct declaration *d;
    struct buf out = { 0 };
    CHECK_OK(declaration_read(&d, "octavo.yaml", bytes_text(text)));
    struct lint_options options = { .declaration = d, .file = "octavo.yaml" };
    struct lint *l = lint_run(&options);
    struct lint_report r = lint_report(l);
    lint_text(&r, false, &out);
    CHECK(strstr(buf_text(&out), "PAT1 a pattern without its mechanism"));
    if (strstr(buf_text(&out), "No pattern of this name"))
        test_failed(__FILE__, __LINE__, "lint does not know the pattern %.*s", (int)len, name);
    buf_finish(&out);
    lint_destroy(l);
    declaration_destroy(d);
    free(text);
}

TEST(every_pattern_that_is_described_is_known_and_needs_its_mechanism) {
    struct buf text = { 0 };
    int found = 0;
    CHECK_OK(disk_read_whole(disk_real(), "docs/patterns.md", 1 << 20, &text));
    for (const char *at = buf_text(&text); (at = strstr(at, "\n## ")); found++) {
        at += 4;
        check_pattern_known(at, strcspn(at, "\n"));
    }
    CHECK_INT(found, 12);
    buf_finish(&text);
}

/* ---- waivers */

static struct declaration *read_text(const char *text) {
    struct declaration *d;
    CHECK_OK(declaration_read(&d, "octavo.yaml", bytes_text(text)));
    return d;
}

static size_t findings_of(const char *text, const char *rule, size_t *waived) {
    struct declaration *d = read_text(text);
    struct lint_options options = { .declaration = d, .file = "octavo.yaml" };
    struct lint *l = lint_run(&options);
    struct lint_report r = lint_report(l);
    size_t open = 0;
    *waived = 0;
    for (size_t i = 0; i < r.count; i++)
        if (strcmp(r.findings[i].rule->id, rule) == 0)
            r.findings[i].waived ? (*waived)++ : open++;
    lint_destroy(l);
    declaration_destroy(d);
    return open;
}

#define TWO_QUEUES                                                                                 \
    "system: a\ntopics: { x: , y: }\nservices:\n"                                                  \
    "  w: { handler: a.w, tasks: 1, produces: [x, y], edges: { in: \"http://:1\" } }\n"            \
    "  r: { handler: a.r, consumes: [x, y] }\n"

TEST(a_waiver_is_for_a_rule_or_for_one_thing_it_is_about) {
    size_t waived;
    CHECK_INT((long long)findings_of(TWO_QUEUES, "AVD1", &waived), 2);
    CHECK_INT((long long)waived, 0);
    CHECK_INT((long long)findings_of(TWO_QUEUES "waivers: { AVD1: so be it }\n", "AVD1", &waived),
              0);
    CHECK_INT((long long)waived, 2);
    CHECK_INT((long long)findings_of(TWO_QUEUES "waivers: { AVD1 x: so be it }\n", "AVD1", &waived),
              1);
    CHECK_INT((long long)waived, 1);
    CHECK_INT((long long)findings_of(TWO_QUEUES "waivers: { AVD1 z: oh }\n", "WAI1", &waived), 1);
    CHECK_INT((long long)findings_of(TWO_QUEUES "waivers: { AVD: oh }\n", "WAI1", &waived), 1);
    CHECK_INT((long long)findings_of(TWO_QUEUES "waivers: { AVD1 x: oh }\n", "WAI1", &waived), 0);
}

TEST(a_waiver_of_a_waiver_that_waives_nothing_is_possible) {
    size_t waived;
    CHECK_INT((long long)findings_of(TWO_QUEUES "waivers: { ORD1: old, WAI1 ORD1: kept }\n", "WAI1",
                                     &waived),
              0);
    CHECK_INT((long long)waived, 1);
}

/* ---- what is printed */

TEST(a_finding_is_printed_with_its_places_its_story_and_the_sql) {
    struct linted l;
    struct buf out = { 0 };
    example_lint(&l, "AVD1", "fails");
    lint_text(&l.report, false, &out);
    CHECK(strstr(buf_text(&out), "src/lint/examples/AVD1.fails.yaml:13:16: AVD1 a topic with one "
                                 "writer and one reader\n"));
    CHECK(strstr(buf_text(&out), "    src/lint/examples/AVD1.fails.yaml:18:16  billing is its only "
                                 "reader\n"));
    CHECK(strstr(buf_text(&out), "create table \"orders\" ("));
    CHECK(strstr(buf_text(&out), "\"customer\" text not null"));
    CHECK(strstr(buf_text(&out), "  fix: use the table below"));
    CHECK(!strchr(buf_text(&out), '\033'));
    buf_clear(&out);
    lint_text(&l.report, true, &out);
    CHECK(strstr(buf_text(&out), "\033[1;31mAVD1\033[0m"));
    buf_clear(&out);
    json_begin(&out);
    json_open(&out, "declarations", '[');
    lint_json(&l.report, "shop", &out);
    CHECK(strstr(buf_text(&out),
                 "{\"file\":\"shop\",\"open\":1,\"waived\":0,\"findings\":[{\"rule\":"
                 "\"AVD1\""));
    CHECK(strstr(buf_text(&out), "\"line\":13,\"column\":16"));
    buf_finish(&out);
    example_finish(&l);
}

/* ---- rules with more than one way to be broken */

#define ANSWER_6 "answers: { 6: { choice: key, value: v, reason: r } }\n"
#define SERVICES "services: { s: { handler: a.s, consumes: [t], produces: [t] } }\n"

TEST(properties_of_librdkafka_can_break_what_was_answered) {
    size_t waived;
    const char *unsafe = "system: a\ntopics: { t: { key: k, compacted: true } }\n" SERVICES ANSWER_6
                         "kafka: { enable.idempotence: false, partitioner: consistent,\n"
                         "  isolation.level: read_uncommitted, auto.offset.reset: latest,\n"
                         "  sasl.password: x, max.poll.interval.ms: 1000 }\n";
    CHECK_INT((long long)findings_of(unsafe, "ORD5", &waived), 2);
    CHECK_INT((long long)findings_of(unsafe, "TXN4", &waived), 1);
    CHECK_INT((long long)findings_of(unsafe, "OFF1", &waived), 1);
    CHECK_INT((long long)findings_of(unsafe, "SEC2", &waived), 1);
    CHECK_INT((long long)findings_of("system: a\ntopics: {}\nservices: {}\n"
                                     "kafka: { sasl.password: environment:SASL_PASSWORD }\n",
                                     "SEC2", &waived),
              0);
}

TEST(a_topic_for_what_failed_turns_the_order_around_whoever_writes_it) {
    size_t waived;
    CHECK_INT((long long)findings_of("system: a\ntopics: { t: { key: k }, t-retry: { key: k } }\n"
                                     "services: { s: { handler: a.s, consumes: [t, t-retry],\n"
                                     "  produces: [t-retry] } }\n" ANSWER_6,
                                     "ORD3", &waived),
              1);
}

TEST(a_saga_has_one_pivot_and_an_undo_for_each_step_before_it) {
    size_t waived;
    const char *two = "system: a\ntopics: { t: }\n" SERVICES
                      "sagas: { s: { a: { pivot: true }, b: { pivot: true }, c: } }\n";
    const char *none = "system: a\ntopics: { t: }\n" SERVICES "sagas: { s: { a: , b: } }\n";
    const char *absent = "system: a\ntopics: { t: }\n" SERVICES
                         "answers: { 5: { choice: saga, value: v, reason: r } }\n";
    CHECK_INT((long long)findings_of(two, "TXN3", &waived), 2);
    CHECK_INT((long long)findings_of(none, "TXN3", &waived), 2);
    CHECK_INT((long long)findings_of(absent, "TXN3", &waived), 1);
}

#define EDGE_AT(url)                                                                               \
    "system: a\ntopics: {}\nservices: { s: { handler: a.s, tasks: 1, edges: { web: \"" url         \
    "\" } } }\n"

TEST(a_secret_is_a_password_before_the_host) {
    size_t waived;
    CHECK_INT((long long)findings_of(EDGE_AT("redis://a:b@host:1/x"), "SEC2", &waived), 1);
    CHECK_INT((long long)findings_of(EDGE_AT("redis://:b@host:1"), "SEC2", &waived), 1);
    CHECK_INT((long long)findings_of(EDGE_AT("redis://a@host:1/x"), "SEC2", &waived), 0);
    CHECK_INT((long long)findings_of(EDGE_AT("mqtt://host:1/x@y"), "SEC2", &waived), 0);
    CHECK_INT((long long)findings_of(EDGE_AT("smtp://host:25?from=a@b"), "SEC2", &waived), 0);
}

TEST(personal_data_stays_in_a_compacted_topic_as_well) {
    size_t waived;
    const char *kept = "system: a\ntopics: { t: { key: k, compacted: true, personal: [k] } }\n";
    char *text = text_format("%s" SERVICES, kept);
    CHECK_INT((long long)findings_of(text, "SEC1", &waived), 1);
    free(text);
    CHECK_INT((long long)findings_of("system: a\ntopics: { t: { key: k, compacted: true,\n"
                                     "  personal: [k], erase: a tombstone } }\n" SERVICES,
                                     "SEC1", &waived),
              0);
}

#define STOCK "system: a\ntopics: { t: { key: k, compacted: true } }\n" SERVICES

TEST(who_reads_a_compacted_topic_says_that_it_reads_what_is_committed) {
    size_t waived;
    CHECK_INT((long long)findings_of(STOCK "outside: { o: { consumes: [t] } }\n", "TXN4", &waived),
              1);
    CHECK_INT((long long)findings_of(STOCK "outside: { o: { consumes: [t],\n"
                                           "  isolation: read_committed } }\n",
                                     "TXN4", &waived),
              0);
}

static size_t two_topics_of_one_entity(const char *first, const char *second) {
    size_t waived;
    char *text = text_format("system: a\ntopics: { t: { key: k, merge: %s }, u: { key: k, merge: %s"
                             " } }\nservices: { s: { handler: a.s, consumes: [t, u] } }\n" ANSWER_6,
                             first, second);
    size_t found = findings_of(text, "ORD1", &waived);
    free(text);
    return found;
}

TEST(two_topics_of_an_entity_are_read_together_if_both_merge_by_version) {
    CHECK_INT((long long)two_topics_of_one_entity("none", "none"), 1);
    CHECK_INT((long long)two_topics_of_one_entity("version", "none"), 1);
    CHECK_INT((long long)two_topics_of_one_entity("none", "version"), 1);
    CHECK_INT((long long)two_topics_of_one_entity("version", "version"), 0);
}

/* The properties of the key in a schema, and what is said of it. */
static enum error key_schema_read(void *context, const char *path, struct buf *out) {
    (void)path;
    buf_put_text(out, context);
    return E_ok;
}

static void check_key(const char *schema, const char *weakness) {
    struct declaration *d =
        read_text("system: a\ntopics: { t: { key: k, events: { e: { schema: e.json } } } }\n"
                  "services: {}\n" ANSWER_6);
    char context[256];
    (void)snprintf(context, sizeof(context), "%s", schema);
    struct lint_options options = {
        .declaration = d, .file = "octavo.yaml", .read = key_schema_read, .read_context = context
    };
    struct lint *l = lint_run(&options);
    struct lint_report r = lint_report(l);
    struct buf out = { 0 };
    lint_text(&r, false, &out);
    CHECK((strstr(buf_text(&out), " ORD2 ") != NULL) == (weakness != NULL));
    CHECK(!weakness || strstr(buf_text(&out), weakness));
    buf_finish(&out);
    lint_destroy(l);
    declaration_destroy(d);
}

TEST(a_key_is_a_text_that_is_there_and_not_empty) {
    check_key("{\"required\":[\"k\"],\"properties\":{\"k\":{\"type\":\"string\",\"minLength\":1}}}",
              NULL);
    check_key("{\"required\":[\"k\"],\"properties\":{\"k\":{\"type\":\"string\"}}}",
              "e.k is possibly empty");
    check_key("{\"required\":[\"k\"],\"properties\":{\"k\":{\"type\":[\"string\",\"null\"],"
              "\"minLength\":1}}}",
              "e.k is nullable");
    check_key("{\"properties\":{\"k\":{\"type\":\"string\",\"minLength\":1}}}",
              "e.k is not required");
}

TEST(each_answer_is_held_against_what_is_declared) {
    size_t waived;
    const char *wrong =
        "system: a\ntopics: { t: { partitions: 2, events: { asked: { kind: command } } } }\n"
        "services: { s: { handler: a.s, consumes: [t], replicas: 2 } }\n"
        "answers:\n"
        "  1: { choice: sync, value: v, reason: r }\n"
        "  2: { choice: events, value: v, reason: r }\n"
        "  4: { choice: no, value: v, reason: r }\n"
        "  6: { choice: version, value: v, reason: r }\n"
        "  7: { choice: single, value: v, reason: r }\n"
        "  8: { choice: yes, value: v, reason: r }\n";
    CHECK_INT((long long)findings_of(wrong, "ANS3", &waived), 6);
    CHECK_INT((long long)findings_of(wrong, "ANS1", &waived), 2);
}

TEST(a_declaration_with_nothing_said_is_linted_without_a_fault) {
    size_t waived;
    CHECK_INT((long long)findings_of("system: a\ntopics: {}\nservices: {}\n", "ANS1", &waived), 8);
}
