/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/task_fixture.h"

static enum octavo_outcome on_add(struct octavo_step *s) {
    struct octavo_value account[2] = { octavo_int_value(1) };
    octavo_row_put(s, "account", octavo_text(""), account, 2);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "add", on_add }, { NULL, NULL } };

static const char compacted_yaml[] = "system: bank\n"
                                     "topics: { moves: { compacted: true } }\n"
                                     "services:\n"
                                     "  ledger:\n"
                                     "    handler: bank.ledger\n"
                                     "    consumes: [moves]\n"
                                     "    tables:\n"
                                     "      account: { columns: { balance: int, name: text } }\n";

static enum taken take_sequence(struct bank *b, int64_t sequence) {
    struct input in = {
        .kind = INPUT_RECORD,
        .type = bytes_text("add"),
        .id = bytes_text("id"),
        .key = bytes_text("anna"),
        .json = bytes_text("{}"),
        .topic = bytes_text("moves"),
        .partition = 2,
        .offset = b->offset++,
        .source = bytes_text("/octavo/bank/gate/1/0/1"),
        .sequence = sequence,
    };
    enum taken taken;
    CHECK_OK(task_take(b->task, &in, &taken));
    return taken;
}

TEST(every_record_of_a_compacted_topic_is_taken_whatever_its_lane_says) {
    struct bank b = { 0 };
    CHECK_OK(declaration_read(&b.declaration, "bank.yaml", bytes_text(compacted_yaml)));
    bank_open(&b, "ledger", handlers);
    task_begin(b.task);
    CHECK_INT(take_sequence(&b, 17), TAKEN_HANDLED);
    CHECK_INT(take_sequence(&b, 21), TAKEN_HANDLED);
    CHECK_INT(take_sequence(&b, 20), TAKEN_HANDLED); /* again, its first copy compacted away */
    CHECK_INT(take_sequence(&b, 22), TAKEN_HANDLED);
    CHECK_OK(task_commit(b.task, 1, &b.committed));
    bank_close(&b);
}
