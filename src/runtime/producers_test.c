/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Whose gaps stop a service, and whose do not. */
#include "runtime/producers.h"

#include "runtime/task_fixture.h"

static enum octavo_outcome on_add(struct octavo_step *s) {
    struct octavo_value total[1];
    if (!octavo_row_get(s, "total", octavo_text(""), total, 1))
        total[0] = octavo_int_value(0);
    total[0].integer++;
    octavo_row_put(s, "total", octavo_text(""), total, 1);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "add", on_add }, { NULL, NULL } };

static void given_bank(struct bank *b) {
    CHECK_OK(declaration_read(&b->declaration, "bank.yaml", bytes_text(bank_yaml)));
    b->options.declaration = b->declaration;
    bank_open(b, "ledger", handlers);
}

static enum taken give(struct bank *b, const char *source, int64_t sequence) {
    task_begin(b->task);
    struct input in = record(b, "add", "k", "{}");
    in.source = bytes_text(source);
    in.sequence = sequence;
    enum taken taken = take(b, &in);
    if (taken == TAKEN_GAP)
        task_drop(b->task);
    else
        commit(b);
    return taken;
}

TEST(a_service_declared_to_produce_a_topic_is_one_of_its_producers_and_nobody_else) {
    struct declaration *d;
    CHECK_OK(declaration_read(&d, "bank.yaml", bytes_text(bank_yaml)));
    struct bytes moves = bytes_text("moves"), notes = bytes_text("notes");
    CHECK(producers_declare(d, moves, bytes_text("/octavo/bank/gate/1/0/1")));
    CHECK(producers_declare(d, moves, bytes_text("/octavo/bank/ledger/7/3/2")));
    CHECK(!producers_declare(d, notes, bytes_text("/octavo/bank/gate/1/0/1")));
    CHECK(!producers_declare(d, moves, bytes_text("/octavo/bank/gat/1/0/1")));
    CHECK(!producers_declare(d, moves, bytes_text("/octavo/bank/gates/1/0/1")));
    CHECK(!producers_declare(d, moves, bytes_text("/octavo/shop/gate/1/0/1")));
    CHECK(!producers_declare(d, moves, bytes_text("/octavo/bank")));
    CHECK(!producers_declare(d, moves, bytes_text("/sensor/7")));
    CHECK(!producers_declare(d, moves, bytes_text("")));
    CHECK(producers_declare(d, bytes_text("theirs"), bytes_text("/octavo/shop/till/1/0/1")));
    declaration_destroy(d);
}

TEST(a_gap_of_an_undeclared_producer_is_passed_over_and_its_repeats_are_dropped) {
    static const char forged[] = "/octavo/bank/nobody/1/2/1";
    struct bank b = { 0 };
    given_bank(&b);
    CHECK_INT(give(&b, forged, 1), TAKEN_HANDLED);
    CHECK_INT(give(&b, forged, 100), TAKEN_HANDLED);
    CHECK_INT(give(&b, forged, 100), TAKEN_REPEAT);
    CHECK_INT(give(&b, forged, 50), TAKEN_REPEAT);
    bank_reopen(&b);
    CHECK_INT(give(&b, forged, 99), TAKEN_REPEAT);
    CHECK_INT(give(&b, forged, INT64_MAX), TAKEN_HANDLED);
    CHECK_INT(give(&b, forged, INT64_MAX), TAKEN_REPEAT);
    check_rows(&b, 1, "2/=3;");
    bank_close(&b);
}

TEST(a_gap_of_a_declared_producer_is_waited_for) {
    static const char gate[] = "/octavo/bank/gate/1/0/1";
    struct bank b = { 0 };
    given_bank(&b);
    CHECK_INT(give(&b, gate, 1), TAKEN_HANDLED);
    CHECK_INT(give(&b, gate, 3), TAKEN_GAP);
    CHECK_INT(give(&b, gate, 2), TAKEN_HANDLED);
    CHECK_INT(give(&b, gate, 3), TAKEN_HANDLED);
    bank_close(&b);
}
