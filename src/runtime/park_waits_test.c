/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* What becomes of the effects, outcomes and answers of a parked key. */
#include "runtime/task_effects.h"
#include "runtime/task_fixture.h"

static const char yaml[] =
    "system: bank\n"
    "topics: { moves: { partitions: 4 } }\n"
    "services:\n"
    "  mailer:\n"
    "    handler: bank.mailer\n"
    "    consumes: [moves]\n"
    "    tasks: 3\n"
    "    edges: { book: { url: \"double:b\", class: keyed }, door: \"double:d\" }\n"
    "    tables: { told: { columns: { text: text } } }\n";

enum { BOOK };

static bool mended;

/* Asks for an effect, answers request "r", and parks where "wrong" says so. */
static enum octavo_outcome on_move(struct octavo_step *s) {
    struct octavo_text wrong;
    octavo_effect_begin(s, "book", "entry");
    octavo_put_text(s, "for", octavo_event_id(s));
    octavo_end(s);
    octavo_reply_begin(s, octavo_text("r"));
    octavo_put_text(s, "of", octavo_event_id(s));
    octavo_end(s);
    return octavo_event_text(s, "wrong", &wrong) && !mended ? OCTAVO_PARK : OCTAVO_DONE;
}

static enum octavo_outcome on_booked(struct octavo_step *s) {
    struct octavo_value text = octavo_text_value(octavo_event_json(s));
    octavo_row_put(s, "told", octavo_event_id(s), &text, 1);
    return OCTAVO_DONE;
}

static const struct octavo_handler mailer[] = { { "move", on_move },
                                                { "effect:book", on_booked },
                                                { NULL, NULL } };

static void open_mailer(struct bank *b) {
    mended = false;
    CHECK_OK(declaration_read(&b->declaration, "bank.yaml", bytes_text(yaml)));
    bank_open(b, "mailer", mailer);
}

static void park(struct bank *b) {
    struct input in = record(b, "move", "a", "{\"wrong\":\"yes\"}");
    task_begin(b->task);
    CHECK_INT(take(b, &in), TAKEN_PARKED);
    commit(b);
    CHECK_INT((int64_t)b->committed.reply_count, 0);
}

static int64_t pending_count(struct bank *b) {
    return (int64_t)schedule_count(task_schedule(b->task));
}

TEST(a_parked_step_has_asked_for_nothing_and_answered_nobody_until_it_is_released) {
    struct bank b = { 0 };
    enum taken taken;
    open_mailer(&b);
    park(&b);
    CHECK_INT(pending_count(&b), 0);
    mended = true;
    task_begin(b.task);
    CHECK_OK(task_park_retry(b.task, bytes_text("a"), 9000, &taken));
    commit(&b);
    CHECK_INT(taken, TAKEN_HANDLED);
    CHECK_INT((int64_t)b.committed.reply_count, 1);
    CHECK_BYTES(b.committed.replies[0].json, bytes_text("{\"of\":\"in-0\"}"));
    CHECK_INT(pending_count(&b), 1);
    bank_close(&b);
}

TEST(an_outcome_for_a_parked_key_ends_its_effect_and_waits_its_turn) {
    struct bank b = { 0 };
    size_t taken;
    open_mailer(&b);
    group(&b, "move", "a", "{}");
    struct pending *p = schedule_head(task_schedule(b.task), BOOK, bytes_text("a"));
    park(&b);
    task_begin(b.task);
    CHECK_OK(task_effect_settle(
        b.task, p, &(struct outcome){ .outcome = "done", .reason = "", .at_ms = 7000 }));
    commit(&b);
    CHECK_INT(pending_count(&b), 0); /* it happened, whoever is told when */
    CHECK_INT(task_parked(b.task).inputs, 2);
    check_rows(&b, 0, "");
    bank_reopen(&b);
    task_begin(b.task);
    CHECK_OK(task_park_drop(b.task, bytes_text("a"), 9000));
    CHECK_OK(task_park_due(b.task, 9000, 10, &taken));
    commit(&b);
    CHECK_INT((int64_t)taken, 1);
    char *rows = rows_of(&b, 0);
    CHECK(strstr(rows, "\"outcome\":\"done\""));
    free(rows);
    bank_close(&b);
}
