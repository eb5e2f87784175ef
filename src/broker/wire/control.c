/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A control batch is transactional and has one record: key = version i16 (0), type i16 (0 abort,
 * 1 commit); value = version i16 (0), coordinator epoch i32, for which there is only 0 here. It
 * takes an offset like any record, has no sequence, and no client may send one. */
#include "control.h"

#include "base/check.h"

enum { KEY_BYTES = 4, VALUE_BYTES = 6 };

void control_write(struct batch_writer *w, const struct control *control) {
    const uint8_t key[KEY_BYTES] = { 0, 0, 0, (uint8_t)control->type };
    const uint8_t value[VALUE_BYTES] = { 0 };
    batch_begin(w, control->timestamp_ms);
    w->batch.attributes = BATCH_TRANSACTIONAL | BATCH_CONTROL;
    w->batch.producer_id = control->producer_id;
    w->batch.producer_epoch = control->producer_epoch;
    batch_add(w, control->timestamp_ms, bytes_of(key, sizeof(key)), bytes_of(value, sizeof(value)));
    (void)batch_end(w);
    assert(w->batch.whole.len == CONTROL_BATCH_BYTES);
}

struct control_key {
    bool is_known;
    int16_t type;
};

static bool on_record(void *context, const struct record *r) {
    struct control_key *found = context;
    struct cursor in = cursor_on(r->key);
    int16_t version = read_int16(&in);
    found->type = read_int16(&in);
    found->is_known = !in.bad && version >= 0;
    return false;
}

enum error control_read(const struct batch *batch, enum control_type *out) {
    struct control_key found = { 0 };
    if (!batch_is_control(batch))
        return fail(E_malformed, "a batch of records where a control batch belongs");
    TRY(batch_each(batch, CONTROL_BATCH_BYTES, on_record, &found));
    if (!found.is_known || (found.type != CONTROL_ABORT && found.type != CONTROL_COMMIT))
        return fail(E_malformed, "a control batch of no known type");
    *out = (enum control_type)found.type;
    return E_ok;
}
