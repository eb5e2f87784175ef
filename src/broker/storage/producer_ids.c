/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Producer ids are given out from blocks of 1000 that the log has reserved, so that an id is never
 * given twice, whatever is lost: after a start the rest of the last block is skipped.
 *
 * Payload of a WAL_PRODUCER_BLOCK frame: end of the reserved ids, i64. */
#include "storage_state.h"

static enum error reserve_block(struct storage *s) {
    size_t begin;
    TRY(storage_admit(s, 8));
    if (s->producer_end > INT64_MAX - PRODUCER_BLOCK_IDS)
        return fail(E_too_large, "producer ids are used up");
    struct buf *out = storage_frame_open(s, &begin);
    s->producer_end += PRODUCER_BLOCK_IDS;
    buf_put_be64(out, (uint64_t)s->producer_end);
    s->producer_lsn = storage_frame_close(s, begin, WAL_PRODUCER_BLOCK);
    return E_ok;
}

enum error producer_id_next(struct storage *s, int64_t *id, lsn_t *lsn) {
    if (s->has_failed)
        return storage_admit(s, 0);
    if (s->producer_next == s->producer_end)
        TRY(reserve_block(s));
    *id = s->producer_next++;
    *lsn = s->producer_lsn > s->wal.synced ? s->producer_lsn : 0;
    return E_ok;
}

enum error producer_block_replay(struct storage *s, struct bytes payload) {
    struct cursor in = cursor_on(payload);
    int64_t end = read_int64(&in);
    if (in.bad || cursor_left(&in) || end < s->producer_end)
        return fail(E_corrupt, "producer ids up to %lld, %lld were reserved", (long long)end,
                    (long long)s->producer_end);
    s->producer_next = end;
    s->producer_end = end;
    return E_ok;
}
