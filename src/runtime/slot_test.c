/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Where a task stands in its log: positions that are checked, gaps that do not stay open. */
#include "runtime/slot.h"

#include "base/test.h"

#include <stdio.h>

static struct kafka_record record_at(int64_t offset, const char *source, int64_t sequence) {
    return (struct kafka_record){
        .topic = bytes_text("orders"),
        .partition = 1,
        .offset = offset,
        .timestamp_ms = 7,
        .key = bytes_text("k"),
        .value = bytes_text("v"),
        .source = bytes_text(source),
        .sequence = sequence,
    };
}

static struct slot_part part_read_through(const struct kafka_record *last) {
    struct slot_part p = { .topic = "orders", .partition = 1, .verify = true };
    p.last.last_offset = last->offset;
    p.last.next_offset = last->offset + 1;
    p.last.last_hash = record_hash(last->key, last->value, last->timestamp_ms);
    return p;
}

TEST(a_start_reads_the_last_record_again_and_only_compares_it) {
    struct kafka_record last = record_at(5, "/a", 1), next = record_at(6, "/a", 2);
    struct slot_part p = part_read_through(&last);
    bool skip;
    CHECK_INT(slot_start_offset(&p), 5);
    CHECK_OK(slot_check_record(&p, &last, &skip));
    CHECK(skip);
    CHECK_OK(slot_check_record(&p, &next, &skip));
    CHECK(!skip);
}

TEST(another_record_at_the_last_offset_stops_with_a_remedy) {
    struct kafka_record last = record_at(5, "/a", 1), other = last;
    struct slot_part p = part_read_through(&last);
    bool skip;
    other.value = bytes_text("another");
    CHECK_ERROR(slot_check_record(&p, &other, &skip), E_diverged);
    CHECK_STORY("orders-1: the record at offset 5 is not the one");
    CHECK_STORY("try: ");
}

TEST(a_last_record_that_compaction_removed_is_not_missed) {
    struct kafka_record last = record_at(5, "/a", 1), later = record_at(9, "/a", 4);
    struct slot_part p = part_read_through(&last);
    bool skip;
    CHECK_OK(slot_check_record(&p, &later, &skip));
    CHECK(!skip);
}

TEST(a_gap_that_closes_in_time_is_forgotten_and_one_that_stays_stops_the_task) {
    struct slot slot = { 0 };
    struct kafka_record a = record_at(5, "/a", 8), b = record_at(6, "/b", 3);
    slot_gap_seen(&slot, &a, 1000);
    slot_gap_seen(&slot, &b, 1000);
    slot_gap_seen(&slot, &b, 20000); /* the first refusal counts */
    CHECK_OK(slot_gap_check(&slot, 1000 + GAP_WAIT_MS - 1));
    slot_gap_closed(&slot, a.source);
    CHECK_ERROR(slot_gap_check(&slot, 1000 + GAP_WAIT_MS), E_diverged);
    CHECK_STORY("partition 1, offset 6: lane /b goes on at 3");
    slot_gap_closed(&slot, b.source);
    CHECK_OK(slot_gap_check(&slot, 1000 + GAP_WAIT_MS));
    slot_gaps_forget(&slot);
}
