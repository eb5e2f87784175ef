/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The Octavo authors */
/* A fuzz target's input as the requests of one connection to a broker: frames behind a two-byte
 * length each, so that a byte that libFuzzer changes is a byte of a request. Time passes between
 * the turns of the loop, so that what waits comes due. */
#ifndef OCTAVO_FUZZ_FRAMES_H
#define OCTAVO_FUZZ_FRAMES_H

#include "base/check.h"
#include "base/cursor.h"
#include "net/listener.h"

struct frames_to {
    struct loop *loop;
    struct fake_clock *now;
    int port;
    int turns; /* no time passes in the first half of them */
    int turn_ms;
};

static inline size_t frames_on_data(void *context, struct bytes data) {
    (void)context;
    return data.len;
}

static inline void frames_on_closed(void *context) {
    *(bool *)context = true;
}

static inline void frames_put(struct buf *out, struct bytes input) {
    struct cursor in = cursor_on(input);
    while (cursor_left(&in)) {
        size_t len = (size_t)read_u8(&in) << 8;
        len |= read_u8(&in);
        struct bytes frame = read_bytes(&in, len < cursor_left(&in) ? len : cursor_left(&in));
        buf_put_be32(out, (uint32_t)frame.len);
        buf_put_bytes(out, frame);
    }
}

static inline void frames_send(const struct frames_to *to, struct bytes input) {
    static const struct connection_handlers handlers = { NULL, frames_on_data, frames_on_closed };
    struct connection *c;
    struct buf out = { 0 };
    bool closed = false;
    enum error e = connection_connect(&c, to->loop, "127.0.0.1", to->port, &handlers, &closed);
    assert(!e);
    frames_put(&out, input);
    connection_send_buf(c, &out);
    for (int i = 0; i < to->turns && !closed; i++) {
        loop_turn(to->loop, 0);
        fake_clock_advance(to->now, i < to->turns / 2 ? 0 : to->turn_ms);
    }
    if (!closed)
        connection_close(c);
    loop_turn(to->loop, 0);
    loop_turn(to->loop, 0);
}

#endif
