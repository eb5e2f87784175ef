/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Control batches, against the bytes that Apache Kafka writes. */
#include "control.h"

#include "base/test.h"

#include <string.h>

TEST(a_marker_is_written_as_kafka_writes_it_and_read_again) {
    struct batch_writer w;
    struct batch read;
    enum control_type type;
    for (int i = 0; i < 2; i++) {
        control_write(&w, &(struct control){ (enum control_type)i, 4711, 3, 1700000000000 });
        struct cursor in = cursor_on(w.batch.whole);
        CHECK_OK(batch_read(&read, &in));
        CHECK(batch_is_control(&read) && batch_is_transactional(&read));
        CHECK_INT(read.producer_id, 4711);
        CHECK_INT(read.producer_epoch, 3);
        CHECK_INT(read.base_sequence, -1);
        CHECK_INT(read.record_count, 1);
        CHECK_OK(control_read(&read, &type));
        CHECK_INT(type, i);
        /* length, attributes, deltas, key of 4, value of 6, no headers */
        const uint8_t record[] = { 0x20, 0, 0, 0, 8, 0, 0, 0, (uint8_t)i, 12, 0, 0, 0, 0, 0, 0, 0 };
        CHECK_BYTES(bytes_part(w.batch.whole, BATCH_HEADER_BYTES, sizeof(record)),
                    bytes_of(record, sizeof(record)));
        buf_finish(&w.out);
    }
}

TEST(what_is_no_marker_is_not_read_as_one) {
    struct batch_writer w;
    enum control_type type;
    batch_begin(&w, 1);
    batch_add(&w, 1, bytes_of("\0\0\0\1", 4), bytes_text("v"));
    (void)batch_end(&w);
    CHECK_ERROR(control_read(&w.batch, &type), E_malformed); /* a record that looks like one */
    w.batch.attributes = BATCH_CONTROL;
    CHECK_OK(control_read(&w.batch, &type));
    buf_finish(&w.out);
    static const char *const keys[] = { "", "\0\0", "\0\0\0", "\0\0\0\2", "\377\377\0\1" };
    static const size_t lens[] = { 0, 2, 3, 4, 4 };
    for (size_t i = 0; i < 5; i++) {
        batch_begin(&w, 1);
        w.batch.attributes = BATCH_CONTROL;
        batch_add(&w, 1, bytes_of(keys[i], lens[i]), bytes_text("v"));
        (void)batch_end(&w);
        CHECK_ERROR(control_read(&w.batch, &type), E_malformed);
        buf_finish(&w.out);
    }
}
