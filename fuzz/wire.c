// rooms: broker/wire
/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* Any bytes as a request, from its header on: refused with a story, or read; and what was read,
 * written and read again, is written to the same bytes. Odd second bytes of the correlation id
 * choose the API's response instead, which clients of ours read. */
#include "base/check.h"
#include "wire/header.h"
#include "wire/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static union {
    struct produce_request produce;
    uint64_t words[64];
} message;

/* Writes what was read from `in`; false when it was refused. */
static bool written_again(const struct message *m, int16_t version, struct bytes in,
                          struct buf *out) {
    struct arena arena = { 0 };
    struct cursor cursor = cursor_on(in);
    assert(m->size <= sizeof(message));
    enum error e = message_decode(m, version, &cursor, &arena, &message);
    assert(arena.used_bytes <= in.len * DECODE_MEMORY_RATIO + DECODE_MEMORY_FREE);
    assert(e == E_ok || e == E_malformed || e == E_too_large);
    if (e == E_ok)
        assert(message_encode(m, version, &message, out) == E_ok);
    arena_finish(&arena);
    return e == E_ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct request_header header;
    struct cursor in = cursor_on(bytes_of(data, size));
    if (request_header_read(&header, &in) || !header.api
        || !api_has_version(header.api, header.api_version))
        return 0;
    const struct message *m =
        header.correlation_id >> 16 & 1 ? header.api->response : header.api->request;
    struct buf once = { 0 }, twice = { 0 };
    if (written_again(m, header.api_version, bytes_of(in.at, cursor_left(&in)), &once)) {
        assert(written_again(m, header.api_version, buf_bytes(&once), &twice));
        assert(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    }
    buf_finish(&once);
    buf_finish(&twice);
    return 0;
}
