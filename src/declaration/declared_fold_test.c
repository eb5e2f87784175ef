/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "base/test.h"
#include "declaration/declaration.h"

#include <stdlib.h>

#define TOPICS                                                                                     \
    "system: shop\n"                                                                               \
    "topics: { moves: { partitions: 4 }, one: { partitions: 1 }, sums: { partitions: 4 },"         \
    " loose: { partitions: 4, dedupe: 1d }, state: { partitions: 4, compacted: true } }\n"         \
    "services:\n"                                                                                  \
    "  counter:\n"                                                                                 \
    "    handler: shop.counter\n"

static struct declaration *given(const char *rest) {
    struct declaration *d = NULL;
    char *text = text_format("%s%s", TOPICS, rest);
    CHECK_OK(declaration_read(&d, "octavo.yaml", bytes_text(text)));
    free(text);
    return d;
}

static void check_refused(const char *rest, const char *what, const char *fix) {
    struct declaration *d;
    char *text = text_format("%s%s", TOPICS, rest);
    CHECK_ERROR(declaration_read(&d, "octavo.yaml", bytes_text(text)), E_config);
    CHECK_STORY(what);
    CHECK_STORY(fix);
    free(text);
}

TEST(a_service_has_rows_unless_it_says_fold) {
    struct declaration *d = given("    consumes: [moves, sums]\n");
    CHECK_INT(d->services[0].state, STATE_ROWS);
    CHECK_INT(d->services[0].ticks_ms, 0);
    declaration_destroy(d);
    d = given("    consumes: [moves]\n    state: fold\n    produces: [sums]\n");
    CHECK_INT(d->services[0].state, STATE_FOLD);
    CHECK_INT(d->services[0].snapshot_every_ms, 5000);
    declaration_destroy(d);
    d = given("    consumes: [one]\n    state: fold\n    produces: [sums]\n    tasks: 2\n"
              "    snapshot_every: 250ms\n    ticks: 1s\n");
    CHECK_INT(d->services[0].snapshot_every_ms, 250);
    CHECK_INT(d->services[0].ticks_ms, 1000);
    declaration_destroy(d);
    d = given("    consumes: [moves, sums]\n    state: fold\n    tasks: 1\n"); /* sends nothing */
    declaration_destroy(d);
}

TEST(what_a_fold_cannot_be_is_refused_with_a_fix) {
    check_refused("    state: folded\n    consumes: [moves]\n", "expected a state, rows or fold",
                  "fold");
    check_refused("    state: fold\n    consumes: [moves]\n"
                  "    tables: { a: { columns: { x: int }, forget: x } }\n",
                  "no table with `forget` in a fold", "deletes");
    check_refused("    state: fold\n    consumes: [moves, sums]\n    produces: [one]\n",
                  "expected a fold that produces to read one partition", "one topic in `consumes`");
    check_refused("    state: fold\n    consumes: [moves]\n    produces: [one]\n    tasks: 1\n",
                  "as only that has one order", "no `tasks`");
    check_refused(
        "    state: fold\n    consumes: [moves]\n    tasks: 1\n    edges: { a: \"b://c\" }"
        "\n",
        "expected no edge in a fold", "state: rows");
    check_refused("    state: fold\n    consumes: [moves]\n"
                  "    tables: { t: { log: true, columns: { a: int } } }\n",
                  "expected no table with `log: true` in a fold", "a table");
    check_refused("    state: fold\n    consumes: [state]\n    produces: [sums]\n",
                  "no compacted topic in `consumes` of a fold that produces",
                  "a topic without `compacted`");
    declaration_destroy(given("    state: fold\n    consumes: [state]\n"));
    declaration_destroy(given("    state: fold\n    consumes: [moves]\n    produces: [state]\n"));
    check_refused("    state: fold\n    consumes: [loose]\n", "no topic with `dedupe` in a fold",
                  "state: rows");
}

TEST(a_topic_may_be_one_that_nobody_ticks_in) {
    struct declaration *d;
    CHECK_OK(
        declaration_read(&d, "f.yaml",
                         bytes_text("system: shop\ntopics: { a: { untimed: true }, b: }\n"
                                    "services: { s: { handler: shop.s, consumes: [a, b] } }\n")));
    CHECK(declaration_topic(d, "a")->untimed);
    CHECK(!declaration_topic(d, "b")->untimed);
    declaration_destroy(d);
}

TEST(snapshots_are_a_folds_and_ticks_need_a_topic) {
    check_refused("    consumes: [moves]\n    snapshot_every: 5s\n",
                  "expected `state: fold` where `snapshot_every` stands", "state: fold");
    check_refused("    consumes: [moves]\n    ticks: 1s\n",
                  "expected a topic in `produces` where `ticks` stands", "produces: [TOPIC]");
    check_refused("    consumes: [moves]\n    state: fold\n    snapshot_every: 5\n",
                  "a time of ms, s, m, h or d", "1d");
    check_refused("    consumes: [moves]\n    produces: [sums]\n    ticks: 10ms\n",
                  "from 100ms to 1h", "1h");
}

TEST(rows_are_found_by_columns_that_a_fold_names) {
    struct declaration *d =
        given("    consumes: [moves]\n    state: fold\n    memory_max: 2GiB\n"
              "    tables: { a: { unique: [mail], index: [town, age], columns:"
              " { age: int, mail: text, town: text } }, b: { columns: { x: int } },"
              " c: { columns: { y: int, x: int }, index: [x] } }\n");
    const struct declared_service *s = &d->services[0];
    CHECK(s->memory_max == (int64_t)2 << 30);
    CHECK(s->index_count == 4);
    CHECK(s->indexes[0].table == 0 && s->indexes[0].column == 0 && !s->indexes[0].unique);
    CHECK(s->indexes[1].table == 0 && s->indexes[1].column == 1 && s->indexes[1].unique);
    CHECK(s->indexes[2].table == 0 && s->indexes[2].column == 2 && !s->indexes[2].unique);
    CHECK(s->indexes[3].table == 2 && s->indexes[3].column == 1 && !s->indexes[3].unique);
    declaration_destroy(d);
}

TEST(an_index_of_nothing_twice_or_outside_a_fold_is_refused_with_a_fix) {
    check_refused("    consumes: [moves]\n    state: fold\n"
                  "    tables: { a: { unique: [y], columns: { x: int } } }\n",
                  "expected a list of columns of this table, found \"y\"", "[email]");
    check_refused("    consumes: [moves]\n    state: fold\n"
                  "    tables: { a: { unique: x, columns: { x: int } } }\n",
                  "expected a list of columns of this table", "[email]");
    check_refused("    consumes: [moves]\n    state: fold\n"
                  "    tables: { a: { unique: [x], index: [x], columns: { x: int } } }\n",
                  "expected each column once", "index: [city]");
    check_refused("    consumes: [moves]\n"
                  "    tables: { a: { unique: [x], columns: { x: int } } }\n",
                  "expected `state: fold` where `memory_max`, `unique` or `index` stands",
                  "state: fold");
    check_refused("    consumes: [moves]\n    memory_max: 1GiB\n",
                  "expected `state: fold` where `memory_max`", "state: fold");
    check_refused("    consumes: [moves]\n    state: fold\n    memory_max: 1KiB\n", "from 1MiB to",
                  "1KiB");
}
