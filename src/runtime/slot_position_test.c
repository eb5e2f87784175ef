/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
#include "runtime/slot.h"

#include "runtime/task_fixture.h"

static enum octavo_outcome on_move(struct octavo_step *s) {
    struct octavo_value balance = octavo_int_value(octavo_event_time_ms(s));
    struct octavo_value row[] = { balance, octavo_text_value(octavo_event_key(s)) };
    octavo_row_put(s, "account", octavo_text(""), row, 2);
    return OCTAVO_DONE;
}

static const struct octavo_handler handlers[] = { { "move", on_move }, { NULL, NULL } };

/* A bank that has read one record, at offset 7 of moves/2, and a slot that loads its position. */
static void check_positions(struct bank *b, const char *cluster, enum error wanted) {
    struct slot_part part = { .topic = "moves", .partition = 2 };
    struct slot slot = { .parts = &part, .part_count = 1 };
    b->offset = 7;
    bank_open(b, "ledger", handlers);
    group(b, "move", "a", "{}");
    bank_reopen(b);
    slot.task = b->task;
    CHECK_ERROR(slot_load_positions(&slot, cluster), wanted);
}

static struct kafka_record record_at(int64_t offset, const char *key, const char *value,
                                     int64_t timestamp_ms) {
    return (struct kafka_record){ .topic = bytes_text("moves"),
                                  .partition = 2,
                                  .offset = offset,
                                  .timestamp_ms = timestamp_ms,
                                  .key = bytes_text(key),
                                  .value = bytes_text(value) };
}

TEST(the_cluster_that_was_read_before_is_read_on) {
    struct bank b = { 0 };
    check_positions(&b, "cluster-1", E_ok);
    bank_close(&b);
}

TEST(another_cluster_stops_with_a_remedy) {
    struct bank b = { 0 };
    check_positions(&b, "cluster-2", E_diverged);
    CHECK_STORY("moves-2 was read from cluster cluster-1, this is cluster cluster-2");
    CHECK_STORY("try: start the broker this service belongs to");
    bank_close(&b);
}

TEST(a_part_never_read_begins_at_the_beginning_and_compares_nothing) {
    struct bank b = { 0 };
    bool skip;
    struct slot_part part = { .topic = "moves", .partition = 2 };
    struct slot slot = { .parts = &part, .part_count = 1 };
    bank_open(&b, "ledger", handlers);
    slot.task = b.task;
    CHECK_OK(slot_load_positions(&slot, "cluster-1"));
    CHECK_INT(slot_start_offset(&part), KAFKA_BEGINNING);
    struct kafka_record first = record_at(0, "a", "{}", 1000);
    CHECK_OK(slot_check_record(&part, &first, &skip));
    CHECK(!skip);
    bank_close(&b);
}
