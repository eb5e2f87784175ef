/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Without room to park anything: what the store holds already is parked all the same, and what it
 * does not hold stays where it came from. */
#include "runtime/task_effects.h"

#include "runtime/task_fixture.h"

static const char yaml[] = "system: bank\n"
                           "topics: { moves: { partitions: 4 } }\n"
                           "services:\n"
                           "  ledger:\n"
                           "    handler: bank.ledger\n"
                           "    consumes: [moves]\n"
                           "    edges: { book: { url: \"double:b\", class: keyed } }\n"
                           "    tables: { account: { columns: { count: int } } }\n";

static enum octavo_outcome on_move(struct octavo_step *s) {
    octavo_timer_set(s, "late", octavo_event_key(s), 2000);
    octavo_effect_begin(s, "book", "entry");
    octavo_end(s);
    return OCTAVO_DONE;
}

static enum octavo_outcome on_wrong(struct octavo_step *s) {
    return octavo_refuse(s, OCTAVO_PARK, "wrong");
}

static const struct octavo_handler ledger[] = { { "move", on_move },
                                                { "wrong", on_wrong },
                                                { "timer:late", on_wrong },
                                                { "effect:book", on_wrong },
                                                { NULL, NULL } };

static void given_no_room(struct bank *b) {
    CHECK_OK(declaration_read(&b->declaration, "bank.yaml", bytes_text(yaml)));
    bank_open(b, "ledger", ledger);
    group(b, "move", "a", "{}");
    task_begin(b->task);
    struct input in = record(b, "wrong", "b", "{}");
    CHECK_INT(take(b, &in), TAKEN_PARKED);
    commit(b);
    struct declared_park *park = &((struct declared_service *)(uintptr_t)b->options.service)->park;
    park->bytes = task_parked(b->task).bytes;
    task_begin(b->task);
    in = record(b, "wrong", "c", "{}");
    CHECK_INT(take(b, &in), TAKEN_FULL);
    commit(b);
    b->offset--;
}

TEST(a_timer_that_fails_is_parked_without_room_and_is_no_timer_any_more) {
    struct bank b = { 0 };
    size_t fired;
    given_no_room(&b);
    task_begin(b.task);
    CHECK_OK(task_take_timers(b.task, 9000, 10, &fired));
    commit(&b);
    CHECK_INT((long long)fired, 1);
    CHECK_INT(task_parked(b.task).inputs, 2);
    CHECK(task_is_parked(b.task, bytes_text("a")));
    bank_close(&b);
}

TEST(an_outcome_that_nobody_can_handle_is_parked_without_room_and_ends_its_effect) {
    struct bank b = { 0 };
    struct outcome done = { "done", "", { 0 }, 7000 };
    given_no_room(&b);
    task_begin(b.task);
    CHECK_OK(task_effect_settle(b.task, schedule_head(task_schedule(b.task), 0, bytes_text("a")),
                                &done));
    commit(&b);
    CHECK_INT(task_parked(b.task).inputs, 2);
    CHECK(!schedule_head(task_schedule(b.task), 0, bytes_text("a")));
    bank_reopen(&b);
    CHECK_INT(task_parked(b.task).inputs, 2);
    CHECK_INT((long long)schedule_count(task_schedule(b.task)), 0);
    bank_close(&b);
}

TEST(an_item_without_room_is_not_taken_and_its_position_stays) {
    struct bank b = { 0 };
    struct bytes position;
    given_no_room(&b);
    struct input in = { .kind = INPUT_REQUEST,
                        .type = bytes_text("wrong"),
                        .id = bytes_text("i/1"),
                        .key = bytes_text("c"),
                        .json = bytes_text("{}"),
                        .topic = bytes_text("edge:rows"),
                        .position = bytes_text("1") };
    task_begin(b.task);
    CHECK_INT(take(&b, &in), TAKEN_FULL);
    commit(&b);
    CHECK_OK(task_source_position(b.task, "edge:rows", &position));
    CHECK_BYTES(position, bytes_text(""));
    bank_close(&b);
}
