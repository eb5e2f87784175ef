// rooms: connectors/capture
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes as a message of logical replication, as a position and as a snapshot: what is read lies
 * within what was sent, and a position that is read is written as it was. */
#include "capture/pgoutput.h"
#include "capture/position.h"
#include "capture/visible.h"

#include "base/check.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tuple_check(const struct pgoutput_tuple *t, const uint8_t *data, size_t size) {
    assert(t->count <= PGOUTPUT_COLUMNS_MAX);
    for (size_t i = 0; i < t->count; i++)
        if (t->cells[i].kind == PGOUTPUT_TEXT) {
            assert(t->cells[i].text.data >= data);
            assert(t->cells[i].text.data + t->cells[i].text.len <= data + size);
        }
}

static void position_check(struct bytes text) {
    struct capture_position p, again;
    char out[CAPTURE_POSITION_BYTES];
    if (capture_position_read(&p, text))
        return;
    assert(capture_position_read(&again, capture_position_text(&p, out)) == E_ok);
    assert(p.lsn == again.lsn && p.skip == again.skip && p.whole == again.whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct pgoutput_message m;
    struct snapshot seen;
    if (pgoutput_read(&m, bytes_of(data, size)) == E_ok) {
        tuple_check(&m.row, data, size);
        tuple_check(&m.old, data, size);
        assert(m.is.count <= PGOUTPUT_COLUMNS_MAX);
    }
    position_check(bytes_of(data, size));
    char *text = text_copy_bytes(bytes_of(data, size));
    if (snapshot_read(&seen, text) == E_ok)
        snapshot_finish(&seen);
    free(text);
    return 0;
}
