/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/task_fixture.h"

static const char yaml[] = "system: bank\n"
                           "topics: { strays: { partitions: 4, dedupe: 1h } }\n"
                           "services:\n"
                           "  ledger:\n"
                           "    handler: bank.ledger\n"
                           "    consumes: [strays]\n"
                           "    tables: { account: { columns: { count: int } } }\n";

enum { HOUR_MS = 3600000 };

static enum octavo_outcome on_add(struct octavo_step *s) {
    struct octavo_value count = octavo_int_value(0);
    struct octavo_text wrong;
    if (!octavo_row_get(s, "account", octavo_text(""), &count, 1))
        count = octavo_int_value(0);
    count.integer++;
    octavo_row_put(s, "account", octavo_text(""), &count, 1);
    return octavo_event_text(s, "wrong", &wrong) ? OCTAVO_PARK : OCTAVO_DONE;
}

static const struct octavo_handler ledger[] = { { "add", on_add }, { NULL, NULL } };

static void open_bank(struct bank *b) {
    CHECK_OK(declaration_read(&b->declaration, "bank.yaml", bytes_text(yaml)));
    bank_open(b, "ledger", ledger);
}

struct stray {
    const char *source, *id, *key, *json;
    int64_t time_ms;
    int64_t sequence;
};

static enum taken give(struct bank *b, struct stray s) {
    struct input in = record(b, "add", s.key ? s.key : "k", s.json ? s.json : "{}");
    in.topic = bytes_text("strays");
    in.id = bytes_text(s.id);
    in.source = bytes_text(s.source ? s.source : "");
    in.time_ms = s.time_ms;
    in.sequence = s.sequence;
    return take(b, &in);
}

static enum taken give_alone(struct bank *b, struct stray s) {
    task_begin(b->task);
    enum taken taken = give(b, s);
    commit(b);
    return taken;
}

TEST(an_id_comes_once_in_its_window_also_within_a_group_and_after_a_restart) {
    struct bank b = { 0 };
    open_bank(&b);
    task_begin(b.task);
    CHECK_INT(give(&b, (struct stray){ .id = "1" }), TAKEN_HANDLED);
    CHECK_INT(give(&b, (struct stray){ .id = "1" }), TAKEN_REPEAT);
    commit(&b);
    bank_reopen(&b);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "1", .time_ms = 5 }), TAKEN_REPEAT);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "2" }), TAKEN_HANDLED);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "1", .source = "/sensor" }), TAKEN_HANDLED);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "1", .source = "/sensor" }), TAKEN_REPEAT);
    check_rows(&b, 0, "k/=3;");
    CHECK_INT((int64_t)task_counts(b.task).repeats, 2); /* of this opening */
    bank_close(&b);
}

TEST(a_window_ends_by_event_time_and_not_before) {
    struct bank b = { 0 };
    open_bank(&b);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "1", .time_ms = 1000 }), TAKEN_HANDLED);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "x", .time_ms = 1000 + HOUR_MS }),
              TAKEN_HANDLED);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "1", .time_ms = 1000 }), TAKEN_REPEAT);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "y", .time_ms = 1001 + HOUR_MS }),
              TAKEN_HANDLED);
    bank_reopen(&b);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "1", .time_ms = 1000 }), TAKEN_HANDLED);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "y", .time_ms = 1 }), TAKEN_REPEAT);
    bank_close(&b);
}

TEST(a_record_with_a_lane_or_without_an_id_is_not_looked_up) {
    struct bank b = { 0 };
    open_bank(&b);
    struct stray lane = { .id = "1", .source = "/octavo/bank/gate/1/0/1", .sequence = 1 };
    CHECK_INT(give_alone(&b, lane), TAKEN_HANDLED);
    lane.sequence = 2; /* the same id, which its sender never gives: the lane is asked */
    CHECK_INT(give_alone(&b, lane), TAKEN_HANDLED);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "" }), TAKEN_HANDLED);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "" }), TAKEN_HANDLED);
    bank_close(&b);
}

TEST(what_is_dropped_with_its_group_or_has_no_handler_is_not_remembered) {
    struct bank b = { 0 };
    open_bank(&b);
    task_begin(b.task);
    CHECK_INT(give(&b, (struct stray){ .id = "1" }), TAKEN_HANDLED);
    task_drop(b.task);
    b.offset = 0;
    CHECK_INT(give_alone(&b, (struct stray){ .id = "1" }), TAKEN_HANDLED);
    struct input in = record(&b, "nobody's", "k", "{}");
    in.topic = bytes_text("strays");
    in.id = bytes_text("2");
    task_begin(b.task);
    CHECK_INT(take(&b, &in), TAKEN_PASSED);
    commit(&b);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "2" }), TAKEN_HANDLED);
    bank_close(&b);
}

TEST(a_parked_record_is_known_and_one_without_room_is_not) {
    struct bank b = { 0 };
    open_bank(&b);
    struct stray wrong = { .id = "1", .json = "{\"wrong\":\"x\"}" };
    CHECK_INT(give_alone(&b, wrong), TAKEN_PARKED);
    CHECK_INT(give_alone(&b, wrong), TAKEN_REPEAT);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "2" }), TAKEN_PARKED);
    CHECK_INT(task_parked(b.task).inputs, 2);
    struct declared_park *park = &((struct declared_service *)(uintptr_t)b.options.service)->park;
    park->bytes = task_parked(b.task).bytes;
    struct stray other = { .id = "3", .key = "other", .json = "{\"wrong\":\"x\"}" };
    CHECK_INT(give_alone(&b, other), TAKEN_FULL);
    park->bytes = 1 << 20;
    b.offset--;
    CHECK_INT(give_alone(&b, other), TAKEN_PARKED);
    bank_close(&b);
}

TEST(a_time_that_is_any_number_breaks_no_window) {
    struct bank b = { 0 };
    open_bank(&b);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "1", .time_ms = INT64_MIN }), TAKEN_HANDLED);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "2", .time_ms = INT64_MAX }), TAKEN_HANDLED);
    CHECK_INT(give_alone(&b, (struct stray){ .id = "2", .time_ms = 0 }), TAKEN_REPEAT);
    bank_close(&b);
}
