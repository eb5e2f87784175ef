/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A source's position is committed with what its items became, and with nothing else. */
#include "runtime/task_fixture.h"

#include "runtime/journal.h"
#include "runtime/journal_read.h"

static enum octavo_outcome on_item(struct octavo_step *s) {
    struct octavo_value state = octavo_text_value(octavo_event_id(s));
    octavo_row_put(s, "asked", octavo_text(""), &state, 1);
    octavo_event_begin(s, "moves", "asked", octavo_event_key(s));
    octavo_end(s);
    return OCTAVO_DONE;
}

static const struct octavo_handler gate[] = { { "item", on_item }, { NULL, NULL } };

static struct input item(const char *type, const char *id, const char *position) {
    return (struct input){ .kind = INPUT_REQUEST,
                           .type = bytes_text(type),
                           .id = bytes_text(id),
                           .key = bytes_text("k"),
                           .json = bytes_text("{\"n\":1}"),
                           .time_ms = 7,
                           .topic = bytes_text("edge:bank"),
                           .position = bytes_text(position) };
}

static void take_item(struct bank *b, const char *type, const char *id, const char *position) {
    struct input in = item(type, id, position);
    (void)take(b, &in);
}

static void check_position(struct bank *b, const char *edge, const char *wanted) {
    struct bytes position;
    CHECK_OK(task_source_position(b->task, edge, &position));
    CHECK_BYTES(position, bytes_text(wanted));
}

TEST(a_position_is_kept_over_a_restart_with_the_commit_of_its_item_only) {
    struct bank b = { 0 };
    bank_open(&b, "gate", gate);
    check_position(&b, "edge:bank", "");
    task_begin(b.task);
    take_item(&b, "item", "i/1", "1");
    take_item(&b, "item", "i/2", "2");
    check_position(&b, "edge:bank", "2");
    bank_reopen(&b);
    check_position(&b, "edge:bank", "");
    task_begin(b.task);
    take_item(&b, "item", "i/1", "1");
    commit(&b);
    task_begin(b.task);
    take_item(&b, "item", "i/2", "2");
    task_drop(b.task);
    check_position(&b, "edge:bank", "1");
    bank_reopen(&b);
    check_position(&b, "edge:bank", "1");
    check_position(&b, "edge:other", "");
    bank_close(&b);
}

TEST(items_that_nobody_handles_move_the_position_with_the_next_commit_or_flush) {
    struct bank b = { 0 };
    bank_open(&b, "gate", gate);
    task_begin(b.task);
    take_item(&b, "unknown", "i/1", "1");
    commit(&b);
    check_position(&b, "edge:bank", "1");
    CHECK_INT((long long)task_counts(b.task).commits, 0);
    bank_reopen(&b);
    check_position(&b, "edge:bank", "");
    task_begin(b.task);
    take_item(&b, "unknown", "i/1", "1");
    commit(&b);
    task_begin(b.task);
    take_item(&b, "item", "i/2", "2");
    task_drop(b.task); /* what was kept before it stays */
    check_position(&b, "edge:bank", "1");
    CHECK_OK(task_flush(b.task, 1));
    bank_reopen(&b);
    check_position(&b, "edge:bank", "1");
    bank_close(&b);
}

TEST(two_sources_have_a_position_each) {
    struct bank b = { 0 };
    bank_open(&b, "gate", gate);
    struct input other = item("item", "j/9", "9");
    other.topic = bytes_text("edge:other");
    task_begin(b.task);
    take_item(&b, "item", "i/1", "1");
    (void)take(&b, &other);
    commit(&b);
    bank_reopen(&b);
    check_position(&b, "edge:bank", "1");
    check_position(&b, "edge:other", "9");
    bank_close(&b);
}

TEST(an_item_stands_in_the_journal_with_its_edge_and_position) {
    struct journal j = { 0 };
    struct journal_entry e;
    struct arena texts = { 0 };
    bool found;
    journal_item(&j, &(struct journal_request){ .id = bytes_text("payment/7"),
                                                .type = bytes_text("payment"),
                                                .json = bytes_text("{\"id\":7}"),
                                                .at_ms = 5,
                                                .edge = bytes_text("edge:bank"),
                                                .key = bytes_text("4711"),
                                                .position = bytes_text("7") });
    struct journal_reader r = { journal_line(&j), 0, &texts };
    CHECK_BYTES(r.line, bytes_text("[{\"item\":\"payment/7\",\"edge\":\"edge:bank\","
                                   "\"key\":\"4711\",\"type\":\"payment\",\"at\":5,"
                                   "\"position\":\"7\",\"json\":{\"id\":7}}]"));
    CHECK_OK(journal_next(&r, &e, &found));
    CHECK_INT(e.kind, JOURNAL_ITEM);
    CHECK_BYTES(journal_text_of(&e, "position"), bytes_text("7"));
    arena_finish(&texts);
    journal_finish(&j);
}
